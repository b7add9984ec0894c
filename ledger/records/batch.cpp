// Sealing batches and checking the bytes of stored ones.
#include "ledger/records/batch.h"

#include "ledger/records/sha256.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t hash_bytes = sizeof(Hash);
constexpr std::size_t body_bytes_max = batch_bytes_max - batch_overhead_bytes;

BatchHeader read_header(std::span<const std::byte> bytes) {
    BatchHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    return header;
}

Hash stored_hash(std::span<const std::byte> batch) {
    Hash hash;
    std::memcpy(hash.data(), batch.data() + batch.size() - hash_bytes, hash_bytes);
    return hash;
}

bool ends_in_zeros(std::span<const std::byte> bytes) {
    if (bytes.size() < hash_bytes) return false;
    // Disks write in blocks: an interrupted append leaves the length that was meant, and zeros at
    // its end.
    const auto tail = bytes.last(hash_bytes);
    return std::all_of(tail.begin(), tail.end(), [](std::byte b) { return b == std::byte{0}; });
}

BatchCheck damage(BatchDamage kind, std::string reason) {
    return {kind, std::move(reason), {}};
}

// A whole batch whose header merely claims another size was altered, not cut short.
bool is_whole_but_for_its_size(std::span<const std::byte> bytes) {
    // A batch that is shorter than its own frame proves nothing; the caller calls it torn.
    if (bytes.size() < batch_overhead_bytes) return false;
    BatchHeader header = read_header(bytes);
    header.body_bytes = static_cast<std::uint32_t>(bytes.size() - batch_overhead_bytes);
    Sha256 sha;
    sha.update(std::as_bytes(std::span{&header, 1}));
    sha.update(bytes.subspan(sizeof header, header.body_bytes));
    return sha.finish() == stored_hash(bytes);
}

std::string wrong_header_field(const BatchHeader& header, std::uint64_t sequence) {
    const BatchHeader expected;
    // The order matters for whoever reads the sentence: a foreign file before a newer version
    // before a wrong place.
    if (header.magic != expected.magic)
        return fmt::format("the first four bytes are {:#010x}, not \"TUMB\"", header.magic);
    if (header.version != expected.version)
        return fmt::format("the batch format is version {}, known is {}", header.version,
                           expected.version);
    if (header.reserved != 0) return "reserved bytes of the header are not zero";
    // The number is hashed too, so a batch that was copied to another place is found without
    // comparing neighbours.
    if (header.sequence != sequence)
        return fmt::format("the header says batch {}, the journal has it as batch {}",
                           header.sequence, sequence);
    // Looked at before anything is added up, so that a damaged count cannot overflow or ask for
    // memory.
    if (header.body_bytes > body_bytes_max)
        return fmt::format("the header says {} bytes of records, at most {} are possible",
                           header.body_bytes, body_bytes_max);
    return {};
}

}  // namespace

std::string hex(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<std::size_t>(b >> 4)];
        text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
    }
    return text;
}

Hash sha256(std::span<const std::byte> bytes) {
    // Making a context is slow beside hashing a small batch; each thread keeps its own.
    thread_local Sha256 sha;
    sha.update(bytes);
    return sha.finish();
}

void begin_batch(std::vector<std::byte>& bytes) {
    ensure(bytes.empty(), "a batch must begin in an empty buffer");
    bytes.resize(sizeof(BatchHeader));
}

SealedBatch seal(BatchHeader header, std::vector<std::byte> bytes) {
    // The header's place was left free at the front, because the records are appended while their
    // number is not yet known.
    ensure(bytes.size() >= sizeof header, "a batch must begin with room for its header");
    ensure(bytes.size() - sizeof header <= body_bytes_max, "a batch must not exceed its bound");
    // Counted here and nowhere else, so that header and body cannot disagree.
    header.body_bytes = static_cast<std::uint32_t>(bytes.size() - sizeof header);
    std::memcpy(bytes.data(), &header, sizeof header);
    const Hash hash = sha256(bytes);
    bytes.insert(bytes.end(), hash.begin(), hash.end());
    return {header, hash, std::move(bytes)};
}

BatchCheck check_batch(std::span<const std::byte> bytes, std::uint64_t sequence) {
    // The order of these checks decides between torn and corrupted. Torn means: a write that never
    // ended, of which nobody was told, and it may be dropped. Corrupted bytes were acknowledged
    // once and must never be.
    if (bytes.size() < sizeof(BatchHeader))
        return damage(BatchDamage::torn, fmt::format("only {} bytes of the header's {}",
                                                     bytes.size(), sizeof(BatchHeader)));
    // A SHA-256 of 32 zeros does not occur: the hash was never written.
    if (ends_in_zeros(bytes))
        return damage(BatchDamage::torn,
                      fmt::format("zeros where the last of {} bytes should be", bytes.size()));
    const BatchHeader header = read_header(bytes);
    if (std::string reason = wrong_header_field(header, sequence); !reason.empty())
        return damage(BatchDamage::corrupted, std::move(reason));
    const std::size_t whole = header.body_bytes + batch_overhead_bytes;
    if (bytes.size() != whole) {
        // Only what is too short can be an interrupted write. What is whole but for its size was
        // changed by somebody.
        const bool is_torn = bytes.size() < whole && !is_whole_but_for_its_size(bytes);
        return damage(is_torn ? BatchDamage::torn : BatchDamage::corrupted,
                      fmt::format("{} bytes, but the header says {}", bytes.size(), whole));
    }
    const Hash hash = stored_hash(bytes);
    if (const Hash computed = sha256(bytes.first(whole - hash_bytes)); computed != hash)
        return damage(
            BatchDamage::corrupted,
            fmt::format("the stored hash is {}, the bytes give {}", hex(hash), hex(computed)));
    // The view points into the caller's bytes: a journal is read once and copied nowhere.
    return {BatchDamage::none, {}, {header, bytes.subspan(sizeof header, header.body_bytes), hash}};
}

}  // namespace tuma::ledger
