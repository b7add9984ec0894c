#include "switch/engine/history.h"

#include "ledger/records/event.h"
#include "switch/ops/log.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>
#include <variant>

namespace tuma::net {
namespace {

using ledger::StoreError;
using ledger::TransferRecord;

// A batch holds up to about a megabyte of records at full load.
constexpr std::size_t batches_kept = 8;

std::uint64_t sequence_of(std::span<const std::byte> bytes) {
    ledger::BatchHeader header;
    // Too short for a header: the check that follows says so.
    if (bytes.size() < sizeof(header)) return 0;
    std::memcpy(&header, bytes.data(), sizeof(header));
    return header.sequence;
}

TransferRecord record_at(std::span<const std::byte> bytes, std::size_t offset) {
    TransferRecord record;
    ensure(offset + sizeof(record) <= bytes.size(), "an offset that was found inside the batch");
    // Copied out: records lie in the batch without alignment, and the batch may leave the cache.
    std::memcpy(&record, bytes.data() + offset, sizeof(record));
    return record;
}

TransferId previous_on(const TransferRecord& record, AccountId account) {
    if (record.debit == account) return record.debit_previous;
    ensure(record.credit == account, "an account's chain holds only records that name it");
    return record.credit_previous;
}

}  // namespace

const HistoryReader::Batch* HistoryReader::batch_with(TransferId id) {
    for (auto batch = recent_.begin(); batch != recent_.end(); ++batch) {
        // Numbers within a batch have no gaps, so the place follows from the number.
        if (id < batch->first || id.value - batch->first.value >= batch->offsets.size()) continue;
        // Moved to the front, so that the oldest is the one that has not been asked for.
        recent_.splice(recent_.begin(), recent_, batch);
        return &recent_.front();
    }
    // A scan of an old journal can take seconds; a shutdown does not wait for all that are queued.
    if (is_stopped_) throw StoreError("the history is being stopped");
    Batch batch;
    batch.bytes = journal_.batch_of(id);
    if (batch.bytes.empty()) return nullptr;
    // What people are told of the past is checked like what is replayed.
    const ledger::BatchCheck check = ledger::check_batch(batch.bytes, sequence_of(batch.bytes));
    if (check.damage != ledger::BatchDamage::none)
        throw StoreError(
            fmt::format("the batch with transfer {} is damaged: {}; stop the server "
                        "and run tuma audit",
                        id.value, check.reason));
    batch.first = check.view.header.first_transfer;
    batch.time = check.view.header.time();
    std::span<const std::byte> rest = check.view.records;
    while (!rest.empty()) {
        const auto offset = static_cast<std::uint32_t>(rest.data() - batch.bytes.data());
        const auto event = ledger::take_event(rest);
        if (!event)
            throw StoreError(
                fmt::format("the batch with transfer {} holds an unreadable record: "
                            "{}",
                            id.value, event.error().text()));
        // Only transfers are asked for by number, and only their places are kept.
        if (std::holds_alternative<TransferRecord>(*event)) batch.offsets.push_back(offset);
    }
    // The journal gave it as the batch that has this transfer.
    if (id < batch.first || id.value - batch.first.value >= batch.offsets.size())
        throw StoreError(
            fmt::format("the batch that should have transfer {} has other ones; stop the server "
                        "and run tuma audit",
                        id.value));
    recent_.push_front(std::move(batch));
    if (recent_.size() > batches_kept) recent_.pop_back();
    return &recent_.front();
}

std::optional<native::StatementEntry> HistoryReader::find(TransferId id) {
    const Batch* batch = id ? batch_with(id) : nullptr;
    if (batch == nullptr) return std::nullopt;
    const std::size_t offset = batch->offsets[id.value - batch->first.value];
    return native::StatementEntry{record_at(batch->bytes, offset), batch->time};
}

std::shared_ptr<const std::vector<TransferRecord>> HistoryReader::set_from(TransferId id) {
    auto entry = find(id);
    if (!entry) return nullptr;
    auto records = std::make_shared<std::vector<TransferRecord>>();
    records->push_back(entry->record);
    // Linked records have consecutive numbers, though a batch may end between any two requests,
    // never within a set.
    while (records->back().is_linked()) {
        entry = find(TransferId{records->back().id.value + 1});
        if (!entry) throw StoreError(fmt::format("the set of transfer {} has no end", id.value));
        records->push_back(entry->record);
    }
    return records;
}

native::StatementPage HistoryReader::page(const native::StatementQuery& query, TransferId newest,
                                          std::size_t& steps) {
    native::StatementPage page;
    // An account that never moved has no chain to follow.
    if (!newest) return page;
    TransferId at = newest;
    // Where the next page goes on from, if this one ends before it has found anything.
    TransferId last_seen = query.before ? query.before : TransferId{newest.value + 1};
    if (query.before && query.before <= newest && steps > 0) {
        --steps;
        // Mostly the `next` of the page before, and so a record of this account to go on from.
        const auto before = find(query.before);
        if (before &&
            (before->record.debit == query.account || before->record.credit == query.account))
            at = previous_on(before->record, query.account);
    }
    while (at) {
        // Bounded in steps as well as entries: an account with millions of records and a filter
        // that rejects all must not hold the thread.
        if (page.entries.size() == query.limit || steps == 0) {
            page.next = last_seen;
            return page;
        }
        --steps;
        auto entry = find(at);
        // The chain says that it is there. If not, the journal was altered, and an audit has to say
        // where.
        if (!entry)
            throw StoreError(fmt::format("transfer {} of account {} is not in the journal",
                                         at.value, query.account.value));
        last_seen = at;
        at = previous_on(entry->record, query.account);
        if (!query.before || last_seen < query.before) page.entries.push_back(*entry);
    }
    return page;
}

History::History(ledger::JournalReader& journal, std::size_t jobs_max)
    : reader_(journal), jobs_max_(jobs_max) {}

History::~History() {
    stop();
}

void History::start() {
    ensure(!thread_.joinable(), "a history is started once");
    thread_ = std::thread([this] { run(); });
}

std::unique_ptr<HistoryJob> History::submit(std::unique_ptr<HistoryJob> job) {
    {
        const std::lock_guard lock(mutex_);
        // Long jobs have a queue of their own, so that statements of many pages do not delay single
        // transfers.
        auto& jobs = job->is_long() ? long_jobs_ : short_jobs_;
        if (stopped_ || jobs.size() >= jobs_max_) return job;
        jobs.push_back(std::move(job));
    }
    wakes_.notify_one();
    return nullptr;
}

void History::stop() {
    // First: a job that is running sees it and ends.
    reader_.stop();
    std::deque<std::unique_ptr<HistoryJob>> dropped;
    std::deque<std::unique_ptr<HistoryJob>> dropped_long;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        // Dropped outside of the lock, because their destructors may call back.
        dropped.swap(short_jobs_);
        dropped_long.swap(long_jobs_);
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void History::run() {
    while (true) {
        std::unique_ptr<HistoryJob> job;
        {
            std::unique_lock lock(mutex_);
            wakes_.wait(lock,
                        [this] { return stopped_ || !short_jobs_.empty() || !long_jobs_.empty(); });
            if (stopped_) return;
            // Short ones first. Long ones are not starved, since short ones take microseconds and
            // are bounded in number.
            auto& jobs = short_jobs_.empty() ? long_jobs_ : short_jobs_;
            job = std::move(jobs.front());
            jobs.pop_front();
        }
        bool is_read = true;
        try {
            job->look_up(reader_);
        } catch (const StoreError& error) {
            is_read = false;
            // A failure because of the shutdown is none.
            if (!reader_.is_stopped())
                log_event(LogLevel::error, "history_unreadable", {{"reason", error.what()}});
        }
        // The job owns itself from here on.
        HistoryJob& done = *job;
        done.looked_up(std::move(job), is_read);
    }
}

}  // namespace tuma::net
