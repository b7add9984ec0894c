// Whether a scheme's limits allow a payment.
#pragma once

#include "ledger/state/limit_counters.h"
#include "ledger/words/refusal.h"
#include "switch/core/rules/pricing.h"
#include "switch/core/rules/scheme.h"

#include <cstdint>
#include <optional>

namespace tuma::core {

/// The limits of the class that hold on `day`, or null when there are none.
const Limits* limits_on(const AccountClass& account_class, LocalDay day);

/// What the payer's class says to paying `amount` more. `counter` is of `today`.
/// Refuses, in this order: transaction_limit_exceeded, daily_, monthly_, yearly_,
/// lifetime_limit_exceeded.
std::optional<Refusal> check_payer(const Limits& limits, const ledger::LimitCounter& counter,
                                   std::int64_t amount);

/// What the payee's class says to receiving `amount`, pending counted. Refuses: ceiling_exceeded.
std::optional<Refusal> check_payee(const Limits& limits, const ledger::Account& payee,
                                   std::int64_t amount);

/// The class that every wallet under the scheme is of: the only one there is. Null when there are
/// several, since then nobody knows whose limits hold.
const AccountClass* only_wallet_class(const Scheme& scheme);

/// What the switch would refuse a payment for whose payer has only `withdrawn` before, in its
/// order: the price, which is filled in otherwise, then the payer's limits. `limits` may be null.
std::optional<Refusal> check_alone(const PaymentType& type, const Limits* limits,
                                   std::int64_t amount, std::int64_t withdrawn, Price& price);

}  // namespace tuma::core
