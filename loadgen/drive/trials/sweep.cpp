#include "loadgen/drive/trials/sweep.h"

#include "ledger/words/ensure.h"
#include "ledger/words/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

namespace tuma::loadgen {
namespace {

constexpr std::size_t values_max = 50;
constexpr double knee_points = 10;
constexpr double beyond_knee = 1.2;
constexpr std::string_view rate_axis_name = "rate";

/// One axis: what its values may be, and where they go.
struct AxisRow {
    std::string_view name;
    double low;
    double high;
    bool is_whole;
    void (*set)(LoadOptions&, double);
};

template <typename Number>
Number whole(double value) {
    return static_cast<Number>(std::llround(value));
}

constexpr std::array<AxisRow, 8> axes{{
    {"batch", 1, 8190, true,
     [](LoadOptions& load, double value) { load.batch = whole<std::uint32_t>(value); }},
    {"connections", 1, 20'000, true,
     [](LoadOptions& load, double value) { load.connections = whole<std::uint32_t>(value); }},
    {"customers", 2, 10'000'000, true,
     [](LoadOptions& load, double value) { load.customers = whole<std::uint32_t>(value); }},
    {"customers.zipf", 0, 10, false,
     [](LoadOptions& load, double value) {
         load.customers_zipf_permille = whole<std::uint32_t>(value * 1000);
     }},
    {"in-flight", 1, 65'535, true,
     [](LoadOptions& load, double value) { load.in_flight = whole<std::uint32_t>(value); }},
    {"merchants.hot_share", 0, 1, false,
     [](LoadOptions& load, double value) {
         load.hot_merchant_permille = whole<std::uint32_t>(value * 1000);
     }},
    {"merchants.zipf", 0, 10, false,
     [](LoadOptions& load, double value) {
         load.zipf_permille = whole<std::uint32_t>(value * 1000);
     }},
    {"users", 1, 1'000'000, true,
     [](LoadOptions& load, double value) { load.users = whole<std::uint32_t>(value); }},
}};

const AxisRow* find_axis(std::string_view name) {
    const auto found = std::find_if(axes.begin(), axes.end(),
                                    [&](const AxisRow& row) { return row.name == name; });
    return found == axes.end() ? nullptr : &*found;
}

std::optional<double> read_decimal(std::string_view text) {
    double value = 0;
    const auto [end, failed] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Values apart by commas, each read by `read`.
template <typename Read>
Result<std::vector<double>> read_values(std::string_view text, std::string_view option,
                                        const Read& read) {
    std::set<double> values;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const Result<double> value = read(text.substr(0, comma));
        if (!value) return value.error();
        values.insert(*value);
        if (comma == text.size()) break;
        text.remove_prefix(comma + 1);
    }
    if (values.size() < 2 || values.size() > values_max)
        return InputError{std::string(option),
                          fmt::format("needs 2 to {} different values", values_max)};
    return std::vector<double>(values.begin(), values.end());
}

}  // namespace

std::string sweep_axes() {
    std::string all;
    for (const AxisRow& row : axes)
        all += fmt::format("{}{}",
                           &row == &axes.front()  ? ""
                           : &row == &axes.back() ? " or "
                                                  : ", ",
                           row.name);
    return all;
}

Result<SweepAxis> parse_rates(std::string_view text) {
    SweepAxis axis{.name = std::string(rate_axis_name), .values = {}};
    if (text == "auto") return axis;
    auto values = read_values(text, "--rates", [](std::string_view one) -> Result<double> {
        const auto rate = parse_rate(one);
        if (!rate) return InputError{"--rates", rate.error().reason};
        if (!rate->has_value())
            return InputError{"--rates", "\"max\" offers no rate; take --vary for closed loops"};
        return (**rate).per_second();
    });
    if (!values) return values.error();
    axis.values = std::move(values).value();
    return axis;
}

Result<SweepAxis> parse_vary(std::string_view text) {
    const std::size_t equals = text.find('=');
    const AxisRow* row = find_axis(text.substr(0, equals));
    if (row == nullptr || equals == std::string_view::npos)
        return InputError{
            "--vary",
            fmt::format("\"{}\" must be AXIS=VALUE,VALUE,...; an axis is {}", text, sweep_axes())};
    auto values = read_values(
        text.substr(equals + 1), "--vary", [row](std::string_view one) -> Result<double> {
            const auto value = read_decimal(one);
            const bool fits = value && *value >= row->low && *value <= row->high &&
                              (!row->is_whole || *value == std::floor(*value));
            if (fits) return *value;
            return InputError{"--vary", fmt::format("\"{}\" of {} must be a {}number of {} "
                                                    "to {}",
                                                    one, row->name, row->is_whole ? "whole " : "",
                                                    row->low, row->high)};
        });
    if (!values) return values.error();
    return SweepAxis{.name = std::string(row->name), .values = std::move(values).value()};
}

LoadOptions at_value(LoadOptions load, const SweepAxis& axis, double value) {
    if (axis.name == rate_axis_name) {
        load.rate = Rate{static_cast<std::uint64_t>(std::llround(value * 1000))};
        return load;
    }
    const AxisRow* row = find_axis(axis.name);
    ensure(row != nullptr, "an axis out of the table");
    row->set(load, value);
    return load;
}

std::vector<double> sweep_order(std::vector<double> values, std::uint32_t passes) {
    std::vector<double> order;
    for (std::uint32_t pass = 0; pass < passes; ++pass) {
        order.insert(order.end(), values.begin(), values.end());
        std::reverse(values.begin(), values.end());
    }
    return order;
}

std::optional<Rate> find_knee(Rate start, Rate highest, const std::function<bool(Rate)>& holds) {
    // A single run that is not held may be the machine's doing.
    const auto holds_at_all = [&](Rate rate) { return holds(rate) || holds(rate); };
    Rate held{0};
    Rate missed{0};
    for (Rate rate = start; missed.millihertz == 0;) {
        (holds_at_all(rate) ? held : missed) = rate;
        if (held == highest) return held;
        rate = {std::min(rate.millihertz * 2, highest.millihertz)};
    }
    if (held.millihertz == 0) return std::nullopt;
    while (missed.millihertz * 10 > held.millihertz * 11) {
        const Rate middle{held.millihertz + (missed.millihertz - held.millihertz) / 2};
        (holds_at_all(middle) ? held : missed) = middle;
    }
    return held;
}

std::vector<double> rates_around(Rate knee) {
    std::vector<double> rates;
    for (double i = 1; i <= knee_points; ++i)
        // Round to a whole number a second where that is a small change.
        rates.push_back(std::max(
            0.001, std::round(knee.per_second() * beyond_knee * i / knee_points * 1000) / 1000));
    return rates;
}

CurvePoint curve_point(const RunReport& report, double value) {
    const auto band = [&](double percentile) {
        return LatencyBand{report.quoted.floor.value_at_percentile(percentile),
                           report.quoted.response.value_at_percentile(percentile)};
    };
    return {.at = value,
            .offered_per_s = report.asked_per_s(),
            .ok_per_s = report.attained_per_s(),
            .refused_per_s = report.per_s(report.window.refused),
            .p50 = band(50),
            .p99 = band(99),
            .is_held = report.verdict.valid && report.verdict.load == LoadHeld::held,
            .note = report.verdict.valid ? std::string(name(report.verdict.load))
                                         : report.verdict.invalid_because.front()};
}

void fit_sweep(SweepResult& result, const LoadOptions& load) {
    const bool is_in_flight = result.axis.name == "in-flight";
    // Only there the number at work is what was varied.
    if (load.rate || load.users > 0 || (!is_in_flight && result.axis.name != "connections")) return;
    const double others = is_in_flight ? load.connections : load.in_flight.value_or(16);
    std::vector<ScalabilityPoint> points;
    for (const CurvePoint& point : result.points)
        points.push_back({point.at * others, point.ok_per_s});
    result.fit = fit_scalability(points);
}

}  // namespace tuma::loadgen
