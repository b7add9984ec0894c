// A payment as the schemes of its two sides see it: limits, price, legs, when the money is usable.
#pragma once

#include "ledger/state/books.h"
#include "ledger/state/state.h"
#include "switch/core/rules/pricing.h"
#include "switch/core/rules/returned_fee.h"
#include "switch/core/rules/rulebook.h"

#include <boost/container/static_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tuma::core {

/// The principal and the legs of each charge.
inline constexpr std::size_t payment_legs_max = 1 + 2 * charges_max;

/// What a payment is carried out as: one linked set, the principal first.
struct PricedPayment {
    /// Made for every movement and mostly of one leg: what is not used is not touched.
    boost::container::static_vector<ledger::Posting, payment_legs_max> legs;
    Timestamp due{};  ///< when the payee can use the money

    /// What the legs behind the principal bring to the account that it debits.
    std::int64_t incoming() const;
};

/// The records of the payment that a refund is a part of, and of its set behind it; empty where it
/// names none.
using Original = std::span<const ledger::TransferRecord>;

/// Whether limits are to be looked at: a settlement of a reservation was counted when it was made.
enum class LimitCheck : std::uint8_t { counted_now, counted_before };

/// Prices `principal` at `now`. The payee's scheme decides, else the payer's; limits are each
/// account's own. issue, adjust and bank_transfer are free. A payment between accounts without a
/// scheme is itself, usable at once. A refund is free, and gets a share back of what was charged
/// for the `original` or, where it names none, for all that the account has taken
/// (`switch/core/rules/returned_fee.h`). A refund that names its original is recorded with it.
/// Refuses, in this order: account_kind_not_allowed (only the switch pays out what waits for a
/// settlement), ceiling_exceeded, not_offered, below_minimum, transaction_, daily_, monthly_,
/// yearly_, lifetime_limit_exceeded.
/// Requires: `principal` passed `Books::plan_post` or `plan_reserve`, or is of an open reservation.
std::optional<Refusal> price_posting(const ledger::State& state, const Rulebook& rulebook,
                                     Timestamp now, const ledger::Posting& principal,
                                     LimitCheck check, PricedPayment& payment,
                                     Original original = {});

/// When what is credited to this account at `now` is usable: at once, or with a settlement.
Timestamp usable_at(const AccountRules& rules, Timestamp now);

}  // namespace tuma::core
