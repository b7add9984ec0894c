#include "loadgen/run_http.h"

#include "loadgen/http_driver.h"
#include "loadgen/request_frames.h"
#include "loadgen/run_parts.h"
#include "loadgen/version.h"
#include "loadgen/wechat_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t mpesa_customers = 1000;
/// A closed loop with a server on two cores, which signs twice an order, stays below.
constexpr std::uint64_t signatures_a_second = 2000;
constexpr std::uint64_t ready_max = 30'000;
/// What is signed ahead is sent within this time, of the five minutes that a signature is good.
constexpr std::chrono::seconds signed_ahead{120};

Timestamp wall_time() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string_view scenario_name(Protocol protocol) {
    return protocol == Protocol::mpesa ? "stk-push" : "native-order";
}

Result<HttpMerchant> prepare_mpesa(const LoadOptions& options, Progress& progress) {
    auto client = read_mpesa_client(options.client_file);
    if (!client) return client.error();
    MpesaSettings settings;
    settings.client = std::move(client).value();
    settings.host = options.target.endpoint.text();
    settings.token = mpesa_token(options.target.endpoint, settings.client, set_up_timeout);
    settings.timestamp = mpesa_timestamp(wall_time());
    settings.customers = options.customers.value_or(mpesa_customers);
    settings.act_after = options.act_after;
    const auto begin = std::chrono::steady_clock::now();
    open_mpesa_customers(
        options.target.endpoint, settings, set_up_timeout,
        [&](std::uint64_t done) { progress.step("customers", done, settings.customers); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    progress.say(
        fmt::format("{} customers asked once, {:.2f} s", settings.customers, took.count()));
    return HttpMerchant(std::move(settings));
}

std::uint64_t operations_max(const LoadOptions& options) {
    return options.operations_max > 0 ? options.operations_max
                                      : std::numeric_limits<std::uint64_t>::max();
}

StockSettings stock_settings(const LoadOptions& options) {
    StockSettings stock;
    const auto seconds = static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(options.warmup + options.duration).count());
    const std::uint64_t a_second =
        options.rate ? options.rate->millihertz / 1000 + 1 : signatures_a_second;
    // A Poisson schedule has a few more than its rate says.
    const std::uint64_t planned =
        options.operations_max > 0 ? options.operations_max : a_second * seconds * 21 / 20 + 100;
    const bool is_known = options.rate || options.operations_max > 0;
    stock.requests_max = is_known ? planned : std::numeric_limits<std::uint64_t>::max();
    const auto soon = a_second * static_cast<std::uint64_t>(signed_ahead.count());
    stock.ready_max = std::min({planned, soon, ready_max});
    stock.workers = std::max(1U, std::thread::hardware_concurrency());
    return stock;
}

std::unique_ptr<HttpDialect> dialect_for(const LoadOptions& options, const HttpMerchant& merchant) {
    if (const auto* known = std::get_if<MpesaSettings>(&merchant)) {
        MpesaSettings settings = *known;
        settings.seed = options.seed;
        return std::make_unique<MpesaPrompts>(std::move(settings));
    }
    return std::make_unique<WechatOrders>(
        WechatSettings{.client = std::get<WechatClient>(merchant),
                       .host = options.target.endpoint.text(),
                       .prefix = run_prefix(options.seed, name(options.target.protocol)),
                       .act_after = options.act_after,
                       .verify_each = options.verify_each,
                       .stock = stock_settings(options)});
}

HttpDriverSettings driver_settings(const LoadOptions& options) {
    HttpDriverSettings settings;
    settings.target = options.target.endpoint;
    settings.connections = options.connections;
    settings.timeout = options.timeout;
    settings.grace = options.grace;
    settings.overload = options.overload;
    settings.callbacks = options.callbacks;
    settings.until = options.until;
    settings.operations_max = operations_max(options);
    if (options.operations_max == 0) settings.end = options.warmup + options.duration;
    return settings;
}

std::optional<Schedule> schedule_for(const LoadOptions& options) {
    if (!options.rate) return std::nullopt;
    const Offset horizon = options.operations_max > 0 ? Offset{std::chrono::hours{24 * 366}}
                                                      : Offset{options.warmup + options.duration};
    return Schedule(*options.rate, options.arrival, options.seed, horizon);
}

RunSettings settings_for_report(const LoadOptions& options) {
    RunSettings settings;
    settings.target = options.target.text();
    settings.scenario = scenario_name(options.target.protocol);
    settings.seed = options.seed;
    settings.rate = options.rate;
    settings.closed_loop = !options.rate;
    settings.arrival = settings.closed_loop ? "closed" : std::string(name(options.arrival));
    settings.overload = name(options.overload);
    settings.connections = options.connections;
    settings.batch = 1;
    settings.in_flight = 1;
    settings.warmup = options.warmup;
    settings.timeout = options.timeout;
    settings.duration =
        std::chrono::duration_cast<Duration>(planned_length(options).value_or(Offset{0}));
    return settings;
}

/// What only protocols over HTTP have; after the run, because the dialect tells what it spent.
void add_facts(const LoadOptions& options, const HttpDialect& dialect, RunReport& report) {
    auto& rows = report.settings.more;
    rows = dialect.facts();
    rows.emplace_back("until", name(options.until));
    rows.emplace_back("callback_mode", name(options.callbacks));
    if (options.callbacks == Callbacks::wait) rows.emplace_back("grace", text(options.grace));
}

void add_dialect(const HttpDialect& dialect, RunReport& report) {
    Verdict& verdict = report.verdict;
    for (std::string& problem : dialect.problems())
        verdict.invalid_because.push_back(std::move(problem));
    for (std::string& remark : dialect.remarks()) verdict.remarks.push_back(std::move(remark));
    verdict.valid = verdict.invalid_because.empty();
}

}  // namespace

Result<HttpMerchant> prepare_merchant(const LoadOptions& options, Progress& progress) {
    if (options.target.protocol == Protocol::mpesa) return prepare_mpesa(options, progress);
    auto client = read_wechat_client(options.client_file);
    if (!client) return client.error();
    return HttpMerchant(std::move(client).value());
}

RunReport run_http_load(const LoadOptions& options, const HttpMerchant& merchant,
                        const std::atomic<bool>& stop, Progress& progress) {
    RunReport report;
    report.version = version();
    report.calibration = calibrate(options, progress);
    const auto dialect = dialect_for(options, merchant);
    report.settings = settings_for_report(options);
    Recorder recorder(options.warmup);
    CallbackBook callbacks(options.warmup);
    RefusalNames refusals;

    std::optional<std::vector<MetricSample>> metrics_before;
    UsageMark usage_before;
    const auto on_begin = [&] {
        progress.begin_run(planned_length(options));
        metrics_before = scrape(options, progress);
        usage_before = mark_usage();
        report.started_at = wall_time();
    };
    const HttpRecords records{recorder, callbacks, refusals};
    const RunEnd end =
        drive_http(driver_settings(options), schedule_for(options), *dialect, records, on_begin,
                   stop, [&](const RunProgress& run) { progress.show(run, recorder); });
    const UsageMark usage_after = mark_usage();
    progress.end_run();

    if (report.settings.duration == Duration{0})
        report.settings.duration = std::chrono::duration_cast<Duration>(end.ended);
    report.calibration.steal = steal_share(usage_before, usage_after);
    report.calibration.generator_cpu = cpu_share(usage_before, usage_after);
    report.server_gone = end.server_gone;
    add_facts(options, *dialect, report);
    if (options.callbacks == Callbacks::wait) report.callbacks = callbacks.results();
    report.refusal_names = refusals.by_number();
    take_results(recorder, report);
    if (metrics_before && end.server_gone.empty())
        if (const auto after = scrape(options, progress))
            report.stages = stages_between(*metrics_before, *after);
    report.latency_bound = options.latency_bound;
    report.verdict = judge(report);
    add_problems(end, report);
    add_dialect(*dialect, report);
    return report;
}

}  // namespace tuma::loadgen
