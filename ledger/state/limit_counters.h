// How much each account under a scheme has paid today, this month, this year and ever: what limits
// are decided on.
#pragma once

#include "ledger/records/transfer.h"
#include "ledger/state/terms.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstdint>

namespace tuma::ledger {

/// Paid by one account, minor units, reservations counted from when they are made. A sum of a day,
/// month or year holds for the one it names; in another one it counts as 0.
struct LimitCounter {
    std::int32_t day = 0;    ///< days since 1970-01-01, local
    std::int32_t month = 0;  ///< 12 x year + month - 1, local
    std::int32_t year = 0;   ///< local
    std::int32_t reserved = 0;
    std::int64_t of_day = 0;
    std::int64_t of_month = 0;
    std::int64_t of_year = 0;
    std::int64_t of_life = 0;
    /// Cashed out or moved to a bank since opening: withdraw and redeem only.
    std::int64_t withdrawn = 0;

    bool operator==(const LimitCounter&) const = default;

    /// The same with the sums of past days, months and years set to 0. Requires: `today` is not
    /// before `day`.
    LimitCounter on(std::chrono::sys_days today) const;
};

/// The local calendar day of `time` in a zone that is `offset_minutes` ahead of UTC.
std::chrono::sys_days local_day(Timestamp time, std::int16_t offset_minutes);

/// True if a posting for this purpose counts towards its payer's limits: transfer, pay_merchant,
/// withdraw, redeem, disburse. Fees, refunds and what the switch does by itself do not.
bool counts_as_paid(Purpose purpose);

/// A fold over transfers whose debited account has terms. A reservation counts when it is made;
/// what is given back of it later leaves the windows that it was counted in and that still last.
/// Reversals give nothing back.
class LimitCounters {
public:
    /// All zero if the account never paid.
    LimitCounter find(AccountId account) const;

    void apply(const TransferRecord& record, const Terms& terms, Timestamp time);

    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    /// A reservation that was counted.
    struct Counted {
        AccountId account;
        std::int32_t day = 0;
        std::int64_t amount = 0;
    };

    boost::unordered_flat_map<AccountId, LimitCounter, std::hash<AccountId>> accounts_;
    boost::unordered_flat_map<TransferId, Counted, std::hash<TransferId>> reservations_;
};

}  // namespace tuma::ledger
