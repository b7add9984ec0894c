// From the files of a data directory to the state: newest valid snapshot, then replay.
#pragma once

#include "ledger/store/journal_store.h"
#include "ledger/store/snapshot.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace tuma::ledger {

/// The journal is damaged in a way that must not be passed over. The message names the batch, what
/// was found, and what to do.
class RecoveryError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct RecoveryOptions {
    /// False replays from the first batch, whatever snapshots there are.
    bool use_snapshots = true;
    /// Batches after this one are left alone.
    std::uint64_t up_to_sequence = std::numeric_limits<std::uint64_t>::max();
    /// Called now and then with the last batch applied and the events replayed so far.
    std::function<void(std::uint64_t sequence, std::uint64_t events)> progress;
    /// When stopped, the state is as far as it got.
    std::stop_token stop;
};

struct Recovered {
    State state;
    std::uint64_t snapshot_sequence = 0;  ///< 0: no snapshot was used
    std::uint64_t batches_replayed = 0;
    std::uint64_t events_replayed = 0;
    /// The last batch, if its write never finished. It was acknowledged to nobody; the caller
    /// drops it from the journal.
    std::optional<std::uint64_t> torn_sequence;
    /// What a person should know: snapshots that were skipped, a torn batch.
    std::vector<std::string> notes;
};

/// Reads and checks the journal in a second thread while the calling thread applies it.
/// Throws RecoveryError when a batch is missing, corrupted, torn but not the last, does not follow
/// from the one before or is not what the columns beside it say, and when a snapshot is newer than
/// the journal: acknowledged data is missing then. Throws StoreError when files cannot be read.
Recovered recover(JournalReader& reader, const SnapshotFolder& snapshots, const StateLimits& limits,
                  const RecoveryOptions& options = {});

}  // namespace tuma::ledger
