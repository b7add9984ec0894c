// Runs of keys while the switch runs: written, merged, removed, asked.
#include "ledger/archive/key_index.h"

#include "ledger/store/private_files.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <exception>
#include <limits>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

// A merged run must not keep what is too old for long only because some of it is not.
constexpr int spans_per_retention = 4;
constexpr std::chrono::seconds retry_after{1};
// How far ahead of a key the memory that belongs to another one is asked for.
constexpr std::size_t lines_ahead = 16;
// A little nicer than the engine, but never starved: requests wait for the writer in the end, for
// the merger never, but both hold a lock now and then.
constexpr int writer_niceness = 5;
constexpr int merger_niceness = 12;

// Runs of one size are merged with each other, so that a request is copied seldom.
unsigned level_of(const KeyRun& run) {
    // Every step is eight times the size of the one before, so a request is copied once for each
    // eightfold growth.
    return static_cast<unsigned>(std::bit_width(run.facts().count())) / 3;
}

// Where the requests of a run lie in its block, bucket after bucket.
struct BucketOrder {
    std::vector<std::uint32_t> offsets;
    std::vector<std::uint32_t> ends;  // of the buckets, in `offsets`
};

// Two passes over the block instead of a sort: counted, then put where they belong. Only offsets
// are moved: the requests themselves are copied once, into the file.
BucketOrder order_by_bucket(const KeyIndex::Block& block, const KeyRunFacts& facts) {
    const auto count = static_cast<std::size_t>(facts.count());
    std::vector<std::uint32_t> bucket_of(count);
    std::vector<std::uint32_t> ends(facts.buckets() + 1);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t bucket = facts.bucket_of(hash_of_key(block[i].key(), facts.hash_seed));
        bucket_of[i] = static_cast<std::uint32_t>(bucket);
        ++ends[bucket + 1];
    }
    for (std::size_t bucket = 0; bucket < facts.buckets(); ++bucket)
        ends[bucket + 1] += ends[bucket];
    std::vector<std::uint32_t> offsets(count);
    // From here on `ends[bucket]` is where its next request goes, and in the end where it ends.
    for (std::size_t i = 0; i < count; ++i)
        offsets[ends[bucket_of[i]]++] = static_cast<std::uint32_t>(i);
    ends.pop_back();
    return {std::move(offsets), std::move(ends)};
}

// A part of a merge with the bucket of it that is being looked at.
struct Part {
    const KeyRun* run = nullptr;
    std::optional<std::size_t> bucket{};
    std::vector<RememberedRequest> requests{};

    void append(std::size_t wanted, const KeyRunFacts& whole,
                std::vector<RememberedRequest>& bucket_of_whole) {
        const KeyRunFacts& facts = run->facts();
        // A bucket of a smaller run holds several of the whole's neighbours. It is read once for
        // all of them.
        const std::size_t holding = wanted >> (whole.bucket_bits - facts.bucket_bits);
        if (bucket != holding) run->read_bucket(holding, requests);
        bucket = holding;
        for (const RememberedRequest& request : requests)
            // A bucket that was read for its neighbour holds requests that are not wanted yet.
            if (whole.bucket_of(hash_of_key(request.key(), whole.hash_seed)) == wanted)
                bucket_of_whole.push_back(request);
    }
};

void remove_run(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error)
        throw StoreError(fmt::format("{}: cannot remove: {}; make the directory writable",
                                     path.string(), error.message()));
}

}  // namespace

KeyIndex::KeyIndex(const std::filesystem::path& directory, const KeyIndexOptions& options)
    : directory_(directory), options_(options) {
    try {
        // Clients' numbers are in these keys; the directory is as private as the journal.
        make_private_directory(directory);
    } catch (const std::filesystem::filesystem_error& error) {
        throw StoreError(
            fmt::format("{}: cannot make the directory: {}; make the one above it "
                        "writable",
                        directory.string(), error.code().message()));
    }
}

KeyIndex::~KeyIndex() {
    stop();
}

KeyIndex::Runs KeyIndex::all_runs() const {
    // Copied under the lock and read without it: a look-up reads disks, and the writer must not
    // wait for that.
    const std::lock_guard lock(mutex_);
    return runs_;
}

std::size_t KeyIndex::runs() const {
    return all_runs().size();
}

std::uint64_t KeyIndex::disk_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& run : all_runs())
        bytes += run->facts().count() * sizeof(RememberedRequest) + run->facts().buckets() * 12 +
                 sizeof(KeyRunFacts);
    return bytes;
}

void KeyIndex::notify(const DurableRequests& durable) {
    {
        const std::lock_guard lock(mutex_);
        durable_ = durable;
        // Not worth waking for: the writer waits until a whole block can be written.
        if (durable.end < kept_until() + unwritten_max_) return;
        ++rings_;
    }
    // Both threads are woken; which of them has work, only they know.
    wakes_.notify_all();
}

std::optional<RememberedRequest> KeyIndex::find(const RequestKey& key) const {
    const Runs runs = all_runs();
    // From the newest: a key can be in two runs once its first outcome had expired, and then the
    // newer one counts.
    for (std::size_t i = runs.size(); i-- > 0;)
        if (auto found = runs[i]->find(key)) return found;
    return std::nullopt;
}

bool KeyIndex::step_write() {
    DurableRequests durable;
    {
        const std::lock_guard lock(mutex_);
        durable = durable_;
    }
    // What is too old goes before something new comes, so that the disk never holds more than it
    // has to.
    retire(durable.time);
    const std::uint64_t first = kept_until();
    // Not before half of the ring waits: what is still in the ring needs no file.
    if (durable.end < first + unwritten_max_) return false;
    add_run(ring_, first, first + block_, durable);
    return true;
}

void KeyIndex::add_run(const RingView& requests, std::uint64_t first, std::uint64_t end,
                       const DurableRequests& durable) {
    KeyRunFacts facts;
    facts.first = first;
    facts.end = end;
    facts.bucket_bits = key_run_bucket_bits(facts.count());
    // When the request before this run was made. A hole between two runs is harmless where all of
    // it is too old.
    facts.before_us = before_us_;
    facts.first_us = requests.at(first).time_us;
    facts.last_us = requests.at(end - 1).time_us;
    facts.hash_seed = run_seed_;
    facts.sequence = durable.sequence;
    facts.batch_hash = durable.batch_hash;

    auto run = std::make_shared<const KeyRun>(write_run(Block(requests, first), facts));
    // What the next run will say of the request before it.
    before_us_ = facts.last_us;
    {
        const std::lock_guard lock(mutex_);
        // The run is in the list before anybody may rely on it.
        runs_.push_back(std::move(run));
        ++rings_;
    }
    // Whoever sees this sees the run too.
    kept_until_.store(end, std::memory_order_release);
    wakes_.notify_all();
}

std::filesystem::path KeyIndex::write_run(const Block& block, const KeyRunFacts& facts) {
    const BucketOrder order = order_by_bucket(block, facts);
    KeyRunWriter writer(directory_, facts);
    std::vector<RememberedRequest> requests;
    std::size_t i = 0;
    for (const std::uint32_t end : order.ends) {
        requests.clear();
        for (; i < end; ++i) {
            // Every key is a random place in the ring. Asked for this far ahead, the cache lines
            // are there in time.
            const std::size_t last = order.offsets.size() - 1;
            __builtin_prefetch(&block[order.offsets[std::min(i + lines_ahead, last)]]);
            requests.push_back(block[order.offsets[i]]);
        }
        writer.add_bucket(requests);
    }
    return writer.finish();
}

void KeyIndex::retire(Timestamp now) {
    const std::int64_t expired_before = (now - retention_).time_since_epoch().count();
    while (true) {
        std::shared_ptr<const KeyRun> oldest;
        {
            const std::lock_guard lock(mutex_);
            // Runs are in order of time, so the first one that is young enough ends the search.
            if (runs_.empty() || runs_.front()->facts().last_us >= expired_before) return;
            oldest = runs_.front();
            runs_.erase(runs_.begin());
        }
        // Without the lock. Who still reads it has the file open, and the file outlives its name.
        remove_run(oldest->path());
    }
}

// The oldest neighbours of one level, of the lowest level that has enough of them.
KeyIndex::Runs KeyIndex::mergeable() const {
    const Runs runs = all_runs();
    // Small ones first: they are cheap to merge, and every look-up reads each of them.
    for (unsigned level = 0; level < 11; ++level) {
        Runs parts;
        std::uint64_t count = 0;
        for (const auto& run : runs) {
            const KeyRunFacts& facts = run->facts();
            const bool goes_on =
                // Only neighbours: a run says which requests it has by its first and last number
                // alone.
                !parts.empty() && parts.back()->facts().end == facts.first &&
                count + facts.count() <= std::numeric_limits<std::uint32_t>::max() &&
                // A merged run leaves when all of it is too old. It must not span so much that its
                // old half stays for long.
                facts.last_us - parts.front()->facts().first_us <=
                    retention_.count() / spans_per_retention;
            const bool is_fit = level_of(*run) <= level && facts.hash_seed == run_seed_;
            if (!goes_on || !is_fit) {
                parts.clear();
                count = 0;
            }
            // The level is too high or the seed another: this run ends one row of neighbours and
            // begins none.
            if (!is_fit) continue;
            parts.push_back(run);
            count += facts.count();
            if (parts.size() == options_.merge_runs) return parts;
        }
    }
    return {};
}

bool KeyIndex::step_merge() {
    const Runs parts = mergeable();
    if (parts.empty()) return false;
    // The newest part knows the batch in which all of them are durable.
    KeyRunFacts facts = parts.back()->facts();
    facts.first = parts.front()->facts().first;
    facts.before_us = parts.front()->facts().before_us;
    facts.first_us = parts.front()->facts().first_us;
    std::vector<Part> looked_at;
    for (const auto& part : parts) looked_at.push_back({part.get()});
    // More requests, more buckets: their size stays what a look-up reads at once.
    facts.bucket_bits = key_run_bucket_bits(facts.count());
    KeyRunWriter writer(directory_, facts);
    std::vector<RememberedRequest> requests;
    // Bucket by bucket, so that merging needs the memory of one bucket of each part and no more.
    for (std::size_t bucket = 0; bucket < facts.buckets(); ++bucket) {
        requests.clear();
        for (Part& part : looked_at) part.append(bucket, facts, requests);
        writer.add_bucket(requests);
    }
    replace(parts, std::make_shared<const KeyRun>(writer.finish()));
    return true;
}

void KeyIndex::replace(const Runs& parts, std::shared_ptr<const KeyRun> whole) {
    {
        const std::lock_guard lock(mutex_);
        // Some may have become too old meanwhile; their neighbours have not.
        const auto is_part = [&](const auto& run) {
            return std::find(parts.begin(), parts.end(), run) != parts.end();
        };
        // Neighbours in the list are neighbours in number, so the parts lie side by side.
        const auto first = std::find_if(runs_.begin(), runs_.end(), is_part);
        const auto end = std::find_if_not(first, runs_.end(), is_part);
        runs_.insert(runs_.erase(first, end), std::move(whole));
        ++rings_;
    }
    // A name that is gone already was removed as too old. A name that stays is found at the next
    // start.
    std::error_code already_gone;
    for (const auto& part : parts) std::filesystem::remove(part->path(), already_gone);
    wakes_.notify_all();
}

void KeyIndex::start(std::function<void(const std::string&)> report) {
    ensure(!writer_.joinable(), "an index of keys is started once");
    report_ = std::move(report);
    // Two threads: the merger may take minutes, and the writer must not wait for it.
    writer_ = std::jthread([this](const std::stop_token& stop) {
        run_steps(stop, &KeyIndex::step_write, writer_niceness);
    });
    merger_ = std::jthread([this](const std::stop_token& stop) {
        run_steps(stop, &KeyIndex::step_merge, merger_niceness);
    });
}

void KeyIndex::stop() {
    // Both are asked to stop before either is waited for.
    writer_.request_stop();
    merger_.request_stop();
    if (writer_.joinable()) writer_.join();
    if (merger_.joinable()) merger_.join();
}

void KeyIndex::run_steps(const std::stop_token& stop, bool (KeyIndex::*step)(), int niceness) {
    // On Linux this sets the priority of the calling thread alone.
    setpriority(PRIO_PROCESS, 0, niceness);
    std::uint64_t heard = 0;
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        // Read before the step: what is rung during the step must not be slept through.
        heard = rings_;
        lock.unlock();
        bool has_failed = false;
        try {
            if ((this->*step)()) continue;
        } catch (const std::exception& error) {
            has_failed = true;
            // Reported and tried again: a full disk is no reason to stop a switch that can still
            // decide from memory.
            report_(error.what());
        }
        lock.lock();
        // A failed step is not repeated because of news; what stood in its way takes time.
        const auto is_news = [&] { return rings_ != heard && !has_failed; };
        if (has_failed)
            wakes_.wait_for(lock, stop, retry_after, is_news);
        else
            wakes_.wait(lock, stop, is_news);
    }
}

}  // namespace tuma::ledger
