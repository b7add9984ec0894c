#include "loadgen/run_load.h"

#include "loadgen/calibration.h"
#include "loadgen/run_parts.h"
#include "loadgen/server_metrics.h"
#include "loadgen/traffic.h"
#include "loadgen/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

namespace tuma::loadgen {
namespace {

Scenario with_customers(Scenario scenario, std::optional<std::uint32_t> customers) {
    if (customers) scenario.customers = *customers;
    return scenario;
}

FramingSettings framing_for(const LoadOptions& options, const Scenario& scenario) {
    return {.prefix = run_prefix(options.seed, scenario.name),
            .currency = scenario.currency,
            .reserve_timeout = scenario.reserve_timeout,
            .batch = options.batch,
            .with_digests = !options.acks.empty()};
}

std::unique_ptr<Traffic> traffic_for(const LoadOptions& options, const Play& play,
                                     Workload& workload) {
    const FramingSettings framing = framing_for(options, play.scenario);
    if (play.trace)
        return std::make_unique<TraceTraffic>(workload, framing, *play.trace, options.speed,
                                              options.arrival, options.seed);
    MixedTraffic::Timing timing;
    if (options.operations_max > 0)
        timing.operations_max = options.operations_max;
    else
        timing.end = options.warmup + options.duration;
    if (options.rate) {
        const Rate requests{(options.rate->millihertz + options.batch / 2) / options.batch};
        // The profile and --stop-after end the stream; the schedule itself must not.
        const Offset horizon = std::chrono::hours{24 * 366};
        timing.requests.emplace(requests, options.arrival, options.seed, horizon);
    }
    if (options.day_length) timing.profile.emplace(play.scenario.hours, *options.day_length);
    return std::make_unique<MixedTraffic>(workload, framing, std::move(timing));
}

// An open loop must not wait for places of its own making, or the wait before sending hides what
// the server does; a closed loop is bounded by them on purpose.
std::uint32_t in_flight_max(const LoadOptions& options, bool is_closed) {
    if (options.in_flight) return *options.in_flight;
    return is_closed ? 16U : std::clamp(65'536U / options.batch, 16U, 65'535U);
}

DriverSettings driver_settings(const LoadOptions& options, const Scenario& scenario) {
    const bool is_counted = options.is_trace() || options.operations_max > 0;
    DriverSettings settings;
    settings.target = options.target.endpoint;
    settings.participant = ParticipantId{options.participant};
    settings.prefix = run_prefix(options.seed, scenario.name);
    settings.connections = options.connections;
    settings.timeout = options.timeout;
    settings.overload = options.overload;
    settings.closed_loop = options.is_trace() ? options.speed == 0 : !options.rate;
    settings.in_flight = in_flight_max(options, settings.closed_loop);
    settings.send_everything = is_counted;
    if (!is_counted) settings.end = options.warmup + options.duration;
    return settings;
}

RunSettings settings_for_report(const LoadOptions& options, const DriverSettings& driving,
                                const Scenario& scenario, const Traffic* trace) {
    RunSettings settings;
    settings.target = options.target.text();
    settings.scenario = options.is_trace() ? options.scenario : scenario.name;
    settings.seed = options.seed;
    settings.closed_loop = driving.closed_loop;
    settings.arrival = std::string(name(options.arrival));
    if (trace == nullptr)
        settings.rate = options.rate;
    else
        settings.arrival = "trace";
    if (driving.closed_loop) settings.arrival = "closed";
    settings.overload = std::string(name(options.overload));
    settings.connections = options.connections;
    settings.batch = options.batch;
    settings.in_flight = driving.in_flight;
    settings.warmup = options.warmup;
    settings.timeout = options.timeout;
    settings.duration =
        std::chrono::duration_cast<Duration>(planned_length(options).value_or(Offset{0}));
    settings.more = {{"participant", std::to_string(options.participant)},
                     {"customers", std::to_string(scenario.customers)},
                     {"merchants", std::to_string(scenario.merchants)},
                     {"agents", std::to_string(scenario.agents)}};
    if (options.is_trace())
        settings.more.emplace_back("speed",
                                   options.speed == 0 ? "max" : std::to_string(options.speed));
    if (options.day_length) settings.more.emplace_back("day_length", text(*options.day_length));
    if (options.operations_max > 0)
        settings.more.emplace_back("stop_after", std::to_string(options.operations_max));
    return settings;
}

}  // namespace

Result<Play> load_play(const LoadOptions& options) {
    if (options.is_trace()) {
        auto trace = load_trace(options.scenario.substr(std::string_view("trace:").size()));
        if (!trace) return trace.error();
        Scenario scenario = with_customers(trace_scenario(*trace), options.customers);
        return Play{std::move(scenario), std::move(trace).value()};
    }
    auto scenario = load_scenario(options.scenario);
    if (!scenario) return scenario.error();
    if (options.day_length && scenario->hours.empty())
        return InputError{"--day-length",
                          fmt::format("scenario {} has no day.hours; choose one that has, as "
                                      "kenya-day",
                                      scenario->name)};
    return Play{with_customers(std::move(scenario).value(), options.customers), std::nullopt};
}

Population prepare_accounts(const LoadOptions& options, const Scenario& scenario,
                            Progress& progress) {
    const auto begin = std::chrono::steady_clock::now();
    NativeClient client(options.target.endpoint, ParticipantId{options.participant},
                        set_up_timeout);
    SetUp made = set_up(client, scenario, [&](std::uint64_t done, std::uint64_t total) {
        progress.step("accounts", done, total);
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const std::size_t total = 1 + made.population.wallets.size() + made.population.tills.size() +
                              made.population.agents.size();
    progress.say(fmt::format("scenario {}: {} accounts, {} opened now, {} funded now, {:.2f} s",
                             scenario.name, total, made.opened, made.funded, took.count()));
    return std::move(made.population);
}

RunReport run_load(const LoadOptions& options, const Play& play, const Population& population,
                   const std::atomic<bool>& stop, Progress& progress) {
    RunReport report;
    report.version = version();
    report.calibration = calibrate(options, progress);
    Workload workload(play.scenario, population, options.seed);
    const auto traffic = traffic_for(options, play, workload);
    const DriverSettings driving = driver_settings(options, play.scenario);
    report.settings =
        settings_for_report(options, driving, play.scenario, play.trace ? traffic.get() : nullptr);
    std::optional<ledger::AcksWriter> acks;
    if (!options.acks.empty()) acks.emplace(options.acks);
    Recorder recorder(options.warmup);

    progress.begin_run(planned_length(options));
    const auto metrics_before = scrape(options, progress);
    const UsageMark usage_before = mark_usage();
    report.started_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const RunEnd end = drive(driving, *traffic, recorder, acks ? &*acks : nullptr, stop,
                             [&](const RunProgress& run) { progress.show(run, recorder); });
    const UsageMark usage_after = mark_usage();
    progress.end_run();

    if (report.settings.duration == Duration{0})
        report.settings.duration = std::chrono::duration_cast<Duration>(end.ended);
    report.calibration.steal = steal_share(usage_before, usage_after);
    report.calibration.generator_cpu = cpu_share(usage_before, usage_after);
    report.server_gone = end.server_gone;
    if (end.durability) report.durability = *end.durability == 0 ? "memory" : "fsync";
    take_results(recorder, report);
    if (metrics_before && end.server_gone.empty())
        if (const auto after = scrape(options, progress))
            report.stages = stages_between(*metrics_before, *after);
    report.latency_bound = options.latency_bound;
    report.verdict = judge(report);
    add_problems(end, report);
    return report;
}

}  // namespace tuma::loadgen
