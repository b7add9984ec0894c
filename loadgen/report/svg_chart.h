// Charts as SVG text for the HTML report: lines over an axis.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

struct Axis {
    struct Tick {
        double at = 0;
        std::string label;
    };
    double low = 0;
    double high = 1;
    bool logarithmic = false;
    std::vector<Tick> ticks;
    std::string title;
};

/// A line. `color` names one of the page's colours: "response", "service", "lag", "bad", "quiet".
struct Series {
    std::string label;
    std::string color;
    std::vector<std::pair<double, double>> points;
    bool dashed = false;
    bool marked = false;  ///< a dot at each point, with its value as a tooltip
    /// The other edge of a band that is filled between it and `points`; empty for none.
    std::vector<std::pair<double, double>> band{};
};

struct LineChart {
    std::string title;  ///< for screen readers and as the heading
    Axis x;
    Axis y;
    std::vector<Series> series;
    double shaded_until = 0;  ///< the warm-up, in units of x; 0 for none
    std::string shade_label;
};

/// A <figure> with a heading, a legend and the drawing. Points outside the axes are put on the rim.
std::string line_chart(const LineChart& chart);

/// A logarithmic axis for latencies in microseconds that holds low..high, ticks at 1, 2, 5 × 10^n.
Axis latency_axis(double low_us, double high_us);
/// A linear axis from 0 with about five round ticks, for rates.
Axis rate_axis(double high);
/// Seconds from 0, with about eight round ticks.
Axis time_axis(double seconds);

}  // namespace tuma::loadgen
