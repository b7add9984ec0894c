// From a data directory to a journal that can be written and the state that it adds up to.
#pragma once

#include "ledger/archive/key_index.h"
#include "ledger/archive/order_archive.h"
#include "ledger/state/state.h"
#include "ledger/store/directory_lock.h"
#include "ledger/store/snapshot.h"
#include "ledger/store/sqlite_journal.h"
#include "switch/ops/settings.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace tuma {

/// The bounds of memory that the settings ask for.
ledger::StateLimits limits_of(const net::Settings& settings);

/// The journal, opened for writing, and the state it adds up to.
struct Opened {
    std::unique_ptr<ledger::SqliteJournal> journal;
    /// What has left the state's memory of request keys.
    std::unique_ptr<ledger::KeyIndex> keys;
    /// What has left its memory of orders.
    std::unique_ptr<ledger::OrderArchive> orders;
    ledger::State state;
    std::uint64_t events_replayed = 0;  ///< since the snapshot that was loaded
};

/// Opens the journal, recovers the state, drops a torn last batch, makes request keys and orders
/// on disk whole, and logs what it did. Nothing when a stop signal came meanwhile. Requires:
/// `block_stop_signals`. Throws StoreError and RecoveryError.
std::optional<Opened> open_books(const net::Settings& settings, const ledger::DirectoryLock& lock,
                                 ledger::SnapshotFolder& snapshots);

}  // namespace tuma
