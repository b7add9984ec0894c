#include "switch/serve/open_books.h"

#include "ledger/store/head_mark.h"
#include "ledger/store/recovery.h"
#include "switch/core/rules/rulebook.h"
#include "switch/engine/clock.h"
#include "switch/ops/log.h"
#include "switch/serve/signals.h"

#include <filesystem>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <utility>

namespace tuma {

using net::log_event;
using net::LogLevel;

namespace {

std::uint64_t secret_seed() {
    // Names of clients' requests are hashed with it; a known seed would let a client fill one
    // bucket.
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

// Where request keys go that leave memory.
std::unique_ptr<ledger::KeyIndex> open_keys(const net::Settings& settings,
                                            ledger::JournalReader& reader, ledger::State& state,
                                            std::stop_source& stop) {
    auto keys = std::make_unique<ledger::KeyIndex>(std::filesystem::path(settings.data) / "keys",
                                                   ledger::KeyIndexOptions{});
    const net::Steady::time_point begun = net::Steady::now();
    const auto progress = [&stop](std::uint64_t sequence, std::uint64_t requests) {
        log_event(LogLevel::info, "reading_request_keys",
                  {{"sequence", sequence}, {"requests", requests}});
        // Signals are blocked, so somebody has to ask for them: here SIGTERM can end a long start.
        if (wait_for_stop_signal(std::chrono::milliseconds{0})) stop.request_stop();
    };
    const ledger::Position& position = state.position;
    const auto notes = keys->open(
        reader, state.keys, {state.keys.next(), position.sequence, position.hash, position.time},
        progress, stop.get_token());
    for (const std::string& note : notes)
        log_event(LogLevel::warn, "request_keys_note", {{"note", note}});
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(net::Steady::now() - begun);
    log_event(LogLevel::info, "request_keys",
              {{"in_memory", std::uint64_t{state.keys.size()}},
               {"files", std::uint64_t{keys->runs()}},
               {"disk_bytes", keys->disk_bytes()},
               {"took_ms", std::int64_t{took.count()}}});
    return keys;
}

// Where orders go that leave memory.
std::unique_ptr<ledger::OrderArchive> open_orders(const net::Settings& settings,
                                                  ledger::JournalReader& reader,
                                                  ledger::State& state, std::stop_source& stop) {
    // The state's own limits, or the two would differ about which orders have left memory.
    const ledger::StateLimits limits = limits_of(settings);
    auto orders = std::make_unique<ledger::OrderArchive>(
        std::filesystem::path(settings.data) / "orders.sqlite",
        ledger::OrderArchiveOptions{.orders_max = limits.orders_max,
                                    .orders_leaving_max = limits.orders_leaving_max});
    const auto progress = [&stop](std::uint64_t sequence, std::uint64_t left) {
        log_event(LogLevel::info, "reading_orders", {{"sequence", sequence}, {"left", left}});
        if (wait_for_stop_signal(std::chrono::milliseconds{0})) stop.request_stop();
    };
    const ledger::Position& position = state.position;
    const auto notes = orders->open(reader, state.orders, position.sequence, position.hash,
                                    progress, stop.get_token());
    for (const std::string& note : notes)
        log_event(LogLevel::warn, "orders_note", {{"note", note}});
    return orders;
}

// Books that were written before the core refused it may be short; they open all the same.
void warn_of_short_funds(const ledger::State& state) {
    for (const ledger::OwnFunds& own : state.books.short_own_funds()) {
        // Where the rules allow it a shortfall is meant, and no warning helps.
        if (core::own_funds_may_be_short(state.terms, own.currency)) continue;
        log_event(LogLevel::warn, "own_funds_short",
                  {{"currency", std::string(alphabetic_code(own.currency))},
                   {"own", own.money().text()},
                   {"remedy", "move own money into trust; tuma audit names the shortfall"}});
    }
}

}  // namespace

ledger::StateLimits limits_of(const net::Settings& settings) {
    return {.accounts_max = settings.accounts,
            .request_keys_max = settings.request_keys,
            .request_keys_retention = settings.request_retention,
            .key_filter_bytes = settings.key_filter_bytes,
            .hash_seed = secret_seed()};
}

std::optional<Opened> open_books(const net::Settings& settings, const ledger::DirectoryLock& lock,
                                 ledger::SnapshotFolder& snapshots) {
    // What stops the start is said by it.
    if (const auto flaw = ledger::flaw_of_head(settings.data); flaw && !flaw->stops_a_start)
        log_event(LogLevel::warn, "head_mark_flawed", {{"what", flaw->sentence}});
    auto journal = std::make_unique<ledger::SqliteJournal>(
        lock, ledger::SqliteJournalOptions{
                  .segment_bytes = settings.segment_bytes,
                  .checkpoint_pages = static_cast<std::uint32_t>(settings.checkpoint_pages),
                  .accepted_end = settings.accept_end});
    if (!journal->note().empty())
        log_event(LogLevel::warn, "journal_end_accepted", {{"note", journal->note()}});
    // What a killed snapshot left; it would only take up disk.
    snapshots.remove_partial();
    const net::Steady::time_point begun = net::Steady::now();
    // A reader of its own: the journal's connection is for appending.
    ledger::SqliteJournalReader reader(settings.data);
    std::stop_source stop;
    ledger::RecoveryOptions options;
    options.stop = stop.get_token();
    options.progress = [&stop](std::uint64_t sequence, std::uint64_t events) {
        log_event(LogLevel::info, "replaying", {{"sequence", sequence}, {"events", events}});
        if (wait_for_stop_signal(std::chrono::milliseconds{0})) stop.request_stop();
    };
    ledger::Recovered recovered = ledger::recover(reader, snapshots, limits_of(settings), options);
    // Nothing was appended yet, so ending here is as if the start had not been.
    if (stop.stop_requested()) {
        log_event(LogLevel::info, "stopped", {{"sequence", recovered.state.position.sequence}});
        return std::nullopt;
    }
    for (const std::string& note : recovered.notes)
        log_event(LogLevel::warn, "recovery_note", {{"note", note}});
    // Before anything is appended: the next batch takes the torn one's place.
    if (recovered.torn_sequence) journal->drop_from(*recovered.torn_sequence);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(net::Steady::now() - begun);
    log_event(LogLevel::info, "recovered",
              {{"sequence", recovered.state.position.sequence},
               {"snapshot", recovered.snapshot_sequence},
               {"events_replayed", recovered.events_replayed},
               {"accounts", std::uint64_t{recovered.state.books.account_count()}},
               {"took_ms", std::int64_t{took.count()}}});
    warn_of_short_funds(recovered.state);
    auto keys = open_keys(settings, reader, recovered.state, stop);
    if (stop.stop_requested()) return std::nullopt;
    auto orders = open_orders(settings, reader, recovered.state, stop);
    if (stop.stop_requested()) return std::nullopt;
    return Opened{std::move(journal), std::move(keys), std::move(orders),
                  std::move(recovered.state), recovered.events_replayed};
}

}  // namespace tuma
