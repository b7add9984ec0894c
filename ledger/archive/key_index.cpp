// Runs of keys while the switch runs: written, merged, removed, asked.
#include "ledger/key_index.h"

#include "ledger/ensure.h"
#include "ledger/private_files.h"

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
// How far ahead of a key the filter's memory for another one is asked for.
constexpr std::size_t filter_ahead = 12;
// A little nicer than the engine, but never starved: requests wait for the writer in the end, for
// the merger never, but both hold a lock now and then.
constexpr int writer_niceness = 5;
constexpr int merger_niceness = 12;

// Runs of one size are merged with each other, so that a request is copied seldom.
unsigned level_of(const KeyRun& run) {
    return static_cast<unsigned>(std::bit_width(run.facts().count())) / 3;
}

// A part of a merge with the bucket of it that is being looked at.
struct Part {
    const KeyRun* run = nullptr;
    std::optional<std::size_t> bucket{};
    std::vector<RememberedRequest> requests{};

    void append(std::size_t wanted, const KeyRunFacts& whole,
                std::vector<RememberedRequest>& bucket_of_whole) {
        const KeyRunFacts& facts = run->facts();
        const std::size_t holding = wanted >> (whole.bucket_bits - facts.bucket_bits);
        if (bucket != holding) run->read_bucket(holding, requests);
        bucket = holding;
        for (const RememberedRequest& request : requests)
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
    : directory_(directory), options_(options), filter_(options.filter_bytes) {
    try {
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
        if (durable.end < kept_until() + unwritten_max_) return;
        ++rings_;
    }
    wakes_.notify_all();
}

std::optional<RememberedRequest> KeyIndex::find(const RequestKey& key) const {
    const Runs runs = all_runs();
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
    retire(durable.time);
    const std::uint64_t first = kept_until();
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
    facts.before_us = before_us_;
    facts.first_us = requests.at(first).time_us;
    facts.last_us = requests.at(end - 1).time_us;
    facts.hash_seed = run_seed_;
    facts.sequence = durable.sequence;
    facts.batch_hash = durable.batch_hash;

    std::vector<std::uint32_t> ends(facts.buckets() + 1);
    std::vector<std::uint32_t> bucket_of(static_cast<std::size_t>(facts.count()));
    for (std::uint64_t i = 0; i < facts.count(); ++i) {
        const std::size_t bucket =
            facts.bucket_of(hash_of_key(requests.at(first + i).key(), run_seed_));
        bucket_of[i] = static_cast<std::uint32_t>(bucket);
        ++ends[bucket + 1];
    }
    for (std::size_t bucket = 0; bucket < facts.buckets(); ++bucket)
        ends[bucket + 1] += ends[bucket];
    // From here on `ends[bucket]` is where its next request goes, and in the end where it ends.
    std::vector<RememberedRequest> sorted(bucket_of.size());
    for (std::uint64_t i = 0; i < facts.count(); ++i)
        sorted[ends[bucket_of[i]]++] = requests.at(first + i);
    KeyRunWriter writer(directory_, facts);
    for (std::size_t bucket = 0, begin = 0; bucket < facts.buckets(); ++bucket) {
        writer.add_bucket(std::span{sorted}.subspan(begin, ends[bucket] - begin));
        begin = ends[bucket];
    }
    auto run = std::make_shared<const KeyRun>(writer.finish());

    filter_.turn(Timestamp{Duration{facts.first_us}}, retention_);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const std::size_t ahead = std::min(i + filter_ahead, sorted.size() - 1);
        filter_.prefetch(hash_of_key(sorted[ahead].key(), filter_seed_));
        filter_.add(hash_of_key(sorted[i].key(), filter_seed_));
    }
    before_us_ = facts.last_us;
    {
        const std::lock_guard lock(mutex_);
        runs_.push_back(std::move(run));
        ++rings_;
    }
    // Whoever sees this sees the filter and the run too.
    kept_until_.store(end, std::memory_order_release);
    wakes_.notify_all();
}

void KeyIndex::retire(Timestamp now) {
    const std::int64_t expired_before = (now - retention_).time_since_epoch().count();
    while (true) {
        std::shared_ptr<const KeyRun> oldest;
        {
            const std::lock_guard lock(mutex_);
            if (runs_.empty() || runs_.front()->facts().last_us >= expired_before) return;
            oldest = runs_.front();
            runs_.erase(runs_.begin());
        }
        remove_run(oldest->path());
    }
}

// The oldest neighbours of one level, of the lowest level that has enough of them.
KeyIndex::Runs KeyIndex::mergeable() const {
    const Runs runs = all_runs();
    for (unsigned level = 0; level < 11; ++level) {
        Runs parts;
        std::uint64_t count = 0;
        for (const auto& run : runs) {
            const KeyRunFacts& facts = run->facts();
            const bool goes_on =
                !parts.empty() && parts.back()->facts().end == facts.first &&
                count + facts.count() <= std::numeric_limits<std::uint32_t>::max() &&
                facts.last_us - parts.front()->facts().first_us <=
                    retention_.count() / spans_per_retention;
            const bool is_fit = level_of(*run) <= level && facts.hash_seed == run_seed_;
            if (!goes_on || !is_fit) {
                parts.clear();
                count = 0;
            }
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
    KeyRunFacts facts = parts.back()->facts();
    facts.first = parts.front()->facts().first;
    facts.before_us = parts.front()->facts().before_us;
    facts.first_us = parts.front()->facts().first_us;
    std::vector<Part> looked_at;
    for (const auto& part : parts) looked_at.push_back({part.get()});
    facts.bucket_bits = key_run_bucket_bits(facts.count());
    KeyRunWriter writer(directory_, facts);
    std::vector<RememberedRequest> requests;
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
        const auto first = std::find_if(runs_.begin(), runs_.end(), is_part);
        const auto end = std::find_if_not(first, runs_.end(), is_part);
        runs_.insert(runs_.erase(first, end), std::move(whole));
        ++rings_;
    }
    std::error_code already_gone;
    for (const auto& part : parts) std::filesystem::remove(part->path(), already_gone);
    wakes_.notify_all();
}

void KeyIndex::start(std::function<void(const std::string&)> report) {
    ensure(!writer_.joinable(), "an index of keys is started once");
    report_ = std::move(report);
    writer_ = std::jthread([this](const std::stop_token& stop) {
        run_steps(stop, &KeyIndex::step_write, writer_niceness);
    });
    merger_ = std::jthread([this](const std::stop_token& stop) {
        run_steps(stop, &KeyIndex::step_merge, merger_niceness);
    });
}

void KeyIndex::stop() {
    writer_.request_stop();
    merger_.request_stop();
    if (writer_.joinable()) writer_.join();
    if (merger_.joinable()) merger_.join();
}

void KeyIndex::run_steps(const std::stop_token& stop, bool (KeyIndex::*step)(), int niceness) {
    setpriority(PRIO_PROCESS, 0, niceness);
    std::uint64_t heard = 0;
    while (!stop.stop_requested()) {
        std::unique_lock lock(mutex_);
        heard = rings_;
        lock.unlock();
        bool has_failed = false;
        try {
            if ((this->*step)()) continue;
        } catch (const std::exception& error) {
            has_failed = true;
            report_(error.what());
        }
        lock.lock();
        const auto is_news = [&] { return rings_ != heard && !has_failed; };
        if (has_failed)
            wakes_.wait_for(lock, stop, retry_after, is_news);
        else
            wakes_.wait(lock, stop, is_news);
    }
}

}  // namespace tuma::ledger
