// What the books have sent to bank accounts and collected from them, from the journal.
#pragma once

#include "ledger/records/event.h"
#include "ledger/store/journal_store.h"
#include "switch/reconcile/matching.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace tuma::reconcile {

/// The payouts of a journal.
struct Payouts {
    std::vector<Movement> movements;           ///< in the order of the journal
    std::map<std::string, Currency> accounts;  ///< of all bank accounts that are paid out to
    std::map<std::string, std::chrono::minutes> zones;  ///< of those paid out to so far
    std::uint64_t last_batch = 0;
};

/// Folds batches into payouts: legs of settlements that end at a bank account. A payout's day is
/// the local one of the scheme when it was done, which is later than it was due if the server was
/// down. Where refunds are collected beside the payout, both are movements.
class PayoutReader {
public:
    /// `records` are those of one batch, decided at `time`. Requires: batches in order. Refuses
    /// records that do not decode.
    std::optional<InputError> fold(Timestamp time, std::span<const std::byte> records);

    const Payouts& payouts() const { return payouts_; }

private:
    void fold(const ledger::TransferRecord& record);
    void fold(const ledger::AccountOpened& opened);
    void fold(const ledger::SettlementClosed& closed, Timestamp time);

    struct Leg {
        AccountId account;
        std::int64_t amount = 0;
        TransferId transfer;
    };

    std::unordered_map<std::uint32_t, std::string>
        bank_accounts_;                                     ///< that are paid out to, by number
    std::unordered_map<std::uint32_t, SchemeId> payables_;  ///< by number
    std::unordered_map<std::uint16_t, std::chrono::minutes> zones_;  ///< by scheme
    std::vector<Leg> legs_;  ///< of the settlement whose end is still to come
    Payouts payouts_;
};

/// All payouts of a journal; checks each batch. Refuses a damaged one, naming it. Throws
/// ledger::StoreError.
Result<Payouts> read_payouts(ledger::JournalReader& journal);

}  // namespace tuma::reconcile
