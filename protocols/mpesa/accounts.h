// Whose accounts take part in a payment of this dialect.
#pragma once

#include "protocols/mpesa/call.h"
#include "protocols/mpesa/profiles.h"
#include "protocols/parties.h"

#include <functional>
#include <string>
#include <vector>

namespace tuma::mpesa {

using protocols::Accounts;
using protocols::Party;

/// A customer's wallet; opened if the options say so.
Party customer_party(const Call& call, const std::string& msisdn);
/// A business's account: utility of a PayBill number, merchant account of a till.
Party business_party(const Call& call, const Shortcode& shortcode);
/// The working (MMF) account beside it.
Party working_party(const Shortcode& shortcode);
/// The account that bears its charges and has no floor.
Party charges_party(const Shortcode& shortcode);

/// Finds or opens all of them, then goes on; see protocols::with_accounts.
protocols::Answer with_accounts(const CallPtr& call, std::vector<Party> parties,
                                std::function<protocols::Answer(const Accounts&)> then);

}  // namespace tuma::mpesa
