// The accounts that a scenario plays with: opened and funded once, found again afterwards.
#pragma once

#include "ledger/words/id.h"
#include "loadgen/client/native_client.h"
#include "loadgen/workload/scenario.h"

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// The account numbers of a scenario, by role.
struct Accounts {
    AccountId trust;
    std::vector<AccountId> wallets;
    std::vector<AccountId> tills;
    std::vector<AccountId> agents;

    bool operator==(const Accounts&) const = default;
};

/// What setting up did; `opened` is 0 when everything was there already.
struct SetUp {
    Accounts accounts;
    std::uint64_t opened = 0;
    std::uint64_t funded = 0;
};

/// The server refused what the set-up needs. The message says what, why and what to do.
class SetUpError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Told how many of how many accounts are ready, after each frame.
using SetUpProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Opens trust, wallets, tills and agents' floats, and issues e-money to wallets and floats.
/// Safe to repeat: references and identities follow from scenario, currency and number, so the
/// server answers with what it remembers; once it has forgotten, accounts are found by identity,
/// and only those that never saw money are funded. More customers than last time are added.
/// Throws SetUpError, ConnectionError.
SetUp set_up(NativeClient& client, const Scenario& scenario, const SetUpProgress& progress);

/// What each wallet and each agent's float is given, minor units.
std::int64_t opening_balance(const Scenario& scenario);

}  // namespace tuma::loadgen
