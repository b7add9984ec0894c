// A filter of request keys that tells no new key from those that have left.
#pragma once

#include "ledger/state/request_keys.h"

#include <cstring>
#include <random>

namespace tuma::testing {

/// Adds so many keys of `time` to the filter that it takes nearly every key for one of them: new
/// ones are then looked for in vain. Requires: a small ring, with no more filter than it needs.
inline void fill_filter(ledger::RequestKeys& keys, Timestamp time) {
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < 200 * keys.capacity(); ++i) {
        ledger::RememberedRequest left;
        left.time_us = time.time_since_epoch().count();
        const std::uint64_t halves[2] = {random(), random()};
        std::memcpy(left.reference.data(), halves, sizeof halves);
        keys.add_left(left);
    }
}

}  // namespace tuma::testing
