// report.json: the field names are a promise to whoever reads it by program.
#include "ledger/words/refusal.h"
#include "ledger/words/text.h"
#include "loadgen/report/json_text.h"
#include "loadgen/report/losses_report.h"
#include "loadgen/report/report.h"
#include "loadgen/report/time_budget.h"
#include "loadgen/report/users_law.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

json::object percentiles(const Histogram& histogram) {
    return {{"p50", histogram.value_at_percentile(50)},
            {"p90", histogram.value_at_percentile(90)},
            {"p95", histogram.value_at_percentile(95)},
            {"p99", histogram.value_at_percentile(99)},
            {"p99_9", histogram.value_at_percentile(99.9)},
            {"max", histogram.max()},
            {"min", histogram.min()},
            {"mean", histogram.mean()},
            {"count", histogram.count()}};
}

json::object refusals(const RunReport& report, const Counts& counts) {
    json::object out;
    for (const auto& [code, n] : counts.refusals) out[refusal_name(report, code)] = n;
    return out;
}

json::object counts_of(const RunReport& report, const Counts& counts) {
    return {{"offered", counts.scheduled}, {"sent", counts.sent},
            {"skipped", counts.skipped},   {"ok", counts.ok},
            {"refused", counts.refused},   {"errors", counts.errors},
            {"timeouts", counts.timeouts}, {"refusals", refusals(report, counts)}};
}

json::object window_of(const RunReport& report) {
    json::object window{{"seconds", seconds(report.measured)}};
    for (const auto& member : counts_of(report, report.window))
        window[member.key()] = member.value();
    return window;
}

/// What the quoted percentiles are worth, by "p50" and so on; null for those that are not to be
/// quoted.
json::object bounds_json(std::span<const Bounds> all) {
    json::object out;
    for (const Bounds& bounds : all) {
        json::object one{{"statement", statement(bounds)},
                         {"enough", bounds.is_enough},
                         {"requests_beyond", bounds.requests_beyond},
                         {"floor_us", bounds.floor_us},
                         {"response_us", bounds.response_us},
                         {"low_us", bounds.low_us},
                         {"high_us", bounds.high_us}};
        std::string key = percentile_name(bounds.percentile);
        std::replace(key.begin(), key.end(), '.', '_');
        out[key] = std::move(one);
    }
    return out;
}

json::array fates_of(const std::vector<FateRow>& rows) {
    json::array out;
    for (const FateRow& row : rows)
        out.push_back({{"kind", row.kind},
                       {"fate", name(row.fate)},
                       {"requests", row.requests},
                       {"response_us", percentiles(row.response)},
                       {"floor_us", percentiles(row.floor)}});
    return out;
}

json::array phases_of(const RunReport& report) {
    json::array out;
    for (const PhaseRow& phase : report.phases) {
        const std::array bounds{bounds_of(phase, 50), bounds_of(phase, 99)};
        const auto per_s = [&](std::uint64_t n) { return phase.per_s(static_cast<double>(n)); };
        out.push_back({{"rate", piece_text(phase.piece)},
                       {"begin_s", seconds(phase.begin)},
                       {"measured_s", seconds(phase.measured)},
                       {"asked", phase.asked()},
                       {"asked_per_s", phase.per_s(phase.asked())},
                       {"offered_per_s", per_s(phase.counts.scheduled)},
                       {"attained_per_s", per_s(phase.window.ok)},
                       {"held", is_held(phase, report)},
                       {"requests", phase.requests},
                       {"bounds", bounds_json(bounds)},
                       {"counts", counts_of(report, phase.counts)},
                       {"window", counts_of(report, phase.window)}});
    }
    return out;
}

json::object callbacks_of(const CallbackResults& callbacks) {
    const CallbackCounts& counts = callbacks.counts;
    return {{"expected", counts.expected},
            {"arrived", counts.arrived},
            {"declined", counts.declined},
            {"before_reply", counts.before_reply},
            {"lost", counts.lost},
            {"duplicates", counts.duplicates},
            {"unexpected", counts.unexpected},
            {"unreadable", counts.unreadable},
            {"from_intended_us", percentiles(callbacks.from_intended)},
            {"from_reply_us", percentiles(callbacks.from_reply)}};
}

json::object settings_of(const RunSettings& settings) {
    json::object out{
        {"mode", settings.closed_loop ? "closed" : "open"},
        {"rate_per_s", settings.rate ? json::value(settings.rate->per_second()) : json::value()},
        {"rate_profile",
         settings.profile.empty() ? json::value() : json::value(profile_text(settings.profile))},
        {"users", settings.users > 0 ? json::value(settings.users) : json::value()},
        {"think", settings.users > 0 ? json::value(settings.think.text()) : json::value()},
        {"arrival", settings.arrival},
        {"overload", settings.overload},
        {"connections", settings.connections},
        {"batch", settings.batch},
        {"in_flight", settings.in_flight},
        {"duration_s", seconds(settings.duration)},
        {"warmup_s", seconds(settings.warmup)},
        {"timeout_s", seconds(settings.timeout)}};
    for (const auto& [key, value] : settings.more) {
        // For people they are texts; programs count with them.
        const auto number = read_number<std::uint64_t>(value);
        out[key] = number ? json::value(*number) : json::value(value);
    }
    return out;
}

json::object calibration_of(const Calibration& calibration) {
    // Null where it could not be measured; zero would be a fast disk.
    json::value fsync = nullptr;
    if (calibration.fsync) {
        fsync = {{"p50", calibration.fsync->p50_us},
                 {"p99", calibration.fsync->p99_us},
                 {"samples", calibration.fsync->samples}};
    }
    return {{"fsync_us", std::move(fsync)},
            {"timer_lag_us",
             {{"p50", calibration.timer_lag.p50_us}, {"p99", calibration.timer_lag.p99_us}}},
            {"cpu", calibration.machine.cpu},
            {"cores", calibration.machine.cores},
            {"kernel", calibration.machine.kernel},
            {"steal", calibration.steal},
            {"generator_cpu", calibration.generator_cpu}};
}

json::array stages_of(const std::vector<Stage>& stages) {
    json::array out;
    for (const Stage& stage : stages) {
        out.push_back({{"stage", stage.name},
                       {"count", stage.count},
                       {"mean_us", stage.mean_us},
                       {"p50_us", stage.p50_us},
                       {"p99_us", stage.p99_us}});
    }
    return out;
}

json::array sentences(const std::vector<std::string>& texts) {
    json::array out;
    for (const std::string& text : texts) out.emplace_back(text);
    return out;
}

}  // namespace

std::string refusal_name(std::uint16_t code) {
    const RefusalRow* row = find_refusal(code);
    // A newer server may have more codes than this program knows.
    return row != nullptr ? std::string(row->name) : fmt::format("code_{}", code);
}

std::string refusal_name(const RunReport& report, std::uint16_t code) {
    // Over HTTP refusals are words of the dialect, numbered in the order in which they came.
    const auto words = report.refusal_names.find(code);
    return words != report.refusal_names.end() ? words->second : refusal_name(code);
}

std::string report_json(const RunReport& report) {
    const Counts& counts = report.counts;
    json::object out{
        {"scenario", report.settings.scenario},
        {"target", report.settings.target},
        {"seed", report.settings.seed},
        {"started_at", tuma::text(report.started_at)},
        {"version", report.version},
        {"server_version", report.server_version},
        {"host", report.host},
        {"command", report.command},
        {"durability", report.durability},
        {"valid", report.verdict.valid},
        {"invalid_because", sentences(report.verdict.invalid_because)},
        {"remarks", sentences(report.verdict.remarks)},
        {"quotation", quotation(report)},
        {"load", word(report.verdict.load)},
        {"load_because", report.verdict.load_because},
        {"bounds", bounds_json(report.verdict.bounds)},
        {"requests", report.quoted.requests},
        {"scheduled", counts.scheduled},
        {"sent", counts.sent},
        {"skipped", counts.skipped},
        {"ok", counts.ok},
        {"refused", counts.refused},
        {"errors", counts.errors},
        {"timeouts", counts.timeouts},
        {"late_answers", report.late_answers},
        {"duplicate_answers", report.duplicate_answers},
        {"refusals", refusals(report, counts)},
        {"attained_per_s", report.attained_per_s()},
        {"offered_per_s", report.offered_per_s()},
        {"asked_per_s", report.settings.closed_loop ? json::value() : report.asked_per_s()},
        {"users_rate_per_s",
         report.settings.users > 0 ? json::value(users_rate(report)) : json::value()},
        {"measured_s", seconds(report.measured)},
        {"window", window_of(report)},
        {"response_us", percentiles(report.response)},
        {"service_us", percentiles(report.service)},
        {"send_lag_us", percentiles(report.send_lag)},
        {"blocked_us", percentiles(report.blocked)},
        {"floor_us", percentiles(report.floor)},
        {"quoted_us", percentiles(report.quoted.response)}};
    if (report.batch.count() > 0) out["batch_us"] = percentiles(report.batch);
    for (const json::key_value_pair& member : settings_of(report.settings)) {
        // The caller's own rows may not replace a field that programs rely on.
        if (!out.contains(member.key())) out[member.key()] = member.value();
    }
    // Left out where none are awaited: zeros would look like a measurement.
    if (report.callbacks) out["callbacks"] = callbacks_of(*report.callbacks);
    if (report.losses) out["losses"] = losses_json(*report.losses);
    if (!report.aborted.empty()) out["aborted"] = report.aborted;
    if (report.slo)
        out["slo"] = {
            {"text", report.slo->text}, {"kept", name(report.slo->kept)}, {"why", report.slo->why}};
    out["fates"] = fates_of(report.fates);
    if (!report.phases.empty()) out["phases"] = phases_of(report);
    out["warmup_scheduled"] = report.warmup_counts.scheduled;
    out["warmup_ok"] = report.warmup_counts.ok;
    out["warmup_refused"] = report.warmup_counts.refused;
    out["warmup"] = counts_of(report, report.warmup_counts);
    add_budget(report, out);
    // Always there, also without rows, so that programs need not ask.
    out["stages"] = stages_of(report.stages);
    out["calibration"] = calibration_of(report.calibration);
    return json_text(out);
}

}  // namespace tuma::loadgen
