// What moved on a merchant's account on one day, from the books: the rows of every bill.
#pragma once

#include "protocols/wechat/orders/trades.h"

#include <chrono>
#include <functional>
#include <vector>

namespace tuma::wechat {

/// One record with its time.
using native::StatementEntry;

/// One record, of a trade bill a payment or refund with its fee; and the order behind it.
struct BillRow {
    ledger::TransferRecord record;
    Timestamp time{};
    std::int64_t fee = 0;  ///< charged; negative: given back; fen
    OrderPtr order{};      ///< null where the movement has none of this dialect
    OrderPtr payment{};    ///< of a refund: what was paid
};

/// More rows than this are not billed.
inline constexpr std::size_t bill_entries_max = 200'000;

/// Records of one account on one day in Beijing, the oldest first; nothing if there are too many.
using EntriesFound =
    std::function<protocols::Answer(std::optional<std::vector<StatementEntry>> entries)>;
protocols::Answer read_day(AccountId account, std::chrono::sys_days day, http::HttpReply busy,
                           EntriesFound then);

/// Looks at all orders of some kinds in the order of their numbers, some at a time, then goes on.
protocols::Answer look_through_orders(const core::ListOrders& which, const http::HttpReply& busy,
                                      std::function<void(const OrderPtr&)> look_at,
                                      std::function<protocols::Answer()> then);

/// The accounts of the merchant's payments that wait to be shared and on which something moved that
/// day. Looks through all orders, some at a time.
protocols::Answer find_sharing_accounts(
    const CallPtr& call, std::chrono::sys_days day, const http::HttpReply& busy,
    std::function<protocols::Answer(const std::vector<AccountId>&)> then);

/// All records with their orders.
using RowsFound = std::function<protocols::Answer(std::vector<BillRow> rows)>;
protocols::Answer find_orders(const std::vector<StatementEntry>& entries, http::HttpReply busy,
                              RowsFound then);

/// Payments and refunds among the records, with fees and orders.
protocols::Answer find_rows(const CallPtr& call, AccountId account,
                            const std::vector<StatementEntry>& entries, http::HttpReply busy,
                            RowsFound then);

}  // namespace tuma::wechat
