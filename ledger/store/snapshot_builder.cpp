// A snapshot is a projection.
#include "ledger/store/snapshot_builder.h"

#include <utility>

namespace tuma::ledger {

std::optional<std::uint64_t> build_snapshot(JournalReader& reader, SnapshotFolder& snapshots,
                                            const StateLimits& limits, std::uint64_t up_to_sequence,
                                            const std::stop_token& stop) {
    // From the journal, not from the engine's state: decisions must not wait until all of it is
    // written.
    RecoveryOptions options;
    options.up_to_sequence = up_to_sequence;
    options.stop = stop;
    const Recovered recovered = recover(reader, snapshots, limits, options);
    const std::uint64_t sequence = recovered.state.position.sequence;
    // The newest snapshot is of this batch already, or the switch is stopping and will make one
    // itself.
    if (stop.stop_requested() || sequence == recovered.snapshot_sequence) return std::nullopt;
    snapshots.save(recovered.state);
    return sequence;
}

}  // namespace tuma::ledger
