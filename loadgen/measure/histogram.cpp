// Cells, percentiles and sums of the latency histogram.
#include "loadgen/measure/histogram.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

__extension__ typedef unsigned __int128 Wide;

}  // namespace

Histogram::Histogram() {
    static_assert(
        cell_count == (std::bit_width(highest_us) - sub_bucket_half_bits + 1) * sub_bucket_half,
        "the cells reach just over the top");
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < cell_count; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    over_top_ += other.over_top_;
}

void Histogram::merge(const SparseCounts& other) {
    // Intervals are kept without their empty cells, and are put back here.
    for (const SparseCounts::Cell& cell : other.cells) add_to_cell(cell.index, cell.count);
    over_top_ += other.over_top;
}

void Histogram::clear() {
    counts_.fill(0);
    count_ = 0;
    over_top_ = 0;
}

std::uint64_t Histogram::min() const {
    const auto first = std::find_if(counts_.begin(), counts_.end(), [](auto n) { return n != 0; });
    if (first == counts_.end()) return 0;
    // The lowest value that the cell stands for; the true one is not known any more.
    return lowest_of(static_cast<std::size_t>(first - counts_.begin()));
}

std::uint64_t Histogram::max() const {
    const auto last = std::find_if(counts_.rbegin(), counts_.rend(), [](auto n) { return n != 0; });
    if (last == counts_.rend()) return 0;
    return highest_of(static_cast<std::size_t>(counts_.rend() - last) - 1);
}

double Histogram::mean() const {
    if (count_ == 0) return 0;
    // Sums of long runs pass 64 bits.
    Wide sum = 0;
    for (std::size_t i = 0; i < cell_count; ++i) sum += Wide{counts_[i]} * middle_of(i);
    return static_cast<double>(sum) / static_cast<double>(count_);
}

std::uint64_t Histogram::value_at_percentile(double percentile) const {
    ensure(percentile >= 0 && percentile <= 100, "a percentile lies between 0 and 100");
    if (count_ == 0) return 0;
    // Millionths of a percent make the rank exact: 99.9 has no exact double, 99'900'000 has.
    const auto millionths = static_cast<std::uint64_t>(std::llround(percentile * 1e6));
    const Wide scaled = Wide{millionths} * count_;
    // At least the first: the 0th percentile is the least value.
    const auto rank = std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>((scaled + 99'999'999U) / 100'000'000U));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < cell_count; ++i) {
        seen += counts_[i];
        // The highest value of the cell: a percentile is a promise, and must not be understated.
        if (seen >= rank) return highest_of(i);
    }
    unreachable("the cells sum to the count");
}

std::uint64_t Histogram::count_at_or_below(std::uint64_t value_us) const {
    // Above the top everything is in the last cell.
    const std::size_t last = index_of(std::min(value_us, highest_us));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i <= last; ++i) seen += counts_[i];
    return seen;
}

SparseCounts Histogram::sparse() const {
    SparseCounts result;
    result.over_top = over_top_;
    if (count_ == 0) return result;
    for (std::size_t i = 0; i < cell_count; ++i) {
        if (counts_[i] != 0) result.cells.push_back({static_cast<std::uint32_t>(i), counts_[i]});
    }
    return result;
}

bool Histogram::operator==(const Histogram& other) const {
    return count_ == other.count_ && over_top_ == other.over_top_ && counts_ == other.counts_;
}

std::uint64_t Histogram::lowest_of(std::size_t index) {
    ensure(index < cell_count, "the histogram has this cell");
    // Up to here each value has a cell of its own.
    if (index < sub_bucket_count) return index;
    const std::size_t magnitude = (index >> sub_bucket_half_bits) - 1;
    return std::uint64_t{index - (magnitude << sub_bucket_half_bits)} << magnitude;
}

std::uint64_t Histogram::highest_of(std::size_t index) {
    if (index < sub_bucket_count) return lowest_of(index);
    const std::size_t magnitude = (index >> sub_bucket_half_bits) - 1;
    return lowest_of(index) + (std::uint64_t{1} << magnitude) - 1;
}

std::uint64_t Histogram::middle_of(std::size_t index) {
    // Rounded up, so that a mean is not too good.
    return (lowest_of(index) + highest_of(index) + 1) / 2;
}

void Histogram::add_to_cell(std::size_t index, std::uint64_t n) {
    ensure(index < cell_count, "the histogram has this cell");
    counts_[index] += n;
    count_ += n;
}

}  // namespace tuma::loadgen
