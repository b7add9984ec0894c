// The accounts of those who take part in a payment, opened when they are met for the first time.
#pragma once

#include "ledger/account.h"
#include "ledger/money.h"
#include "protocols/adapter.h"
#include "protocols/scheme_numbers.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// An account that is wanted, and what it is to be like if it has to be opened.
struct Party {
    std::string identity;
    bool may_be_opened = true;
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    std::int64_t floor = 0;
    SchemeId scheme{};
    std::uint8_t account_class = 0;
    Money opening{};  ///< issued when it is opened

    /// Puts it under a class of a scheme, if the switch has both; else it stays without rules.
    void join(const Directory& directory, std::string_view scheme_name, std::string_view name);
};

/// The parties' accounts in their order; 0 for one that does not exist and was not to be opened.
using Accounts = std::vector<AccountId>;

/// What a walk to the accounts needs beside the parties.
struct PartyTerms {
    const Directory& directory;
    std::string trust;           ///< identity of the account that issues opening balances
    http::HttpReply overloaded;  ///< when the switch takes nothing more
};

/// Finds or opens all of them, then goes on. Requests of its own have keys made from the identity,
/// so that an account is opened and funded once however often it is asked for.
Answer with_accounts(PartyTerms terms, std::vector<Party> parties,
                     std::function<Answer(const Accounts&)> then);

}  // namespace tuma::protocols
