// A newer snapshot from the last one and the journal, beside the running switch.
#pragma once

#include "ledger/store/recovery.h"

namespace tuma::ledger {

/// Replays durable batches up to `up_to_sequence` onto the newest valid snapshot and saves the
/// result. Reads files only, so that nobody waits for it; it needs the memory of a second state.
/// Returns the sequence of the new snapshot, or nothing when stopped or when nothing is new.
/// Throws as `recover` and `SnapshotFolder::save`.
std::optional<std::uint64_t> build_snapshot(JournalReader& reader, SnapshotFolder& snapshots,
                                            const StateLimits& limits, std::uint64_t up_to_sequence,
                                            const std::stop_token& stop);

}  // namespace tuma::ledger
