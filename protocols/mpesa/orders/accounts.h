// Whose accounts take part in a payment of this dialect; a provision opens the same.
#pragma once

#include "protocols/kit/parties.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/call.h"

#include <functional>
#include <string>
#include <vector>

namespace tuma::mpesa {

using protocols::Accounts;
using protocols::AccountSpec;

/// Cents as money.
constexpr Money kes(std::int64_t cents) {
    return {cents, Currency::kes};
}

/// A customer's wallet; opened if the options say so.
AccountSpec customer_account(const Options& options, const std::string& msisdn);
/// A business's account: utility of a PayBill number, merchant account of a till.
AccountSpec business_account(const Options& options, const Shortcode& shortcode);
/// The working (MMF) account beside it.
AccountSpec working_account(const Options& options, const Shortcode& shortcode);
/// The account that bears its charges and has no floor.
AccountSpec charges_account(const Shortcode& shortcode);

/// Finds or opens all of them, then goes on; see protocols::with_accounts.
protocols::Answer with_accounts(const CallPtr& call, std::vector<AccountSpec> accounts,
                                std::function<protocols::Answer(const Accounts&)> then);

}  // namespace tuma::mpesa
