// Weighs two sides of runs against each other and against their own noise.
#include "loadgen/report/compare.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr double chance_max = 0.05;
constexpr double least_difference = 0.01;
/// The least p of the exact test on three runs a side is 0.1; with four it is 0.029.
constexpr std::size_t runs_min = 4;

using Samples = std::vector<double>;

/// Seconds behind the warm-up, without the last, which is not whole.
Samples seconds_of(std::span<const MeasuredRun> runs, double (*value)(const TimelineRow&)) {
    Samples out;
    for (const MeasuredRun& run : runs) {
        // The last second is seldom whole, and would look like a fall.
        for (std::size_t i = 0; i + 1 < run.timeline.size(); ++i) {
            const TimelineRow& row = run.timeline[i];
            // A second without answers is an outage, which the counts tell; a rate of zero has no
            // ratio.
            if (!row.warmup && row.ok + row.refused > 0) out.push_back(value(row));
        }
    }
    return out;
}

double answered(const TimelineRow& row) {
    return static_cast<double>(row.ok + row.refused);
}
double p99(const TimelineRow& row) {
    return static_cast<double>(row.p99_us);
}

/// How far the medians of the two halves of one side's seconds lie apart: as unlike as a run is to
/// itself, the least noise there can be between two runs.
double halves_apart(std::span<const double> seconds) {
    const std::size_t half = seconds.size() / 2;
    // Unknown is as unlike as can be: nothing counts then.
    if (half == 0) return 1;
    const double first = median(seconds.first(half));
    const double second = median(seconds.last(half));
    if (first <= 0 || second <= 0) return 1;
    return std::max(first, second) / std::min(first, second) - 1;
}

struct Sides {
    std::string measure;
    Samples a;
    Samples b;
    bool by_second = false;
    bool more_is_better = false;
};

/// Why the difference does not count, or empty when it does.
std::string doubt(const MeasureComparison& found, const Sides& sides) {
    const Ratio& ratio = found.ratio;
    // In the order in which people ask: is it there at all, does it matter, could it be chance.
    if (ratio.low <= 1 && ratio.high >= 1) return "the interval of the ratio includes 1";
    if (std::abs(ratio.value - 1) < least_difference) return "the difference is below 1 %";
    if (sides.by_second) {
        const double away = ratio.low > 1 ? ratio.low - 1 : 1 - ratio.high;
        // Seconds of one run are not independent, so their test would be too sure. The run's own
        // noise is the bar instead.
        if (away > found.noise) return {};
        return fmt::format(
            "the interval keeps {} away from 1, and the halves of one run already "
            "differ by {}",
            share_text(away), share_text(found.noise));
    }
    if (found.test.p < chance_max) return {};
    // With so few runs no difference could pass the test, however large it is.
    if (std::min(sides.a.size(), sides.b.size()) < runs_min) {
        return fmt::format(
            "a rank test on so few runs cannot tell (p {:.2f}); take at least {} of "
            "each, in turns",
            found.test.p, runs_min);
    }
    return fmt::format("such a difference comes by chance with p {:.2f}", found.test.p);
}

MeasureComparison weigh(const Sides& sides, std::uint64_t seed) {
    MeasureComparison found;
    found.measure = sides.measure;
    if (sides.a.empty() || sides.b.empty()) {
        found.why = "a side has no full second to compare";
        return found;
    }
    found.a = median(sides.a);
    found.b = median(sides.b);
    found.ratio = bootstrap_ratio(sides.a, sides.b, seed);
    // Both are reported; which of them decides depends on what is compared.
    found.test = mann_whitney(sides.a, sides.b);
    found.noise = sides.by_second ? std::max(halves_apart(sides.a), halves_apart(sides.b))
                                  : std::max(spread(sides.a), spread(sides.b));
    const std::string doubts = doubt(found, sides);
    const std::string numbers = fmt::format("B/A {:.3f}, 95 % interval {:.3f} to {:.3f}",
                                            found.ratio.value, found.ratio.low, found.ratio.high);
    if (!doubts.empty()) {
        found.why = numbers + ": " + doubts;
        return found;
    }
    // More is better for rates, less for latencies.
    const bool is_better = (found.ratio.value > 1) == sides.more_is_better;
    found.finding = is_better ? Finding::better : Finding::worse;
    found.why = numbers + (sides.by_second ? ", outside the noise within a run"
                                           : fmt::format(", p {:.3f}", found.test.p));
    return found;
}

void add_warnings(std::span<const MeasuredRun> a, std::span<const MeasuredRun> b,
                  Comparison& comparison) {
    if (comparison.by_second) {
        comparison.warnings.push_back(
            "A single run on a side says nothing about the noise between runs; its seconds are "
            "compared instead. Take several of each, in turns (ABBA), for a verdict to rely on.");
    }
    for (const std::span<const MeasuredRun> side : {a, b}) {
        for (const MeasuredRun& run : side) {
            if (!run.valid) comparison.warnings.push_back(run.directory + " is an invalid run.");
            // Compared with the first run of A, which stands for what was meant.
            if (run.setup != a.front().setup) {
                comparison.warnings.push_back(
                    fmt::format("{} was set up otherwise ({}) than {} ({}).", run.directory,
                                run.setup, a.front().directory, a.front().setup));
            }
        }
    }
}

void decide(bool all_valid, Comparison& comparison) {
    const Finding throughput = comparison.throughput.finding;
    const Finding tail = comparison.p99.finding;
    if (!all_valid) {
        // An invalid run's numbers are not what they seem, whatever they say.
        comparison.why = "an invalid run decides nothing";
    } else if (throughput == Finding::undecided && tail == Finding::undecided) {
        comparison.why = "neither throughput nor p99 differs beyond the noise";
    } else if (throughput == Finding::undecided) {
        comparison.verdict = tail;
        comparison.why = fmt::format("p99 is {}, throughput not told apart", name(tail));
    } else if (tail == Finding::undecided) {
        comparison.verdict = throughput;
        comparison.why = fmt::format("throughput is {}, p99 not told apart", name(throughput));
    } else if (throughput == tail) {
        comparison.verdict = tail;
        comparison.why = fmt::format("throughput and p99 are both {}", name(tail));
    } else {
        // Better in one and worse in the other is a choice, and people have to make it.
        comparison.why =
            fmt::format("throughput is {} but p99 is {}", name(throughput), name(tail));
    }
}

std::string measure_text(const MeasureComparison& measure, const char* label,
                         std::string (*value)(double)) {
    return fmt::format("  {:<12}{:>14}{:>14}   {:<10}{}\n", label, value(measure.a),
                       value(measure.b), name(measure.finding), measure.why);
}

json::object measure_json(const MeasureComparison& measure) {
    return {{"a", measure.a},
            {"b", measure.b},
            {"ratio", measure.ratio.value},
            {"ratio_low", measure.ratio.low},
            {"ratio_high", measure.ratio.high},
            {"mann_whitney_u", measure.test.u},
            {"mann_whitney_p", measure.test.p},
            {"exact", measure.test.exact},
            {"noise", measure.noise},
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

Comparison compare(std::span<const MeasuredRun> a, std::span<const MeasuredRun> b,
                   std::uint64_t seed) {
    ensure(!a.empty() && !b.empty(), "both sides have at least one run");
    Comparison result;
    result.runs_a = a.size();
    result.runs_b = b.size();
    // One run a side: its seconds are all there is.
    result.by_second = a.size() == 1 || b.size() == 1;

    Sides throughput{.measure = "throughput_per_s",
                     .a = {},
                     .b = {},
                     .by_second = result.by_second,
                     .more_is_better = true};
    Sides tail{.measure = "response_p99_us", .a = {}, .b = {}, .by_second = result.by_second};
    if (result.by_second) {
        throughput.a = seconds_of(a, answered);
        throughput.b = seconds_of(b, answered);
        tail.a = seconds_of(a, p99);
        tail.b = seconds_of(b, p99);
    } else {
        const auto add = [](std::span<const MeasuredRun> runs, Samples& rates, Samples& tails) {
            for (const MeasuredRun& run : runs) {
                rates.push_back(run.attained_per_s);
                tails.push_back(static_cast<double>(run.response.value_at_percentile(99)));
            }
        };
        add(a, throughput.a, tail.a);
        add(b, throughput.b, tail.b);
    }
    result.throughput = weigh(throughput, seed);
    result.p99 = weigh(tail, seed);
    add_warnings(a, b, result);
    const auto is_valid = [](const MeasuredRun& run) { return run.valid; };
    // All of them: one invalid run spoils its side.
    decide(std::all_of(a.begin(), a.end(), is_valid) && std::all_of(b.begin(), b.end(), is_valid),
           result);
    return result;
}

std::string comparison_text(const Comparison& comparison) {
    std::string out =
        fmt::format("A: {} run(s), B: {} run(s), compared by {}\n\n", comparison.runs_a,
                    comparison.runs_b, comparison.by_second ? "second" : "run");
    out += fmt::format("  {:<12}{:>14}{:>14}   {}\n", "", "A", "B", "B is");
    out += measure_text(comparison.throughput, "throughput", rate_text);
    out += measure_text(comparison.p99, "p99", latency_text);
    out += fmt::format(
        "\n  Noise floor: {} of one side differ among themselves by {} in throughput and {} in "
        "p99.\n",
        comparison.by_second ? "halves of the seconds" : "runs",
        share_text(comparison.throughput.noise), share_text(comparison.p99.noise));
    for (const std::string& warning : comparison.warnings) out += "  Warning: " + warning + "\n";
    return out + fmt::format("\n  B is {}: {}.\n",
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
                           {"by_second", comparison.by_second},
                           {"throughput_per_s", measure_json(comparison.throughput)},
                           {"response_p99_us", measure_json(comparison.p99)},
                           {"warnings", std::move(warnings)}};
    return json_text(out);
}

}  // namespace tuma::loadgen
