// What the response of executed operations was made of, as far as the generator sees it.
#pragma once

#include "loadgen/arrivals/schedule.h"

#include <cstdint>

namespace tuma::loadgen {

/// Times of executed operations, added up. No moment is in two parts and none is left out, so that
/// they sum to the response. Holds nine billion seconds.
struct ResponseParts {
    std::uint64_t operations = 0;
    Offset filling{0};  ///< due, until its request was: waiting for the batch to fill up
    Offset blocked{0};  ///< waiting for a place for a request in flight
    Offset lag{0};      ///< this program's own delay before sending
    Offset service{0};  ///< sent until answered

    /// `n` operations that were due at `due`, in a request that was due at `intended`.
    /// Requires: due <= intended <= sent - blocked, sent <= ended.
    void add(std::uint64_t n, Offset due, Offset intended, Offset wait, Offset sent, Offset ended) {
        const auto times = static_cast<std::int64_t>(n);
        operations += n;
        filling += (intended - due) * times;
        blocked += wait * times;
        lag += (sent - intended - wait) * times;
        service += (ended - sent) * times;
    }
    void add(const ResponseParts& other) {
        operations += other.operations;
        filling += other.filling;
        blocked += other.blocked;
        lag += other.lag;
        service += other.service;
    }
    Offset response() const { return filling + blocked + lag + service; }
    /// Of one of the sums, or of what is within one, in microseconds; 0 without operations.
    double mean_us(Offset sum) const {
        return operations == 0
                   ? 0
                   : static_cast<double>(sum.count()) / (1e3 * static_cast<double>(operations));
    }
};

}  // namespace tuma::loadgen
