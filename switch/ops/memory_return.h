// Memory that clients made the switch take, on its way back to the system.
#pragma once

#include <cstddef>

namespace tuma::net {

/// Sets the allocator up for the process: large blocks are the system's again as soon as they are
/// freed; small ones stay at hand, so that steady work asks the system for nothing.
void set_up_allocator();

/// Sees when a wave of memory is over and gives what the allocator kept of it back. One thread.
class MemoryReturn {
public:
    /// `held`: what connections hold now. Gives memory back when a wave falls, and once more when
    /// it has been over for a while; true when it did. To be called about ten times a second.
    bool tick(std::size_t held);

private:
    std::size_t peak_ = 0;  ///< since memory was given back last
    bool has_fallen_ = false;
    int ticks_calm_ = 0;
};

}  // namespace tuma::net
