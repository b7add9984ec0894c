// What has to be in the books and among the profiles before a dialect's merchants can be served.
#pragma once

#include "ledger/account.h"
#include "ledger/money.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// An account that is opened if it is not there yet.
struct AccountWish {
    std::string identity;
    ledger::AccountKind kind = ledger::AccountKind::till;
    Currency currency = Currency::kes;
    std::string scheme{};         ///< whose rules apply; empty for none
    std::string account_class{};  ///< of the scheme
    bool has_floor = true;        ///< false: may go below zero
    std::int64_t opening = 0;     ///< minor units, issued by `funded_by` when it is opened
    std::string funded_by{};      ///< identity of a trust account: "mpesa-kenya.trust"
};

/// Profiles by name, and accounts.
struct Provision {
    std::vector<AccountWish> accounts{};
    std::vector<std::pair<std::string, std::string>> profiles{};

    void add(Provision more) {
        for (AccountWish& account : more.accounts) accounts.push_back(std::move(account));
        for (auto& profile : more.profiles) profiles.push_back(std::move(profile));
    }
};

}  // namespace tuma::protocols
