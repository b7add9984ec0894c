// The durable past: single records, sets of records and statements, read from the journal by a
// thread of its own.
#pragma once

#include "ledger/journal_store.h"
#include "protocols/native/messages.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace tuma::net {

/// Finds transfer records in the journal; keeps the last few batches, because what is asked for
/// together mostly lies together. Used by one thread. Throws ledger::StoreError when the journal
/// cannot be read or a batch is damaged.
class HistoryReader {
public:
    explicit HistoryReader(ledger::JournalReader& journal) : journal_(journal) {}

    /// The durable record with this number, or nothing.
    std::optional<native::StatementEntry> find(TransferId id);

    /// The record with this number and those of its set behind it; null when there is none.
    std::shared_ptr<const std::vector<ledger::TransferRecord>> set_from(TransferId id);

    /// A page of the statement of `query.account`, whose newest record is `newest`. Records are
    /// found along the chain of previous records, so a `before` that is not a record of the account
    /// is reached by walking; after `statement_steps_max` records the page ends early, with `next`
    /// set, possibly without an entry.
    native::StatementPage page(const native::StatementQuery& query, TransferId newest);

private:
    /// One batch with the places of its transfer records, which are numbered without gaps.
    struct Batch {
        TransferId first;
        Timestamp time{};
        std::vector<std::byte> bytes;
        std::vector<std::uint32_t> offsets;
    };

    const Batch* batch_with(TransferId id);

    ledger::JournalReader& journal_;
    std::list<Batch> recent_;  ///< most recently used first
};

/// Most records that one statement page looks at.
inline constexpr std::size_t statement_steps_max = 1'000;

/// Something to be read from the history, and what is done with it then.
class HistoryJob {
public:
    HistoryJob() = default;
    HistoryJob(const HistoryJob&) = delete;
    HistoryJob& operator=(const HistoryJob&) = delete;
    virtual ~HistoryJob() = default;

    /// Reads what it needs, on the history's thread; may throw ledger::StoreError.
    virtual void look_up(HistoryReader& reader) = 0;
    /// Called next on that thread; `is_read` is false when `look_up` threw.
    virtual void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) = 0;
};

/// A bounded queue of jobs and the thread that does them in order.
class History {
public:
    History(ledger::JournalReader& journal, std::size_t jobs_max);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    void start();
    /// Hands a job over. Returns it back when the queue is full or stopped. Any thread.
    [[nodiscard]] std::unique_ptr<HistoryJob> submit(std::unique_ptr<HistoryJob> job);
    /// Ends the thread after the job at hand; waiting jobs are dropped.
    void stop();

private:
    void run();

    HistoryReader reader_;
    std::size_t jobs_max_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::deque<std::unique_ptr<HistoryJob>> jobs_;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace tuma::net
