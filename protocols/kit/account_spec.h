// An account that somebody takes part with.
#pragma once

#include "ledger/records/account.h"
#include "ledger/words/money.h"

#include <string>

namespace tuma::protocols {

/// An account that is wanted, and what it is to be like if it has to be opened.
struct AccountSpec {
    std::string identity;
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    bool may_be_opened = true;
    bool has_floor = true;        ///< false: may go below zero
    std::string scheme{};         ///< whose rules apply; empty for none
    std::string account_class{};  ///< of the scheme
    Money opening{};              ///< issued when it is opened; its currency is the account's
    std::string funded_by{};      ///< identity of the trust account that issues it
};

}  // namespace tuma::protocols
