// What a day's journal records say about the merchant: a projection of the journal, like the SQL
// tables, and like them it knows nothing of the plan.
#pragma once

#include "ledger/records/event.h"
#include "ledger/words/id.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tuma::replay {

/// Sums over records, minor units.
struct DayFigures {
    std::int64_t gross_sales = 0;  ///< payments less refunds
    /// What came into the merchant's hands, fees not yet taken off: payments to tills at once, the
    /// rest when a settlement is paid out. What a settlement carries on or holds back has not.
    std::int64_t settled_gross = 0;
    std::int64_t fees_settled = 0;  ///< taken off by then; tax on fees and fees of payouts included
    std::int64_t fees_charged = 0;  ///< of the day's payments, settled or not; fees of payouts too

    bool operator==(const DayFigures&) const = default;
};

/// The merchant's accounts that payments go to.
struct ReceivingAccounts {
    AccountId till;     ///< 0 if receipts wait for a settlement
    AccountId payable;  ///< 0 if they are in the till at once
    AccountId at_once;  ///< the till of other methods; 0 for none

    bool is_till(AccountId id) const { return id && (id == till || id == at_once); }
    bool is_payable(AccountId id) const { return id && id == payable; }
};

/// Folds records in the order of the journal.
class DayBook {
public:
    explicit DayBook(const ReceivingAccounts& accounts) : accounts_(accounts) {}

    /// Requires: whole records as the switch wrote them.
    void fold(std::span<const std::byte> records);
    /// The sums since the last call, which start anew.
    DayFigures take();

private:
    void fold(const ledger::TransferRecord& record);
    void fold(const ledger::SettlementClosed& closed);
    /// Payment or refund: plus where the merchant is credited, minus where it is debited.
    void add_sale(AccountId account, std::int64_t amount);
    void add_fee(AccountId account, std::int64_t amount);

    ReceivingAccounts accounts_;
    DayFigures figures_;
};

}  // namespace tuma::replay
