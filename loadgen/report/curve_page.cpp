#include "loadgen/report/curve_page.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/measure/statistics.h"
#include "loadgen/report/html_page.h"
#include "loadgen/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

using Points = std::vector<CurvePoint>;

/// From nothing: a rate that is far from zero would look like a steep curve otherwise.
Axis varied_axis(const CurvePage& page) {
    Axis axis = rate_axis(page.points.back().at);
    axis.title = page.axis;
    return axis;
}

/// The axis is logarithmic, and zero has no place on it.
double at_least_one(std::uint64_t us) {
    return std::max(1.0, static_cast<double>(us));
}

Series band_of(const Points& points, LatencyBand CurvePoint::*which, std::string label,
               std::string color) {
    Series series{
        .label = std::move(label), .color = std::move(color), .points = {}, .marked = true};
    for (const CurvePoint& point : points) {
        series.points.emplace_back(point.at, at_least_one((point.*which).response_us));
        series.band.emplace_back(point.at, at_least_one((point.*which).floor_us));
    }
    return series;
}

std::string latency_chart(const CurvePage& page, const Points& points) {
    double low = at_least_one(points.front().p50.floor_us);
    double high = low;
    for (const CurvePoint& point : points) {
        low = std::min(low, at_least_one(point.p50.floor_us));
        high = std::max(high, at_least_one(point.p99.response_us));
    }
    LineChart chart{.title = "Latency, from what it was at least to what was measured",
                    .x = varied_axis(page),
                    .y = latency_axis(low, high),
                    .series = {band_of(points, &CurvePoint::p99, "p99", "response"),
                               band_of(points, &CurvePoint::p50, "p50", "service")},
                    .shade_label = {}};
    return line_chart(chart);
}

std::string throughput_chart(const CurvePage& page, const Points& points) {
    Series offered{.label = "offered", .color = "quiet", .points = {}, .dashed = true};
    Series ok{.label = "done", .color = "response", .points = {}, .marked = true};
    Series refused{.label = "refused", .color = "lag", .points = {}, .marked = true};
    double high = 0;
    for (const CurvePoint& point : points) {
        if (point.offered_per_s > 0) offered.points.emplace_back(point.at, point.offered_per_s);
        ok.points.emplace_back(point.at, point.ok_per_s);
        refused.points.emplace_back(point.at, point.refused_per_s);
        high = std::max({high, point.offered_per_s, point.ok_per_s, point.refused_per_s});
    }
    LineChart chart{.title = "Operations a second",
                    .x = varied_axis(page),
                    .y = rate_axis(high),
                    .series = {},
                    .shade_label = {}};
    if (!offered.points.empty()) chart.series.push_back(offered);
    chart.series.push_back(ok);
    // A line along the bottom would say nothing.
    const auto has_refused = [](const CurvePoint& point) { return point.refused_per_s > 0; };
    if (std::any_of(points.begin(), points.end(), has_refused)) chart.series.push_back(refused);
    return line_chart(chart);
}

std::string band_text(const LatencyBand& band) {
    return latency_text(band.floor_us) + " to " + latency_text(band.response_us);
}

std::string table(const CurvePage& page) {
    std::vector<std::vector<std::string>> rows;
    for (const CurvePoint& point : page.points)
        rows.push_back({fmt::format("{:g}", point.at), rate_text(point.ok_per_s),
                        rate_text(point.refused_per_s), band_text(point.p50), band_text(point.p99),
                        point.note});
    return html_table({page.axis, "done", "refused", "p50", "p99", "result"}, rows, true);
}

template <typename Value>
double median_of(std::span<const CurvePoint> points, Value value) {
    std::vector<double> values;
    for (const CurvePoint& point : points) values.push_back(static_cast<double>(value(point)));
    return median(values);
}

LatencyBand median_band(std::span<const CurvePoint> points, LatencyBand CurvePoint::*which) {
    const auto part = [&](std::uint64_t LatencyBand::*edge) {
        return static_cast<std::uint64_t>(
            median_of(points, [&](const CurvePoint& point) { return point.*which.*edge; }));
    };
    return {part(&LatencyBand::floor_us), part(&LatencyBand::response_us)};
}

}  // namespace

std::vector<CurvePoint> medians(const std::vector<CurvePoint>& points) {
    std::vector<CurvePoint> out;
    for (auto begin = points.begin(); begin != points.end();) {
        const auto end = std::find_if(
            begin, points.end(), [&](const CurvePoint& point) { return point.at != begin->at; });
        const std::span<const CurvePoint> same(begin, end);
        const auto of = [&](double CurvePoint::*member) {
            return median_of(same, [&](const CurvePoint& point) { return point.*member; });
        };
        out.push_back({.at = begin->at,
                       .offered_per_s = of(&CurvePoint::offered_per_s),
                       .ok_per_s = of(&CurvePoint::ok_per_s),
                       .refused_per_s = of(&CurvePoint::refused_per_s),
                       .p50 = median_band(same, &CurvePoint::p50),
                       .p99 = median_band(same, &CurvePoint::p99),
                       .is_held = std::all_of(same.begin(), same.end(),
                                              [](const CurvePoint& one) { return one.is_held; }),
                       .note = {}});
        begin = end;
    }
    return out;
}

std::string curve_page(const CurvePage& page) {
    std::string body = verdict_box(page.lead, page.is_good);
    if (!page.points.empty()) {
        const Points points = medians(page.points);
        body += throughput_chart(page, points) + latency_chart(page, points) + page.more +
                "<h2>Runs</h2>\n" + table(page);
    }
    return html_page(page.title, body);
}

}  // namespace tuma::loadgen
