// What a sweep shows, as text, files and a page.
#include "loadgen/drive/trials/sweep.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/html_page.h"
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

std::vector<CurvePoint> sorted(const SweepResult& result) {
    std::vector<CurvePoint> points = result.points;
    // Stable, so that runs of one value stay in the order in which they were made.
    std::stable_sort(points.begin(), points.end(),
                     [](const CurvePoint& a, const CurvePoint& b) { return a.at < b.at; });
    return points;
}

/// The highest offered rate up to which all runs were held.
std::optional<double> highest_held(const SweepResult& result) {
    std::optional<double> held;
    if (result.axis.name != "rate") return held;
    double missed = std::numeric_limits<double>::infinity();
    for (const CurvePoint& point : result.points)
        if (!point.is_held) missed = std::min(missed, point.at);
    for (const CurvePoint& point : result.points)
        if (point.at < missed) held = std::max(held.value_or(0), point.at);
    return held;
}

/// The result in a sentence or two.
std::string lead(const SweepResult& result) {
    const auto points = medians(sorted(result));
    if (points.empty()) return "Nothing was run. " + result.cut_short;
    const auto best = std::max_element(
        points.begin(), points.end(),
        [](const CurvePoint& a, const CurvePoint& b) { return a.ok_per_s < b.ok_per_s; });
    std::string out =
        fmt::format("Most was done at {} {:g}: {}, p99 {} to {}.", result.axis.name, best->at,
                    rate_text(best->ok_per_s), latency_text(best->p99.floor_us),
                    latency_text(best->p99.response_us));
    if (const auto held = highest_held(result))
        out += fmt::format(" Every run was held up to {:g}.", *held);
    if (!result.cut_short.empty()) out += fmt::format(" It ended early: {}.", result.cut_short);
    return out;
}

std::string estimate_text(const Estimate& estimate) {
    return fmt::format("{:.4g} ({:.4g} to {:.4g})", estimate.value, estimate.low, estimate.high);
}

std::vector<std::vector<std::string>> fit_rows(const ScalabilityFit& fit) {
    return {{"rate of one at work, a second", estimate_text(fit.rate)},
            {"contention: share that one does at a time", estimate_text(fit.contention)},
            {"coherency: cost of each pair", estimate_text(fit.coherency)},
            {"most is done with so many at work",
             fit.peak_at ? fmt::format("{:.0f}", *fit.peak_at) : "it does not fall"}};
}

json::object band_json(const LatencyBand& band) {
    return {{"floor", band.floor_us}, {"response", band.response_us}};
}

json::value fit_json(const std::optional<ScalabilityFit>& fit) {
    if (!fit) return nullptr;
    const auto estimate = [](const Estimate& one) {
        return json::object{{"value", one.value}, {"low", one.low}, {"high", one.high}};
    };
    return json::object{{"rate_per_s", estimate(fit->rate)},
                        {"contention", estimate(fit->contention)},
                        {"coherency", estimate(fit->coherency)},
                        {"peak_at", fit->peak_at ? json::value(*fit->peak_at) : json::value()}};
}

}  // namespace

std::string sweep_text(const SweepResult& result) {
    std::string out = fmt::format("{:>20} {:>12} {:>12} {:>20} {:>20}  load\n", result.axis.name,
                                  "done/s", "refused/s", "p50 us", "p99 us");
    const auto band = [](const LatencyBand& one) {
        return fmt::format("{}..{}", one.floor_us, one.response_us);
    };
    for (const CurvePoint& point : sorted(result))
        out +=
            fmt::format("{:>20g} {:>12.1f} {:>12.1f} {:>20} {:>20}  {}\n", point.at, point.ok_per_s,
                        point.refused_per_s, band(point.p50), band(point.p99), point.note);
    if (result.fit)
        for (const auto& row : fit_rows(*result.fit))
            out += fmt::format("{}: {}\n", row[0], row[1]);
    return out + lead(result) + "\n";
}

std::string sweep_csv(const SweepResult& result) {
    std::string out = fmt::format(
        "run,{},offered_per_s,attained_per_s,refused_per_s,p50_floor_us,p50_us,p99_floor_us,"
        "p99_us\n",
        result.axis.name);
    std::size_t number = 0;
    for (const CurvePoint& point : result.points)
        out += fmt::format("{},{:g},{:.3f},{:.3f},{:.3f},{},{},{},{}\n", ++number, point.at,
                           point.offered_per_s, point.ok_per_s, point.refused_per_s,
                           point.p50.floor_us, point.p50.response_us, point.p99.floor_us,
                           point.p99.response_us);
    return out;
}

std::string sweep_json(const SweepResult& result) {
    json::array runs;
    for (const CurvePoint& point : result.points)
        runs.push_back({{"at", point.at},
                        {"offered_per_s", point.offered_per_s},
                        {"attained_per_s", point.ok_per_s},
                        {"refused_per_s", point.refused_per_s},
                        {"p50_us", band_json(point.p50)},
                        {"p99_us", band_json(point.p99)},
                        {"held", point.is_held},
                        {"note", point.note}});
    return json_text(json::object{{"axis", result.axis.name},
                                  {"cut_short", result.cut_short},
                                  {"scalability", fit_json(result.fit)},
                                  {"runs", std::move(runs)}});
}

std::string sweep_html(const SweepResult& result) {
    CurvePage page{.title = fmt::format("Sweep of {}", result.axis.name),
                   .lead = lead(result),
                   .is_good = result.cut_short.empty(),
                   .axis = result.axis.name == "rate" ? "offered/s" : result.axis.name,
                   .points = sorted(result)};
    if (result.fit)
        page.more = "<h2>Universal Scalability Law</h2>\n" +
                    html_table({"", "estimate, with the middle 95 %"}, fit_rows(*result.fit), true);
    return curve_page(page);
}

}  // namespace tuma::loadgen
