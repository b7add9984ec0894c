#include "switch/core/open_batch.h"

#include "ledger/words/ensure.h"

namespace tuma::core {

OpenBatch::OpenBatch(ledger::State& on, Rulebook& rules, std::vector<Effect>& told,
                     std::vector<std::byte> buffer, Timestamp at, Timestamp outside_time)
    : state(on),
      rulebook(rules),
      effects(told),
      now(at),
      outside(outside_time),
      bytes_(std::move(buffer)),
      first_transfer_(on.position.next_transfer) {
    ensure(now >= state.position.time, "switch time never decreases");
    bytes_.clear();
    effects.clear();
    ledger::begin_batch(bytes_);
}

Decided OpenBatch::finish() && {
    // A batch without records is not stored. Number and time must stay as the journal has them, or
    // a replay would come to another state.
    if (event_count_ > 0) {
        state.position.sequence += 1;
        state.position.time = now;
    }
    ledger::BatchHeader header;
    header.sequence = state.position.sequence;
    header.time_us = microseconds(now);
    header.event_count = event_count_;
    header.first_transfer = first_transfer_;
    header.next_transfer = state.position.next_transfer;
    return {header, std::move(bytes_)};
}

}  // namespace tuma::core
