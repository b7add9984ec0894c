#include "loadgen/drive/trials/find_max.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/curve_page.h"
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr double errors_limit = 0.01;
constexpr std::uint64_t requests_beyond = 10;
constexpr double severe_factor = 3;
constexpr double ways_late = 2;
constexpr std::uint64_t trial_seconds_max = 120;

bool has_term(const std::vector<SloTerm>& slo, std::string_view measure) {
    return std::any_of(slo.begin(), slo.end(),
                       [&](const SloTerm& term) { return term.measure == measure; });
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The refusal that came most often, for whoever wonders why they are so many.
std::string most_refused(const RunReport& report) {
    const auto& refusals = report.counts.refusals;
    const auto most =
        std::max_element(refusals.begin(), refusals.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == refusals.end() ? std::string() : refusal_name(report, most->first);
}

bool is_severe(const RunReport& report, const std::vector<SloTerm>& slo) {
    if (report.verdict.load == LoadHeld::not_held_server) return true;
    for (const SloTerm& term : slo) {
        const auto percentile = percentile_of(term);
        // Shares are known; what breaks them is no pause of a machine.
        if (!percentile && term.measure != "max" && check_slo({term}, report).kept == Kept::broken)
            return true;
        if (percentile && static_cast<double>(report.quoted.floor.value_at_percentile(
                              *percentile)) > severe_factor * term.limit)
            return true;
    }
    return false;
}

/// Whether the first term that is broken is broken by no more than this machine delays whoever
/// wants its processor, of which this program's own lag is the measure: a server on the same
/// machine is as late, when it is woken and when it answers.
bool is_within_noise(const RunReport& report, const std::vector<SloTerm>& slo) {
    if (!is_on_this_machine(report.settings.target)) return false;
    const auto broken = std::find_if(slo.begin(), slo.end(), [&](const SloTerm& term) {
        return check_slo({term}, report).kept == Kept::broken;
    });
    const auto percentile = broken == slo.end() ? std::nullopt : percentile_of(*broken);
    if (!percentile) return false;
    const auto at = [&](const Histogram& histogram) {
        return static_cast<double>(histogram.value_at_percentile(*percentile));
    };
    return at(report.quoted.floor) <= broken->limit + ways_late * at(report.send_lag);
}

void judge_trial(const RunReport& report, const std::vector<SloTerm>& slo, Trial& trial) {
    // The objective first: what was asked for says more than that a rate was not held.
    const SloFinding found = check_slo(slo, report);
    trial.outcome = found.kept;
    trial.why = found.why;
    if (found.kept == Kept::broken) {
        if (is_within_noise(report, slo)) {
            trial.outcome = Kept::unknown;
            trial.why += ", and this machine delays whoever runs on it by as much";
        }
        if (found.why.starts_with("refused"))
            trial.why += fmt::format(", mostly {}", most_refused(report));
        return;
    }
    if (report.verdict.load == LoadHeld::not_held_server) {
        trial.outcome = Kept::broken;
        trial.why = report.verdict.load_because;
    } else if (report.verdict.load == LoadHeld::not_held_generator) {
        trial.outcome = Kept::unknown;
        trial.why = report.verdict.load_because;
    } else if (!report.verdict.valid) {
        trial.outcome = Kept::unknown;
        trial.why = "invalid: " + report.verdict.invalid_because.front();
    }
}

std::string in_ms(std::uint64_t us) {
    return fmt::format("{:.3f}", static_cast<double>(us) / 1e3);
}

std::string outcome_text(const Trial& trial) {
    return std::string(name(trial.outcome)) + (trial.is_confirmation ? " (confirmation)" : "") +
           (trial.why.empty() ? "" : ": " + trial.why);
}

/// The result in one or two sentences.
std::string conclusion(const SearchResult& result, std::string_view slo) {
    std::string out;
    if (!result.found)
        out = fmt::format("No rate was found that keeps {}.", slo);
    else if (result.is_noisy)
        out = fmt::format(
            "Something else than the rate breaks {}: a quarter of the rate and less breaks it as "
            "often. The highest rate that does not break it by far is {:.1f}/s. Take a quieter "
            "machine, or a higher limit.",
            slo, result.found->per_second());
    else if (result.is_confirmed)
        out = fmt::format("Highest confirmed rate that keeps {}: {:.1f}/s.", slo,
                          result.found->per_second());
    else
        out = fmt::format("{:.1f}/s keeps {} perhaps: it could not be confirmed.",
                          result.found->per_second(), slo);
    if (result.hidden_up_to)
        out += fmt::format(
            " Nothing speaks against rates up to {:.1f}/s, but pauses of this program or its "
            "machine hide whether they are kept; take a quieter machine, or one of its own for "
            "tuma-load.",
            result.hidden_up_to->per_second());
    if (!result.cut_short.empty())
        out += fmt::format(" The search ended early: {}.", result.cut_short);
    return out;
}

std::vector<Trial> by_rate(const SearchResult& result) {
    std::vector<Trial> sorted = result.trials;
    // Stable, so that trials of one rate stay in the order in which they ran.
    std::stable_sort(sorted.begin(), sorted.end(), [](const Trial& a, const Trial& b) {
        return a.offered.millihertz < b.offered.millihertz;
    });
    return sorted;
}

}  // namespace

std::vector<SloTerm> with_defaults(std::vector<SloTerm> slo) {
    if (!has_term(slo, "errors")) slo.push_back({"errors", errors_limit});
    const auto errors = std::find_if(slo.begin(), slo.end(),
                                     [](const SloTerm& term) { return term.measure == "errors"; });
    const double limit = errors->limit;
    for (const char* measure : {"refused", "skipped"})
        if (!has_term(slo, measure)) slo.push_back({measure, limit});
    return slo;
}

Trial trial_of(const RunReport& report, const std::vector<SloTerm>& slo, Rate offered) {
    const Counts& counts = report.counts;
    Trial trial;
    trial.offered = offered;
    trial.ok_per_s = report.attained_per_s();
    trial.refused_per_s = report.per_s(report.window.refused);
    trial.refused_share = share(counts.refused, counts.sent);
    trial.failed_share = share(counts.errors + counts.timeouts + counts.skipped, counts.scheduled);
    trial.requests = report.quoted.requests;
    trial.p50_floor_us = report.quoted.floor.value_at_percentile(50);
    trial.p50_us = report.quoted.response.value_at_percentile(50);
    trial.p99_floor_us = report.quoted.floor.value_at_percentile(99);
    trial.p99_us = report.quoted.response.value_at_percentile(99);
    trial.max_us = report.quoted.response.max();
    trial.is_server_gone = !report.server_gone.empty();
    judge_trial(report, slo, trial);
    trial.is_severe = trial.outcome == Kept::broken && is_severe(report, slo);
    if (trial.is_server_gone) trial.why = report.server_gone;
    return trial;
}

std::uint64_t requests_needed(const std::vector<SloTerm>& slo) {
    std::uint64_t needed = requests_beyond;
    for (const SloTerm& term : slo)
        if (const auto percentile = percentile_of(term))
            needed = std::max(needed, static_cast<std::uint64_t>(
                                          std::llround(requests_beyond / (1 - *percentile / 100))));
    return needed;
}

Duration least_duration(std::uint64_t requests, Rate rate, std::uint32_t batch) {
    // A Poisson schedule draws fewer than the mean in half of all cases.
    const double wanted =
        static_cast<double>(requests) + 4 * std::sqrt(static_cast<double>(requests)) + batch;
    const double seconds = wanted * batch / rate.per_second();
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Rate lowest_rate(std::uint64_t requests, std::uint32_t batch) {
    Rate rate{1};
    const Duration longest = std::chrono::seconds{trial_seconds_max};
    const double seconds =
        std::chrono::duration<double>(least_duration(requests, rate, batch)).count();
    rate.millihertz = static_cast<std::uint64_t>(
        std::ceil(seconds / std::chrono::duration<double>(longest).count()));
    return {std::max<std::uint64_t>(1, rate.millihertz)};
}

std::string trial_name(std::size_t number) {
    return fmt::format("trial-{:02}", number);
}

void remove_earlier_search(const std::filesystem::path& directory) {
    // Only what has the names that this program gives, since the directory may hold a user's own.
    for (const char* file : {"find-max.json", "find-max.csv", "find-max.html"})
        std::filesystem::remove(directory / file);
    for (std::size_t number = 1;; ++number) {
        const std::filesystem::path trial = directory / trial_name(number);
        if (!std::filesystem::is_directory(trial)) return;
        for (const char* file : {"report.json", "report.html", "latency.hlog", "timeline.csv"})
            std::filesystem::remove(trial / file);
        if (std::filesystem::is_empty(trial)) std::filesystem::remove(trial);
    }
}

std::string search_text(const SearchResult& result, std::string_view slo) {
    std::string out = fmt::format("{:>11} {:>11} {:>10} {:>9} {:>9} {:>17}  result\n", "offered/s",
                                  "done/s", "refused", "failed", "p50 ms", "p99 ms");
    for (const Trial& trial : by_rate(result))
        out += fmt::format("{:>11.1f} {:>11.1f} {:>9.3f}% {:>8.3f}% {:>9} {:>17}  {}\n",
                           trial.offered.per_second(), trial.ok_per_s, trial.refused_share * 100,
                           trial.failed_share * 100, in_ms(trial.p50_us),
                           in_ms(trial.p99_floor_us) + ".." + in_ms(trial.p99_us),
                           outcome_text(trial));
    return out + conclusion(result, slo) + "\n";
}

std::string search_json(const SearchResult& result, std::string_view slo) {
    json::array trials;
    for (const Trial& trial : result.trials)
        trials.push_back(
            {{"offered_per_s", trial.offered.per_second()},
             {"attained_per_s", trial.ok_per_s},
             {"refused_per_s", trial.refused_per_s},
             {"refused_share", trial.refused_share},
             {"failed_share", trial.failed_share},
             {"requests", trial.requests},
             {"response_us", {{"p50", trial.p50_us}, {"p99", trial.p99_us}, {"max", trial.max_us}}},
             {"floor_us", {{"p50", trial.p50_floor_us}, {"p99", trial.p99_floor_us}}},
             {"outcome", name(trial.outcome)},
             {"confirmation", trial.is_confirmation},
             {"why", trial.why}});
    const auto rate = [](const std::optional<Rate>& one) {
        return one ? json::value(one->per_second()) : json::value();
    };
    // Always there, so that readers need not ask.
    return json_text(json::object{{"slo", slo},
                                  {"found_per_s", rate(result.found)},
                                  {"confirmed", result.is_confirmed},
                                  {"noisy", result.is_noisy},
                                  {"hidden_up_to_per_s", rate(result.hidden_up_to)},
                                  {"cut_short", result.cut_short},
                                  {"conclusion", conclusion(result, slo)},
                                  {"trials", std::move(trials)}});
}

std::string search_csv(const SearchResult& result) {
    std::string out =
        "trial,offered_per_s,attained_per_s,refused_per_s,refused_share,failed_share,requests,"
        "p50_floor_us,p50_us,p99_floor_us,p99_us,max_us,outcome,confirmation\n";
    std::size_t number = 0;
    for (const Trial& trial : result.trials)
        out +=
            fmt::format("{},{:.3f},{:.3f},{:.3f},{:.6f},{:.6f},{},{},{},{},{},{},{},{}\n", ++number,
                        trial.offered.per_second(), trial.ok_per_s, trial.refused_per_s,
                        trial.refused_share, trial.failed_share, trial.requests, trial.p50_floor_us,
                        trial.p50_us, trial.p99_floor_us, trial.p99_us, trial.max_us,
                        name(trial.outcome), trial.is_confirmation ? 1 : 0);
    return out;
}

std::string search_html(const SearchResult& result, std::string_view slo) {
    CurvePage page{.title = fmt::format("Highest rate that keeps {}", slo),
                   .lead = conclusion(result, slo),
                   .is_good = result.is_confirmed,
                   .axis = "offered/s"};
    for (const Trial& trial : by_rate(result))
        page.points.push_back({.at = trial.offered.per_second(),
                               .offered_per_s = trial.offered.per_second(),
                               .ok_per_s = trial.ok_per_s,
                               .refused_per_s = trial.refused_per_s,
                               .p50 = {trial.p50_floor_us, trial.p50_us},
                               .p99 = {trial.p99_floor_us, trial.p99_us},
                               .is_held = trial.outcome == Kept::kept,
                               .note = outcome_text(trial)});
    return curve_page(page);
}

}  // namespace tuma::loadgen
