// Weighs two sides of runs against each other and against the noise between runs.
#include "loadgen/report/compare.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr double least_difference = 0.01;
/// Ten beyond the percentile.
constexpr std::uint64_t p99_requests_min = 1000;

using Samples = std::vector<double>;
using Runs = std::span<const MeasuredRun>;

template <typename Value>
Samples samples_of(Runs runs, Value value) {
    Samples out;
    for (const MeasuredRun& run : runs) out.push_back(static_cast<double>(value(run)));
    return out;
}

template <typename Condition>
bool any_of_both(Runs a, Runs b, Condition condition) {
    return std::any_of(a.begin(), a.end(), condition) || std::any_of(b.begin(), b.end(), condition);
}

std::vector<RunBlock> blocks_of(const Samples& a, const Samples& b, Order order) {
    return order == Order::in_turns ? blocks_in_turns(a, b) : one_block(a, b);
}

/// A single slow run is noise; a side that mostly misses its rate cannot keep it.
bool has_missed_rate(Runs side) {
    const auto missed = std::count_if(side.begin(), side.end(), [](const MeasuredRun& run) {
        return !run.closed_loop && !run.rate_held;
    });
    return static_cast<std::size_t>(missed) * 2 > side.size();
}

std::vector<BlockSize> sizes_for(std::size_t a, std::size_t b, Order order) {
    return sizes_of(blocks_of(Samples(a), Samples(b), order));
}

std::string percent(double share) {
    return fmt::format("{:.1f} %", share * 100);
}

/// Why the difference does not count, or empty when it does.
std::string doubt(const Ratio& ratio) {
    if (std::isinf(ratio.high))
        return "too few runs a side for any verdict; --help says how many show what";
    if (ratio.low <= 1 && ratio.high >= 1) return "within the noise between runs";
    if (std::abs(ratio.value - 1) < least_difference) return "the difference is below 1 %";
    return {};
}

/// Weighs what is to be judged, and fills in the numbers in any case.
void weigh(const Samples& a, const Samples& b, Order order, double chance, bool more_is_better,
           MeasureComparison& found) {
    found.a = median(a);
    found.b = median(b);
    const auto is_nothing = [](double value) { return value <= 0; };
    if (std::any_of(a.begin(), a.end(), is_nothing) ||
        std::any_of(b.begin(), b.end(), is_nothing)) {
        found.why = "a run without a single answer has no ratio";
        return;
    }
    found.ratio = ratio_of(blocks_of(a, b, order), chance);
    // What is not judged has said why.
    if (!found.is_judged) return;
    found.why = doubt(found.ratio);
    if (!found.why.empty()) return;
    // More is better for rates, less for latencies.
    const bool is_better = (found.ratio.value > 1) == more_is_better;
    found.finding = is_better ? Finding::better : Finding::worse;
    found.why = fmt::format("p {:.4f}", found.ratio.p);
}

void choose_measures(Runs a, Runs b, Comparison& result) {
    result.throughput.is_judged = a.front().closed_loop || has_missed_rate(a) || has_missed_rate(b);
    if (!result.throughput.is_judged)
        result.throughput.why = "not judged: the rate was asked for, and both sides kept it";
    result.p99.is_judged =
        !any_of_both(a, b, [](const MeasuredRun& run) { return run.requests < p99_requests_min; });
    if (!result.p99.is_judged)
        result.p99.why =
            fmt::format("not judged: a p99 needs {} requests a run; take a longer --duration",
                        p99_requests_min);
}

void decide(bool all_valid, Comparison& comparison) {
    const Finding throughput = comparison.throughput.finding;
    const Finding tail = comparison.p99.finding;
    if (!all_valid) {
        // An invalid run's numbers are not what they seem, whatever they say.
        comparison.why = "an invalid run decides nothing";
    } else if (std::min(comparison.runs_a, comparison.runs_b) == 1) {
        comparison.why = "one run a side says nothing about the noise between runs";
    } else if (throughput == Finding::undecided && tail == Finding::undecided) {
        comparison.why = "no judged measure differs beyond the noise between runs";
    } else if (throughput == Finding::undecided || tail == Finding::undecided) {
        const bool is_tail = throughput == Finding::undecided;
        comparison.verdict = is_tail ? tail : throughput;
        comparison.why =
            fmt::format("{} is {}", is_tail ? "p99" : "throughput", name(comparison.verdict));
    } else if (throughput == tail) {
        comparison.verdict = tail;
        comparison.why = fmt::format("throughput and p99 are both {}", name(tail));
    } else {
        // Better in one and worse in the other is a choice, and people have to make it.
        comparison.why =
            fmt::format("throughput is {} but p99 is {}", name(throughput), name(tail));
    }
}

std::string measure_text(const Comparison& comparison, const MeasureComparison& measure,
                         const char* label, std::string (*value)(double)) {
    const Ratio& ratio = measure.ratio;
    const bool has_interval = !std::isinf(ratio.high);
    std::string out = fmt::format(
        "  {:<12}{:>12}{:>12}{:>8.3f}  {:<16}{:<10}\n{:14}{}\n", label, value(measure.a),
        value(measure.b), ratio.value,
        has_interval ? fmt::format("{:.3f} to {:.3f}", ratio.low, ratio.high) : "unknown",
        measure.is_judged ? name(measure.finding) : "-", "", measure.why);
    if (measure.is_judged && has_interval)
        out += fmt::format(
            "{:14}runs of one side differ by {}; four of five comparisons show {} or more\n", "",
            percent(ratio.spread), percent(detectable(comparison, measure)));
    return out;
}

json::value finite(double value) {
    // JSON has no infinity.
    return std::isfinite(value) ? json::value(value) : json::value();
}

json::object measure_json(const Comparison& comparison, const MeasureComparison& measure) {
    return {{"a", measure.a},
            {"b", measure.b},
            {"judged", measure.is_judged},
            {"ratio", measure.ratio.value},
            {"ratio_low", std::isinf(measure.ratio.high) ? json::value() : measure.ratio.low},
            {"ratio_high", finite(measure.ratio.high)},
            {"p", measure.ratio.p},
            {"spread", measure.ratio.spread},
            {"detectable", finite(detectable(comparison, measure))},
            {"finding", std::string(name(measure.finding))},
            {"why", measure.why}};
}

}  // namespace

std::string_view name(Finding finding) {
    switch (finding) {
        case Finding::better:
            return "better";
        case Finding::worse:
            return "worse";
        case Finding::undecided:
            return "undecided";
    }
    unreachable("every finding has a name");
}

std::optional<InputError> different_setup(Runs a, Runs b) {
    const MeasuredRun& first = a.front();
    for (const Runs side : {a, b}) {
        for (const MeasuredRun& run : side) {
            // Written by one program in one order.
            const auto [mine, its] = std::mismatch(first.setup.begin(), first.setup.end(),
                                                   run.setup.begin(), run.setup.end());
            if (mine == first.setup.end() && its == run.setup.end()) continue;
            const auto shown = [](auto setting, auto end) {
                return setting == end ? std::string("nothing")
                                      : fmt::format("{} {}", setting->first, setting->second);
            };
            return InputError{
                run.directory,
                fmt::format("was run with {}, and {} with {}; compare equal loads, or say --force",
                            shown(its, run.setup.end()), first.directory,
                            shown(mine, first.setup.end()))};
        }
    }
    return std::nullopt;
}

Comparison compare(Runs a, Runs b, Order order) {
    ensure(!a.empty() && !b.empty(), "both sides have at least one run");
    Comparison result;
    result.runs_a = a.size();
    result.runs_b = b.size();
    result.in_turns = order == Order::in_turns;
    result.throughput.measure = "throughput_per_s";
    result.p99.measure = "response_p99_us";
    choose_measures(a, b, result);
    const int judged = (result.throughput.is_judged ? 1 : 0) + (result.p99.is_judged ? 1 : 0);
    // One share for each, so that all together keep to the bound.
    const double chance = result.chance = false_verdicts_max / std::max(1, judged);
    const auto attained = [](const MeasuredRun& run) { return run.attained_per_s; };
    const auto p99 = [](const MeasuredRun& run) { return run.p99_us; };
    weigh(samples_of(a, attained), samples_of(b, attained), order, chance, true, result.throughput);
    weigh(samples_of(a, p99), samples_of(b, p99), order, chance, false, result.p99);
    for (const Runs side : {a, b})
        for (const MeasuredRun& run : side)
            if (!run.valid) result.warnings.push_back(run.directory + " is an invalid run.");
    if (const auto different = different_setup(a, b))
        result.warnings.push_back(different->text() + ".");
    decide(!any_of_both(a, b, [](const MeasuredRun& run) { return !run.valid; }), result);
    return result;
}

double detectable(const Comparison& comparison, const MeasureComparison& measure) {
    const auto sizes = sizes_for(comparison.runs_a, comparison.runs_b,
                                 comparison.in_turns ? Order::in_turns : Order::any);
    return detectable_difference(sizes, comparison.chance, measure.ratio.spread);
}

std::string comparison_text(const Comparison& comparison) {
    std::string out = fmt::format("A: {} run(s), B: {} run(s){}\n\n", comparison.runs_a,
                                  comparison.runs_b, comparison.in_turns ? ", in turns" : "");
    out += fmt::format("  {:<12}{:>12}{:>12}{:>8}  {:<16}{}\n", "", "A", "B", "B/A", "between",
                       "B is");
    out += measure_text(comparison, comparison.throughput, "throughput", rate_text);
    out += measure_text(comparison, comparison.p99, "p99", latency_text);
    for (const std::string& warning : comparison.warnings) out += "\n  Warning: " + warning;
    if (!comparison.warnings.empty()) out += "\n";
    return out + fmt::format(
                     "\n  B is {}: {}.\n  Of equal sides at most 2 % of such comparisons "
                     "end with a verdict.\n",
                     comparison.verdict == Finding::undecided
                         ? std::string("neither better nor worse for sure (undecided)")
                         : std::string(name(comparison.verdict)),
                     comparison.why);
}

std::string comparison_json(const Comparison& comparison) {
    json::array warnings;
    for (const std::string& warning : comparison.warnings) warnings.emplace_back(warning);
    const json::object out{{"verdict", std::string(name(comparison.verdict))},
                           {"why", comparison.why},
                           {"runs_a", comparison.runs_a},
                           {"runs_b", comparison.runs_b},
                           {"in_turns", comparison.in_turns},
                           {"false_verdicts_max", false_verdicts_max},
                           {"throughput_per_s", measure_json(comparison, comparison.throughput)},
                           {"response_p99_us", measure_json(comparison, comparison.p99)},
                           {"warnings", std::move(warnings)}};
    return json_text(out);
}

std::string power_table(Order order) {
    // By `detectable_difference`, which a test compares; it is too slow for every start.
    struct Row {
        std::size_t runs;
        double any;  ///< in standard deviations
        double in_turns;
    };
    constexpr std::array<Row, 6> rows{{{5, 2.66, 2.87},
                                       {6, 2.32, 2.83},
                                       {8, 1.89, 2.39},
                                       {12, 1.45, 1.66},
                                       {16, 1.21, 1.37},
                                       {24, 0.97, 1.11}}};
    std::string out =
        "The least difference that four of five comparisons show, by runs a side and by how much\n"
        "runs of one side differ (standard deviation). One measure is judged in an open loop:\n\n"
        "  runs a side    2.5 %      5 %     10 %     20 %\n";
    for (const Row& row : rows) {
        const double deviations = order == Order::in_turns ? row.in_turns : row.any;
        out += fmt::format("  {:>11}", row.runs);
        for (const double spread : {0.025, 0.05, 0.1, 0.2})
            out += fmt::format("{:>7.1f} %", std::expm1(deviations * spread) * 100);
        out += "\n";
    }
    return out;
}

}  // namespace tuma::loadgen
