#include "protocols/wechat/bills/bill_rows.h"

#include "protocols/kit/payment.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using protocols::Asking;

// Orders that are asked for together.
constexpr std::size_t orders_per_step = 500;

// Orders that stand on accounts of their own, because they are to be shared.
struct SharingWalk {
    CallPtr call;
    Timestamp begin{};
    Timestamp end{};
    std::set<AccountId> of_payments{};  ///< of every payment to be shared
    std::set<AccountId> found{};

    void look_at(const ledger::Order& order) {
        if (is_kind(order, Kind::refund) || is_kind(order, Kind::reversal)) {
            // A refund moves its money when it is opened. Its debit is the account of a payment
            // that was seen before.
            if (is_today(order.opened_at) && of_payments.contains(order.terms.debit))
                found.insert(order.terms.debit);
            return;
        }
        // A payment that was not made has moved nothing.
        if (order.state != ledger::OrderState::succeeded || !order.terms.credit) return;
        const Content content = read_content(order.content);
        if (!content.shares_profit || content.mchid != call->profile().mchid) return;
        // Also of older payments: their refunds may be of this day.
        of_payments.insert(order.terms.credit);
        if (is_today(order.moved_at)) found.insert(order.terms.credit);
    }

    bool is_today(Timestamp time) const { return time >= begin && time < end; }
};

bool is_charge(const ledger::TransferRecord& record) {
    return record.purpose == ledger::Purpose::fee || record.purpose == ledger::Purpose::tax;
}

// Orders of rows, some at a time; then the payments of refunds.
struct RowWalk : std::enable_shared_from_this<RowWalk> {
    http::HttpReply busy;
    RowsFound then;
    std::vector<BillRow> rows{};

    // Which order a row lacks; 0 for none.
    static OrderId lacking(const BillRow& row, bool wants_payment) {
        if (!wants_payment) return OrderId{row.record.memo};
        return row.order == nullptr ? OrderId{} : row.order->terms.parent;
    }

    Answer ask(std::size_t from, bool wants_payment) {
        Asking asking;
        asking.overloaded = busy;
        std::vector<std::size_t> places;
        std::size_t i = from;
        for (; i < rows.size() && places.size() < orders_per_step; ++i) {
            const OrderId wanted = lacking(rows[i], wants_payment);
            if (!wanted) continue;
            core::QueryOrder query;
            query.order = wanted;
            asking.requests.emplace_back().command = std::move(query);
            places.push_back(i);
        }
        // Twice through the rows: which payment a refund is of is known only when the refund's
        // order is there.
        if (places.empty()) return wants_payment ? then(std::move(rows)) : ask(0, true);
        asking.then = [self = shared_from_this(), places, i,
                       wants_payment](const std::vector<core::Outcome>& outcomes) {
            for (std::size_t k = 0; k < places.size(); ++k)
                // An order that has left the memory is read from the archive by the same query.
                self->put(self->rows[places[k]], outcomes[k].order, wants_payment);
            return self->ask(i, wants_payment);
        };
        return asking;
    }

    static void put(BillRow& row, const OrderPtr& order, bool wants_payment) {
        if (order == nullptr) return;
        if (wants_payment) {
            row.payment = order;
            return;
        }
        // Charges are booked with what they are of, at the same moment.
        const bool is_its_own = is_charge(row.record)
                                    ? row.time == order->opened_at || row.time == order->moved_at
                                    : order->transfer == row.record.id;
        // Whoever moves money by other ways may have used the number for something else.
        if (order->terms.kind >= kind_first && order->terms.kind <= kind_last && is_its_own)
            row.order = order;
    }
};

bool is_sale(const ledger::TransferRecord& record, AccountId account) {
    return record.purpose == ledger::Purpose::pay_merchant && record.credit == account;
}

bool is_refund(const ledger::TransferRecord& record, AccountId account) {
    return record.purpose == ledger::Purpose::refund && record.debit == account;
}

}  // namespace

Answer read_day(AccountId account, std::chrono::sys_days day, http::HttpReply busy,
                EntriesFound then) {
    const Timestamp begin = beijing_midnight(day);
    const Timestamp end = beijing_midnight(day + std::chrono::days{1});
    const auto entries = std::make_shared<std::vector<StatementEntry>>();
    const auto keep = [entries, begin, end](const StatementEntry& entry) {
        if (entry.time >= begin && entry.time < end) entries->push_back(entry);
        // The newest come first: behind the first record of an earlier day there is nothing of this
        // one. All rows are held in memory at once, for each merchant who asks.
        return entry.time >= begin && entries->size() <= bill_entries_max;
    };
    return protocols::walk_statement(account, std::move(busy), keep,
                                     [entries, then = std::move(then)]() -> Answer {
                                         if (entries->size() > bill_entries_max)
                                             return then(std::nullopt);
                                         // Bills begin with the oldest, and find_rows() pairs
                                         // charges with what came before them.
                                         std::reverse(entries->begin(), entries->end());
                                         return then(std::move(*entries));
                                     });
}

Answer look_through_orders(const core::ListOrders& which, const http::HttpReply& busy,
                           std::function<void(const OrderPtr&)> look_at,
                           std::function<Answer()> then) {
    return ask(which, busy,
               [which, busy, look_at = std::move(look_at),
                then = std::move(then)](const core::Outcome& page) -> Answer {
                   for (const OrderPtr& order : *page.orders) look_at(order);
                   if (page.id == 0) return then();
                   core::ListOrders rest = which;
                   rest.after = OrderId{page.id};
                   return look_through_orders(rest, busy, look_at, then);
               });
}

Answer find_sharing_accounts(const CallPtr& call, std::chrono::sys_days day,
                             const http::HttpReply& busy,
                             std::function<Answer(const std::vector<AccountId>&)> then) {
    auto walk = std::make_shared<SharingWalk>();
    walk->call = call;
    walk->begin = beijing_midnight(day);
    walk->end = beijing_midnight(day + std::chrono::days{1});
    // In the order of their numbers, so that a payment is seen before its refunds.
    return look_through_orders(
        {{}, number(Kind::payment), number(Kind::member)}, busy,
        [walk](const OrderPtr& order) { walk->look_at(*order); },
        [walk, then = std::move(then)]() -> Answer {
            return then({walk->found.begin(), walk->found.end()});
        });
}

Answer find_orders(const std::vector<StatementEntry>& entries, http::HttpReply busy,
                   RowsFound then) {
    auto walk = std::make_shared<RowWalk>();
    walk->busy = std::move(busy);
    walk->then = std::move(then);
    for (const StatementEntry& entry : entries)
        walk->rows.push_back({.record = entry.record, .time = entry.time});
    return walk->ask(0, false);
}

Answer find_rows(const CallPtr&, AccountId account, const std::vector<StatementEntry>& entries,
                 http::HttpReply busy, RowsFound then) {
    auto walk = std::make_shared<RowWalk>();
    walk->busy = std::move(busy);
    walk->then = std::move(then);
    // Charges of a sale follow it; what a refund gives back of them comes before it.
    std::map<std::uint64_t, std::int64_t> ahead;
    for (const StatementEntry& entry : entries) {
        const ledger::TransferRecord& record = entry.record;
        if (is_sale(record, account) || is_refund(record, account)) {
            walk->rows.push_back({.record = record, .time = entry.time});
            // The memo is the order's number, which a payment's or refund's charges share with it.
            if (const auto fee = ahead.extract(record.memo)) walk->rows.back().fee = fee.mapped();
            continue;
        }
        // Payouts, transfers and the like are no trades; the fund-flow bill has them.
        if (!is_charge(record)) continue;
        // What comes back to the merchant makes the fee smaller.
        const std::int64_t charged = record.debit == account ? record.amount : -record.amount;
        if (!walk->rows.empty() && walk->rows.back().record.memo == record.memo)
            walk->rows.back().fee += charged;
        else
            ahead[record.memo] += charged;
    }
    return walk->ask(0, false);
}

}  // namespace tuma::wechat
