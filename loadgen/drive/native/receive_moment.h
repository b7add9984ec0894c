// When the replies of one reading came.
#pragma once

#include "loadgen/drive/native/connection.h"

#include <algorithm>
#include <chrono>

namespace tuma::loadgen {

/// As the kernel says, where that is the time of all of them; else no later than they came.
class ReceiveMoment {
public:
    /// Of what the connection has just read, at `read_at` by `clock()`, which is asked again.
    template <typename Clock>
    void find(Connection& connection, bool is_one_reply, Offset read_at, const Clock& clock) {
        const auto& kernel = connection.last_byte_at();
        // The kernel's time is that of the last of all bytes.
        is_exact_ = kernel && (is_one_reply || connection.came_at_once());
        at_ = connection.received_after();
        if (!is_exact_) return;
        const Offset age = kernel->age();
        // Whoever was put to sleep between the two clocks knows only that it was not later.
        is_exact_ = clock() - read_at < clocks_apart_max;
        // Within what is known, because the wall clock may be set at any moment.
        at_ = std::clamp(read_at - age, at_, read_at);
    }

    Offset at() const { return at_; }
    bool is_exact() const { return is_exact_; }

private:
    static constexpr Offset clocks_apart_max = std::chrono::microseconds{5};

    Offset at_{0};
    bool is_exact_ = false;
};

}  // namespace tuma::loadgen
