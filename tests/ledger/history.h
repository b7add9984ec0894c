// Random but valid histories: commands drawn from a seed, planned on a state, sealed and stored.
#pragma once

#include "ledger/state/request_keys.h"
#include "ledger/state/state.h"
#include "ledger/store/journal_store.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
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

    /// Loads a scheme and a newer version of it, opens its operator's accounts, and one customer
    /// and one merchant with a bank account each for every one of `merchants`. Requires: `open`.
    void open_market(std::size_t merchants);
    /// One batch of about `payments` sales with fee and tax, reservations settled with theirs,
    /// refunds and sales moved back; before them, what has fallen due is settled.
    void market_batch(std::size_t payments);

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

    // The market: accounts lie in the order of opening.
    AccountId market_account(std::uint32_t nth) const { return {first_of_market_ + nth}; }
    AccountId taxes() const { return market_account(0); }
    AccountId banks() const { return market_account(1); }
    AccountId customer() { return market_account(2 + 3 * merchant_number()); }
    AccountId merchant() { return market_account(3 + 3 * merchant_number()); }
    std::uint32_t merchant_number() { return static_cast<std::uint32_t>(draw(merchants_)); }
    void load_scheme(const char* version, std::size_t content_bytes);
    AccountId open_for_market(AccountOpened opened, const std::string& identity);
    /// Plans each posting on what the ones before it have done; all become one set. False, and
    /// nothing happened, if the first one is refused.
    bool post_together(std::span<const Posting> postings, std::int64_t due_at, bool has_key);
    void settle_due();
    void sell();
    void reserve_and_settle();
    void refund();

    JournalStore& store_;
    std::mt19937_64 random_;
    std::size_t wallets_ = 0;
    std::uint64_t references_ = 0;
    std::vector<std::byte> bytes_;
    BatchHeader header_;
    std::vector<TransferRecord> reversible_;
    std::vector<TransferId> reserved_;
    std::uint32_t first_of_market_ = 0;
    std::size_t merchants_ = 0;
    std::vector<TransferRecord> sales_;
};

template <typename Record>
void History::fill_key(Record& record) {
    ++references_;
    std::memcpy(record.reference.data(), &references_, sizeof references_);
    record.digest[0] = static_cast<std::byte>(references_ * 31U);
    record.participant = ParticipantId{7};
}

template <typename Record>
void History::carry_out(const Record& record, std::uint64_t id, std::int64_t balance) {
    state.apply(record, state.position.time);
    append(bytes_, record);
    header_.event_count += 1;
    if (!record.key()) return;
    told.push_back({.reference = record.reference,
                    .digest = record.digest,
                    .participant = record.participant,
                    .id = id,
                    .time_us = header_.time_us,
                    .balance = balance});
}

}  // namespace tuma::ledger
