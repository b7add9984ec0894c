#include "loadgen/drive/run_http.h"

#include "loadgen/drive/http_driver.h"
#include "loadgen/drive/run_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>

namespace tuma::loadgen {
namespace {

/// A closed loop with a server on two cores, which signs twice an order, stays below.
constexpr std::uint64_t signatures_a_second = 2000;
constexpr std::uint64_t ready_max = 30'000;
/// What is signed ahead is sent within this time, of the five minutes that a signature is good.
constexpr std::chrono::seconds signed_ahead{120};

std::uint64_t operations_max(const LoadOptions& options) {
    return options.operations_max > 0 ? options.operations_max
                                      : std::numeric_limits<std::uint64_t>::max();
}

StockSettings stock_settings(const LoadOptions& options) {
    StockSettings stock;
    const auto seconds = static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(options.warmup + options.duration).count());
    Rate highest = options.rate.value_or(Rate::per_second(signatures_a_second));
    for (const RatePiece& piece : options.profile)
        highest = std::max({highest, piece.from, piece.to});
    const std::uint64_t a_second = highest.millihertz / 1000 + 1;
    const auto schedule = schedule_for(options);
    const std::uint64_t all = schedule ? schedule->expected_total() : a_second * seconds;
    // A Poisson schedule has a few more than its rate says.
    const std::uint64_t planned =
        options.operations_max > 0 ? options.operations_max : all * 21 / 20 + 100;
    // In a closed loop nobody knows how many there will be.
    const bool is_known = options.rate || options.operations_max > 0;
    stock.requests_max = is_known ? planned : std::numeric_limits<std::uint64_t>::max();
    const auto soon = a_second * static_cast<std::uint64_t>(signed_ahead.count());
    stock.ready_max = std::min({planned, soon, ready_max});
    // Before the run nothing else needs the cores.
    stock.workers = std::max(1U, std::thread::hardware_concurrency());
    return stock;
}

MerchantPlan plan_of(const LoadOptions& options) {
    return {.target = options.target.endpoint,
            .client_file = options.client_file,
            .seed = options.seed,
            .customers = options.customers,
            .act_after = options.act_after,
            .verify_each = options.verify_each,
            .plain = options.plain,
            .set_up_timeout = set_up_timeout,
            .stock = stock_settings(options)};
}

bool has_callbacks(const LoadOptions& options) {
    return find_http_protocol(options.target.protocol)->has_merchant();
}

HttpDriverSettings driver_settings(const LoadOptions& options) {
    HttpDriverSettings settings;
    settings.target = options.target.endpoint;
    settings.connections = options.connections;
    settings.timeout = options.timeout;
    settings.grace = options.grace;
    settings.overload = options.overload;
    settings.abort_reason = abort_reason_for(options);
    settings.callbacks = has_callbacks(options) ? options.callbacks : Callbacks::ignore;
    settings.until = options.until;
    settings.operations_max = operations_max(options);
    // A number that was asked for is reached, however long it takes.
    if (options.operations_max == 0) settings.end = options.warmup + options.duration;
    return settings;
}

/// Null for a closed loop without users.
std::unique_ptr<Arrivals> arrivals_for(const LoadOptions& options) {
    if (auto users = users_for(options)) return std::make_unique<Users>(std::move(*users));
    if (auto schedule = schedule_for(options)) return std::make_unique<Schedule>(*schedule);
    return nullptr;
}

RunSettings settings_for_report(const LoadOptions& options) {
    RunSettings settings = common_settings(options);
    settings.scenario = find_http_protocol(options.target.protocol)->scenario;
    settings.batch = 1;
    settings.in_flight = 1;
    return settings;
}

/// What only protocols over HTTP have; after the run, because the dialect tells what it spent.
void add_facts(const LoadOptions& options, const HttpDialect& dialect, RunReport& report) {
    auto& rows = report.settings.more;
    rows = dialect.facts();
    if (!has_callbacks(options)) return;
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

Result<MakeMerchant> prepare_merchant(const LoadOptions& options, Progress& progress) {
    const Preparation told{.step = [&](std::string_view what, std::uint64_t done,
                                       std::uint64_t of) { progress.step(what, done, of); },
                           .say = [&](const std::string& line) { progress.say(line); }};
    return find_http_protocol(options.target.protocol)->prepare(plan_of(options), told);
}

RunReport run_http_load(const LoadOptions& options, const MakeMerchant& merchant,
                        const std::atomic<bool>& stop, Progress& progress) {
    // Anew for each run of a search, with another seed: order numbers must not come twice.
    const auto dialect = merchant(plan_of(options));
    const HttpDriverSettings driving = driver_settings(options);
    Recorder recorder(options.warmup, driving.end);
    set_phases(options, recorder);
    CallbackTracker callbacks(options.warmup);
    RefusalNames refusals;
    const HttpRecords records{recorder, callbacks, refusals};
    RunParts parts;
    parts.settings = settings_for_report(options);
    parts.rate = changing_rate(options);
    parts.kinds = {std::string(find_http_protocol(options.target.protocol)->scenario)};
    parts.drive = [&](const std::function<void()>& on_begin, const OnProgress& on_progress) {
        const auto arrivals = arrivals_for(options);
        return drive_http(driving, arrivals.get(), *dialect, records, on_begin, stop, on_progress);
    };
    parts.add_facts = [&](const RunEnd&, RunReport& report) {
        add_facts(options, *dialect, report);
        if (driving.callbacks == Callbacks::wait) report.callbacks = callbacks.results();
        report.refusal_names = refusals.by_number();
    };
    RunReport report = measured(options, results_of(recorder), progress, parts);
    // After the judgement, which makes the verdict anew.
    add_dialect(*dialect, report);
    return report;
}

}  // namespace tuma::loadgen
