// The accounts of those who take part in a payment, opened when they are met for the first time.
#pragma once

#include "ledger/account.h"
#include "protocols/adapter.h"
#include "protocols/mpesa/call.h"
#include "protocols/mpesa/profiles.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tuma::mpesa {

/// An account that is wanted, and what it is to be like if it has to be opened.
struct Party {
    std::string identity;
    bool may_be_opened = true;
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    std::int64_t floor = 0;
    SchemeId scheme{};
    std::uint8_t account_class = 0;
    std::int64_t opening_balance = 0;  ///< cents
};

/// A customer's wallet; opened if the options say so.
Party customer_party(const Call& call, const std::string& msisdn);
/// A business's account: utility of a PayBill number, merchant account of a till.
Party business_party(const Call& call, const Shortcode& shortcode);
/// The working (MMF) account beside it.
Party working_party(const Shortcode& shortcode);
/// The account that bears its charges and has no floor.
Party charges_party(const Shortcode& shortcode);

/// The parties' accounts in their order; 0 for one that does not exist and was not to be opened.
using Accounts = std::vector<AccountId>;

/// Finds or opens all of them, then goes on. Requests of its own have keys made from the identity,
/// so that an account is opened and funded once however often it is asked for.
protocols::Answer with_accounts(const CallPtr& call, std::vector<Party> parties,
                                std::function<protocols::Answer(const Accounts&)> then);

}  // namespace tuma::mpesa
