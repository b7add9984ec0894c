// What sorts of orders M-Pesa's APIs make; the numbers are in the journal and never change.
#pragma once

#include "ledger/order.h"

#include <cstdint>

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
};
inline constexpr std::uint16_t kind_first = 100;
inline constexpr std::uint16_t kind_last = 199;

constexpr std::uint16_t number(Kind kind) {
    return static_cast<std::uint16_t>(kind);
}
/// True if the order is of this kind.
constexpr bool is_kind(const ledger::Order& order, Kind kind) {
    return order.terms.kind == number(kind);
}

/// Which notice an order's channel is.
inline constexpr std::uint8_t channel_result = 0;  ///< the callback, or the result to ResultURL
inline constexpr std::uint8_t channel_second = 1;  ///< C2B confirmation, or QueueTimeOutURL
inline constexpr std::uint8_t channel_asked = 2;   ///< C2B validation

}  // namespace tuma::mpesa
