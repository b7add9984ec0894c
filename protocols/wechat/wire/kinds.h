// Which of the switch's orders are WeChat Pay's, and the numbers with which they fail.
#pragma once

#include "ledger/records/order.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace tuma::wechat {

/// `ledger::OrderTerms::kind` of this dialect's orders.
enum class Kind : std::uint16_t {
    payment = 200,          ///< a customer is to pay a merchant
    refund = 201,           ///< a merchant gives back a part of a payment
    reversal = 202,         ///< a payment by code is taken back as if it had never been
    combined = 203,         ///< several payments that a customer makes at once
    member = 204,           ///< one of them
    transfer = 205,         ///< a merchant pays a person
    sharing = 206,          ///< a merchant gives others a part of a payment
    unsharing = 207,        ///< and gets it back
    unfreezing = 208,       ///< what is left of such a payment is the merchant's
    closing = 209,          ///< a number under which nobody can pay any more
    batch = 210,            ///< a merchant pays many persons with one request
    batch_detail = 211,     ///< one of them
    direct_transfer = 212,  ///< a merchant pays a person who is not asked, in v2
    red_packet = 213        ///< the same as a present
};
inline constexpr std::uint16_t kind_first = 200;
inline constexpr std::uint16_t kind_last = 299;

/// What they are called where orders are listed, in the order above.
inline constexpr std::array<std::string_view, 14> kind_names{
    "payment",  "refund",       "reversal",        "combined",   "member",
    "transfer", "sharing",      "unsharing",       "unfreezing", "closing",
    "batch",    "batch_detail", "direct_transfer", "red_packet"};

constexpr std::uint16_t number(Kind kind) {
    return static_cast<std::uint16_t>(kind);
}
/// True if the order is of this kind.
constexpr bool is_kind(const ledger::Order& order, Kind kind) {
    return order.terms.kind == number(kind);
}

/// Why a customer does not pay or a refund does not arrive; `ledger::Order::code`.
namespace reason {
inline constexpr std::uint16_t not_enough = 1;
inline constexpr std::uint16_t cancelled = 2;
inline constexpr std::uint16_t wrong_password = 3;
inline constexpr std::uint16_t account_abnormal = 4;
inline constexpr std::uint16_t code_invalid = 5;
inline constexpr std::uint16_t code_expired = 6;
inline constexpr std::uint16_t bank_error = 7;
inline constexpr std::uint16_t refund_abnormal = 20;
inline constexpr std::uint16_t refund_closed = 21;
inline constexpr std::uint16_t merchant_cancelled = 30;
inline constexpr std::uint16_t no_relation = 40;
}  // namespace reason

/// The one notice of an order, and by which schedule it is tried again.
inline constexpr std::uint8_t channel_notice = 0;
/// Tells nobody: what is left of a payment that was to be shared is the merchant's from then on.
inline constexpr std::uint8_t channel_release = 1;
inline constexpr std::uint8_t schedule_payment = 2;
inline constexpr std::uint8_t schedule_transfer = 3;

}  // namespace tuma::wechat
