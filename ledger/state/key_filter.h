// A filter in memory that tells that a key is certainly not on disk.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tuma::ledger {

/// A blocked Bloom filter: each half of a cache line has 256 bits, a key sets 8 of them. What was
/// added is found for ever. Never refuses a key: with more keys than it has room for it says
/// "maybe" more often, and nothing worse.
///
/// One thread adds; any number of threads ask meanwhile.
class KeyFilter {
public:
    /// `bytes` of memory, rounded down to a power of two, at least 64; none is touched before the
    /// first key.
    explicit KeyFilter(std::uint64_t bytes);
    KeyFilter(const KeyFilter&) = delete;
    KeyFilter& operator=(const KeyFilter&) = delete;
    ~KeyFilter();

    /// False: no key with this hash was added.
    bool may_hold(std::uint64_t hash) const;
    void add(std::uint64_t hash);

    std::uint64_t bytes() const { return blocks_ * block_words * sizeof(std::uint64_t); }

private:
    static constexpr std::size_t block_words = 4;

    std::uint64_t* block_of(std::uint64_t hash) const {
        // The bits are chosen by the hash itself, the block by what this makes of it.
        const std::uint64_t mixed = hash * 0x9E3779B97F4A7C15ULL;
        return blocks_at_ + (mixed >> shift_) * block_words;
    }
    static std::uint64_t bits_of(std::uint64_t hash, std::size_t word) {
        const std::uint64_t choice = hash >> (12 * word);
        return (std::uint64_t{1} << (choice & 63U)) | (std::uint64_t{1} << (choice >> 6U & 63U));
    }

    std::uint64_t blocks_;
    unsigned shift_;
    std::uint64_t* blocks_at_;
};

}  // namespace tuma::ledger
