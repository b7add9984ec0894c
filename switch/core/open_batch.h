// A batch while it is being decided: what the modules of the core see, and how they change it.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/state/state.h"
#include "switch/core/command.h"
#include "switch/core/effect.h"
#include "switch/core/outcome.h"
#include "switch/core/rules/rulebook.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tuma::core {

/// A batch that was decided: header without hashes, and its bytes for `ledger::seal`.
struct Decided {
    ledger::BatchHeader header;
    std::vector<std::byte> bytes;
};

/// All that a module works with. It plans on `state` and changes it by `emit` alone, so that what
/// is in memory and what is in the journal never differ.
class OpenBatch {
public:
    /// Records are appended to `buffer`, which is emptied first; what is to be told outside goes to
    /// `told`. Requires: all of them outlive the batch, `at` not before the state's last batch.
    OpenBatch(ledger::State& on, Rulebook& rules, std::vector<Effect>& told,
              std::vector<std::byte> buffer, Timestamp at, Timestamp outside_time);

    ledger::State& state;
    Rulebook& rulebook;
    std::vector<Effect>& effects;
    Timestamp now;      ///< switch time of everything in the batch
    Timestamp outside;  ///< what clocks like the clients' show
    /// What was found on disk for the request that is being decided, or null.
    const Finding* finding = nullptr;

    /// Carries a record out and journals it. Whoever calls has planned it: nothing is refused here.
    template <typename Record>
    void emit(const Record& record) {
        state.apply(record, now);
        append(record);
    }
    /// Journals a record that the state has taken already.
    template <typename Record>
    void append(const Record& record) {
        ledger::append(bytes_, record);
        ++event_count_;
    }

    /// Ends the batch and moves the state's position on. One without events takes no number.
    Decided finish() &&;

private:
    std::vector<std::byte> bytes_;
    TransferId first_transfer_;
    std::uint32_t event_count_ = 0;
};

}  // namespace tuma::core
