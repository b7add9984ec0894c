// Three digits are enough for a reader; the files hold the rest.
#include "loadgen/measure/number_text.h"

#include <fmt/format.h>

#include <cmath>

namespace tuma::loadgen {
namespace {

/// Three significant digits without an exponent, for values from 0 to 9999.
std::string three_digits(double value) {
    // The bounds lie half a digit below, so that 99.96 becomes 100 and not 100.0.
    if (value >= 99.95) return fmt::format("{:.0f}", value);
    if (value >= 9.995) return fmt::format("{:.1f}", value);
    return fmt::format("{:.2f}", value);
}

}  // namespace

std::string latency_text(double microseconds) {
    // A difference may be below zero.
    if (microseconds < 0) return "-" + latency_text(-microseconds);
    if (microseconds < 999.5) {
        // Histograms give whole microseconds; only means have fractions.
        const bool is_whole = microseconds == std::floor(microseconds);
        return (is_whole ? fmt::format("{:.0f}", microseconds) : three_digits(microseconds)) +
               " µs";
    }
    if (microseconds < 999'500) return three_digits(microseconds / 1e3) + " ms";
    return three_digits(microseconds / 1e6) + " s";
}

std::string percentile_text(const Histogram& histogram, double percentile) {
    if (histogram.count() == 0) return "-";
    return latency_text(percentile == 100 ? histogram.max()
                                          : histogram.value_at_percentile(percentile));
}

std::string latency_range_text(std::uint64_t low_us, std::uint64_t high_us) {
    const std::string low = latency_text(low_us);
    const std::string high = latency_text(high_us);
    const std::string unit = high.substr(high.find(' '));
    const bool is_same = low.ends_with(unit);
    return fmt::format("{} to {}", is_same ? low.substr(0, low.size() - unit.size()) : low, high);
}

std::string count_text(std::uint64_t n) {
    std::string digits = fmt::format("{}", n);
    for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, " ");
    return digits;
}

std::string rate_text(double per_second) {
    if (per_second < 99.95) return three_digits(per_second) + "/s";
    return count_text(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

std::string share_text(double share) {
    return fmt::format("{:.1f} %", share * 100);
}

}  // namespace tuma::loadgen
