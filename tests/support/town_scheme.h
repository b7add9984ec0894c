// A small scheme with a bit of everything, for stories about prices, limits and settlements.
#pragma once

#include "switch/core/command.h"
#include "switch/core/rules/scheme.h"

namespace tuma::testing {

/// Amounts in KES, zone +03:00, no holidays.
///
///     send         payer 5 up to 100, 10 up to 1,000; not offered above; tax 16 % included
///     withdraw     1 % of what passes 100 withdrawn since opening, at least 2; agent gets 1
///     pay-shop     payee 1.5 %, free up to 10, at most 20
///     pay-bill     payer 2, payee 3, tax 10 % on top; from 1970-01-01 to 1970-01-31
///     pay-out      payer 1
///
///     0 wallet     per transaction 2,000, daily 3,000, monthly 5,000, yearly 8,000, lifetime
///     9,000,
///                  ceiling 10,000
///     1 till       receives pay-shop at once
///     2 shop       receives pay-shop, T+1 calendar at 06:00, cut-off 20:00
///     3 card-shop  receives pay-shop, T+2 business, minimum 50, fee 1, reserve 10 % for 10 days
///     4 biller     receives pay-bill, at once
///     5 collector  receives pay-shop, T+1, refunds beside the payout, negative nets collected
///
/// Reversals within 30 days; fees go back.
core::Scheme town_scheme();

/// The command that loads `scheme`.
core::LoadScheme load(const core::Scheme& scheme);

}  // namespace tuma::testing
