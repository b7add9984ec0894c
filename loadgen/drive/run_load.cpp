#include "loadgen/drive/run_load.h"

#include "loadgen/client/native_client.h"
#include "loadgen/drive/closed_loop.h"
#include "loadgen/drive/peer_driver.h"
#include "loadgen/drive/run_parts.h"
#include "loadgen/drive/workers.h"
#include "loadgen/workload/request_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tuma::loadgen {
namespace {

/// The scenario with what the options say instead.
Scenario with_options(Scenario scenario, const LoadOptions& options) {
    scenario.customers = options.customers.value_or(scenario.customers);
    scenario.zipf_permille = options.zipf_permille.value_or(scenario.zipf_permille);
    scenario.customers_zipf_permille =
        options.customers_zipf_permille.value_or(scenario.customers_zipf_permille);
    scenario.hot_merchant_permille =
        options.hot_merchant_permille.value_or(scenario.hot_merchant_permille);
    return scenario;
}

FramingSettings framing_for(const LoadOptions& options, const Scenario& scenario) {
    return {.prefix = run_prefix(options.seed, scenario.name),
            .currency = scenario.currency,
            .reserve_timeout = scenario.reserve_timeout,
            .batch = options.batch,
            .with_digests = !options.acks.empty()};
}

/// A part of the whole load, with a seed of its own.
std::unique_ptr<RequestStream> traffic_for(const LoadOptions& options, const Play& play,
                                           Workload& workload, Division division) {
    const FramingSettings framing = framing_for(options, play.scenario);
    if (play.trace)
        return std::make_unique<TraceStream>(workload, framing, *play.trace, options.speed,
                                             options.arrival, options.seed);
    if (auto users = users_for(options))
        return std::make_unique<UserStream>(workload, framing, std::move(*users));
    MixedStream::Timing timing;
    if (options.operations_max > 0)
        timing.operations_max = share_of_whole(options.operations_max, division);
    else
        timing.end = options.warmup + options.duration;
    timing.operations = schedule_for(options, play.scenario.hours, division);
    return std::make_unique<MixedStream>(workload, framing, std::move(timing));
}

// An open loop must not wait for places of its own making, or the wait before sending hides what
// the server does; a closed loop is bounded by them on purpose.
std::uint32_t in_flight_max(const LoadOptions& options, const std::optional<SwitchQueue>& queue) {
    if (options.in_flight) return *options.in_flight;
    // A place for each, so that nobody waits on this side.
    if (options.users > 0)
        return std::clamp((options.users - 1) / options.connections + 1, 1U, 65'535U);
    if (!queue) return std::clamp(65'536U / options.batch, 16U, 65'535U);
    return closed_loop_in_flight(*queue, options);
}

/// A trace has no rate. Played as fast as possible, it waits for answers and for nothing else.
bool is_closed_loop(const LoadOptions& options) {
    return options.is_trace() ? options.speed == 0 : !options.rate && options.users == 0;
}

DriverSettings driver_settings(const LoadOptions& options, const Scenario& scenario,
                               const std::optional<SwitchQueue>& queue) {
    const bool is_counted = options.is_trace() || options.operations_max > 0;
    DriverSettings settings;
    settings.target = options.target.endpoint;
    settings.participant = ParticipantId{options.participant};
    settings.prefix = run_prefix(options.seed, scenario.name);
    settings.connections = options.connections;
    settings.timeout = options.timeout;
    settings.overload = options.overload;
    settings.on_loss = options.on_loss;
    settings.reconnect.in_all = options.reconnect_for;
    settings.closed_loop = is_closed_loop(options);
    settings.in_flight = in_flight_max(options, queue);
    // What is counted is sent to the last operation, also by a server that is too slow.
    settings.send_everything = is_counted;
    settings.abort_reason = abort_reason_for(options);
    if (!is_counted) settings.end = options.warmup + options.duration;
    return settings;
}

RunSettings settings_for_report(const LoadOptions& options, const DriverSettings& driving,
                                const Scenario& scenario, const std::optional<SwitchQueue>& queue) {
    RunSettings settings = common_settings(options);
    settings.scenario = options.is_trace() ? options.scenario : scenario.name;
    if (options.is_trace()) {
        // The times are the trace's own, and a rate beside them would be read as theirs.
        settings.rate.reset();
        settings.arrival = "trace";
    }
    // Users wait for answers, although each has times of his own.
    settings.closed_loop = driving.closed_loop || options.users > 0;
    if (settings.closed_loop) settings.arrival = "closed";
    settings.batch = options.batch;
    settings.in_flight = driving.in_flight;
    settings.more = {{"participant", std::to_string(options.participant)},
                     {"customers", std::to_string(scenario.customers)},
                     {"merchants", std::to_string(scenario.merchants)},
                     {"agents", std::to_string(scenario.agents)}};
    // A peer does not know who asks.
    if (options.is_peer()) settings.more.erase(settings.more.begin());
    if (queue) {
        settings.more.emplace_back("server_queue", std::to_string(queue->operations));
        settings.more.emplace_back("server_queue_is", queue->is_asked ? "asked" : "assumed");
    }
    if (options.is_trace())
        settings.more.emplace_back("speed",
                                   options.speed == 0 ? "max" : std::to_string(options.speed));
    if (scenario.customers_zipf_permille > 0)
        settings.more.emplace_back("customers_zipf",
                                   fmt::format("{}", scenario.customers_zipf_permille / 1000.0));
    if (options.day_length) settings.more.emplace_back("day_length", text(*options.day_length));
    if (options.on_loss == OnLoss::reconnect) {
        settings.more.emplace_back("on_loss", name(options.on_loss));
        settings.more.emplace_back("reconnect_for", text(options.reconnect_for));
    }
    if (options.operations_max > 0)
        settings.more.emplace_back("stop_after", std::to_string(options.operations_max));
    return settings;
}

/// What one of several threads does, or the only one.
WorkerLoad load_of(const LoadOptions& options, const Play& play, const Accounts& accounts,
                   const DriverSettings& driving, Division division) {
    LoadOptions own = options;
    own.seed = worker_seed(options.seed, division.index);
    WorkerLoad load;
    load.driving = driving;
    load.driving.prefix = run_prefix(own.seed, play.scenario.name);
    load.driving.connections =
        static_cast<std::uint32_t>(share_of_whole(driving.connections, division));
    load.workload = std::make_unique<Workload>(play.scenario, accounts, own.seed);
    load.traffic = traffic_for(own, play, *load.workload, division);
    load.recorder = std::make_unique<Recorder>(options.warmup, driving.end);
    set_phases(options, *load.recorder);
    return load;
}

/// A port where nobody answers is told at once, and not when the whole set-up has timed out.
void ask_first(const LoadOptions& options) {
    constexpr Duration first_answer = std::chrono::seconds{5};
    NativeClient client(options.target.endpoint, ParticipantId{options.participant}, first_answer);
    try {
        // It changes nothing, whatever is there.
        core::Request question;
        question.command =
            core::QueryAccount{.account = {}, .identity = *ledger::make_identity("tuma-load")};
        static_cast<void>(client.call(question));
    } catch (const NoAnswer&) {
        throw ConnectionError(fmt::format(
            "{}: something listens there and has not answered within {}; is it the port "
            "that tuma serve prints as native=?",
            options.target.endpoint.text(), text(first_answer)));
    }
}

}  // namespace

Result<Play> load_play(const LoadOptions& options) {
    if (options.is_trace()) {
        auto trace = load_trace(options.scenario.substr(std::string_view("trace:").size()));
        if (!trace) return trace.error();
        Scenario scenario = with_options(trace_scenario(*trace), options);
        return Play{std::move(scenario), std::move(trace).value()};
    }
    auto scenario = load_scenario(options.scenario);
    if (!scenario) return scenario.error();
    // Only here, because no option shows whether a scenario has hours.
    if (options.day_length && scenario->hours.empty())
        return InputError{"--day-length",
                          fmt::format("scenario {} has no day.hours; choose one that has, as "
                                      "kenya-day",
                                      scenario->name)};
    return Play{with_options(std::move(scenario).value(), options), std::nullopt};
}

Accounts prepare_accounts(const LoadOptions& options, const Scenario& scenario,
                          Progress& progress) {
    const auto begin = std::chrono::steady_clock::now();
    ask_first(options);
    // A connection of its own with a timeout of its own: the run's may be too short for set-up.
    NativeClient client(options.target.endpoint, ParticipantId{options.participant},
                        set_up_timeout);
    SetUp made = set_up(client, scenario, [&](std::uint64_t done, std::uint64_t total) {
        progress.step("accounts", done, total);
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    const std::size_t total =
        1 + made.accounts.wallets.size() + made.accounts.tills.size() + made.accounts.agents.size();
    progress.say(fmt::format("scenario {}: {} accounts, {} opened now, {} funded now, {:.2f} s",
                             scenario.name, total, made.opened, made.funded, took.count()));
    return std::move(made.accounts);
}

RunReport run_load(const LoadOptions& options, const Play& play, const Accounts& accounts,
                   const std::atomic<bool>& stop, Progress& progress, const Peer* peer) {
    // Only a closed loop fills it on purpose.
    std::optional<SwitchQueue> queue;
    if (is_closed_loop(options)) queue = ask_for_queue(options.admin);
    const DriverSettings driving = driver_settings(options, play.scenario, queue);
    // A peer has none that is known.
    if (peer != nullptr) queue.reset();
    // Another number of connections may have been asked for since the options were looked at.
    const std::uint32_t workers = std::min(options.workers, options.connections);
    std::vector<WorkerLoad> loads;
    for (std::uint32_t i = 0; i < workers; ++i)
        loads.push_back(load_of(options, play, accounts, driving, {i, workers}));
    std::optional<Acknowledgements> acks;
    // Opened before anything is sent, so that a wrong path costs no run.
    if (!options.acks.empty()) acks.emplace(options.acks);
    RefusalNames refusals;
    RunParts parts;
    for (std::size_t kind = 0; kind < operation_kind_count; ++kind)
        parts.kinds.emplace_back(native::row(kind_type(kind)).name);
    parts.settings = settings_for_report(options, driving, play.scenario, queue);
    if (!play.trace) parts.rate = changing_rate(options, play.scenario.hours);
    parts.settings.workers = workers;
    if (workers > 1) parts.settings.more.emplace_back("workers", std::to_string(workers));
    if (queue) parts.remark = overfull_remark(*queue, driving.in_flight, options);
    parts.add_facts = [&](const RunEnd& end, RunReport& report) {
        if (end.durability) report.durability = *end.durability == 0 ? "memory" : "fsync";
        if (peer == nullptr) return;
        report.refusal_names = refusals.by_number();
        report.server_version = peer->facts().version;
        report.durability = peer->facts().durability;
    };
    Acknowledgements* const kept = acks ? &*acks : nullptr;
    // Accounts are open already, so that the first request may leave at once.
    if (workers == 1) {
        WorkerLoad& load = loads.front();
        parts.drive = [&](const std::function<void()>& on_begin, const OnProgress& on_progress) {
            if (peer != nullptr)
                return drive_peer(load.driving, *peer, *load.traffic, {*load.recorder, refusals},
                                  on_begin, stop, on_progress);
            on_begin();
            return drive(load.driving, *load.traffic, *load.recorder, kept, stop, on_progress);
        };
        return measured(options, results_of(*load.recorder), progress, parts);
    }
    Workers all(std::move(loads), kept, driving.abort_reason);
    parts.drive = [&](const std::function<void()>& on_begin, const OnProgress& on_progress) {
        on_begin();
        return all.run(stop, on_progress);
    };
    const RunResults results{
        .view = [&all] { return all.view(); },
        .follow = [&all](const std::atomic<std::size_t>& reading) { all.follow(reading); },
        .executed = [&all](std::size_t reading) { return all.executed(reading); },
        .take = [&all](const std::vector<std::string>& kinds,
                       RunReport& report) { all.take_results(kinds, report); }};
    return measured(options, results, progress, parts);
}

}  // namespace tuma::loadgen
