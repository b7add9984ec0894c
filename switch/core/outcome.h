// What the switch answers to one request.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/order.h"
#include "ledger/words/id.h"
#include "ledger/words/refusal.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tuma::core {

/// An account as a query answers it.
struct AccountView {
    AccountId id;
    ledger::Account account;
};

/// The answer to one request. It leaves the process only after everything it tells is durable.
struct Outcome {
    Refusal code = Refusal::none;
    /// The request was known already and this is the stored answer.
    bool is_replayed = false;
    /// The transfer's, the account's or the original's number; 0 when refused.
    std::uint64_t id = 0;
    /// Switch time of the decision.
    Timestamp time{};
    /// Posted balance of the debited account after it, normal side, minor units.
    std::int64_t balance = 0;
    /// Only for QueryAccount.
    std::optional<AccountView> account{};
    /// Only for commands about orders; never changes.
    std::shared_ptr<const ledger::Order> order{};

    /// Nothing was decided: the key has left memory, or may have. To be handled again with a
    /// `Finding`; the code is `overloaded`, which is what a client may be told instead.
    bool must_look_up = false;

    /// Only for ListOrders.
    std::shared_ptr<const std::vector<std::shared_ptr<const ledger::Order>>> orders{};

    /// Only for ListNotices.
    std::shared_ptr<const std::vector<ledger::Notice>> notices{};

    bool operator==(const Outcome& other) const {
        return code == other.code && id == other.id && time == other.time &&
               balance == other.balance;
    }
};

}  // namespace tuma::core
