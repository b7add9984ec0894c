// Daraja's identifiers and dates, exactly as they look; all dates are of East Africa Time (UTC+3).
#pragma once

#include "ledger/words/id.h"
#include "ledger/words/time.h"
#include "protocols/kit/adapter.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// "20261002181102".
std::string compact_time(Timestamp time);
/// "02.10.2026 18:11:02".
std::string dotted_time(Timestamp time);

/// What a customer sees as the transaction's number: "UJ22T8IYOU". Year, month and day are its
/// first three characters; the others are the order's number, spread over all that fits.
/// Source: mpesa reference, section 1.4.
std::string receipt(OrderId order, Timestamp time);
/// The order whose receipt this is if there is one: whoever asks has to compare the receipt that
/// the order has with this one. Letters of either case; nothing for what cannot be a receipt.
std::optional<OrderId> order_of(std::string_view receipt);
/// What balance enquiries and early failures have instead: "OAK0000000".
std::string empty_receipt(Timestamp time);

/// "ws_CO_27112025133814625708374149": the time with `digits` (0 to 3) of its fraction of a second,
/// and the last nine digits of the number.
std::string checkout_request_id(Timestamp time, std::string_view msisdn, int digits);
/// How much later another id with so many digits is possible: 1 s, 100 ms, 10 ms, 1 ms.
std::chrono::milliseconds checkout_step(int digits);
/// "AG_20240706_20106e9209f64bebd05b".
std::string conversation_id(Timestamp time, const protocols::Entropy& entropy);

/// The ConversationID that a customer's payment has inside: "AG_20240706_2070" and the order's
/// number, spread over 16 digits.
std::string payment_conversation_id(OrderId order, Timestamp time);
/// The order of such an id, as `order_of` does it for receipts.
std::optional<OrderId> order_of_conversation(std::string_view conversation);

/// How merchants' requests are numbered.
enum class RequestIdStyle { current, old };
/// "234f-43a9-ae11-d0b0c2dbe930108127", or of the old style "29115-34620561-1".
std::string request_id(RequestIdStyle style, const protocols::Context& context);
/// What a biller is known by: "AG_2376487236_126732989KJ".
std::string app_key(const protocols::Entropy& entropy);
/// A version 4 UUID.
std::string uuid(const protocols::Entropy& entropy);

}  // namespace tuma::mpesa
