// The whole matrix of payment states and events.
#include "ledger/projection/payment.h"

#include <doctest/doctest.h>

#include <map>
#include <utility>

using namespace tuma::ledger;

TEST_CASE("payment: every pair of state and event is either a listed move or refused") {
    using S = PaymentState;
    using E = PaymentEvent;
    // Columns in the order of PaymentEvent; none stands for "not legal".
    const std::map<S, std::array<S, payment_event_count>> matrix{
        {S::none, {S::posted, S::reserved, S::none, S::none, S::none, S::none, S::none}},
        {S::posted, {S::none, S::none, S::none, S::none, S::none, S::partly_reversed, S::reversed}},
        {S::reserved, {S::none, S::none, S::settled, S::released, S::expired, S::none, S::none}},
        {S::settled,
         {S::none, S::none, S::none, S::none, S::none, S::partly_reversed, S::reversed}},
        {S::released, {}},
        {S::expired, {}},
        {S::partly_reversed,
         {S::none, S::none, S::none, S::none, S::none, S::partly_reversed, S::reversed}},
        {S::reversed, {}},
    };
    REQUIRE(matrix.size() == payment_state_count);

    for (const auto& [from, row] : matrix) {
        const PaymentState state = from;
        for (std::size_t i = 0; i < payment_event_count; ++i) {
            const auto event = static_cast<E>(i);
            CAPTURE(name(state));
            CAPTURE(name(event));
            const auto next = move(state, event);
            CHECK(next.value_or(S::none) == row[i]);
            CHECK(next.has_value() == (row[i] != S::none));
        }
    }
}

TEST_CASE("payment: no two moves start from the same state with the same event") {
    std::map<std::pair<PaymentState, PaymentEvent>, int> seen;
    for (const PaymentMove& row : payment_moves) ++seen[{row.from, row.event}];
    for (const auto& [key, count] : seen) CHECK(count == 1);
}

TEST_CASE("payment: names are read back") {
    for (std::size_t i = 0; i < payment_state_count; ++i) {
        const auto state = static_cast<PaymentState>(i);
        CHECK(parse_payment_state(name(state)) == state);
    }
    CHECK_FALSE(parse_payment_state("lost").has_value());
    CHECK(name(PaymentEvent::reverse_part) == "reverse_part");
}
