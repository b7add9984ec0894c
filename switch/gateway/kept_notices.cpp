#include "switch/gateway/kept_notices.h"

#include "ledger/store/sql.h"
#include "switch/ops/log.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tuma::net {
namespace {

constexpr int steps_looked_at = 100'000;

std::string query_of(std::optional<OrderId> order, bool only_given_up) {
    std::string sql =
        "SELECT notice, payment_order, channel, attempts, status, state, time FROM notice_step "
        "WHERE attempts > 0 AND state ";
    // A step to `waiting` ends an attempt too, if there was one before.
    sql += only_given_up ? "= 'given_up'" : "IN ('delivered', 'waiting', 'given_up')";
    // An order's steps are found by an index; all steps are too many to be searched.
    sql += order ? " AND payment_order = ?1"
                 : " AND step > (SELECT max(step) FROM notice_step) - " +
                       std::to_string(steps_looked_at);
    return sql + " ORDER BY step DESC LIMIT ?2";
}

Delivery row_of(const ledger::SqlStatement& row) {
    Delivery kept;
    kept.notice = NoticeId{static_cast<std::uint64_t>(row.number(0))};
    kept.order = OrderId{static_cast<std::uint64_t>(row.number(1))};
    kept.channel = static_cast<std::uint8_t>(row.number(2));
    kept.attempt = static_cast<std::uint16_t>(row.number(3));
    kept.result.status = static_cast<int>(row.number(4));
    kept.is_delivered = row.text(5) == "delivered";
    if (const auto time = parse_timestamp(row.text(6))) kept.time = *time;
    kept.is_from_books = true;
    return kept;
}

}  // namespace

std::vector<Delivery> kept_attempts(const std::filesystem::path& projection,
                                    std::optional<OrderId> order, bool only_given_up,
                                    std::size_t most) {
    std::vector<Delivery> found;
    std::error_code none;
    if (projection.empty() || !std::filesystem::exists(projection, none)) return found;
    // The list is for looking at: what another process does with the file must not fail the call.
    try {
        ledger::SqlDatabase database(projection, ledger::SqlAccess::read_only);
        ledger::SqlStatement rows(database, query_of(order, only_given_up));
        if (order) rows.bind(1, order->value);
        rows.bind(2, std::uint64_t{most});
        while (rows.step()) found.push_back(row_of(rows));
    } catch (const ledger::StoreError& error) {
        log_event(LogLevel::warn, "kept_notices_unreadable", {{"why", std::string(error.what())}});
    }
    return found;
}

void add_kept(std::vector<Delivery>& newest, std::vector<Delivery> kept, std::size_t most) {
    const auto is_same = [](const Delivery& one) {
        return [&one](const Delivery& other) {
            return one.notice == other.notice && one.attempt == other.attempt;
        };
    };
    for (Delivery& one : kept) {
        if (newest.size() >= most) return;
        // What memory has too it has with its texts.
        if (std::none_of(newest.begin(), newest.end(), is_same(one)))
            newest.push_back(std::move(one));
    }
}

}  // namespace tuma::net
