// The schemes that are in force, read from the state's bytes once.
#pragma once

#include "ledger/state/terms.h"
#include "switch/core/rules/scheme.h"

#include <vector>

namespace tuma::core {

/// The operator's accounts of one scheme.
struct OperatorAccounts {
    AccountId trust;
    AccountId fees;
    AccountId tax;
    AccountId commission;
    AccountId bank;
};

/// A scheme in force with the accounts that its charges and payouts run over.
struct RulebookEntry {
    Scheme scheme;
    OperatorAccounts accounts;
};

/// An account's scheme and the class it was opened in.
struct AccountRules {
    const RulebookEntry* entry = nullptr;
    const AccountClass* account_class = nullptr;
    const ledger::AccountTerms* terms = nullptr;

    explicit operator bool() const { return entry != nullptr; }
    /// Its receipts wait for settlements that only the switch makes.
    bool is_settled_to_bank() const { return terms != nullptr && bool{terms->payout}; }
};

/// Derived from `Terms` and nothing else, so it is not saved.
class Rulebook {
public:
    /// Puts the newest version of a scheme in place. Requires: content that `read_scheme` takes and
    /// operator accounts that are open: the core checked both before it recorded the scheme.
    void put(SchemeId id, RulebookEntry entry);

    /// The scheme, or null if the number was never assigned.
    const RulebookEntry* find(SchemeId id) const;
    /// True if a scheme of this currency says that own funds may be short.
    bool own_funds_may_be_short(Currency currency) const;
    /// The rules of an account; false if it has none.
    AccountRules of(AccountId account, const ledger::Terms& terms) const;

private:
    std::vector<RulebookEntry> entries_;  ///< element `id - 1`
};

/// True if the newest version of a scheme of this currency says that own funds may be short; for
/// who has a state and no core. What cannot be read says nothing.
bool own_funds_may_be_short(const ledger::Terms& terms, Currency currency);

}  // namespace tuma::core
