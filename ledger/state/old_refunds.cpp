#include "ledger/state/old_refunds.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tuma::ledger {

OldRefund OldRefunds::find(TransferId original) const {
    const auto found = refunds_.find(original);
    return found == refunds_.end() ? OldRefund{} : found->second;
}

void OldRefunds::apply(const TransferRecord& record) {
    if (!record.is_continuation()) charges_ = 0;
    // A refund that names its original is counted by the books.
    if (record.kind != TransferKind::posted || record.subject) return;
    // What came back of the charges stood before the refund.
    if (record.purpose == Purpose::fee || record.purpose == Purpose::tax) charges_ += record.amount;
    if (record.purpose != Purpose::refund) return;
    newest_ = record.id;
    newest_refund_ = {record.amount, charges_};
}

void OldRefunds::apply(const OrderMoved& moved, const Orders& orders) {
    // An order names its transfer in the same batch, so that only the last refund can be meant. Of
    // an order that has a transfer already nothing new was paid.
    if (!newest_ || moved.head.transfer != newest_) return;
    const auto order = orders.find(moved.head.order);
    if (order == nullptr || order->transfer || !order->terms.parent) return;
    const auto payment = orders.find(order->terms.parent);
    if (payment == nullptr || !payment->transfer) return;
    OldRefund& refund = refunds_[payment->transfer];
    refund.amount += newest_refund_.amount;
    refund.charges += newest_refund_.charges;
}

void OldRefunds::save(ByteSink& sink) const {
    std::vector<std::pair<TransferId, OldRefund>> sorted(refunds_.begin(), refunds_.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    write_value(sink, std::uint64_t{sorted.size()});
    for (const auto& [original, refund] : sorted) {
        write_value(sink, original.value);
        write_value(sink, refund.amount);
        write_value(sink, refund.charges);
    }
}

void OldRefunds::load(ByteSource& source) {
    ensure(refunds_.empty(), "loading into old refunds that are in use");
    TransferId last;
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const TransferId original{read_value<std::uint64_t>(source)};
        OldRefund refund;
        refund.amount = read_value<std::int64_t>(source);
        refund.charges = read_value<std::int64_t>(source);
        if (original <= std::exchange(last, original) || refund.amount <= 0 || refund.charges < 0)
            throw StateError("an old refund in the saved state makes no sense");
        refunds_.emplace(original, refund);
    }
}

}  // namespace tuma::ledger
