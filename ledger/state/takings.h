// What each merchant has taken and was charged for it, as far as neither has gone back: what
// refunds that name no payment are reckoned with.
//
// Of sales of 10,000.00 with a fee of 60.00, a refund of 1.00 that names none of them takes 0.006
// of the fee along, and 0.01 or nothing of it can be given back. So what is left of the fee is kept
// twice: as the records say, in minor units, and without rounding. With each refund as much comes
// back as brings the first as near to the second as it goes; after 5,000 of them that is 30.00.
// A sale adds the same whole amounts to both, and costs no division.
#pragma once

#include "ledger/records/transfer.h"
#include "ledger/state/charge_left.h"
#include "ledger/state/terms.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace tuma::ledger {

/// Fees and the tax on them, minor units, never below zero.
struct ChargeSums {
    std::int64_t fees = 0;
    std::int64_t taxes = 0;

    bool operator==(const ChargeSums&) const = default;
};

/// What is left of both.
struct ChargesLeft {
    ChargeLeft fees;
    ChargeLeft taxes;

    bool operator==(const ChargesLeft&) const = default;
};

/// One account's.
struct Taking {
    std::int64_t sold = 0;  ///< received from customers less what went back, never below zero
    ChargesLeft charged;    ///< of charges that come back whenever their payment does
    ChargesLeft unsaid;     ///< of charges of which their record does not say whether they do

    bool operator==(const Taking&) const = default;
};

/// What comes back of `charges` of a taking with a refund of `amount` that names no payment.
/// Requires: amount > 0.
ChargeSums due_back(const ChargesLeft& charges, std::int64_t sold, std::int64_t amount);

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
    // A refund that names no payment, and what came back of charges with it; or both taken back.
    struct Unnamed {
        AccountId account;
        bool is_taken_back = false;
        std::int64_t amount = 0;
        ChargeSums charges;
    };

    void count_refund(const TransferRecord& record);
    void count_charge(const TransferRecord& record);
    /// The one that the set's records tell of: charges come before the refund or behind it.
    Unnamed& unnamed_of(AccountId account, bool is_taken_back);
    void end_unnamed();
    void end_set();
    /// The account's, or null if it never took anything.
    Taking* known(AccountId account);

    boost::unordered_flat_map<AccountId, Taking, std::hash<AccountId>> accounts_;
    /// Who was paid by the set whose records are coming; 0 between payments, and between batches.
    AccountId payee_;
    /// Whole with the last record of its set.
    Unnamed unnamed_;
};

}  // namespace tuma::ledger
