// One file of requests that have left memory: never changed once it is there, found by hash.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/state/key_hash.h"
#include "ledger/state/request_keys.h"
#include "ledger/store/file_bytes.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace tuma::ledger {

/// The file is not a whole, undamaged run of keys; the message names it and says what was found.
class KeyRunError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What a run says of itself; the end of its file, 128 bytes. Byte by byte in README.md.
struct KeyRunFacts {
    std::uint32_t magic = 0x4b'4d'55'54;  ///< "TUMK"
    std::uint16_t version = 2;            ///< 1 had another hash; such runs are made anew
    std::uint16_t bucket_bits = 0;        ///< the upper bits of a hash that are the bucket's number
    std::uint64_t first = 0;              ///< number of the first request in it
    std::uint64_t end = 0;                ///< number of the one behind the last
    std::int64_t before_us = 0;  ///< time of the request before the first, or later; 0: none
    std::int64_t first_us = 0;   ///< time of the first request
    std::int64_t last_us = 0;    ///< time of the last one
    std::uint64_t hash_seed = 0;
    std::uint64_t sequence = 0;  ///< a batch of the journal in which all of them are
    Hash batch_hash{};           ///< that batch's hash: the run belongs to this journal
    Hash check{};                ///< SHA-256 over the bucket tables and what stands before this

    std::uint64_t count() const { return end - first; }
    std::size_t buckets() const { return std::size_t{1} << bucket_bits; }
    std::size_t bucket_of(std::uint64_t hash) const {
        return bucket_bits == 0 ? 0 : static_cast<std::size_t>(hash >> (64U - bucket_bits));
    }
};
static_assert(sizeof(KeyRunFacts) == 128);

/// Buckets of about 32 requests for a run of `count`.
std::uint16_t key_run_bucket_bits(std::uint64_t count);

/// Writes a run, bucket after bucket, and gives it its name once it is durable.
class KeyRunWriter {
public:
    /// `facts` without `check`. Throws StoreError.
    KeyRunWriter(const std::filesystem::path& directory, const KeyRunFacts& facts);
    /// The next bucket's requests, those of one key in their order. Throws StoreError.
    void add_bucket(std::span<const RememberedRequest> requests);
    /// The path of the durable file. Requires: every bucket was added. Throws StoreError.
    std::filesystem::path finish();

private:
    void write(std::span<const std::byte> bytes);

    std::filesystem::path directory_;
    KeyRunFacts facts_;
    std::filesystem::path partial_;
    FileHandle file_;
    std::vector<std::byte> buffer_;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint64_t> checks_;
    std::uint32_t written_ = 0;
    std::uint64_t not_synced_ = 0;
};

/// A run that can be asked; only its tables are in memory, 3 bits a request. Any thread.
class KeyRun {
public:
    /// Throws KeyRunError when it is damaged, StoreError when it cannot be read.
    explicit KeyRun(const std::filesystem::path& path);

    const KeyRunFacts& facts() const { return facts_; }
    const std::filesystem::path& path() const { return file_.path(); }
    /// The newest request with this key, or nothing. Throws as the constructor.
    std::optional<RememberedRequest> find(const RequestKey& key) const;
    /// The requests of one bucket, checked. Throws as the constructor.
    void read_bucket(std::size_t bucket, std::vector<RememberedRequest>& requests) const;

private:
    [[noreturn]] void refuse(const char* what) const;

    FileHandle file_;
    KeyRunFacts facts_;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint64_t> checks_;
};

/// The runs of a directory by name, in no order; unfinished ones are removed.
/// Throws StoreError.
std::vector<std::filesystem::path> list_key_runs(const std::filesystem::path& directory);

}  // namespace tuma::ledger
