// A filter in memory that tells that a key of an order is certainly not on disk.
#pragma once

#include "ledger/words/time.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tuma::ledger {

/// Two generations of a blocked Bloom filter: each cache line has 256 bits of either, a key sets 8
/// of them. What was added is found until everything added with it is older than the retention
/// window; then its generation is emptied and takes what comes next. Never refuses a key: with
/// more keys than it has room for it says "maybe" more often, and nothing worse.
///
/// One thread adds; any number of threads ask meanwhile.
class KeyFilter {
public:
    /// `bytes` of memory, rounded down to a power of two, at least 128; none is touched before the
    /// first key.
    explicit KeyFilter(std::uint64_t bytes);
    KeyFilter(const KeyFilter&) = delete;
    KeyFilter& operator=(const KeyFilter&) = delete;
    ~KeyFilter();

    /// False: no key with this hash was added within the retention window.
    bool may_hold(std::uint64_t hash) const {
        if (!has_keys_.load(std::memory_order_relaxed)) return false;
        const std::uint64_t* const line = line_of(hash);
        return has_all(line, hash) || has_all(line + words, hash);
    }
    /// Hints that this hash will be asked for soon.
    void prefetch(std::uint64_t hash) const {
        if (has_keys_.load(std::memory_order_relaxed)) __builtin_prefetch(line_of(hash), 0);
    }

    /// Keys follow of which the oldest is of `oldest`: the older generation is emptied when all of
    /// its keys are older than `retention` before that. Requires: times do not decrease.
    void turn(Timestamp oldest, Duration retention);
    void add(std::uint64_t hash);
    /// Empties both. Requires: nobody asks meanwhile.
    void clear();

    std::uint64_t bytes() const { return lines_ * line_words * sizeof(std::uint64_t); }

private:
    static constexpr std::size_t words = 4;
    static constexpr std::size_t line_words = 2 * words;

    std::uint64_t* line_of(std::uint64_t hash) const {
        // The bits are chosen by the hash itself, the line by what this makes of it.
        const std::uint64_t mixed = hash * 0x9E3779B97F4A7C15ULL;
        return lines_at_ + (mixed >> shift_) * line_words;
    }
    static std::uint64_t bits_of(std::uint64_t hash, std::size_t word) {
        const std::uint64_t choice = hash >> (12 * word);
        return (std::uint64_t{1} << (choice & 63U)) | (std::uint64_t{1} << (choice >> 6U & 63U));
    }
    // Relaxed: that a key was added is told to who asks by way of what tells that it has left
    // memory.
    static bool has_all(const std::uint64_t* block, std::uint64_t hash) {
        for (std::size_t word = 0; word < words; ++word) {
            const std::uint64_t bits = bits_of(hash, word);
            const std::uint64_t stored = __atomic_load_n(&block[word], __ATOMIC_RELAXED);
            // Mostly said by the first word: half of its bits are not set.
            if ((stored & bits) != bits) return false;
        }
        return true;
    }
    void empty(std::size_t generation);

    std::uint64_t lines_;
    unsigned shift_;
    std::uint64_t* lines_at_;
    std::size_t newest_ = 0;  ///< the generation that takes keys
    std::atomic<bool> has_keys_ = false;
    Timestamp begun_{};  ///< time of the oldest key of that generation
};

}  // namespace tuma::ledger
