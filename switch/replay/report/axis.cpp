#include "switch/replay/report/axis.h"

#include "ledger/words/time.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace tuma::replay {
namespace {

__extension__ using Wide = __int128;

/// The smallest of 1, 2, 5 x 10^n that is at least `size`.
Wide round_step(Wide size) {
    // Amounts of a long window can come near the type's end, so steps are sought in a wider one.
    Wide power = 1;
    while (power * 10 <= size) power *= 10;
    for (const int factor : {1, 2, 5}) {
        if (power * factor >= size) return power * factor;
    }
    return power * 10;
}

Wide floor_to(Wide value, Wide step) {
    const Wide quotient = value / step;
    // Division goes towards zero; below zero that is the wrong way.
    return (quotient * step > value ? quotient - 1 : quotient) * step;
}

std::int64_t narrowed(Wide value) {
    using Bounds = std::numeric_limits<std::int64_t>;
    // A round bound may lie just outside of what an amount can be.
    return static_cast<std::int64_t>(std::clamp<Wide>(value, Bounds::min(), Bounds::max()));
}

std::string tick_label(std::int64_t minor, std::int64_t step, Currency currency) {
    const int decimals = find_currency(static_cast<std::uint16_t>(currency))->decimals;
    std::int64_t unit = 1;
    for (int i = 0; i < decimals; ++i) unit *= 10;
    // Whole steps need no decimals, and labels without them are half as wide.
    return step % unit == 0 ? count_text(minor / unit) : amount_text(minor, currency);
}

std::string month_label(std::chrono::year_month month, int step) {
    const int year = static_cast<int>(month.year());
    // From a year on the month would always be January.
    if (step >= 12) return fmt::format("{}", year);
    return fmt::format("{} {}", month_name(month.month()), year);
}

/// Firsts of every `step`-th month, counted from January of year 0.
std::vector<Tick> month_ticks(core::LocalDay first, std::int64_t days, int step) {
    std::vector<Tick> out;
    const std::chrono::year_month_day date{first};
    const int begin = static_cast<int>(date.year()) * 12 +
                      static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    // From the step's own beginning, so that labels of all charts stand on the same months.
    for (int month = begin - begin % step;; month += step) {
        const std::chrono::year_month at{std::chrono::year{month / 12},
                                         std::chrono::month{static_cast<unsigned>(month % 12) + 1}};
        const std::int64_t index = (core::LocalDay{at / 1} - first).count();
        if (index >= days) return out;
        // The first of the month may lie before the first day.
        if (index < 0) continue;
        out.push_back({day_at(index, days), month_label(at, step)});
    }
}

}  // namespace

MoneyAxis MoneyAxis::around(std::int64_t least, std::int64_t most, int steps) {
    // Zero is always on the axis: below or above it is the question that the drawing answers.
    const Wide low = std::min<std::int64_t>(least, 0);
    const Wide high = std::max<std::int64_t>(most, 0);
    const Wide step = round_step(std::max<Wide>((high - low + steps - 1) / steps, 1));
    MoneyAxis axis{narrowed(floor_to(low, step)), narrowed(-floor_to(-high, step)), narrowed(step)};
    // All balances equal: an axis without length could not be divided by.
    if (axis.low == axis.high) axis.high = narrowed(Wide{axis.low} + axis.step);
    return axis;
}

double MoneyAxis::at(std::int64_t minor) const {
    // What lies outside is drawn at the rim rather than outside of the page.
    const std::int64_t inside = std::clamp(minor, low, high);
    return static_cast<double>(Wide{inside} - low) / static_cast<double>(Wide{high} - low);
}

std::vector<Tick> MoneyAxis::ticks(Currency currency) const {
    std::vector<Tick> out;
    for (Wide value = low; value <= high; value += step) {
        const auto minor = static_cast<std::int64_t>(value);
        out.push_back({at(minor), tick_label(minor, step, currency)});
    }
    return out;
}

std::string label_style(double at) {
    // Labels at the ends would be cut off if they were centred.
    const char* shift = at > 0.95   ? ";transform:translateX(-100%)"
                        : at < 0.04 ? ";transform:none"
                                    : "";
    return fmt::format("left:{:.2f}%{}", 100 * at, shift);
}

double day_at(std::int64_t index, std::int64_t days) {
    // A single day stands in the middle, since a line has no direction there.
    return days > 1 ? static_cast<double>(index) / static_cast<double>(days - 1) : 0.5;
}

std::vector<Tick> day_ticks(core::LocalDay first, std::int64_t days, std::int64_t most) {
    // Below two months single days are told apart; above, months are.
    if (days > 60) {
        for (const int step : {1, 2, 3, 6, 12, 24, 60, 120, 240}) {
            // The longest step ends the search, whatever is left over.
            if (days / 30 / step <= most || step == 240) return month_ticks(first, days, step);
        }
    }
    const std::int64_t step = std::max<std::int64_t>(1, (days + most - 1) / most);
    std::vector<Tick> out;
    for (std::int64_t index = 0; index < days; index += step) {
        out.push_back({day_at(index, days), tuma::text(first + std::chrono::days{index})});
    }
    return out;
}

}  // namespace tuma::replay
