// Runs of keys at the start: read, checked, compared with the journal, or made anew from it.
#include "ledger/archive/key_index.h"
#include "ledger/state/answers.h"
#include "ledger/store/checked_batches.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

// Bounds the memory of whoever writes a run: 32 MiB.
constexpr std::uint64_t block_max = 524'288;
constexpr std::uint64_t blocks_per_ring = 8;

std::int64_t microseconds_of(Timestamp time) {
    return time.time_since_epoch().count();
}

}  // namespace

std::vector<std::string> KeyIndex::open(JournalReader& journal, RequestKeys& ring,
                                        const DurableRequests& durable, const Progress& progress,
                                        const std::stop_token& stop) {
    ring_ = ring.view();
    // Small rings have small blocks, so that tests go the same ways as production does.
    block_ = std::clamp<std::uint64_t>(ring.capacity() / blocks_per_ring, 1, block_max);
    unwritten_max_ = std::max<std::uint64_t>(block_, ring.capacity() / 2);
    retention_ = ring.retention();
    // The runs have a seed of their own from here on; it comes from the first run, if there is one.
    run_seed_ = ring.hash_seed();
    durable_ = durable;
    std::vector<std::string> notes;
    const std::string why = load(journal, ring);
    if (!why.empty()) {
        notes.push_back(
            fmt::format("request keys on disk are made anew from the journal: {}", why));
        make_anew(journal, ring, durable, progress, stop);
        // A stop in the middle leaves whole runs and no claim about them: the next start begins
        // again.
        if (stop.stop_requested()) return notes;
    }
    if (kept_until_ < ring.oldest()) {
        // What lies between is too old to be asked for.
        kept_until_ = ring.oldest();
        before_us_ = microseconds_of(ring.left_at());
    }
    // The ring may forget what is kept, and asks the filter about what it has forgotten.
    ring.keep(kept_until_);
    return notes;
}

// Why the runs cannot be used, or nothing.
std::string KeyIndex::load(JournalReader& journal, RequestKeys& ring) {
    try {
        for (const std::filesystem::path& path : list_key_runs(directory_))
            runs_.push_back(std::make_shared<const KeyRun>(path));
        std::sort(runs_.begin(), runs_.end(), [](const auto& a, const auto& b) {
            // By their first number, and the longer one first where two begin at the same.
            return std::pair(a->facts().first, b->facts().end) <
                   std::pair(b->facts().first, a->facts().end);
        });
        // A merge that was interrupted leaves its parts beside the whole.
        for (std::size_t i = 1; i < runs_.size();) {
            if (runs_[i]->facts().end > runs_[i - 1]->facts().end) {
                ++i;
                continue;
            }
            // The whole is durable before its parts are removed, so what lies inside another run is
            // always the copy.
            std::filesystem::remove(runs_[i]->path());
            runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (std::string why = violation(journal, ring); !why.empty()) return why;
        std::vector<RememberedRequest> requests;
        for (const auto& run : runs_) {
            for (std::size_t bucket = 0; bucket < run->facts().buckets(); ++bucket) {
                run->read_bucket(bucket, requests);
                for (const RememberedRequest& request : requests) ring.add_left(request);
            }
        }
    } catch (const KeyRunError& error) {
        // Damage is a reason to make them anew, not to stop: the journal has it all.
        return error.what();
    } catch (const std::filesystem::filesystem_error& error) {
        // A directory that cannot be written is one: the index would not be kept either.
        throw StoreError(fmt::format("{}; make the directory writable", error.what()));
    }
    if (runs_.empty()) return {};
    run_seed_ = runs_.back()->facts().hash_seed;
    before_us_ = runs_.back()->facts().last_us;
    kept_until_ = runs_.back()->facts().end;
    return {};
}

std::string KeyIndex::violation(JournalReader& journal, const RequestKeys& ring) const {
    // Older requests would get no answer from memory either; whether they are there is nobody's
    // concern.
    const std::int64_t known_from = microseconds_of(ring.newest_at() - retention_);
    std::uint64_t end = 0;
    for (const auto& run : runs_) {
        const KeyRunFacts& facts = run->facts();
        if (facts.first < end || facts.end > ring.next() ||
            // The hash of a batch stands for the journal's whole past, so a directory that was put
            // together by hand is found.
            stored_hash_of(journal, facts.sequence) != facts.batch_hash)
            return fmt::format("{} is not of this journal", run->path().string());
        // A hole is harmless if even the last request in it is too old.
        if (facts.first > end && facts.before_us >= known_from)
            return fmt::format("requests {} to {} are missing", end, facts.first - 1);
        end = facts.end;
    }
    if (end < ring.oldest() && microseconds_of(ring.left_at()) >= known_from)
        return fmt::format("requests {} to {} are missing", end, ring.oldest() - 1);
    return {};
}

void KeyIndex::remove_all() {
    // Memory first: nothing may point to a file that is gone.
    runs_.clear();
    kept_until_ = 0;
    before_us_ = 0;
    std::error_code error;
    for (const std::filesystem::path& path : list_key_runs(directory_))
        if (!error) std::filesystem::remove(path, error);
    if (error)
        throw StoreError(fmt::format("{}: cannot remove files: {}; make the directory writable",
                                     directory_.string(), error.message()));
}

void KeyIndex::make_anew(JournalReader& journal, RequestKeys& ring, const DurableRequests& durable,
                         const Progress& progress, const std::stop_token& stop) {
    remove_all();
    const std::int64_t known_from = microseconds_of(ring.newest_at() - retention_);
    std::vector<RememberedRequest> block;
    std::uint64_t first = 0;
    // The longest that a run may begin with: its memory is bounded, and the more it has the less
    // there is to merge.
    const auto write_block = [&] {
        if (block.empty()) return;
        add_run({block.data(), block.size(), first}, first, first + block.size(), durable);
        first += block.size();
        block.clear();
    };
    const auto take = [&](const BatchView& batch) {
        for (std::span<const std::byte> bytes = batch.records; !bytes.empty();) {
            const Result<Event> event = take_event(bytes);
            if (!event) throw StoreError("a record of the journal: " + event.error().text());
            // What answers nobody has no key, such as the end of a reservation by its deadline.
            const auto answer = answer_of(*event, batch.header.time());
            if (!answer) continue;
            // Numbered all the same: the numbers of requests count the whole journal.
            if (answer->time_us < known_from) {
                before_us_ = answer->time_us;
                ++first;
                continue;
            }
            ring.add_left(*answer);
            block.push_back(*answer);
            if (block.size() == block_max) write_block();
        }
    };
    CheckedBatches batches(journal, 1, durable.sequence);
    while (const auto chunk = batches.take()) {
        for (const CheckedBatch& batch : chunk->batches) {
            // Runs that are made of damaged batches would answer retries from damage.
            if (batch.check.damage != BatchDamage::none)
                throw StoreError(fmt::format("journal batch {} is damaged: {}; run tuma audit",
                                             batch.sequence, batch.check.reason));
            take(batch.check.view);
        }
        // Asked once a chunk, which takes milliseconds.
        if (stop.stop_requested()) return;
        if (progress) progress(chunk->batches.back().sequence, first + block.size());
    }
    write_block();
    // Both have counted on their own. If they differ, a look-up would be told to look in the wrong
    // place.
    ensure(first == ring.next(), "the journal has as many requests as the state has numbered");
    kept_until_ = first;
}

}  // namespace tuma::ledger
