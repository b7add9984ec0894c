#include "loadgen/drive/find_max.h"

#include "ledger/words/ensure.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace tuma::loadgen {
namespace {

constexpr int attempts_max = 10;

Rate scaled(Rate rate, std::uint64_t numerator, std::uint64_t denominator) {
    // A rate of 0 would never send anything, and so would never end.
    return {std::max<std::uint64_t>(1, rate.millihertz * numerator / denominator)};
}

/// One search with what it has tried.
class Search {
public:
    Search(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate)
        : settings_(settings), try_rate_(try_rate) {}

    SearchResult run() {
        Rate passed{0};
        Rate failed{0};
        if (!bracket(passed, failed)) return std::move(result_);
        const std::uint64_t wide = 100 + settings_.precision_percent;
        while (failed.millihertz * 100 > passed.millihertz * wide) {
            const Rate middle{(passed.millihertz + failed.millihertz) / 2};
            // Neighbours have nothing between them.
            if (middle.millihertz == passed.millihertz) break;
            const bool has_passed = attempt(middle, false);
            if (is_over_) return std::move(result_);
            (has_passed ? passed : failed) = middle;
        }
        confirm(passed);
        return std::move(result_);
    }

private:
    bool attempt(Rate rate, bool is_confirmation) {
        Trial trial = try_rate_(rate);
        trial.is_confirmation = is_confirmation;
        // Without a server every further trial would fail, and say nothing about rates.
        is_over_ = trial.is_server_gone;
        result_.trials.push_back(trial);
        return trial.has_passed;
    }

    /// A rate that passed and one that failed; false when there is none that passed.
    bool bracket(Rate& passed, Rate& failed) {
        Rate rate = settings_.start;
        // Downwards until one passes: the search needs a rate on either side.
        for (int halvings = 0; !attempt(rate, false); ++halvings) {
            if (is_over_ || halvings == attempts_max) return false;
            failed = rate;
            rate = scaled(rate, 1, 2);
        }
        passed = rate;
        while (failed.millihertz == 0) {
            // Nothing lies above it that may be tried. With both sides equal the bisection has
            // nothing to do.
            if (rate == settings_.highest) {
                failed = rate;
                return true;
            }
            rate = {std::min(rate.millihertz * 2, settings_.highest.millihertz)};
            const bool has_passed = attempt(rate, false);
            if (is_over_) return false;
            (has_passed ? passed : failed) = rate;
        }
        return true;
    }

    void confirm(Rate rate) {
        // A single trial that passes may be luck, most of all near the limit.
        for (int attempts = 0; attempts < attempts_max && !is_over_; ++attempts) {
            std::uint32_t kept = 0;
            while (kept < settings_.confirmations && attempt(rate, true)) ++kept;
            if (kept == settings_.confirmations) {
                result_.found = rate;
                return;
            }
            rate = scaled(rate, 100 - settings_.precision_percent, 100);
        }
    }

    const SearchSettings& settings_;
    const std::function<Trial(Rate)>& try_rate_;
    SearchResult result_;
    bool is_over_ = false;
};

}  // namespace

SearchResult find_max(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate) {
    ensure(
        settings.start.millihertz >= 1 && settings.start.millihertz <= settings.highest.millihertz,
        "a search starts within its bounds");
    ensure(settings.precision_percent >= 1 && settings.precision_percent <= 50,
           "a precision of 1 to 50 percent");
    return Search(settings, try_rate).run();
}

Trial trial_of(const RunReport& report, const std::vector<SloTerm>& slo, Rate offered) {
    Trial trial;
    trial.offered = offered;
    trial.attained_per_s = report.attained_per_s();
    trial.p50_us = report.response.value_at_percentile(50);
    trial.p99_us = report.response.value_at_percentile(99);
    trial.max_us = report.response.max();
    trial.error_share = share_of(report.counts.errors + report.counts.timeouts, report.counts.sent);
    trial.is_server_gone = !report.server_gone.empty();
    // The objective first: an overloaded run is mostly invalid too, and what was asked for says
    // more.
    const SloFinding found = check_slo(slo, report);
    if (found.kept != Kept::kept)
        trial.why = found.why;
    else if (report.verdict.load != LoadHeld::held)
        trial.why = report.verdict.load_because;
    else if (!report.verdict.valid)
        trial.why = "invalid: " + report.verdict.invalid_because.front();
    trial.has_passed = trial.why.empty();
    return trial;
}

std::string search_text(const SearchResult& result, std::string_view slo) {
    std::vector<Trial> sorted = result.trials;
    // Stable, so that trials of one rate stay in the order in which they ran.
    std::stable_sort(sorted.begin(), sorted.end(), [](const Trial& a, const Trial& b) {
        return a.offered.millihertz < b.offered.millihertz;
    });
    std::string out = fmt::format("{:>12} {:>12} {:>10} {:>10} {:>10} {:>8}  result\n", "offered/s",
                                  "attained/s", "p50 ms", "p99 ms", "max ms", "errors");
    for (const Trial& trial : sorted)
        out += fmt::format(
            "{:>12.1f} {:>12.1f} {:>10.3f} {:>10.3f} {:>10.3f} {:>7.3f}%  {}{}\n",
            trial.offered.per_second(), trial.attained_per_s,
            static_cast<double>(trial.p50_us) / 1e3, static_cast<double>(trial.p99_us) / 1e3,
            static_cast<double>(trial.max_us) / 1e3, trial.error_share * 100,
            trial.has_passed ? "kept" : trial.why, trial.is_confirmation ? " (confirmation)" : "");
    if (result.found)
        out += fmt::format("highest confirmed rate that keeps {}: {:.1f}/s\n", slo,
                           result.found->per_second());
    else
        out += fmt::format("no rate was confirmed to keep {}\n", slo);
    return out;
}

std::string search_json(const SearchResult& result, std::string_view slo) {
    boost::json::array trials;
    for (const Trial& trial : result.trials)
        trials.push_back(
            {{"offered_per_s", trial.offered.per_second()},
             {"attained_per_s", trial.attained_per_s},
             {"response_us", {{"p50", trial.p50_us}, {"p99", trial.p99_us}, {"max", trial.max_us}}},
             {"error_share", trial.error_share},
             {"passed", trial.has_passed},
             {"confirmation", trial.is_confirmation},
             {"why", trial.why}});
    boost::json::object root{{"slo", slo}, {"trials", trials}};
    // Always there, so that readers need not ask.
    root["found_per_s"] = nullptr;
    if (result.found) root["found_per_s"] = result.found->per_second();
    return boost::json::serialize(root) + "\n";
}

}  // namespace tuma::loadgen
