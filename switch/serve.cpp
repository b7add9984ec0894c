#include "switch/serve.h"

#include "ledger/directory_lock.h"
#include "ledger/projection.h"
#include "ledger/projection_follower.h"
#include "ledger/recovery.h"
#include "ledger/snapshot.h"
#include "ledger/snapshot_builder.h"
#include "ledger/sqlite_journal.h"
#include "switch/core/switch.h"
#include "switch/net/admin_server.h"
#include "switch/net/clock.h"
#include "switch/net/endpoint.h"
#include "switch/net/engine.h"
#include "switch/net/frame_server.h"
#include "switch/net/history.h"
#include "switch/net/log.h"
#include "switch/net/metrics.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace tuma {
namespace {

using net::log_event;
using net::LogLevel;

constexpr std::chrono::milliseconds housekeeping_period{100};
// Reads of the past that may wait; beyond it the answer is `overloaded`.
constexpr std::size_t history_jobs_max = 10'000;

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

// Threads started after this leave the stop signals to whoever waits for them.
void block_stop_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    // A limit on the size of files is then an error that is told, like a full disk.
    ::signal(SIGXFSZ, SIG_IGN);
}

bool wait_for_stop_signal(std::chrono::milliseconds patience) {
    const sigset_t signals = stop_signals();
    const timespec timeout{0, std::chrono::nanoseconds{patience}.count()};
    return sigtimedwait(&signals, nullptr, &timeout) > 0;
}

// From here on one more signal ends the process at once; what is durable stays so.
void exit_on_next_signal() {
    std::thread([] {
        const sigset_t signals = stop_signals();
        int signal = 0;
        sigwait(&signals, &signal);
        log_event(LogLevel::warn, "stopped_at_once", {});
        std::_Exit(130);
    }).detach();
}

void raise_file_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

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

ledger::StateLimits limits_of(const net::Settings& settings) {
    return {.accounts_max = settings.accounts,
            .request_keys_max = settings.request_keys,
            .request_keys_retention = settings.request_retention};
}

// The journal, opened for writing, and the state it adds up to.
struct Opened {
    std::unique_ptr<ledger::SqliteJournal> journal;
    ledger::State state;
    std::uint64_t events_replayed = 0;  // since the snapshot that was loaded
};

Opened open_books(const net::Settings& settings, const ledger::DirectoryLock& lock,
                  ledger::SnapshotFolder& snapshots) {
    auto journal = std::make_unique<ledger::SqliteJournal>(
        lock, ledger::SqliteJournalOptions{
                  .segment_bytes = settings.segment_bytes,
                  .checkpoint_pages = static_cast<std::uint32_t>(settings.checkpoint_pages)});
    snapshots.remove_partial();
    const net::Steady::time_point begun = net::Steady::now();
    ledger::SqliteJournalReader reader(settings.data);
    ledger::RecoveryOptions options;
    options.progress = [](std::uint64_t sequence, std::uint64_t events) {
        log_event(LogLevel::info, "replaying", {{"sequence", sequence}, {"events", events}});
    };
    ledger::Recovered recovered = ledger::recover(reader, snapshots, limits_of(settings), options);
    for (const std::string& note : recovered.notes)
        log_event(LogLevel::warn, "recovery_note", {{"note", note}});
    if (recovered.torn_sequence) journal->drop_from(*recovered.torn_sequence);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(net::Steady::now() - begun);
    log_event(LogLevel::info, "recovered",
              {{"sequence", recovered.state.position.sequence},
               {"snapshot", recovered.snapshot_sequence},
               {"events_replayed", recovered.events_replayed},
               {"accounts", std::uint64_t{recovered.state.books.account_count()}},
               {"took_ms", std::int64_t{took.count()}}});
    return {std::move(journal), std::move(recovered.state), recovered.events_replayed};
}

// Makes snapshots beside the running engine, one at a time.
class Snapshotter {
public:
    /// What was replayed at the start counts too, else a switch that ends early again and again
    /// would never make one.
    Snapshotter(const net::Settings& settings, TransferId next_transfer, std::uint64_t replayed)
        : settings_(settings),
          last_transfer_(next_transfer.value - std::min(next_transfer.value, replayed)) {}
    Snapshotter(const Snapshotter&) = delete;
    Snapshotter& operator=(const Snapshotter&) = delete;
    ~Snapshotter() { stop(); }

    /// Starts one when enough transfers have come since the last. Housekeeping thread only.
    void tick(std::uint64_t sequence, std::uint64_t next_transfer) {
        if (settings_.snapshot_every == 0 || is_busy_) return;
        if (next_transfer - last_transfer_ < settings_.snapshot_every) return;
        last_transfer_ = next_transfer;
        is_busy_ = true;
        thread_ = std::jthread([this, sequence](std::stop_token stop) { build(sequence, stop); });
    }

    void stop() {
        thread_.request_stop();
        if (thread_.joinable()) thread_.join();
    }

    std::uint64_t sequence() const { return sequence_; }

private:
    void build(std::uint64_t up_to, std::stop_token stop) {
        // A little nicer than the engine, but never starved: it reads the journal.
        setpriority(PRIO_PROCESS, 0, 5);
        try {
            ledger::SqliteJournalReader reader(settings_.data);
            ledger::SnapshotFolder snapshots(settings_.data);
            const auto built =
                ledger::build_snapshot(reader, snapshots, limits_of(settings_), up_to, stop);
            if (built) {
                sequence_ = *built;
                log_event(LogLevel::info, "snapshot", {{"sequence", *built}});
            }
        } catch (const std::exception& error) {
            // The journal alone suffices for a restart; the next snapshot may succeed.
            log_event(LogLevel::error, "snapshot_failed", {{"why", std::string(error.what())}});
        }
        is_busy_ = false;
    }

    const net::Settings& settings_;
    std::uint64_t last_transfer_;
    std::atomic<bool> is_busy_ = false;
    std::atomic<std::uint64_t> sequence_ = 0;
    std::jthread thread_;
};

// The projection's follower, if there is to be one. Its faults never stop the switch.
class Projecting {
public:
    explicit Projecting(const net::Settings& settings) {
        if (settings.project == "off") return;
        try {
            follower_.emplace(ledger::projection_path(settings.data),
                              std::make_unique<ledger::SqliteJournalReader>(settings.data));
            if (const std::string note = follower_->note(); !note.empty())
                log_event(LogLevel::warn, "projection_note", {{"note", note}});
        } catch (const ledger::StoreError& error) {
            log_event(LogLevel::error, "projection_failed", {{"why", std::string(error.what())}});
        }
    }

    void tick(std::uint64_t sequence, net::Metrics& metrics) {
        if (!follower_) return;
        follower_->notify(sequence);
        metrics.projection_sequence.set(static_cast<std::int64_t>(follower_->projected()));
        if (!follower_->has_failed() || is_failure_told_) return;
        is_failure_told_ = true;
        log_event(LogLevel::error, "projection_failed", {{"why", follower_->failure()}});
    }

    void stop() {
        if (follower_) follower_->stop();
    }

private:
    std::optional<ledger::ProjectionFollower> follower_;
    bool is_failure_told_ = false;
};

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
          clock_(opened.state.position.time),
          snapshotter_(settings, opened.state.position.next_transfer, opened.events_replayed),
          core_(std::move(opened.state)),
          engine_(core_, *journal_, clock_, metrics_,
                  net::EngineLimits{.queue_commands_max = settings.queue}, fail_for_good),
          history_(reader_, history_jobs_max),
          frames_(engine_, history_, metrics_, frame_limits(settings)),
          projecting_(settings),
          admin_(metrics_, [this] { return is_ready_.load(); }) {}

    void run() {
        const net::Endpoint native = listen(frames_, "--native", settings_.native);
        std::string admin = "off";
        if (!settings_.admin.empty()) admin = listen(admin_, "--admin", settings_.admin).text();
        engine_.start();
        history_.start();
        frames_.start();
        if (!settings_.admin.empty()) admin_.start();
        is_ready_ = true;
        fmt::print("ready native={} admin={}\n", native.text(), admin);
        std::fflush(stdout);
        log_event(LogLevel::info, "ready", {{"native", native.text()}, {"admin", admin}});
        while (!wait_for_stop_signal(housekeeping_period)) keep_house();
    }

    /// Finishes in the order in which work flows, then saves the state.
    void shut_down(ledger::SnapshotFolder& snapshots) {
        log_event(LogLevel::info, "stopping", {});
        is_ready_ = false;
        frames_.stop_accepting();
        frames_.stop_reading();
        const bool all_answered = frames_.finish(settings_.drain_timeout);
        if (!all_answered) log_event(LogLevel::warn, "replies_cut_off", {});
        engine_.drain();
        history_.stop();
        admin_.stop();
        projecting_.stop();
        snapshotter_.stop();
        const ledger::Hash last_hash = engine_.position().hash;
        const ledger::State state = std::move(core_).release(last_hash);
        if (state.position.sequence > 0) snapshots.save(state);
        log_event(LogLevel::info, "stopped", {{"sequence", state.position.sequence}});
    }

private:
    static net::FrameServerLimits frame_limits(const net::Settings& settings) {
        net::FrameServerLimits limits;
        limits.io_threads = settings.io_threads;
        limits.connections_max = settings.connections;
        limits.frame_timeout = settings.frame_timeout;
        return limits;
    }

    void keep_house() {
        const auto sequence = static_cast<std::uint64_t>(metrics_.journal_sequence.value());
        const auto next_transfer = static_cast<std::uint64_t>(metrics_.next_transfer.value());
        projecting_.tick(sequence, metrics_);
        snapshotter_.tick(sequence, next_transfer);
        metrics_.snapshot_sequence.set(static_cast<std::int64_t>(snapshotter_.sequence()));
    }

    const net::Settings& settings_;
    net::Metrics metrics_;
    std::atomic<bool> is_ready_ = false;
    std::unique_ptr<ledger::SqliteJournal> journal_;
    ledger::SqliteJournalReader reader_;
    net::WallClock clock_;
    Snapshotter snapshotter_;
    core::Switch core_;
    net::Engine engine_;
    net::History history_;
    net::FrameServer frames_;
    Projecting projecting_;
    net::AdminServer admin_;
};

}  // namespace

int serve(const net::Settings& settings) {
    block_stop_signals();
    raise_file_limit();
    net::start_log(settings.log_level);
    const ledger::DirectoryLock lock(settings.data);
    ledger::SnapshotFolder snapshots(settings.data);
    Server server(settings, open_books(settings, lock, snapshots));
    server.run();
    exit_on_next_signal();
    server.shut_down(snapshots);
    return 0;
}

}  // namespace tuma
