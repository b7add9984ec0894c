// Measurements of the machine and of parts of the switch; each gives one line of JSON.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tuma::bench {

/// What a database of blobs is measured with.
struct BlobOptions {
    std::filesystem::path directory;
    std::size_t batches = 200;
    std::size_t batch_bytes = 8190 * 128;
    std::size_t page_bytes = 16384;
    std::size_t checkpoint_pages = 200;
};

/// The yardstick of durable transfers: SQLite, alone, appends rows of random bytes, one row a
/// commit, write-ahead log, synchronous=FULL, one connection that also checkpoints.
/// Gives: records_per_s (records of 128 bytes), commit_us{p50,p99}. Throws std::runtime_error.
std::string sqlite_blobs(const BlobOptions& options);

/// Appends 4 KiB and calls fdatasync, `count` times. Gives: fsync_us{p50,p99}.
/// Throws std::runtime_error.
std::string fsync_probe(const std::filesystem::path& directory, std::size_t count);

/// Asks `count` times to be woken after a millisecond. Gives: timer_lag_us{p50,p99}.
std::string timer_probe(std::size_t count);

/// The core decides `transfers` between `accounts` random wallets in batches and forgets the
/// bytes. Gives: transfers_per_s, and sealed_per_s where each batch is also hashed. With a
/// directory for `keys`, request keys that leave memory are kept there, as the switch does; gives
/// how many, how many new ones were looked for in vain, and what a look-up of the oldest takes.
std::string in_process(std::size_t accounts, std::size_t transfers, std::size_t batch_commands,
                       const std::filesystem::path& keys = {});

/// Opens `accounts` wallets with identities. Gives: resident bytes an account, identities included
/// and (`beside_identity`) without their 32 characters.
std::string account_memory(std::size_t accounts);

/// RSA of 2048 bits on one thread, each for `duration`: signatures and verifications alone, and
/// replies signed as WeChat Pay's are. Seconds are of processor time, as those of `openssl speed`.
/// Gives: sign_per_s, verify_per_s, signed_replies_per_s.
std::string signatures(std::chrono::seconds duration);

}  // namespace tuma::bench
