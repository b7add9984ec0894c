// Where remembered keys stand, and which keys were remembered lately: one cache line tells both.
#pragma once

#include "ledger/words/ensure.h"
#include "ledger/words/time.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace tuma::ledger {

/// The newest of ever growing numbers: those of the requests in a ring.
struct NumberWindow {
    std::uint64_t next = 0;  ///< the number that comes next
    std::size_t size = 0;    ///< so many before it are in the window

    bool has(std::uint64_t number) const { return next - 1 - number < size; }
};

/// A hash table from keys to the numbers of the requests in a ring and, if wanted, a filter over
/// all keys that were added within the retention window. Every key has a home line with three slots
/// and with both generations of a blocked Bloom filter: 160 bits of either, of which a key sets 7.
/// A new key thus costs one wait for memory, whether it is looked for in the ring or beside it.
///
/// Nothing is erased. A slot is free once its number has left the window; whoever needs one takes
/// it. A key whose home has no free slot goes to the next line that has, and the lines that it
/// passes remember for how long a search must go on behind them. A line's generation is emptied
/// when a key is added to the line for the first time since it became too old.
///
/// With more keys than it has room for the filter says "maybe" more often, and nothing worse.
/// For one thread.
class KeyTable {
public:
    /// Lines for a window of `capacity` numbers. With a filter, when `filter_bytes` is not 0, a
    /// line has 64 bytes and the table that many bytes or what the window needs; without one 32.
    /// No page is touched before it is needed. Throws std::bad_alloc.
    KeyTable(std::size_t capacity, std::uint64_t filter_bytes);

    bool has_filter() const { return line_words_ == filter_line_words; }
    std::uint64_t bytes() const { return lines_ * line_words_ * sizeof(std::uint32_t); }
    /// Touches the pages that begin within the first `bytes`, so that no later use of them waits
    /// for the system. What was touched before is not touched again.
    void touch_until(std::uint64_t bytes);
    /// Hints that this hash will be asked for soon.
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(line_at(home_of(hash)), 1); }

    /// The number in the window that has this hash and that `is_it` accepts, or nothing. Asks
    /// `is_it` about numbers of the window only.
    template <typename IsIt>
    std::optional<std::uint64_t> find(std::uint64_t hash, const NumberWindow& window,
                                      const IsIt& is_it) const;
    /// Puts `window.next` where the number was that `is_it` accepts, or else in a free slot.
    /// Requires: room in the window.
    template <typename IsIt>
    void put(std::uint64_t hash, const NumberWindow& window, const IsIt& is_it);

    /// False: no key with this hash was added to the filter within the retention window.
    bool may_hold(std::uint64_t hash) const;
    /// Adds a key of this time to the filter; does nothing without one. A key that is more than
    /// `retention` newer than the first of the newer generation begins another. A key that is older
    /// than those before is found for as long as one that was added in its time.
    void add(std::uint64_t hash, std::int64_t time_us, Duration retention);

private:
    static constexpr std::size_t slots = 3;
    static constexpr std::size_t filter_words = 5;
    using Bits = std::array<std::uint32_t, filter_words>;
    struct Line {
        std::array<std::uint32_t, slots> numbers;  ///< the lower half of each
        std::array<std::uint16_t, slots> tags;     ///< of the hash; 0: never used
        std::uint16_t passed;  ///< `tick_of` the last number that went past; 0: none ever did
        std::uint16_t epoch;   ///< the table's, when a key was last added to this line
        std::uint16_t reserved;
        std::array<Bits, 2> bits;  ///< by the last bit of the epoch; not there without a filter
    };
    static constexpr std::size_t filter_line_words = sizeof(Line) / sizeof(std::uint32_t);
    static constexpr std::size_t plain_line_words = 8;
    static_assert(sizeof(Line) == 64 && offsetof(Line, bits) <= plain_line_words * 4);

    struct Unmap {
        std::size_t bytes;
        void operator()(std::uint32_t* words) const;
    };

    Line* line_at(std::uint64_t line) const {
        return reinterpret_cast<Line*>(&words_[line * line_words_]);
    }
    std::uint64_t home_of(std::uint64_t hash) const {
        // By the upper bits. Any number of lines will do, which a mask would not allow.
        __extension__ using Product = unsigned __int128;
        return static_cast<std::uint64_t>((Product{hash} * Product{lines_}) >> 64U);
    }
    std::uint64_t after(std::uint64_t line) const { return line + 1 == lines_ ? 0 : line + 1; }
    static std::uint16_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint16_t>(hash | 1U);
    }
    /// The number in the window with this lower half. One that left 2^32 ago looks as if it had
    /// not: its slot is not free for a while, and its key is compared in vain.
    static std::uint64_t whole(std::uint32_t number, const NumberWindow& window) {
        return window.next - 1 - static_cast<std::uint32_t>(window.next - 1 - number);
    }
    // 15 bits are enough for "less than the capacity ago": a tick is at most 2^-7 of the capacity.
    std::uint16_t tick_of(std::uint64_t number) const {
        return static_cast<std::uint16_t>((number >> tick_shift_) | 0x8000U);
    }
    bool is_passed(const Line& line, const NumberWindow& window) const {
        const auto age = static_cast<std::uint32_t>(tick_of(window.next) - line.passed);
        return line.passed != 0 && (age & 0x7FFFU) <= (window.size >> tick_shift_) + 1;
    }
    static Bits bits_of(std::uint64_t hash);
    static bool has_all(const Bits& stored, const Bits& wanted);

    std::uint64_t lines_;
    std::size_t line_words_;
    unsigned tick_shift_;
    std::unique_ptr<std::uint32_t[], Unmap> words_;
    std::uint64_t touched_ = 0;             ///< bytes
    std::uint16_t epoch_ = 0;               ///< grows with each new generation
    std::optional<std::int64_t> begun_us_;  ///< time of the first key of the newer generation
};

template <typename IsIt>
std::optional<std::uint64_t> KeyTable::find(std::uint64_t hash, const NumberWindow& window,
                                            const IsIt& is_it) const {
    const std::uint16_t tag = tag_of(hash);
    std::uint64_t at = home_of(hash);
    for (std::uint64_t looked_at = 0; looked_at < lines_; ++looked_at, at = after(at)) {
        const Line& line = *line_at(at);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            // The tag first: the ring's entry would most likely be another wait for memory.
            if (line.tags[slot] != tag) continue;
            const std::uint64_t number = whole(line.numbers[slot], window);
            if (window.has(number) && is_it(number)) return number;
        }
        if (!is_passed(line, window)) break;
    }
    return std::nullopt;
}

template <typename IsIt>
void KeyTable::put(std::uint64_t hash, const NumberWindow& window, const IsIt& is_it) {
    const std::uint16_t tag = tag_of(hash);
    const std::uint64_t home = home_of(hash);
    const auto take = [&](std::uint64_t at, std::size_t slot) {
        line_at(at)->numbers[slot] = static_cast<std::uint32_t>(window.next);
        line_at(at)->tags[slot] = tag;
        // Searches must get there for as long as this number lasts.
        for (std::uint64_t line = home; line != at; line = after(line))
            line_at(line)->passed = tick_of(window.next);
    };
    std::optional<std::pair<std::uint64_t, std::size_t>> free;
    std::uint64_t at = home;
    for (std::uint64_t looked_at = 0; looked_at < lines_; ++looked_at, at = after(at)) {
        const Line& line = *line_at(at);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            const std::uint64_t number = whole(line.numbers[slot], window);
            const bool is_free = line.tags[slot] == 0 || !window.has(number);
            if (is_free && !free) free.emplace(at, slot);
            if (!is_free && line.tags[slot] == tag && is_it(number)) return take(at, slot);
        }
        // What this number replaces may stand behind. This one is found first.
        if (free) break;
    }
    ensure(free.has_value(), "a slot for each number in the window");
    take(free->first, free->second);
}

inline KeyTable::Bits KeyTable::bits_of(std::uint64_t hash) {
    // The line is chosen by the hash itself, the bits by what this makes of it.
    const std::uint64_t mixed = (hash * 0x9E3779B97F4A7C15ULL) >> 29U;
    const auto bit = [mixed](unsigned i) {
        return std::uint32_t{1} << (static_cast<std::uint32_t>(mixed >> (5U * i)) & 31U);
    };
    return {bit(0) | bit(5), bit(1) | bit(6), bit(2), bit(3), bit(4)};
}

inline bool KeyTable::has_all(const Bits& stored, const Bits& wanted) {
    std::uint32_t missing = 0;
    for (std::size_t word = 0; word < filter_words; ++word) missing |= wanted[word] & ~stored[word];
    return missing == 0;
}

inline bool KeyTable::may_hold(std::uint64_t hash) const {
    const Line& line = *line_at(home_of(hash));
    const auto behind = static_cast<std::uint16_t>(epoch_ - line.epoch);
    if (behind > 1) return false;
    const Bits wanted = bits_of(hash);
    if (has_all(line.bits[line.epoch & 1U], wanted)) return true;
    // What the line was newest when it was last added to is the older one by now, and its other one
    // is too old.
    return behind == 0 && has_all(line.bits[~line.epoch & 1U], wanted);
}

inline void KeyTable::add(std::uint64_t hash, std::int64_t time_us, Duration retention) {
    if (!has_filter()) return;
    if (!begun_us_) begun_us_ = time_us;
    if (time_us - *begun_us_ > retention.count()) {
        // Everything in the older generation is older than the first key of the newer one.
        ++epoch_;
        begun_us_ = time_us;
    }
    Line& line = *line_at(home_of(hash));
    const auto behind = static_cast<std::uint16_t>(epoch_ - line.epoch);
    if (behind > 0) line.bits[epoch_ & 1U] = {};
    if (behind > 1) line.bits[~epoch_ & 1U] = {};
    line.epoch = epoch_;
    const bool is_of_older = time_us < *begun_us_;
    Bits& stored = line.bits[(is_of_older ? ~epoch_ : epoch_) & 1U];
    const Bits added = bits_of(hash);
    for (std::size_t word = 0; word < filter_words; ++word) stored[word] |= added[word];
}

}  // namespace tuma::ledger
