#include "switch/net/memory_return.h"

#include <malloc.h>

#include <algorithm>

namespace tuma::net {
namespace {

// Longer than any reply to one batch, so that only buffers of clients that do not read come and go
// with the system's help.
constexpr int large_block_bytes = 1 << 20;
// Beyond it free memory at the end of a heap is given back by every free.
constexpr int kept_at_hand_bytes = 64 << 20;
// A wave that is not worth a look through all heaps.
constexpr std::size_t wave_min = 64U << 20U;

}  // namespace

void set_up_allocator() {
    mallopt(M_MMAP_THRESHOLD, large_block_bytes);
    mallopt(M_TRIM_THRESHOLD, kept_at_hand_bytes);
}

bool MemoryReturn::tick(std::size_t held) {
    peak_ = std::max(peak_, held);
    if (peak_ < wave_min || held > peak_ / 4) return false;
    malloc_trim(0);
    peak_ = held;
    return true;
}

}  // namespace tuma::net
