// A batch: the header, the event records, and the SHA-256 that chains it to the batch before it.
#pragma once

#include "ledger/words/id.h"
#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tuma::ledger {

using Hash = std::array<std::byte, 32>;

/// Lower-case hexadecimal.
std::string hex(std::span<const std::byte> bytes);

/// SHA-256 of `bytes`.
Hash sha256(std::span<const std::byte> bytes);

/// The front of every batch: 80 bytes, little-endian, no padding. Byte by byte in README.md.
struct BatchHeader {
    std::uint32_t magic = 0x42'4d'55'54;  ///< "TUMB"
    std::uint16_t version = 1;
    std::uint16_t reserved = 0;
    std::uint64_t sequence = 0;  ///< 1, 2, 3 … without gaps
    std::int64_t time_us = 0;    ///< switch time of everything in the batch, never decreasing
    std::uint32_t event_count = 0;
    std::uint32_t body_bytes = 0;  ///< size of the event records
    TransferId first_transfer;     ///< the id that the batch's first transfer has or would have
    TransferId next_transfer;      ///< the id the first transfer after this batch will have
    Hash previous{};               ///< the hash of batch `sequence - 1`; zero for the first

    bool operator==(const BatchHeader&) const = default;
    Timestamp time() const { return Timestamp{Duration{time_us}}; }
};
static_assert(sizeof(BatchHeader) == 80);

inline constexpr std::size_t batch_overhead_bytes = sizeof(BatchHeader) + sizeof(Hash);
/// No batch is larger than this, header and hash included; a bound for readers of damaged files.
inline constexpr std::size_t batch_bytes_max = 16U << 20U;

/// A batch as it lies in the journal: header, records, hash over both.
struct SealedBatch {
    BatchHeader header;
    Hash hash{};
    std::vector<std::byte> bytes;  ///< all of it, header and hash included
};

/// Makes room for the header at the front of an empty buffer; records are appended behind it.
void begin_batch(std::vector<std::byte>& bytes);

/// Fills in the header of `bytes` (made by `begin_batch`, then records), computes the hash over
/// header and records and appends it. `header.body_bytes` is set here.
SealedBatch seal(BatchHeader header, std::vector<std::byte> bytes);

/// What can be wrong with the bytes of one stored batch.
enum class BatchDamage {
    none,
    torn,       ///< cut short, or zeros at the end: the write never finished
    corrupted,  ///< complete, but not what was written
};

/// A stored batch, looked at without copying.
struct BatchView {
    BatchHeader header;
    std::span<const std::byte> records;
    Hash hash{};
};

/// Checks magic, version, sizes and the hash of the stored bytes of batch `sequence`.
/// On damage the reason names what was found and `view` is not to be used.
struct BatchCheck {
    BatchDamage damage = BatchDamage::none;
    std::string reason;
    BatchView view;
};
BatchCheck check_batch(std::span<const std::byte> bytes, std::uint64_t sequence);

}  // namespace tuma::ledger
