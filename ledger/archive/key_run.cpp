#include "ledger/archive/key_run.h"

#include "ledger/records/sha256.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

constexpr std::string_view run_prefix = "keys-";
constexpr std::string_view run_suffix = ".tuma";
constexpr std::string_view run_partial_suffix = ".partial";
constexpr std::size_t run_buffer_bytes = 1U << 20U;
constexpr std::uint64_t run_sync_every_bytes = 16U << 20U;
constexpr std::uint64_t requests_per_bucket = 32;
constexpr unsigned bucket_bits_max = 30;

std::string run_name(const KeyRunFacts& facts) {
    // Both ends are in the name, so that a directory can be understood by a listing.
    return fmt::format("{}{:020}-{:020}{}", run_prefix, facts.first, facts.end, run_suffix);
}

// Where a bucket stands is part of what is checked: one read for another is found out.
std::uint64_t bucket_check(const KeyRunFacts& facts, std::size_t bucket,
                           std::span<const RememberedRequest> requests) {
    const std::array<std::uint64_t, 3> place{facts.first, facts.end, bucket};
    Sha256 sha;
    sha.update(std::as_bytes(std::span{place}));
    sha.update(std::as_bytes(requests));
    const Hash hash = sha.finish();
    // Eight bytes are enough here: they find damage. What an attacker could make fit is covered by
    // the journal.
    std::uint64_t check = 0;
    std::memcpy(&check, hash.data(), sizeof check);
    return check;
}

Hash tables_check(const KeyRunFacts& facts, std::span<const std::uint32_t> ends,
                  std::span<const std::uint64_t> checks) {
    Sha256 sha;
    sha.update(std::as_bytes(ends));
    sha.update(std::as_bytes(checks));
    sha.update(std::as_bytes(std::span{&facts, 1}).first(offsetof(KeyRunFacts, check)));
    return sha.finish();
}

}  // namespace

// A power of two, so that the bucket is the hash's upper bits and merging never splits a bucket
// unevenly.
std::uint16_t key_run_bucket_bits(std::uint64_t count) {
    const auto bits = static_cast<unsigned>(std::bit_width(count / requests_per_bucket));
    return static_cast<std::uint16_t>(std::min(bits, bucket_bits_max));
}

KeyRunWriter::KeyRunWriter(const std::filesystem::path& directory, const KeyRunFacts& facts)
    : directory_(directory),
      facts_(facts),
      // Under another name until it is durable; a crash leaves a file that the next start removes.
      partial_(directory / (run_name(facts) + std::string(run_partial_suffix))),
      file_(FileHandle::create(partial_)) {
    ensure(facts.count() > 0 && facts.count() <= std::numeric_limits<std::uint32_t>::max(),
           "the size of a run of keys");
    buffer_.reserve(run_buffer_bytes);
    ends_.reserve(facts.buckets());
    checks_.reserve(facts.buckets());
}

void KeyRunWriter::write(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > run_buffer_bytes) {
        file_.write(buffer_);
        not_synced_ += buffer_.size();
        buffer_.clear();
        // Synced in pieces: one large sync would hold up the journal's own.
        if (not_synced_ >= run_sync_every_bytes) {
            file_.sync();
            not_synced_ = 0;
        }
    }
    // A large bucket goes out by itself, rather than through a buffer that it would overflow.
    if (bytes.size() >= run_buffer_bytes)
        file_.write(bytes);
    else
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void KeyRunWriter::add_bucket(std::span<const RememberedRequest> requests) {
    // Checked where it is written: whoever reads it later knows nothing but this run's facts.
    checks_.push_back(bucket_check(facts_, ends_.size(), requests));
    written_ += static_cast<std::uint32_t>(requests.size());
    ends_.push_back(written_);
    write(std::as_bytes(requests));
}

std::filesystem::path KeyRunWriter::finish() {
    // A run that is written in part would deny keys that it should have.
    ensure(ends_.size() == facts_.buckets() && written_ == facts_.count(),
           "a run of keys is written whole");
    facts_.check = tables_check(facts_, ends_, checks_);
    // Behind the requests, because they are known only once all are written.
    write(std::as_bytes(std::span{ends_}));
    write(std::as_bytes(std::span{checks_}));
    write(std::as_bytes(std::span{&facts_, 1}));
    file_.write(buffer_);
    buffer_.clear();
    file_.sync();
    const std::filesystem::path path = directory_ / run_name(facts_);
    give_name(partial_, path);
    return path;
}

void KeyRun::refuse(const char* what) const {
    throw KeyRunError(fmt::format("{}: {}", file_.path().string(), what));
}

KeyRun::KeyRun(const std::filesystem::path& path) : file_(FileHandle::open(path)) {
    const std::uint64_t size = file_.size();
    if (size < sizeof(KeyRunFacts)) refuse("is too short for a run of keys");
    // From the end: that is where a run says what it is.
    file_.read(size - sizeof(KeyRunFacts), std::as_writable_bytes(std::span{&facts_, 1}));
    const KeyRunFacts expected;
    if (facts_.magic != expected.magic || facts_.version != expected.version)
        refuse("does not end as this program ends a run of keys");
    // Checked before they are multiplied, or a damaged number could ask for any amount of memory.
    const bool is_sensible = facts_.end > facts_.first && facts_.bucket_bits <= bucket_bits_max &&
                             facts_.count() <= std::numeric_limits<std::uint32_t>::max();
    const std::uint64_t tables = is_sensible ? facts_.buckets() * 12 : 0;
    const std::uint64_t requests = is_sensible ? facts_.count() * sizeof(RememberedRequest) : 0;
    if (!is_sensible || size != requests + tables + sizeof(KeyRunFacts))
        refuse("is not as long as it says");
    ends_.resize(facts_.buckets());
    checks_.resize(facts_.buckets());
    file_.read(requests, std::as_writable_bytes(std::span{ends_}));
    file_.read(requests + ends_.size() * sizeof(std::uint32_t),
               std::as_writable_bytes(std::span{checks_}));
    // Tables in memory are believed from here on, so they are checked as a whole, once.
    if (tables_check(facts_, ends_, checks_) != facts_.check ||
        !std::is_sorted(ends_.begin(), ends_.end()) || ends_.back() != facts_.count())
        refuse("its SHA-256 does not match, bytes were altered");
}

void KeyRun::read_bucket(std::size_t bucket, std::vector<RememberedRequest>& requests) const {
    const std::uint64_t begin = bucket == 0 ? 0 : ends_[bucket - 1];
    requests.resize(static_cast<std::size_t>(ends_[bucket] - begin));
    // One read of about 2 KiB; the tables say where.
    file_.read(begin * sizeof(RememberedRequest), std::as_writable_bytes(std::span{requests}));
    if (bucket_check(facts_, bucket, requests) != checks_[bucket])
        refuse("its SHA-256 does not match, bytes were altered");
}

std::optional<RememberedRequest> KeyRun::find(const RequestKey& key) const {
    std::vector<RememberedRequest> requests;
    read_bucket(facts_.bucket_of(hash_of_key(key, facts_.hash_seed)), requests);
    // From the back: the newer of two equal keys stands behind the older one.
    for (std::size_t i = requests.size(); i-- > 0;)
        if (requests[i].key() == key) return requests[i];
    return std::nullopt;
}

std::vector<std::filesystem::path> list_key_runs(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> runs;
    std::vector<std::filesystem::path> unfinished;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        // Other files may lie here; only those with the name of a run are taken, or removed.
        if (!name.starts_with(run_prefix)) continue;
        if (name.ends_with(run_suffix)) runs.push_back(entry->path());
        if (name.ends_with(run_partial_suffix)) unfinished.push_back(entry->path());
    }
    // Half-written runs are worth nothing: their requests are still in the ring, or in the journal.
    for (const std::filesystem::path& path : unfinished)
        if (!error) std::filesystem::remove(path, error);
    if (error)
        throw StoreError(
            fmt::format("{}: cannot read or clean the directory of request keys: {}; make it "
                        "readable and writable",
                        directory.string(), error.message()));
    return runs;
}

}  // namespace tuma::ledger
