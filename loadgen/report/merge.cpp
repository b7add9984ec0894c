#include "loadgen/report/merge.h"

#include "loadgen/measure/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace tuma::loadgen {
namespace {

/// In what two runs differ that one load cannot; empty when in nothing.
std::string difference(const RunSettings& a, const RunSettings& b) {
    const auto row = [](std::string_view name, const auto& left, const auto& right) {
        return left == right ? std::string() : fmt::format("{} {} and {}", name, left, right);
    };
    for (const std::string& found :
         {row("scenario", a.scenario, b.scenario), row("arrival", a.arrival, b.arrival),
          row("overload", a.overload, b.overload), row("batch", a.batch, b.batch),
          row("duration", tuma::text(a.duration), tuma::text(b.duration)),
          row("warmup", tuma::text(a.warmup), tuma::text(b.warmup)),
          row("timeout", tuma::text(a.timeout), tuma::text(b.timeout))})
        if (!found.empty()) return found;
    if (a.rate.has_value() != b.rate.has_value()) return "a rate and none";
    return {};
}

Duration apart(const ReadReport& a, const ReadReport& b) {
    return std::chrono::abs(a.report->started_at - b.report->started_at);
}

std::string time_text(Duration time) {
    return latency_text(static_cast<std::uint64_t>(time.count()));
}

std::optional<InputError> misfit(std::span<const ReadReport> parts) {
    if (parts.size() < 2) return InputError{"merge", "takes two report directories or more"};
    std::set<std::uint64_t> seeds;
    const ReadReport& first = parts.front();
    for (const ReadReport& each : parts) {
        const std::string differs = difference(first.report->settings, each.report->settings);
        if (!differs.empty())
            return InputError{each.directory, fmt::format("does not fit {}: {}; one load has one "
                                                          "of each",
                                                          first.directory, differs)};
        if (!seeds.insert(each.report->settings.seed).second)
            return InputError{each.directory,
                              "has the seed of another one; the server took its requests for "
                              "repetitions. Give each generator a --seed of its own"};
        const RunSettings& settings = first.report->settings;
        if (apart(each, first) > (settings.warmup + settings.duration) / 4)
            return InputError{each.directory,
                              fmt::format("began {} apart from {}, more than a quarter of their "
                                          "length; merge is for generators that drove a server "
                                          "together",
                                          time_text(apart(each, first)), first.directory)};
    }
    return std::nullopt;
}

void add_settings(const RunSettings& part, RunSettings& total) {
    total.connections += part.connections;
    if (total.rate && part.rate) total.rate->millihertz += part.rate->millihertz;
    if (total.target.find(part.target) == std::string::npos) total.target += ", " + part.target;
}

void add_fates(const std::vector<FateRow>& part, std::vector<FateRow>& total) {
    for (const FateRow& row : part) {
        const auto same = std::find_if(total.begin(), total.end(), [&](const FateRow& each) {
            return each.kind == row.kind && each.fate == row.fate;
        });
        if (same == total.end()) {
            total.push_back(row);
            continue;
        }
        same->requests += row.requests;
        same->response.merge(row.response);
        same->floor.merge(row.floor);
    }
}

void add_histograms(const RunReport& part, RunReport& total) {
    total.response.merge(part.response);
    total.service.merge(part.service);
    total.send_lag.merge(part.send_lag);
    total.blocked.merge(part.blocked);
    total.floor.merge(part.floor);
    total.batch.merge(part.batch);
}

SparseCounts sum_of(const SparseCounts& a, const SparseCounts& b) {
    Histogram sum;
    sum.merge(a);
    sum.merge(b);
    return sum.sparse();
}

void add_rows(const RunReport& part, std::uint64_t shift, RunReport& total) {
    std::map<std::uint64_t, TimelineRow> rows;
    for (const TimelineRow& row : total.timeline) rows[row.second] = row;
    for (TimelineRow row : part.timeline) {
        row.second += shift;
        const auto [place, is_new] = rows.emplace(row.second, row);
        if (is_new) continue;
        TimelineRow& sum = place->second;
        sum.offered += row.offered;
        sum.sent += row.sent;
        sum.skipped += row.skipped;
        sum.ok += row.ok;
        sum.refused += row.refused;
        sum.errors += row.errors;
        sum.timeouts += row.timeouts;
        sum.in_flight += row.in_flight;
        sum.warmup = sum.warmup || row.warmup;
        // For seconds whose histograms are not kept: no percentile of both is above the larger.
        sum.p50_us = std::max(sum.p50_us, row.p50_us);
        sum.p99_us = std::max(sum.p99_us, row.p99_us);
        sum.max_us = std::max(sum.max_us, row.max_us);
    }
    total.timeline.clear();
    for (const auto& [second, row] : rows) total.timeline.push_back(row);

    std::map<std::uint64_t, IntervalLatencies> intervals;
    for (IntervalLatencies& one : total.intervals) intervals[one.second] = std::move(one);
    for (IntervalLatencies one : part.intervals) {
        one.second += shift;
        const auto [place, is_new] = intervals.emplace(one.second, one);
        if (is_new) continue;
        for (auto which : {&IntervalLatencies::response, &IntervalLatencies::service,
                           &IntervalLatencies::send_lag, &IntervalLatencies::floor})
            place->second.*which = sum_of(place->second.*which, one.*which);
    }
    total.intervals.clear();
    for (auto& [second, one] : intervals) total.intervals.push_back(std::move(one));
}

/// Percentiles of a second are those of all its operations.
void set_percentiles(RunReport& total) {
    Histogram second;
    for (TimelineRow& row : total.timeline) {
        const auto found =
            std::find_if(total.intervals.begin(), total.intervals.end(),
                         [&](const IntervalLatencies& one) { return one.second == row.second; });
        if (found == total.intervals.end() || row.warmup) continue;
        second.clear();
        second.merge(found->response);
        row.p50_us = second.value_at_percentile(50);
        row.p99_us = second.value_at_percentile(99);
        row.max_us = second.max();
    }
}

void add(const RunReport& part, RunReport& total) {
    add_settings(part.settings, total.settings);
    total.counts.add(part.counts);
    total.warmup_counts.add(part.warmup_counts);
    total.window.add(part.window);
    // The longest: a rate that is said too low harms nobody.
    total.measured = std::max(total.measured, part.measured);
    if (total.aborted.empty()) total.aborted = part.aborted;
    total.late_answers += part.late_answers;
    total.duplicate_answers += part.duplicate_answers;
    if (part.losses && total.losses)
        total.losses->add(*part.losses, part.started_at - total.started_at);
    else if (part.losses)
        total.losses = part.losses;
    add_histograms(part, total);
    add_fates(part.fates, total.fates);
    if (part.host != total.host) total.host += ", " + part.host;
    Calibration& machines = total.calibration;
    machines.steal = std::max(machines.steal, part.calibration.steal);
    machines.generator_cpu = std::max(machines.generator_cpu, part.calibration.generator_cpu);
    machines.timer_lag.p50_us =
        std::max(machines.timer_lag.p50_us, part.calibration.timer_lag.p50_us);
    machines.timer_lag.p99_us =
        std::max(machines.timer_lag.p99_us, part.calibration.timer_lag.p99_us);
}

}  // namespace

Result<std::unique_ptr<RunReport>> merged(std::span<const ReadReport> parts) {
    if (auto wrong = misfit(parts)) return *wrong;
    const auto begins_first = [](const ReadReport& a, const ReadReport& b) {
        return a.report->started_at < b.report->started_at;
    };
    const ReadReport& first = *std::min_element(parts.begin(), parts.end(), begins_first);
    auto total = std::make_unique<RunReport>(*first.report);
    total->stages.clear();
    total->command = "tuma-load merge";
    total->settings.more.emplace_back("generators", std::to_string(parts.size()));
    std::vector<std::string> broken;
    for (const ReadReport& part : parts) {
        for (const std::string& reason : part.report->verdict.invalid_because)
            broken.push_back(part.directory + ": " + reason);
        if (&part == &first) continue;
        const auto later = std::chrono::round<std::chrono::seconds>(part.report->started_at -
                                                                    first.report->started_at);
        add_rows(*part.report, static_cast<std::uint64_t>(later.count()), *total);
        add(*part.report, *total);
    }
    total->quoted = {};
    add_quoted(*total);
    set_percentiles(*total);
    total->verdict = judge(*total);
    // Counts of a part that do not agree may agree in the sum.
    Duration most{0};
    for (const ReadReport& part : parts) most = std::max(most, apart(part, first));
    total->verdict.remarks.push_back(
        fmt::format("{} generators, begun within {}: before the last had begun and after the first "
                    "had ended, the server had only part of the load.",
                    parts.size(), time_text(most)));
    auto& reasons = total->verdict.invalid_because;
    reasons.insert(reasons.end(), broken.begin(), broken.end());
    total->verdict.valid = reasons.empty();
    return total;
}

}  // namespace tuma::loadgen
