// Snapshots against the state that the journal gives at the same batch.
#pragma once

#include "ledger/audit/audit.h"
#include "ledger/state/state.h"
#include "ledger/store/snapshot.h"

#include <filesystem>
#include <vector>

namespace tuma::ledger {

class SnapshotCheck {
public:
    /// Lists the snapshots; an empty directory name means none.
    SnapshotCheck(const std::filesystem::path& directory, const StateLimits& limits,
                  AuditReport& report);

    bool is_empty() const { return files_.empty(); }
    /// Compares the snapshot taken at `state.position`, if there is one.
    void reach(const State& state);
    /// Snapshots that replay never reached: beyond the journal, or behind damage.
    void finish();

private:
    void compare(const SnapshotFile& file, const State& state);

    SnapshotFolder folder_;
    StateLimits limits_;
    AuditReport& report_;
    std::vector<SnapshotFile> files_;  ///< oldest last
};

}  // namespace tuma::ledger
