// Memory that clients made the switch take, on its way back to the system.
#pragma once

#include <cstddef>

namespace tuma::net {

/// Sets the allocator up for the process: large blocks are the system's again as soon as they are
/// freed; small ones stay at hand, so that steady work asks the system for nothing.
void set_up_allocator();

/// Gives back what the allocator keeps of a wave of memory: while the wave is high, and when it is
/// over. One thread.
class MemoryReturn {
public:
    /// `held`: what connections hold now. Gives memory back once a second while a wave is high,
    /// when it falls, and once more when it has been over for a while; true when it did. To be
    /// called about ten times a second.
    bool tick(std::size_t held);

private:
    std::size_t peak_ = 0;  ///< since memory was given back last
    bool has_fallen_ = false;
    int ticks_high_ = 0;
    int ticks_calm_ = 0;
};

}  // namespace tuma::net
