// A snapshot is a projection.
#include "ledger/snapshot_builder.h"

#include <utility>

namespace tuma::ledger {

std::optional<std::uint64_t> build_snapshot(JournalReader& reader, SnapshotFolder& snapshots,
                                            const StateLimits& limits, std::uint64_t up_to_sequence,
                                            const std::stop_token& stop) {
    RecoveryOptions options;
    options.up_to_sequence = up_to_sequence;
    options.stop = stop;
    const Recovered recovered = recover(reader, snapshots, limits, options);
    const std::uint64_t sequence = recovered.state.position.sequence;
    if (stop.stop_requested() || sequence == recovered.snapshot_sequence) return std::nullopt;
    snapshots.save(recovered.state);
    return sequence;
}

}  // namespace tuma::ledger
