// What each merchant has taken and was charged for it, as far as neither has gone back: what
// refunds that name no payment are reckoned with.
#pragma once

#include "ledger/terms.h"
#include "ledger/transfer.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace tuma::ledger {

/// Fees and the tax on them, minor units, never below zero.
struct ChargesLeft {
    std::int64_t fees = 0;
    std::int64_t taxes = 0;

    bool operator==(const ChargesLeft&) const = default;
};

/// One account's, minor units, never below zero.
struct Taking {
    std::int64_t sold = 0;  ///< received from customers less what went back
    ChargesLeft charged;    ///< of charges that come back whenever their payment does
    ChargesLeft unsaid;     ///< of charges of which their record does not say whether they do

    bool operator==(const Taking&) const = default;
};

/// A fold over transfers that credit or debit an account with terms: what was sold to it, charged
/// to it for that, and given back of both. Charges that stay, or that come back for a time only,
/// are not counted; nor are those that the payer bore, and commissions. Where more goes back than
/// was counted, nothing is left.
class Takings {
public:
    /// All zero if the account never took anything.
    Taking find(AccountId account) const;

    /// Requires: `record` posts money; the records of a set come one after the other.
    void apply(const TransferRecord& record, const Terms& terms);

    /// In order of the accounts' numbers.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    void count_charge(const TransferRecord& record);
    /// The account's, or null if it never took anything.
    Taking* known(AccountId account);

    boost::unordered_flat_map<AccountId, Taking, std::hash<AccountId>> accounts_;
    /// Who was paid by the set whose records are coming; 0 between payments, and between batches.
    AccountId payee_;
};

}  // namespace tuma::ledger
