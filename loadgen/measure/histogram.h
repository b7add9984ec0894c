// A histogram of latencies in microseconds: fixed size, 1 µs to 1 h, at most 0.1 % off.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tuma::loadgen {

/// Counts of a histogram that are not zero: what remains of one interval when it is put by.
struct SparseCounts {
    struct Cell {
        std::uint32_t index = 0;
        std::uint64_t count = 0;
    };
    std::vector<Cell> cells;
    std::uint64_t over_top = 0;  ///< of these samples, how many lay above the top
};

/// Log-linear buckets in the manner of HdrHistogram with three digits: below 2048 µs every value
/// has its own cell; above, each power of two is cut into 1024 equal cells, so that a cell is never
/// wider than 1/1024 of its lowest value and no value reported is more than 0.1 % off.
/// Values above one hour are counted in the top cell and in `over_top`. 184 KiB.
/// Source: HdrHistogram, counts_index_for.
class Histogram {
public:
    static constexpr std::uint64_t highest_us = 3'600'000'000;
    static constexpr std::uint64_t sub_bucket_count = 2048;
    static constexpr std::uint64_t sub_bucket_half = sub_bucket_count / 2;
    static constexpr unsigned sub_bucket_half_bits = 10;
    static constexpr std::size_t cell_count = 23 * sub_bucket_half;

    Histogram();

    void record(std::uint64_t value_us) { record_n(value_us, 1); }
    void record_n(std::uint64_t value_us, std::uint64_t n) {
        if (value_us > highest_us) [[unlikely]] {
            over_top_ += n;
            value_us = highest_us;
        }
        counts_[index_of(value_us)] += n;
        count_ += n;
    }
    void merge(const Histogram& other);
    void merge(const SparseCounts& other);
    void clear();

    std::uint64_t count() const { return count_; }
    /// How many samples lay above one hour.
    std::uint64_t over_top() const { return over_top_; }

    /// The lowest value that is equivalent to the smallest sample; 0 when empty.
    std::uint64_t min() const;
    /// The highest value that is equivalent to the largest sample; 0 when empty.
    std::uint64_t max() const;
    /// From the midpoints of the cells; 0 when empty.
    double mean() const;

    /// The highest value equivalent to the smallest sample such that at least
    /// ceil(percentile/100 × count) samples are at or below it; 0 when empty.
    /// A percentile of 0 gives the smallest sample. Requires: 0 <= percentile <= 100.
    std::uint64_t value_at_percentile(double percentile) const;

    /// How many samples are at or below the cell of `value_us`.
    std::uint64_t count_at_or_below(std::uint64_t value_us) const;

    SparseCounts sparse() const;
    std::span<const std::uint64_t> counts() const { return counts_; }

    bool operator==(const Histogram& other) const;

    /// The cell of a value. Requires: value_us <= highest_us.
    static std::size_t index_of(std::uint64_t value_us) {
        const unsigned magnitude =
            static_cast<unsigned>(std::bit_width(value_us | (sub_bucket_count - 1))) -
            (sub_bucket_half_bits + 1);
        return (std::size_t{magnitude} << sub_bucket_half_bits) +
               static_cast<std::size_t>(value_us >> magnitude);
    }
    /// The lowest and the highest value of a cell. Requires: index < cell_count.
    static std::uint64_t lowest_of(std::size_t index);
    static std::uint64_t highest_of(std::size_t index);
    /// What stands for a cell's samples: its midpoint, rounded up.
    static std::uint64_t middle_of(std::size_t index);

    /// Puts `n` samples into a cell; for decoders. Requires: index < cell_count.
    void add_to_cell(std::size_t index, std::uint64_t n);

private:
    using Cells = std::array<std::uint64_t, cell_count>;
    Cells counts_{};
    std::uint64_t count_ = 0;
    std::uint64_t over_top_ = 0;
};

}  // namespace tuma::loadgen
