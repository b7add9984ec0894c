// Which scheme applies to which account, and the schemes as they were loaded.
#pragma once

#include "ledger/records/event.h"
#include "ledger/records/state_bytes.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace tuma::ledger {

/// What was said about an account when it was opened under a scheme.
struct AccountTerms {
    SchemeId scheme;
    std::uint8_t account_class = 0;
    AccountId payout;  ///< where a settlement payable is paid out to; 0 for none

    bool operator==(const AccountTerms&) const = default;
};

/// A fold of SchemeLoaded and AccountOpened. The content of a scheme is opaque here: who decides
/// reads it (`core::read_scheme`). Accounts without a scheme cost nothing.
class Terms {
public:
    /// The newest version of each scheme, element `id - 1`.
    std::span<const SchemeLoaded> schemes() const { return schemes_; }
    /// The newest version, or null if the number is zero or was never assigned.
    const SchemeLoaded* find(SchemeId id) const;
    /// The scheme called `name`, or the zero id.
    SchemeId find(const Identity& name) const;
    /// The terms of an account, or null if it was opened without a scheme.
    const AccountTerms* find(AccountId account) const;
    bool empty() const { return accounts_.empty(); }

    /// The number that a scheme called `name` has or would get.
    SchemeId id_for(const Identity& name) const;

    void apply(const SchemeLoaded& loaded);
    void apply(const AccountOpened& opened);
    /// Why it cannot be applied (a number out of order, another name or currency under the number,
    /// an account under a scheme that was never loaded), or nothing.
    std::optional<std::string> violation(const SchemeLoaded& loaded) const;
    std::optional<std::string> violation(const AccountOpened& opened) const;

    /// In order of the accounts' numbers.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    std::vector<SchemeLoaded> schemes_;
    boost::unordered_flat_map<AccountId, AccountTerms, std::hash<AccountId>> accounts_;
};

}  // namespace tuma::ledger
