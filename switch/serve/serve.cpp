#include "switch/serve/serve.h"

#include "ledger/store/directory_lock.h"
#include "ledger/store/private_files.h"
#include "ledger/store/snapshot.h"
#include "ledger/store/sqlite_journal.h"
#include "ledger/words/words.h"
#include "switch/core/switch.h"
#include "switch/engine/engine.h"
#include "switch/engine/history.h"
#include "switch/gateway/admin_pages.h"
#include "switch/http/endpoint.h"
#include "switch/native/frame_server.h"
#include "switch/ops/log.h"
#include "switch/ops/memory_return.h"
#include "switch/ops/metrics.h"
#include "switch/ops/service_manager.h"
#include "switch/serve/background.h"
#include "switch/serve/http_frontend.h"
#include "switch/serve/open_books.h"
#include "switch/serve/open_files.h"
#include "switch/serve/signals.h"
#include "switch/serve/timekeeper.h"
#include "switch/setup/admin_token.h"
#include "switch/setup/load_schemes.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace tuma {
namespace {

using net::log_event;
using net::LogLevel;

constexpr std::chrono::milliseconds housekeeping_period{100};
// Reads of the past that may wait; beyond it the answer is `overloaded`.
constexpr std::size_t history_jobs_max = 10'000;

net::Endpoint endpoint(const std::string& setting, const std::string& text) {
    const Result<net::Endpoint> parsed = net::parse_endpoint(text);
    if (!parsed) throw std::invalid_argument(fmt::format("{}: {}", setting, parsed.error().reason));
    return *parsed;
}

// The listeners' own errors do not say which address was wanted.
template <typename Listener>
net::Endpoint listen(Listener& listener, const std::string& setting, const std::string& text) {
    try {
        return listener.listen(endpoint(setting, text));
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(
            fmt::format("{}: cannot listen on {}: {}", setting, text, error.code().message()));
    }
}

// Said twice: the log may go elsewhere.
void warn_beyond_loopback(const net::Settings& settings, bool has_default_set) {
    const std::string of_clients = has_default_set
                                       ? "the keys and passwords of the default set are public"
                                       : "merchants' keys are all that is asked for";
    for (const auto& [setting, text, why] :
         {std::tuple{"--native", settings.native, std::string("it has no authentication")},
          {"--admin", settings.admin, "orders and balances can be read without a token"},
          {"--http", settings.http, of_clients},
          {"--https", settings.https, of_clients}}) {
        const Result<net::Endpoint> parsed = net::parse_endpoint(text);
        if (text.empty() || !parsed || is_loopback(*parsed)) continue;
        log_event(LogLevel::warn, "listens_beyond_loopback",
                  {{"setting", std::string(setting)}, {"address", text}, {"why", why}});
        fmt::print(
            "WARNING: {}={} can be reached from other machines, and {}; see "
            "switch/PROTECTION.md\n",
            setting, text, why);
    }
}

[[noreturn]] void fail_for_good(const std::string& why) {
    log_event(LogLevel::error, "journal_failed", {{"why", why}});
    fmt::print(stderr, "tuma: the journal failed: {}\n", why);
    // Nothing may run on: what is in memory is ahead of what is durable.
    std::_Exit(1);
}

// All that runs between the first and the last signal.
class Server {
public:
    Server(const net::Settings& settings, Opened opened)
        : settings_(settings),
          journal_(std::move(opened.journal)),
          reader_(settings.data),
          keeper_(settings, opened.state.position, metrics_),
          door_(door_of(settings)),
          http_(settings, keeper_, metrics_, door_),
          snapshotter_(settings, opened.state.position.next_transfer, opened.events_replayed),
          keys_(std::move(opened.keys)),
          orders_(std::move(opened.orders)),
          core_(std::move(opened.state)),
          engine_(core_, *journal_, keeper_.clock(), metrics_,
                  net::EngineLimits{.queue_commands_max = settings.queue}, fail_for_good,
                  [this](std::vector<core::Effect> effects) { http_.take(std::move(effects)); },
                  {keys_.get(), orders_.get()}),
          history_(reader_, history_jobs_max),
          frames_(engine_, history_, metrics_, frame_limits(settings)),
          projecting_(settings),
          admin_door_(door_),
          admin_({.handler = net::admin_handler(
                      {metrics_, [this] { return is_ready_.load(); }, admin_door_,
                       [this](const http::HttpRequest& request, net::Respond respond) {
                           http_.administer(request, std::move(respond));
                       }})},
                 admin_metrics_,
                 net::admin_limits(admin_connections_beside(settings.connections))) {}

    // Its threads read the core's memory of requests.
    ~Server() { keys_->stop(); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void run(const std::vector<SchemeFile>& schemes) {
        // Before anything is decided: where memory is full, nothing is decided until these threads
        // have made room.
        keys_->start([](const std::string& why) {
            log_event(LogLevel::error, "request_keys_failed", {{"why", why}});
        });
        orders_->start([](const std::string& why) {
            log_event(LogLevel::error, "orders_failed", {{"why", why}});
        });
        // Still on this thread. The engine's own threads begin when the books are as the settings
        // want them.
        load_schemes(engine_, core_, schemes);
        if (speaks_http()) http_.connect(engine_, history_, core_);
        const net::Endpoint native = own(listen(frames_, "--native", settings_.native));
        warn_beyond_loopback(settings_, http_.has_default_set());
        std::string admin = "off";
        if (!settings_.admin.empty()) {
            admin_door_.endpoints.push_back(own(listen(admin_, "--admin", settings_.admin)));
            admin = admin_door_.endpoints.back().text();
        }
        if (speaks_http()) http_.listen();
        // Every port is bound before the first request is taken: one that is in use ends the start.
        engine_.start();
        history_.start();
        frames_.start();
        if (!settings_.admin.empty()) admin_.start();
        if (speaks_http()) {
            http_.start();
            fmt::print("{}", http_.welcome());
        }
        is_ready_ = true;
        std::vector<net::LogField> doors{{"native", native.text()}, {"admin", admin}};
        if (!http_.http().empty()) doors.push_back({"http", http_.http()});
        if (!http_.https().empty()) doors.push_back({"https", http_.https()});
        std::string listeners;
        for (const net::LogField& door : doors)
            listeners += fmt::format("{}{}={}", listeners.empty() ? "" : " ", door.name,
                                     std::get<std::string>(door.value));
        fmt::print("ready {}\n", listeners);
        // Scripts wait for this line, and into a pipe it would be written much later.
        static_cast<void>(std::fflush(stdout));
        manager_.ready(listeners);
        log_event(LogLevel::info, "ready", doors);
        while (!wait_for_stop_signal(housekeeping_period)) keep_house();
    }

    /// Finishes in the order in which work flows, then saves the state.
    void shut_down(ledger::SnapshotFolder& snapshots) {
        log_event(LogLevel::info, "stopping", {});
        manager_.stopping();
        is_ready_ = false;
        // First, so that no time goes into callbacks that were not begun.
        if (speaks_http()) http_.hold_notices();
        // Nothing new is read. What is owed is answered, with the engine still running.
        frames_.stop_accepting();
        frames_.stop_reading();
        bool all_answered = frames_.finish(settings_.drain_timeout);
        if (speaks_http()) all_answered = http_.finish(settings_.drain_timeout) && all_answered;
        if (!all_answered) log_event(LogLevel::warn, "replies_cut_off", {});
        if (speaks_http() && !http_.finish_notices(settings_.drain_timeout))
            log_event(LogLevel::warn, "callbacks_cut_off", {});
        // Whoever could ask has been answered or cut off.
        engine_.drain();
        keys_->stop();
        orders_->stop();
        if (speaks_http()) http_.stop();
        history_.stop();
        admin_.stop();
        projecting_.stop();
        snapshotter_.stop();
        keeper_.stop();
        // The engine stands still, so the hash of its last durable batch is the last of all.
        const ledger::Hash last_hash = engine_.position().hash;
        const ledger::State state = std::move(core_).release(last_hash);
        if (state.position.sequence > 0) snapshots.save(state);
        log_event(LogLevel::info, "stopped", {{"sequence", state.position.sequence}});
    }

private:
    static net::Door door_of(const net::Settings& settings) {
        net::Door door;
        for (const std::string_view name : split_words(settings.admin_names, ','))
            if (!name.empty()) door.names.push_back(net::lower_case(name));
        door.token = admin_token(settings.data);
        door.token_file = admin_token_file(settings.data).string();
        return door;
    }

    // Where this process listens is never called back.
    net::Endpoint own(net::Endpoint endpoint) {
        if (speaks_http()) http_.add_own(endpoint);
        return endpoint;
    }

    bool speaks_http() const { return !settings_.http.empty() || !settings_.https.empty(); }

    static net::FrameServerLimits frame_limits(const net::Settings& settings) {
        net::FrameServerLimits limits;
        limits.io_threads = settings.io_threads;
        limits.connections_max = settings.connections;
        limits.frame_timeout = settings.frame_timeout;
        return limits;
    }

    void keep_house() {
        keeper_.tick();
        manager_.tick(metrics_,
                      std::chrono::floor<Duration>(net::Steady::now().time_since_epoch()));
        const std::size_t held = frames_.memory_bytes() + http_.memory_bytes();
        metrics_.connection_memory.set(static_cast<std::int64_t>(held));
        memory_.tick(held);
        const auto sequence = static_cast<std::uint64_t>(metrics_.journal_sequence.value());
        const auto next_transfer = static_cast<std::uint64_t>(metrics_.next_transfer.value());
        projecting_.tick(sequence, metrics_);
        snapshotter_.tick(sequence, next_transfer);
        metrics_.request_keys_on_disk.set(static_cast<std::int64_t>(keys_->disk_bytes()));
        metrics_.snapshot_sequence.set(static_cast<std::int64_t>(snapshotter_.sequence()));
    }

    const net::Settings& settings_;
    net::Metrics metrics_;
    std::atomic<bool> is_ready_ = false;
    std::unique_ptr<ledger::SqliteJournal> journal_;
    ledger::SqliteJournalReader reader_;
    Timekeeper keeper_;
    const net::Door door_;
    HttpFrontend http_;
    Snapshotter snapshotter_;
    std::unique_ptr<ledger::KeyIndex> keys_;
    std::unique_ptr<ledger::OrderArchive> orders_;
    core::Switch core_;
    net::Engine engine_;
    net::History history_;
    net::FrameServer frames_;
    Projecting projecting_;
    net::Door admin_door_;
    net::Metrics admin_metrics_;  ///< of the listener itself, which nobody asks for
    net::HttpServer admin_;
    net::MemoryReturn memory_;
    net::ServiceManager manager_ = net::ServiceManager::of_environment();
};

}  // namespace

int serve(const net::Settings& settings, const std::vector<SchemeFile>& schemes,
          const std::string& warning) {
    block_stop_signals();
    net::set_up_allocator();
    net::start_log(settings.log_level);
    if (!warning.empty()) log_event(LogLevel::warn, "settings_changed", {{"why", warning}});
    ledger::require_own_directory(settings.data);
    const ledger::DirectoryLock lock(settings.data);
    for (const std::string& left_open : lock.left_open())
        log_event(LogLevel::warn, "open_to_others", {{"what", left_open}});
    ledger::SnapshotFolder snapshots(settings.data);
    std::optional<Opened> opened = open_books(settings, lock, snapshots);
    if (!opened) return 0;
    Server server(settings, std::move(*opened));
    server.run(schemes);
    exit_on_next_signal();
    server.shut_down(snapshots);
    return 0;
}

}  // namespace tuma
