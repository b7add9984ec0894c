#include "loadgen/report/slo.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace tuma::loadgen {
namespace {

struct LatencyMeasure {
    std::string_view name;
    double percentile;  ///< 100: the longest
};
constexpr std::array<LatencyMeasure, 6> latency_measures{
    {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}, {"max", 100}}};
constexpr std::array<std::string_view, 3> share_measures{"errors", "refused", "skipped"};

const LatencyMeasure* find_latency(std::string_view name) {
    const auto* found = std::find_if(latency_measures.begin(), latency_measures.end(),
                                     [&](const LatencyMeasure& each) { return each.name == name; });
    return found == latency_measures.end() ? nullptr : found;
}

/// What one of the measure's unit is in microseconds or as a share; nothing for a wrong unit.
std::optional<double> unit_factor(bool is_latency, std::string_view unit) {
    if (is_latency && unit == "us") return 1;
    if (is_latency && unit == "ms") return 1e3;
    if (is_latency && unit == "s") return 1e6;
    if (!is_latency && unit == "%") return 0.01;
    return std::nullopt;
}

/// The limit of a latency or of a share; nothing for a wrong number or unit.
std::optional<double> parse_limit(std::string_view limit, bool is_latency) {
    double number = 0;
    // Fixed notation only: nobody writes a limit with an exponent.
    const auto [end, failed] = std::from_chars(limit.data(), limit.data() + limit.size(), number,
                                               std::chars_format::fixed);
    const auto unit = limit.substr(static_cast<std::size_t>(end - limit.data()));
    const auto factor = unit_factor(is_latency, unit);
    // Written so that "nan", which is above nothing, is refused as well.
    if (failed != std::errc{} || !factor || !(number > 0)) return std::nullopt;
    return number * *factor;
}

constexpr std::string_view latency_limit = "the limit must be above 0 in us, ms or s, as 20ms";
constexpr std::string_view share_limit = "the limit must be above 0 in %, as 0.1%";

Result<SloTerm> parse_term(std::string_view text) {
    const auto less = text.find('<');
    const auto refuse = [text](std::string_view why) {
        return InputError{"--slo", fmt::format("\"{}\": {}", text, why)};
    };
    if (less == std::string_view::npos) return refuse("a term is MEASURE<LIMIT, as p99<20ms");
    // As report.json writes it.
    const std::string_view measure =
        text.substr(0, less) == "p99_9" ? "p99.9" : text.substr(0, less);
    const bool is_latency = find_latency(measure) != nullptr;
    if (!is_latency &&
        std::find(share_measures.begin(), share_measures.end(), measure) == share_measures.end())
        return refuse("the measure must be " + slo_measures());
    std::string_view limit = text.substr(less + 1);
    if (limit.starts_with('=')) return refuse("there is no <=; leave the = out");
    const auto value = parse_limit(limit, is_latency);
    if (!value) return refuse(is_latency ? latency_limit : share_limit);
    return SloTerm{std::string(measure), *value};
}

struct SecondMeasure {
    std::string_view name;
    bool is_latency;
    double (*of)(const TimelineRow&);
};

std::uint64_t ended_in(const TimelineRow& row) {
    return row.ok + row.refused + row.errors + row.timeouts;
}

constexpr std::array<SecondMeasure, 5> second_measures{{
    {"p50", true, [](const TimelineRow& row) { return static_cast<double>(row.p50_us); }},
    {"p99", true, [](const TimelineRow& row) { return static_cast<double>(row.p99_us); }},
    {"max", true, [](const TimelineRow& row) { return static_cast<double>(row.max_us); }},
    {"errors", false,
     [](const TimelineRow& row) { return share_of(row.errors + row.timeouts, ended_in(row)); }},
    {"refused", false, [](const TimelineRow& row) { return share_of(row.refused, ended_in(row)); }},
}};

const SecondMeasure* find_second(std::string_view name) {
    const auto* found = std::find_if(second_measures.begin(), second_measures.end(),
                                     [&](const SecondMeasure& each) { return each.name == name; });
    return found == second_measures.end() ? nullptr : found;
}

Result<SloTerm> parse_abort_term(std::string_view text) {
    const auto more = text.find('>');
    const auto refuse = [text](std::string_view why) {
        return InputError{"--abort-when", fmt::format("\"{}\": {}", text, why)};
    };
    if (more == std::string_view::npos) return refuse("a term is MEASURE>LIMIT, as p99>1s");
    const SecondMeasure* measure = find_second(text.substr(0, more));
    if (measure == nullptr) return refuse("the measure must be p50, p99, max, errors or refused");
    const auto limit = parse_limit(text.substr(more + 1), measure->is_latency);
    if (!limit) return refuse(measure->is_latency ? latency_limit : share_limit);
    return SloTerm{std::string(measure->name), *limit};
}

/// Terms with commas between.
template <typename ParseTerm>
Result<std::vector<SloTerm>> parse_terms(std::string_view text, const ParseTerm& parse_one) {
    std::vector<SloTerm> terms;
    while (true) {
        const std::size_t comma = std::min(text.find(','), text.size());
        auto term = parse_one(text.substr(0, comma));
        if (!term) return term.error();
        terms.push_back(std::move(term).value());
        if (comma == text.size()) return terms;
        text.remove_prefix(comma + 1);
    }
}

double measured_share(std::string_view measure, const Counts& counts) {
    // Timeouts are errors to whoever waits.
    if (measure == "errors") return share_of(counts.errors + counts.timeouts, counts.sent);
    if (measure == "refused") return share_of(counts.refused, counts.sent);
    ensure(measure == "skipped", "a measure outside the table");
    return share_of(counts.skipped, counts.scheduled);
}

SloFinding check_latency(const SloTerm& term, double percentile, const Quoted& quoted) {
    const auto ms = [](double us) { return fmt::format("{:.3f}ms", us / 1e3); };
    const auto response = static_cast<double>(quoted.response.value_at_percentile(percentile));
    const auto floor = static_cast<double>(quoted.floor.value_at_percentile(percentile));
    const bool is_longest = percentile == 100;
    const auto needed = is_longest
                            ? Bounds{.is_enough = quoted.requests > 0}
                            : bounds_of(quoted.response, quoted.floor, quoted.requests, percentile);
    if (!needed.is_enough)
        return {Kept::unknown, quoted.requests == 0 ? term.measure + " of nothing is not known"
                                                    : statement(needed)};
    if (response < term.limit) return {};
    if (floor >= term.limit)
        return {Kept::broken,
                fmt::format("{} is {}, not below {}", term.measure, ms(floor), ms(term.limit))};
    return {Kept::unknown,
            fmt::format("{} is between {} and {}, perhaps below {}: pauses of this program hide it",
                        term.measure, ms(floor), ms(response), ms(term.limit))};
}

SloFinding check_term(const SloTerm& term, const RunReport& report) {
    if (const LatencyMeasure* latency = find_latency(term.measure))
        return check_latency(term, latency->percentile, report.quoted);
    const double value = measured_share(term.measure, report.counts);
    if (value < term.limit) return {};
    return {Kept::broken, fmt::format("{} is {:.3f}%, not below {:.3f}%", term.measure, value * 100,
                                      term.limit * 100)};
}

}  // namespace

std::string slo_measures() {
    std::string all;
    for (const LatencyMeasure& each : latency_measures) all += std::string(each.name) + ", ";
    return all + "errors, refused or skipped";
}

Result<std::vector<SloTerm>> parse_slo(std::string_view text) {
    return parse_terms(text, parse_term);
}

Result<std::vector<SloTerm>> parse_abort(std::string_view text) {
    return parse_terms(text, parse_abort_term);
}

std::optional<std::string> abort_reason(const std::vector<SloTerm>& terms,
                                        std::span<const TimelineRow> closed) {
    if (closed.size() < abort_seconds) return std::nullopt;
    const auto last = closed.last(abort_seconds);
    for (const SloTerm& term : terms) {
        const SecondMeasure* measure = find_second(term.measure);
        ensure(measure != nullptr, "a measure outside the table");
        const bool is_above = std::all_of(last.begin(), last.end(), [&](const TimelineRow& row) {
            return !row.warmup && ended_in(row) > 0 && measure->of(row) > term.limit;
        });
        if (!is_above) continue;
        const double value = measure->of(last.back());
        return fmt::format(
            "given up at {} s by --abort-when: {} was above {} for {} seconds, at last {}",
            last.back().second + 1, term.measure,
            measure->is_latency ? fmt::format("{:.3f}ms", term.limit / 1e3)
                                : fmt::format("{:.3f}%", term.limit * 100),
            abort_seconds,
            measure->is_latency ? fmt::format("{:.3f}ms", value / 1e3)
                                : fmt::format("{:.3f}%", value * 100));
    }
    return std::nullopt;
}

std::optional<double> percentile_of(const SloTerm& term) {
    const LatencyMeasure* latency = find_latency(term.measure);
    if (latency == nullptr || latency->percentile == 100) return std::nullopt;
    return latency->percentile;
}

std::string_view name(Kept kept) {
    switch (kept) {
        case Kept::kept:
            return "kept";
        case Kept::broken:
            return "broken";
        case Kept::unknown:
            return "unknown";
    }
    unreachable("every finding has a name");
}

SloFinding check_slo(const std::vector<SloTerm>& slo, const RunReport& report) {
    SloFinding worst;
    for (const SloTerm& term : slo) {
        SloFinding found = check_term(term, report);
        if (found.kept == Kept::broken) return found;
        if (worst.kept == Kept::kept) worst = std::move(found);
    }
    return worst;
}

}  // namespace tuma::loadgen
