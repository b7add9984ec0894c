// What sorts of orders M-Pesa's APIs make; the numbers are in the journal and never change.
#pragma once

#include "ledger/records/order.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace tuma::mpesa {

/// `ledger::OrderTerms::kind` of this dialect's orders.
enum class Kind : std::uint16_t {
    stk_push = 100,  ///< a customer is asked on the handset (M-Pesa Express, STK: SIM toolkit)
    c2b = 101,       ///< a customer pays a business unasked
    b2c = 102,       ///< a business pays a customer
    b2b = 103,       ///< a business pays a business, taxes too
    balance = 104,   ///< a business asks for its balances
    status = 105,    ///< a business asks what became of a transaction
    reversal = 106,  ///< a customer's payment is given back
    express = 107,   ///< a till's merchant is asked to pay a business (B2B Express)
    standing_order = 108,    ///< a customer is asked for a standing order (Ratiba)
    standing_payment = 109,  ///< what a standing order pays on one of its days
    invoice = 110,           ///< a business has billed a customer (Bill Manager)
    reminder = 111,          ///< what the customer would be reminded by on that day
};
inline constexpr std::uint16_t kind_first = 100;
inline constexpr std::uint16_t kind_last = 199;

/// What they are called where orders are listed, in the order above.
inline constexpr std::array<std::string_view, 12> kind_names{"stk_push",
                                                             "c2b",
                                                             "b2c",
                                                             "b2b",
                                                             "balance",
                                                             "status",
                                                             "reversal",
                                                             "express",
                                                             "standing_order",
                                                             "standing_payment",
                                                             "invoice",
                                                             "reminder"};

constexpr std::uint16_t number(Kind kind) {
    return static_cast<std::uint16_t>(kind);
}
/// True if the order is of this kind.
constexpr bool is_kind(const ledger::Order& order, Kind kind) {
    return order.terms.kind == number(kind);
}

/// True if a customer pays a business by it.
constexpr bool is_customers(const ledger::Order& order) {
    return is_kind(order, Kind::stk_push) || is_kind(order, Kind::c2b) ||
           is_kind(order, Kind::standing_payment);
}

/// Which notice an order's channel is.
inline constexpr std::uint8_t channel_result = 0;  ///< the callback, or the result to ResultURL
inline constexpr std::uint8_t channel_second = 1;  ///< C2B confirmation, or QueueTimeOutURL
inline constexpr std::uint8_t channel_asked = 2;   ///< C2B validation
/// On which channel a payment is told to Bill Manager's callbackurl: the one that its kind has
/// free.
constexpr std::uint8_t channel_bill(Kind kind) {
    return kind == Kind::c2b ? channel_result : channel_asked;
}

/// By which schedule a notice is tried again.
inline constexpr std::uint8_t schedule_once = 1;
inline constexpr std::uint8_t schedule_retried = 2;  ///< as the option `retries_callbacks` says
inline constexpr std::uint8_t schedule_bill = 3;     ///< as Bill Manager does: five times

}  // namespace tuma::mpesa
