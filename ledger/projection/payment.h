// The states a payment goes through, and the one table of legal moves between them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tuma::ledger {

/// Where a payment stands. `none` is the state before its first record.
enum class PaymentState : std::uint8_t {
    none = 0,
    posted = 1,           ///< moved at once
    reserved = 2,         ///< set aside
    settled = 3,          ///< moved, all or part of what was reserved
    released = 4,         ///< given back by request
    expired = 5,          ///< given back by its deadline
    partly_reversed = 6,  ///< some of what moved was moved back
    reversed = 7,         ///< all of what moved was moved back
};
inline constexpr std::size_t payment_state_count = 8;

/// What can happen to a payment.
enum class PaymentEvent : std::uint8_t {
    post = 0,
    reserve = 1,
    settle = 2,
    release = 3,
    expire = 4,
    reverse_part = 5,
    reverse_all = 6,
};
inline constexpr std::size_t payment_event_count = 7;

/// One legal move.
struct PaymentMove {
    PaymentState from;
    PaymentEvent event;
    PaymentState to;
};

/// Every legal move; what is not in here cannot happen.
inline constexpr std::array payment_moves{
    PaymentMove{PaymentState::none, PaymentEvent::post, PaymentState::posted},
    PaymentMove{PaymentState::none, PaymentEvent::reserve, PaymentState::reserved},
    PaymentMove{PaymentState::reserved, PaymentEvent::settle, PaymentState::settled},
    PaymentMove{PaymentState::reserved, PaymentEvent::release, PaymentState::released},
    PaymentMove{PaymentState::reserved, PaymentEvent::expire, PaymentState::expired},
    PaymentMove{PaymentState::posted, PaymentEvent::reverse_part, PaymentState::partly_reversed},
    PaymentMove{PaymentState::settled, PaymentEvent::reverse_part, PaymentState::partly_reversed},
    PaymentMove{PaymentState::partly_reversed, PaymentEvent::reverse_part,
                PaymentState::partly_reversed},
    PaymentMove{PaymentState::posted, PaymentEvent::reverse_all, PaymentState::reversed},
    PaymentMove{PaymentState::settled, PaymentEvent::reverse_all, PaymentState::reversed},
    PaymentMove{PaymentState::partly_reversed, PaymentEvent::reverse_all, PaymentState::reversed},
};

/// The state after `event`, or nothing when the move is not legal.
constexpr std::optional<PaymentState> move(PaymentState state, PaymentEvent event) {
    for (const PaymentMove& row : payment_moves) {
        if (row.from == state && row.event == event) return row.to;
    }
    return std::nullopt;
}

/// Stable snake_case name ("partly_reversed").
std::string_view name(PaymentState state);
/// Stable snake_case name ("reverse_part").
std::string_view name(PaymentEvent event);
/// The state called `name`, or nothing.
std::optional<PaymentState> parse_payment_state(std::string_view name);

}  // namespace tuma::ledger
