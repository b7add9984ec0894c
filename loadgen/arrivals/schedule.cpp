// Send times in whole nanoseconds, by integers only: no drift, and the same times everywhere.
#include "loadgen/arrivals/schedule.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::loadgen {
namespace {

/// Nanoseconds between operations at one thousandth of an operation per second.
constexpr std::uint64_t millihertz_gap_ns = 1'000'000'000'000;
constexpr std::uint64_t hour_ns = 3'600'000'000'000;

/// So that times and kinds do not share the numbers of one stream.
enum Stream : std::uint64_t { gap_stream = 0x74696d65, kind_stream = 0x6b696e64 };

}  // namespace

std::string_view name(Arrival arrival) {
    switch (arrival) {
        case Arrival::constant:
            return "constant";
        case Arrival::poisson:
            return "poisson";
    }
    unreachable("every arrival has a name");
}

Offset constant_time(std::uint64_t k, Rate rate) {
    ensure(rate.millihertz > 0, "a rate is above zero");
    // Reckoned from the number each time, and never added up: no drift after a day.
    return whole_offset(Uint128{k} * millihertz_gap_ns / rate.millihertz);
}

std::uint64_t share_of_whole(std::uint64_t whole, Division division) {
    return whole / division.count + (division.index < whole % division.count ? 1 : 0);
}

Schedule::Schedule(const RateProfile& profile, Arrival arrival, std::uint64_t seed, Offset duration,
                   Division division)
    : walk_(profile),
      arrival_(arrival),
      duration_(duration),
      division_(division),
      expected_total_(share_of_whole(profile.operations_before(duration), division)),
      random_(seed, gap_stream) {
    ensure(division.index < division.count, "a share of the whole");
    advance();
}

void Schedule::advance() {
    // By its number or the sum of all gaps each time, and never by adding up times: no drift.
    Uint128 operations = (Uint128{taken_} * division_.count + division_.index) << 32U;
    if (arrival_ == Arrival::poisson)
        operations = poisson_sum_ += Uint128{random_.exponential()} * division_.count;
    next_ = walk_.time_of(operations).value_or(Offset::max());
}

std::optional<Offset> Schedule::peek() const {
    // The end is open: what is due exactly then belongs to the next run.
    if (next_ >= duration_) return std::nullopt;
    return next_;
}

Offset Schedule::take() {
    ensure(next_ < duration_, "the schedule has not ended");
    const Offset result = next_;
    ++taken_;
    advance();
    return result;
}

std::size_t Schedule::take_due(Offset now, std::size_t limit, std::vector<Offset>& times) {
    std::size_t count = 0;
    // Several may be due at once, after a stall or at a high rate.
    while (count < limit && next_ <= now && next_ < duration_) {
        times.push_back(take());
        ++count;
    }
    return count;
}

TraceSchedule::TraceSchedule(std::span<const TraceCell> cells, std::uint64_t speed, Arrival arrival,
                             std::uint64_t seed)
    : speed_(speed), arrival_(arrival), times_(seed, gap_stream), kinds_(seed, kind_stream) {
    for (const TraceCell& cell : cells) {
        // Empty cells would have to be skipped in every hour.
        if (cell.count == 0) continue;
        cells_.push_back(cell);
        total_ += cell.count;
    }
    // Stable, so that kinds within an hour keep the trace's order, and with it the draws.
    std::stable_sort(cells_.begin(), cells_.end(),
                     [](const TraceCell& a, const TraceCell& b) { return a.hour < b.hour; });
    advance();
}

void TraceSchedule::enter_hour() {
    first_ = last_;
    remaining_.clear();
    hour_total_ = 0;
    while (last_ < cells_.size() && cells_[last_].hour == cells_[first_].hour) {
        // Copied: they are counted down while the hour goes by.
        remaining_.push_back(cells_[last_].count);
        hour_total_ += cells_[last_].count;
        ++last_;
    }
    ensure(hour_total_ <= UINT32_MAX, "an hour holds fewer than 2^32 operations");
    hour_left_ = hour_total_;
    gap_sum_ = 0;
    gap_total_ = 0;
    if (arrival_ != Arrival::poisson) return;
    // Sorted uniform times are sums of exponential gaps over their total (order statistics); a copy
    // of the generator finds the total first, so that no hour needs to be held in memory.
    Random ahead = times_;
    for (std::uint64_t i = 0; i <= hour_total_; ++i) gap_total_ += ahead.exponential();
}

void TraceSchedule::advance() {
    next_.reset();
    // Exactly as many as the trace has, however the draws fall.
    if (taken_ == total_) return;
    if (hour_left_ == 0) enter_hour();

    Uint128 into_hour = 0;
    if (arrival_ == Arrival::poisson) {
        gap_sum_ += times_.exponential();
        into_hour = gap_total_ == 0 ? Uint128{0} : gap_sum_ * hour_ns / gap_total_;
    } else {
        // Spread evenly, by place and not by gap: no drift within the hour.
        into_hour = Uint128{hour_total_ - hour_left_} * hour_ns / hour_total_;
    }
    const std::uint32_t hour = cells_[first_].hour;
    const Offset intended =
        // Without a speed everything is due at once.
        speed_ == 0 ? Offset{0} : whole_offset((Uint128{hour} * hour_ns + into_hour) / speed_);

    // Drawn without putting back, so that the hour's mix is the trace's to the last operation.
    std::uint64_t point = kinds_.below(hour_left_);
    std::size_t chosen = 0;
    while (point >= remaining_[chosen]) point -= remaining_[chosen++];
    --remaining_[chosen];
    --hour_left_;
    // The last gap of the hour leads to its end; it was part of the total and is drawn here.
    if (hour_left_ == 0 && arrival_ == Arrival::poisson) times_.exponential();
    next_ =
        TraceOperation{.intended = intended, .hour = hour, .kind = cells_[first_ + chosen].kind};
}

std::optional<TraceOperation> TraceSchedule::peek() const {
    return next_;
}

TraceOperation TraceSchedule::take() {
    ensure(next_.has_value(), "the trace has not ended");
    const TraceOperation result = *next_;
    ++taken_;
    advance();
    return result;
}

Offset TraceSchedule::duration() const {
    // Whole hours, also where the last one ends early.
    if (cells_.empty() || speed_ == 0) return Offset{0};
    return whole_offset((Uint128{cells_.back().hour} + 1) * hour_ns / speed_);
}

}  // namespace tuma::loadgen
