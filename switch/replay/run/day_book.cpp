#include "switch/replay/run/day_book.h"

#include "ledger/words/ensure.h"

#include <utility>
#include <variant>

namespace tuma::replay {

using ledger::Purpose;
using ledger::TransferRecord;

void DayBook::add_sale(AccountId account, std::int64_t amount) {
    // At a till the sale is money at once; at a payable it is only sold so far.
    if (accounts_.is_till(account)) figures_.settled_gross += amount;
    if (accounts_.is_till(account) || accounts_.is_payable(account)) figures_.gross_sales += amount;
}

void DayBook::add_fee(AccountId account, std::int64_t amount) {
    if (accounts_.is_till(account)) figures_.fees_settled += amount;
    if (accounts_.is_till(account) || accounts_.is_payable(account))
        figures_.fees_charged += amount;
}

void DayBook::fold(const TransferRecord& record) {
    switch (record.purpose) {
        case Purpose::pay_merchant:
            add_sale(record.credit, record.amount);
            break;
        case Purpose::refund:
            // A refund is a sale taken back, and lowers the day's sum.
            add_sale(record.debit, -record.amount);
            break;
        case Purpose::fee:
        case Purpose::tax:
            // A refund may give the fee back, the other way round.
            add_fee(record.debit, record.amount);
            add_fee(record.credit, -record.amount);
            break;
        default:
            break;
    }
}

void DayBook::fold(const ledger::SettlementClosed& closed) {
    if (!accounts_.is_payable(closed.account)) return;
    const std::int64_t fees = closed.fees + closed.payout_fee;
    // What reaches the bank is net; sales are told gross, so the fees are added again.
    figures_.settled_gross += closed.paid_out + fees;
    figures_.fees_settled += fees;
    // The payout's own fee was charged with no sale.
    figures_.fees_charged += closed.payout_fee;
}

void DayBook::fold(std::span<const std::byte> records) {
    constexpr auto transfer = static_cast<std::byte>(ledger::RecordKind::transfer);
    while (!records.empty()) {
        // Transfers are nearly everything, so they are read without making an event of each.
        if (records.front() == transfer) {
            TransferRecord record;
            const auto wrong = ledger::take_transfer(records, record);
            // This process wrote them a moment ago.
            ensure(!wrong, "the switch writes whole records");
            fold(record);
            continue;
        }
        const Result<ledger::Event> event = ledger::take_event(records);
        ensure(event.has_value(), "the switch writes whole records");
        if (const auto* closed = std::get_if<ledger::SettlementClosed>(&*event)) fold(*closed);
    }
}

DayFigures DayBook::take() {
    return std::exchange(figures_, {});
}

}  // namespace tuma::replay
