// The platform's own numbers: made from an order's number and time, so that they lead back to it.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/id.h"
#include "protocols/kit/adapter.h"

#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// 28 digits beginning 42000: of a payment that was made.
std::string transaction_id(const ledger::Order& order);
std::string transaction_id(OrderId order, Timestamp paid_at);
/// 29 digits beginning 50.
std::string refund_id(const ledger::Order& order);
/// 40 digits beginning 13300.
std::string transfer_bill_no(const ledger::Order& order);
/// 28 digits beginning 30000: of one part of a profit sharing, or what undoes it.
std::string sharing_id(const ledger::Order& order);
/// The same of the whole, which is no order: of who shares, its own number and the day.
std::string sharing_order_id(std::string_view mchid, std::string_view out_order_no, Timestamp now);
/// The order that an id of any of these kinds can be of; whether it is, only the order knows.
std::optional<OrderId> order_of(std::string_view id);

/// "wx", the day and time, letters and digits: 36 characters. Each call gives another.
std::string prepay_id(OrderId order, Timestamp now, const protocols::Entropy& entropy);
/// "weixin://wxpay/bizpayurl?pr=" and 10 characters.
std::string code_url(const protocols::Entropy& entropy);

/// The page outside WeChat on which an order is paid.
std::string h5_url(std::string_view prepay, OrderId order);

/// The same uuid for the same notice, whatever is asked.
std::string event_id(NoticeId notice, std::string_view secret);

/// "2025-01-01T12:00:00+08:00".
std::string beijing_time(Timestamp time);
/// "20250101120000", as v2 writes it.
std::string compact_beijing_time(Timestamp time);
/// "2025-01-01 12:00:00", as bills write it.
std::string bill_time(Timestamp time);
/// Midnight in Beijing that begins a day.
Timestamp beijing_midnight(std::chrono::sys_days day);

}  // namespace tuma::wechat
