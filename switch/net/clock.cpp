#include "switch/net/clock.h"

#include <algorithm>

namespace tuma::net {

Timestamp WallClock::now() {
    const auto wall =
        std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    last_ = std::max(last_, wall);
    return last_;
}

}  // namespace tuma::net
