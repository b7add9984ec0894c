#include "switch/open_books.h"

#include "ledger/recovery.h"
#include "switch/core/rulebook.h"
#include "switch/net/clock.h"
#include "switch/net/log.h"
#include "switch/signals.h"

#include <random>
#include <stop_token>
#include <string>
#include <utility>

namespace tuma {

using net::log_event;
using net::LogLevel;

namespace {

std::uint64_t secret_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

void warn_if_time_stands_still(Timestamp journal) {
    const Timestamp wall = net::WallClock(Timestamp{}).now();
    if (journal <= wall) return;
    const auto ahead = std::chrono::duration_cast<std::chrono::milliseconds>(journal - wall);
    log_event(LogLevel::warn, "clock_behind_journal", {{"by_ms", std::int64_t{ahead.count()}}});
}

// Books that were written before the core refused it may be short; they open all the same.
void warn_of_short_funds(const ledger::State& state) {
    for (const ledger::OwnFunds& own : state.books.short_own_funds()) {
        if (core::own_funds_may_be_short(state.terms, own.currency)) continue;
        log_event(LogLevel::warn, "own_funds_short",
                  {{"currency", std::string(letters(own.currency))},
                   {"own", own.money().text()},
                   {"remedy", "move own money into trust; tuma audit names the shortfall"}});
    }
}

}  // namespace

ledger::StateLimits limits_of(const net::Settings& settings) {
    return {.accounts_max = settings.accounts,
            .request_keys_max = settings.request_keys,
            .request_keys_retention = settings.request_retention,
            .hash_seed = secret_seed()};
}

std::optional<Opened> open_books(const net::Settings& settings, const ledger::DirectoryLock& lock,
                                 ledger::SnapshotFolder& snapshots) {
    auto journal = std::make_unique<ledger::SqliteJournal>(
        lock, ledger::SqliteJournalOptions{
                  .segment_bytes = settings.segment_bytes,
                  .checkpoint_pages = static_cast<std::uint32_t>(settings.checkpoint_pages)});
    snapshots.remove_partial();
    const net::Steady::time_point begun = net::Steady::now();
    ledger::SqliteJournalReader reader(settings.data);
    std::stop_source stop;
    ledger::RecoveryOptions options;
    options.stop = stop.get_token();
    options.progress = [&stop](std::uint64_t sequence, std::uint64_t events) {
        log_event(LogLevel::info, "replaying", {{"sequence", sequence}, {"events", events}});
        if (wait_for_stop_signal(std::chrono::milliseconds{0})) stop.request_stop();
    };
    ledger::Recovered recovered = ledger::recover(reader, snapshots, limits_of(settings), options);
    if (stop.stop_requested()) {
        log_event(LogLevel::info, "stopped", {{"sequence", recovered.state.position.sequence}});
        return std::nullopt;
    }
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
    warn_if_time_stands_still(recovered.state.position.time);
    warn_of_short_funds(recovered.state);
    return Opened{std::move(journal), std::move(recovered.state), recovered.events_replayed};
}

}  // namespace tuma
