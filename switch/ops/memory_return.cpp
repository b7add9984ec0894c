#include "switch/ops/memory_return.h"

#include <malloc.h>

#include <algorithm>

namespace tuma::net {
namespace {

// Longer than any reply to one batch, so that only buffers of clients that do not read come and go
// with the system's help.
constexpr int large_block_bytes = 1 << 20;
// Beyond it free memory at the end of a heap is given back by every free.
constexpr int kept_at_hand_bytes = 16 << 20;
// A wave that is not worth a look through all heaps.
constexpr std::size_t wave_min = 64U << 20U;
// So high that holes between blocks of many lengths, up to a third of what is held, are felt.
constexpr std::size_t wave_high = 4 * wave_min;
constexpr int high_ticks = 10;
// The wave's end: nobody holds anything to speak of for so many looks.
constexpr std::size_t calm_max = 1U << 20U;
constexpr int calm_ticks = 30;

}  // namespace

void set_up_allocator() {
    // Above this size every block is a mapping of its own, and gone when it is freed.
    mallopt(M_MMAP_THRESHOLD, large_block_bytes);
    mallopt(M_TRIM_THRESHOLD, kept_at_hand_bytes);
}

bool MemoryReturn::tick(std::size_t held) {
    peak_ = std::max(peak_, held);
    ticks_calm_ = held < calm_max ? ticks_calm_ + 1 : 0;
    ticks_high_ = held >= wave_high ? ticks_high_ + 1 : 0;
    if (ticks_high_ == high_ticks) {
        ticks_high_ = 0;
        malloc_trim(0);
        return true;
    }
    // A quarter is left: the wave is breaking, and what it has held is worth giving back now.
    const bool falls = peak_ >= wave_min && held <= peak_ / 4;
    // Trimmed a second time at the end, because the last quarter was in use when the first came.
    const bool is_over = has_fallen_ && ticks_calm_ >= calm_ticks;
    if (!falls && !is_over) return false;
    malloc_trim(0);
    has_fallen_ = falls;
    ticks_calm_ = 0;
    // A new wave is measured from here.
    peak_ = held;
    return true;
}

}  // namespace tuma::net
