// Lays charts out on a fixed grid of units; the page scales the drawing to its width.
#include "loadgen/report/svg_chart.h"

#include "ledger/words/html.h"
#include "loadgen/measure/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

constexpr double width = 760;
constexpr double height = 300;
constexpr double left = 72;
constexpr double right = 20;
constexpr double top = 14;
constexpr double bottom = 48;

double position(const Axis& axis, double value) {
    // What lies outside is put on the rim, where it is still seen.
    value = std::clamp(value, axis.low, axis.high);
    // An axis without length has one place.
    if (axis.high <= axis.low) return 0;
    if (!axis.logarithmic) return (value - axis.low) / (axis.high - axis.low);
    return std::log(value / axis.low) / std::log(axis.high / axis.low);
}

double x_of(const LineChart& chart, double value) {
    return left + position(chart.x, value) * (width - left - right);
}

double y_of(const LineChart& chart, double value) {
    return height - bottom - position(chart.y, value) * (height - top - bottom);
}

std::string legend_item(const std::string& label, const std::string& color, bool dashed) {
    return fmt::format("<li><span class=\"swatch {}{}\"></span>{}</li>", color,
                       dashed ? " dashed" : "", escaped(label));
}

std::string grid(const LineChart& chart) {
    std::string out;
    // First, since whatever is drawn later lies on top of it.
    if (chart.shaded_until > chart.x.low) {
        const double end = x_of(chart, chart.shaded_until);
        out += fmt::format(
            "<rect class=\"shade\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>"
            "<text class=\"note\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
            left, top, end - left, height - top - bottom, left + 5, top + 13,
            escaped(chart.shade_label));
    }
    for (const Axis::Tick& tick : chart.y.ticks) {
        const double y = y_of(chart, tick.at);
        out += fmt::format(
            "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text class=\"tick end\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
            left, width - right, y, y, left - 8, y + 4, escaped(tick.label));
    }
    for (const Axis::Tick& tick : chart.x.ticks) {
        const double x = x_of(chart, tick.at);
        out += fmt::format(
            "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
            "<text class=\"tick middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
            x, x, top, height - bottom, x, height - bottom + 17, escaped(tick.label));
    }
    out += fmt::format(
        "<line class=\"rim\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"tick middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
        left, width - right, height - bottom, height - bottom, (left + width - right) / 2,
        height - 8, escaped(chart.x.title));
    return out;
}

/// The surface between a series and the other edge of its band.
std::string band(const LineChart& chart, const Series& series) {
    if (series.band.empty()) return {};
    std::string path;
    for (const auto& [x, y] : series.points)
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(chart, x),
                            y_of(chart, y));
    // Back along the other edge.
    std::for_each(series.band.rbegin(), series.band.rend(), [&](const auto& point) {
        path += fmt::format("L{:.1f} {:.1f}", x_of(chart, point.first), y_of(chart, point.second));
    });
    return fmt::format("<path class=\"band {}\" d=\"{}Z\"/>", series.color, path);
}

std::string line(const LineChart& chart, const Series& series) {
    // A line of one point would not be seen.
    // A dot for it, then.
    const bool marked = series.marked || series.points.size() == 1;
    std::string path;
    std::string dots;
    for (const auto& [x, y] : series.points) {
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(chart, x),
                            y_of(chart, y));
        if (!marked) continue;
        // The axis decides which kind of value it is.
        dots += fmt::format(
            "<circle class=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"><title>{}: {}</title>"
            "</circle>",
            series.color, x_of(chart, x), y_of(chart, y), escaped(series.label),
            escaped(chart.y.logarithmic ? latency_text(y) : rate_text(y)));
    }
    return fmt::format("<path class=\"line {}{}\" d=\"{}\"/>", series.color,
                       series.dashed ? " dashed" : "", path) +
           dots;
}

std::string figure(const std::string& title, const std::string& legend, double drawing_height,
                   const std::string& drawing) {
    return fmt::format(
        "<figure><figcaption>{0}</figcaption><ul class=\"legend\">{1}</ul>"
        "<svg viewBox=\"0 0 {2:.0f} {3:.0f}\" role=\"img\" aria-label=\"{0}\">{4}</svg></figure>\n",
        escaped(title), legend, width, drawing_height, drawing);
}

/// The smallest of 1, 2, 5 × 10^n that is at least `step`.
double round_step(double step) {
    const double power = std::pow(10.0, std::floor(std::log10(step)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        // A little less than the step counts as the step: sums of fractions are seldom exact.
        if (factor * power >= step * 0.999) return factor * power;
    }
    return 10 * power;
}

std::string tick_text(double value) {
    if (value >= 1e6) return fmt::format("{:g} M", value / 1e6);
    if (value >= 1e4) return fmt::format("{:g} k", value / 1e3);
    return fmt::format("{:g}", value);
}

std::string short_latency(double us) {
    if (us < 1e3) return fmt::format("{:g} µs", us);
    if (us < 1e6) return fmt::format("{:g} ms", us / 1e3);
    return fmt::format("{:g} s", us / 1e6);
}

}  // namespace

std::string line_chart(const LineChart& chart) {
    std::string legend;
    std::string drawing = grid(chart);
    for (const Series& series : chart.series) {
        legend += legend_item(series.label, series.color, series.dashed);
        drawing += band(chart, series) + line(chart, series);
    }
    return figure(chart.title, legend, height, drawing);
}

Axis latency_axis(double low_us, double high_us) {
    Axis axis;
    axis.logarithmic = true;
    // Below one microsecond nothing was measured, and a logarithm needs a beginning.
    low_us = std::max(1.0, low_us);
    high_us = std::max(low_us, high_us);
    axis.low = std::pow(10.0, std::floor(std::log10(low_us)));
    for (const double step : {5.0, 2.0}) {
        if (axis.low * step <= low_us) {
            axis.low *= step;
            break;
        }
    }
    // A little above the highest value, so that it does not lie on the rim.
    axis.high = round_step(std::max(high_us, axis.low * 2) * 1.001);
    // Labels at 2 and 5 would cover each other on an axis this long.
    const bool is_wide = axis.high / axis.low > 2000;
    for (double power = std::pow(10.0, std::floor(std::log10(axis.low))); power <= axis.high;
         power *= 10) {
        for (const double step : {1.0, 2.0, 5.0}) {
            const double at = power * step;
            if (is_wide && step != 1.0) continue;
            if (at < axis.low * 0.999 || at > axis.high * 1.001) continue;
            axis.ticks.push_back({.at = at, .label = short_latency(at)});
        }
    }
    return axis;
}

Axis rate_axis(double high) {
    Axis axis;
    // About five lines, at numbers that people count in.
    const double step = round_step(std::max(high, 1e-3) / 5);
    // A rate of nothing has an axis too.
    axis.high = step * std::ceil(std::max(high, 1e-3) * 1.02 / step);
    for (int i = 0; i * step <= axis.high * 1.001; ++i) {
        axis.ticks.push_back({.at = i * step, .label = tick_text(i * step)});
    }
    return axis;
}

Axis time_axis(double seconds) {
    Axis axis;
    axis.high = std::max(1.0, seconds);
    axis.title = "seconds since the start";
    // Steps that divide minutes and hours are easier to read than hundreds of seconds.
    double step = 3600;
    for (const double candidate : {1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800}) {
        // There is room for eight labels beside each other.
        if (axis.high / candidate > 8) continue;
        step = candidate;
        break;
    }
    for (int i = 0; i * step <= axis.high; ++i) {
        axis.ticks.push_back({.at = i * step, .label = fmt::format("{:g}", i * step)});
    }
    return axis;
}

}  // namespace tuma::loadgen
