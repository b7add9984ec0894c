// Where time went by between a request and its reply, stage by stage.
#pragma once

#include <chrono>
#include <cstdint>

namespace tuma::net {

/// The stages of the way that are of one part of the switch: from the complete request to its
/// commands being durable. No moment is in two of them, so they may be added up.
struct StageTimes {
    std::chrono::nanoseconds decode{0};       ///< bytes read to commands handed to the engine
    std::chrono::nanoseconds queue_wait{0};   ///< until its batch began; look-ups on disk included
    std::chrono::nanoseconds decide{0};       ///< until its whole batch was decided
    std::chrono::nanoseconds append_wait{0};  ///< until it was durable, without `fsync`
    std::chrono::nanoseconds fsync{0};        ///< the append of the journal that made it durable

    std::chrono::nanoseconds sum() const {
        return decode + queue_wait + decide + append_wait + fsync;
    }
    void add(const StageTimes& other, std::int64_t times = 1) {
        decode += other.decode * times;
        queue_wait += other.queue_wait * times;
        decide += other.decide * times;
        append_wait += other.append_wait * times;
        fsync += other.fsync * times;
    }
};

}  // namespace tuma::net
