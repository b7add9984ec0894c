#include "loadgen/report/report_sum.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tuma::loadgen {
namespace {

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

}  // namespace

void add_row(const TimelineRow& part, TimelineRow& total) {
    total.offered += part.offered;
    total.sent += part.sent;
    total.skipped += part.skipped;
    total.ok += part.ok;
    total.refused += part.refused;
    total.errors += part.errors;
    total.timeouts += part.timeouts;
    total.in_flight += part.in_flight;
    total.warmup = total.warmup || part.warmup;
    total.p50_us = std::max(total.p50_us, part.p50_us);
    total.p99_us = std::max(total.p99_us, part.p99_us);
    total.max_us = std::max(total.max_us, part.max_us);
}

void add_rows(const RunReport& part, std::uint64_t shift, RunReport& total) {
    std::map<std::uint64_t, TimelineRow> rows;
    for (const TimelineRow& row : total.timeline) rows[row.second] = row;
    for (TimelineRow row : part.timeline) {
        row.second += shift;
        const auto [place, is_new] = rows.emplace(row.second, row);
        if (!is_new) add_row(row, place->second);
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

void add_results(const RunReport& part, Offset shift, RunReport& total) {
    total.counts.add(part.counts);
    total.warmup_counts.add(part.warmup_counts);
    total.window.add(part.window);
    total.executed.add(part.executed);
    total.measured = std::max(total.measured, part.measured);
    if (total.aborted.empty()) total.aborted = part.aborted;
    total.late_answers += part.late_answers;
    total.duplicate_answers += part.duplicate_answers;
    if (part.losses && total.losses)
        total.losses->add(*part.losses, shift);
    else if (part.losses)
        total.losses = part.losses;
    add_histograms(part, total);
    add_fates(part.fates, total.fates);
    add_phases(part.phases, total.phases);
}

void finish_sum(RunReport& total) {
    total.quoted = {};
    add_quoted(total);
    set_percentiles(total);
}

}  // namespace tuma::loadgen
