// The durable past: single records, sets of records and statements, read from the journal by a
// thread of its own.
#pragma once

#include "ledger/store/journal_store.h"
#include "protocols/native/messages.h"

#include <atomic>
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
    /// is reached by walking. Each record that is looked at takes one of `steps`; without any left
    /// the page ends early, with `next` set, possibly without an entry.
    native::StatementPage page(const native::StatementQuery& query, TransferId newest,
                               std::size_t& steps);

    /// From now on a batch that is not at hand is not read: that throws StoreError. Any thread.
    void stop() { is_stopped_ = true; }
    bool is_stopped() const { return is_stopped_; }

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
    std::atomic<bool> is_stopped_ = false;
};

/// Most records that the pages of one statement frame look at together.
inline constexpr std::size_t statement_steps_max = 1'000;

/// Something to be read from the history, and what is done with it then.
class HistoryJob {
public:
    HistoryJob() = default;
    HistoryJob(const HistoryJob&) = delete;
    HistoryJob& operator=(const HistoryJob&) = delete;
    virtual ~HistoryJob() = default;

    /// True for what takes long and goes behind all that does not.
    virtual bool is_long() const = 0;
    /// Reads what it needs, on the history's thread; may throw ledger::StoreError.
    virtual void look_up(HistoryReader& reader) = 0;
    /// Called next on that thread; `is_read` is false when `look_up` threw.
    virtual void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) = 0;
};

/// Two bounded queues of jobs and the thread that does them: the short ones first, each kind in
/// order.
class History {
public:
    /// Each queue takes `jobs_max` jobs.
    History(ledger::JournalReader& journal, std::size_t jobs_max);
    ~History();
    History(const History&) = delete;
    History& operator=(const History&) = delete;

    void start();
    /// Hands a job over. Returns it back when its queue is full or stopped. Any thread.
    [[nodiscard]] std::unique_ptr<HistoryJob> submit(std::unique_ptr<HistoryJob> job);
    /// Ends the thread; the job at hand comes back unread if it is not nearly done, waiting jobs
    /// are dropped.
    void stop();

private:
    void run();

    HistoryReader reader_;
    std::size_t jobs_max_;
    std::mutex mutex_;
    std::condition_variable wakes_;
    std::deque<std::unique_ptr<HistoryJob>> short_jobs_;
    std::deque<std::unique_ptr<HistoryJob>> long_jobs_;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace tuma::net
