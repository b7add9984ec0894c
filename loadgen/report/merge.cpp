#include "loadgen/report/merge.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/report_sum.h"

#include <fmt/format.h>

#include <algorithm>
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
    const auto same_length = [](const RatePiece& one, const RatePiece& other) {
        return one.length == other.length;
    };
    if (!std::equal(a.profile.begin(), a.profile.end(), b.profile.begin(), b.profile.end(),
                    same_length))
        return row("the lengths of the parts of rate", profile_text(a.profile),
                   profile_text(b.profile));
    if (a.users > 0 || b.users > 0) return row("think", a.think.text(), b.think.text());
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
    for (std::size_t i = 0; i < total.profile.size(); ++i) {
        total.profile[i].from.millihertz += part.profile[i].from.millihertz;
        total.profile[i].to.millihertz += part.profile[i].to.millihertz;
    }
    total.users += part.users;
    if (total.target.find(part.target) == std::string::npos) total.target += ", " + part.target;
}

/// What is of the generator and its machine.
void add_generator(const RunReport& part, RunReport& total) {
    add_settings(part.settings, total.settings);
    add_asked(part.phases, total.phases);
    if (total.asked && part.asked) *total.asked += *part.asked;
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
        const Duration later = part.report->started_at - first.report->started_at;
        const auto seconds = std::chrono::round<std::chrono::seconds>(later);
        add_rows(*part.report, static_cast<std::uint64_t>(seconds.count()), *total);
        add_generator(*part.report, *total);
        add_results(*part.report, later, *total);
    }
    finish_sum(*total);
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
