// Areas below straight lines, and the times at which they are reached: integers, rounded down once.
#include "loadgen/arrivals/rate_profile.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::loadgen {
namespace {

/// Thousandths of an operation a second, for a nanosecond: 10^-12 of an operation; doubled.
constexpr std::uint64_t doubled_operation = 2'000'000'000'000;
constexpr Offset pieces_length_max = std::chrono::hours{24 * 366};
constexpr std::int64_t hours_of_day = 24;

std::uint64_t count_of(Offset time) {
    return static_cast<std::uint64_t>(time.count());
}

Uint128 rounded_up(Uint128 whole, Uint128 part) {
    return (whole + part - 1) / part;
}

/// times × time² / length, rounded down or up, where the product has no room in 128 bits.
Uint128 squared_share(std::uint64_t times, Uint128 time, std::uint64_t length, bool up) {
    const Uint128 square = time * time;
    const Uint128 quotient = square / length;
    const Uint128 rest = (square - quotient * length) * times;
    return quotient * times + (up ? rounded_up(rest, length) : rest / length);
}

}  // namespace

Offset whole_offset(Uint128 nanoseconds) {
    // More than 292 years; a rate close to zero leads there.
    ensure(nanoseconds <= static_cast<Uint128>(INT64_MAX), "a send time fits 2^63 ns");
    return Offset{static_cast<std::int64_t>(nanoseconds)};
}

double RatePiece::operations(Offset until) const {
    const double seconds =
        std::chrono::duration<double>(std::clamp(until, Offset{0}, length)).count();
    const double whole = std::chrono::duration<double>(length).count();
    const double steepness = (to.per_second() - from.per_second()) / whole;
    return seconds * (from.per_second() + steepness * seconds / 2);
}

double operations_until(std::span<const RatePiece> pieces, Offset until) {
    double operations = 0;
    for (const RatePiece& piece : pieces) {
        operations += piece.operations(until);
        until -= piece.length;
    }
    return operations;
}

Offset length_of(std::span<const RatePiece> pieces) {
    Offset length{0};
    for (const RatePiece& piece : pieces) length += piece.length;
    return length;
}

Rate mean_rate(std::span<const RatePiece> pieces) {
    Uint128 area = 0;
    for (const RatePiece& piece : pieces)
        area += Uint128{piece.from.millihertz + piece.to.millihertz} * count_of(piece.length);
    const Uint128 doubled = Uint128{count_of(length_of(pieces))} * 2;
    return {static_cast<std::uint64_t>((area + doubled / 2) / doubled)};
}

Uint128 RateProfile::Part::area() const {
    return (Uint128{from} + to) * count_of(length);
}

/// Rounded up, so that a whole number is reached when and only when the area itself is.
Uint128 RateProfile::Part::area_until(Uint128 time) const {
    const Uint128 level = 2 * Uint128{from} * time;
    if (from == to) return level;
    const std::uint64_t whole = count_of(length);
    return from < to ? level + squared_share(to - from, time, whole, true)
                     : level - squared_share(from - to, time, whole, false);
}

/// The last nanosecond until which no more than `wanted` has passed, by Newton's steps; from a time
/// close by it takes two or three. Requires: less than the whole area, and a rate that changes.
Offset RateProfile::Part::time_of(Uint128 wanted, Offset from_here) const {
    const std::uint64_t whole = count_of(length);
    Uint128 time = count_of(from_here);
    while (true) {
        // Never less than it is: steps that are a little short come closer each time.
        const Uint128 slope = from < to ? 2 * from + rounded_up(2 * (to - from) * time, whole)
                                        : 2 * from - 2 * (from - to) * time / whole;
        const Uint128 passed = area_until(time);
        if (passed > wanted) {
            time -= std::min(time, rounded_up(passed - wanted, slope));
            continue;
        }
        const Uint128 step = (wanted - passed) / slope;
        // A step that is short can leave the last nanosecond out.
        if (step == 0 && area_until(time + 1) > wanted) return whole_offset(time);
        time = std::min<Uint128>(whole, time + std::max<Uint128>(1, step));
    }
}

RateProfile::RateProfile(std::span<const RatePiece> pieces) : operation_(doubled_operation) {
    ensure(!pieces.empty() && length_of(pieces) <= pieces_length_max,
           "a profile of at most 366 days");
    for (const RatePiece& piece : pieces) {
        ensure(piece.length > Offset{0}, "a piece lasts some time");
        ensure(piece.from.millihertz > 0 && piece.to.millihertz > 0, "a rate is above zero");
        ensure(std::max(piece.from, piece.to) <= rate_max, "a rate has a bound");
        append(piece.length, piece.from.millihertz, piece.to.millihertz);
    }
}

RateProfile::RateProfile(Rate rate) : operation_(doubled_operation) {
    ensure(rate.millihertz > 0, "a rate is above zero");
    append(Offset::max(), rate.millihertz, rate.millihertz);
}

RateProfile::RateProfile(Rate mean, std::span<const std::uint32_t> hours, Offset day_length)
    : repeats_(true) {
    ensure(hours.size() == static_cast<std::size_t>(hours_of_day) && day_length.count() >= 24,
           "a day has 24 hours");
    ensure(day_length <= std::chrono::hours{24}, "a day is not stretched");
    std::uint64_t all = 0;
    for (const std::uint32_t weight : hours) all += weight;
    ensure(all > 0, "a day with no operations");
    // The unit is chosen so that every hour's rate is a whole number: no share is rounded away.
    operation_ = Uint128{doubled_operation} * all;
    Offset begin{0};
    std::int64_t hour = 0;
    for (const std::uint32_t weight : hours) {
        const Offset end = day_length * ++hour / hours_of_day;
        const std::uint64_t level =
            mean.millihertz * static_cast<std::uint64_t>(hours_of_day) * weight;
        append(end - begin, level, level);
        begin = end;
    }
}

void RateProfile::append(Offset length, std::uint64_t from, std::uint64_t to) {
    Part part{.from = from, .to = to, .length = length};
    if (!parts_.empty()) {
        part.begin = whole_length();
        part.before = whole_area();
    }
    parts_.push_back(part);
}

std::uint64_t RateProfile::operations_before(Offset end) const {
    if (end <= Offset{0}) return 0;
    Uint128 area = 0;
    if (repeats_) {
        area = whole_area() * static_cast<std::uint64_t>(end / whole_length());
        end %= whole_length();
    }
    for (const Part& part : parts_) {
        if (end <= part.begin) break;
        area += part.area_until(count_of(std::min(end - part.begin, part.length)));
    }
    return static_cast<std::uint64_t>(rounded_up(area, operation_));
}

RateWalk::RateWalk(RateProfile profile)
    : profile_(std::move(profile)), end_area_(profile_.parts_.front().area()) {}

bool RateWalk::enter_next_part() {
    const bool is_last = part_ + 1 == profile_.parts_.size();
    if (is_last && !profile_.repeats_) return false;
    begin_ += profile_.parts_[part_].length;
    begin_area_ = end_area_;
    part_ = is_last ? 0 : part_ + 1;
    end_area_ += profile_.parts_[part_].area();
    in_part_ = Offset{0};
    passed_ = 0;
    return true;
}

std::optional<Offset> RateWalk::time_of(Uint128 operations) {
    constexpr unsigned fraction_bits = 32;
    // In two parts, since the product has no room in 128 bits.
    const auto fraction = static_cast<std::uint32_t>(operations);
    const Uint128 area = (operations >> fraction_bits) * profile_.operation_ +
                         (profile_.operation_ * fraction >> fraction_bits);
    while (area >= end_area_)
        if (!enter_next_part()) return std::nullopt;
    const RateProfile::Part& part = profile_.parts_[part_];
    const Uint128 wanted = area - begin_area_;
    if (part.from != part.to) {
        in_part_ = part.time_of(wanted, in_part_);
        return begin_ + in_part_;
    }
    // The same as wanted / level, and mostly a division of 64 bits: this is done for each
    // operation.
    const std::uint64_t level = 2 * part.from;
    const Uint128 rest = wanted - passed_;
    const Uint128 step =
        rest <= UINT64_MAX ? static_cast<std::uint64_t>(rest) / level : rest / level;
    passed_ += step * level;
    in_part_ += whole_offset(step);
    return begin_ + in_part_;
}

}  // namespace tuma::loadgen
