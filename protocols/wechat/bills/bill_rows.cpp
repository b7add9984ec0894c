#include "protocols/wechat/bill_rows.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using protocols::Asking;

constexpr std::uint32_t page_entries = 500;
// Orders that are asked for together.
constexpr std::size_t orders_per_step = 500;

// One day's records, page by page backwards from the newest.
struct DayWalk : std::enable_shared_from_this<DayWalk> {
    CallPtr call;
    AccountId account;
    Timestamp begin{};
    Timestamp end{};
    http::HttpReply busy;
    EntriesFound then;
    std::vector<StatementEntry> entries{};

    Answer read(TransferId before) {
        protocols::Reading reading;
        reading.query = {account, before, page_entries};
        reading.overloaded = busy;
        reading.then = [self = shared_from_this()](const native::StatementPage& page) {
            return self->take(page);
        };
        return reading;
    }

    Answer take(const native::StatementPage& page) {
        bool is_done = page.code != Refusal::none || !page.next;
        for (const StatementEntry& entry : page.entries) {
            if (entry.time < begin) is_done = true;
            if (entry.time >= begin && entry.time < end) entries.push_back(entry);
        }
        if (entries.size() > bill_entries_max) return then(std::nullopt);
        if (!is_done) return read(page.next);
        std::reverse(entries.begin(), entries.end());
        return then(std::move(entries));
    }
};

// All orders, some at a time, for those of one merchant that stand on accounts of their own.
struct SharingWalk : std::enable_shared_from_this<SharingWalk> {
    CallPtr call;
    Timestamp begin{};
    Timestamp end{};
    http::HttpReply busy;
    std::function<Answer(const std::vector<AccountId>&)> then;
    std::set<AccountId> of_payments{};  ///< of every payment to be shared
    std::set<AccountId> found{};

    Answer ask(OrderId after) {
        Asking asking;
        asking.requests.emplace_back().command =
            core::ListOrders{after, number(Kind::payment), number(Kind::member)};
        asking.overloaded = busy;
        asking.then = [self = shared_from_this()](const std::vector<core::Outcome>& outcomes) {
            return self->take(outcomes.front());
        };
        return asking;
    }

    Answer take(const core::Outcome& page) {
        for (const OrderPtr& order : *page.orders) look_at(*order);
        if (page.id != 0) return ask(OrderId{page.id});
        return then({found.begin(), found.end()});
    }

    void look_at(const ledger::Order& order) {
        if (is_kind(order, Kind::refund) || is_kind(order, Kind::reversal)) {
            if (is_today(order.opened_at) && of_payments.contains(order.terms.debit))
                found.insert(order.terms.debit);
            return;
        }
        if (order.state != ledger::OrderState::succeeded || !order.terms.credit) return;
        const Content content = read_content(order.content);
        if (!content.shares_profit || content.mchid != call->profile().mchid) return;
        of_payments.insert(order.terms.credit);
        if (is_today(order.moved_at)) found.insert(order.terms.credit);
    }

    bool is_today(Timestamp time) const { return time >= begin && time < end; }
};

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
        if (places.empty()) return wants_payment ? then(std::move(rows)) : ask(0, true);
        asking.then = [self = shared_from_this(), places, i,
                       wants_payment](const std::vector<core::Outcome>& outcomes) {
            for (std::size_t k = 0; k < places.size(); ++k)
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
        // Whoever moves money by other ways may have used the number for something else.
        const bool is_ours = order->terms.kind >= kind_first && order->terms.kind <= kind_last &&
                             order->transfer == row.record.id;
        if (is_ours) row.order = order;
    }
};

bool is_sale(const ledger::TransferRecord& record, AccountId account) {
    return record.purpose == ledger::Purpose::pay_merchant && record.credit == account;
}

bool is_refund(const ledger::TransferRecord& record, AccountId account) {
    return record.purpose == ledger::Purpose::refund && record.debit == account;
}

}  // namespace

Answer read_day(const CallPtr& call, AccountId account, std::chrono::sys_days day,
                http::HttpReply busy, EntriesFound then) {
    auto walk = std::make_shared<DayWalk>();
    walk->call = call;
    walk->account = account;
    walk->begin = beijing_midnight(day);
    walk->end = beijing_midnight(day + std::chrono::days{1});
    walk->busy = std::move(busy);
    walk->then = std::move(then);
    return walk->read({});
}

Answer find_sharing_accounts(const CallPtr& call, std::chrono::sys_days day, http::HttpReply busy,
                             std::function<Answer(const std::vector<AccountId>&)> then) {
    auto walk = std::make_shared<SharingWalk>();
    walk->call = call;
    walk->begin = beijing_midnight(day);
    walk->end = beijing_midnight(day + std::chrono::days{1});
    walk->busy = std::move(busy);
    walk->then = std::move(then);
    return walk->ask({});
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
            if (const auto fee = ahead.extract(record.memo)) walk->rows.back().fee = fee.mapped();
            continue;
        }
        const bool is_charge =
            record.purpose == ledger::Purpose::fee || record.purpose == ledger::Purpose::tax;
        if (!is_charge) continue;
        const std::int64_t charged = record.debit == account ? record.amount : -record.amount;
        if (!walk->rows.empty() && walk->rows.back().record.memo == record.memo)
            walk->rows.back().fee += charged;
        else
            ahead[record.memo] += charged;
    }
    return walk->ask(0, false);
}

}  // namespace tuma::wechat
