// Random but valid histories: commands drawn from a seed, planned on a state, sealed and stored.
#pragma once

#include "ledger/journal_store.h"
#include "ledger/request_keys.h"
#include "ledger/state.h"

#include <cstdint>
#include <random>
#include <vector>

namespace tuma::ledger {

/// Writes a journal. What it says is kept beside it: the state, and what clients were told.
class History {
public:
    History(JournalStore& store, std::uint64_t seed, const StateLimits& limits = small());

    static StateLimits small() { return {.accounts_max = 200'000, .request_keys_max = 4096}; }

    /// Opens a trust account, a fee account and `wallets` wallets in KES, then issues money.
    void open(std::size_t wallets);
    /// One batch of about `commands` posts, linked sets, reservations, their ends, reversals,
    /// freezes and refusals.
    void batch(std::size_t commands);
    /// One batch of nothing but transfers between wallets.
    void plain_batch(std::size_t transfers);

    State state;
    /// One acknowledgement a request, in order.
    std::vector<RememberedRequest> told;

private:
    void begin();
    void finish();
    void next_batch_when_large();
    std::uint64_t draw(std::uint64_t below) { return random_() % below; }
    AccountId wallet() { return AccountId{static_cast<std::uint32_t>(3 + draw(wallets_))}; }
    template <typename Record>
    void fill_key(Record& record);
    template <typename Record>
    void carry_out(const Record& record, std::uint64_t id, std::int64_t balance);
    bool carry_out_transfer(TransferRecord& record);
    void refuse(Refusal refusal);
    void step();
    void post_set();
    void reserve();
    void end_one();
    void reverse_one();

    JournalStore& store_;
    std::mt19937_64 random_;
    std::size_t wallets_ = 0;
    std::uint64_t references_ = 0;
    std::vector<std::byte> bytes_;
    BatchHeader header_;
    std::vector<TransferRecord> reversible_;
    std::vector<TransferId> reserved_;
};

}  // namespace tuma::ledger
