#include "ledger/state/key_filter.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>

namespace tuma::ledger {
namespace {

// Relaxed: that a key was added is told to who asks by way of what tells that it has left memory.
using Word = std::atomic_ref<std::uint64_t>;

}  // namespace

KeyFilter::KeyFilter(std::uint64_t bytes)
    // A shift by all 64 bits would be none: two blocks are the least.
    : blocks_(std::max<std::uint64_t>(std::bit_floor(bytes / (block_words * sizeof(std::uint64_t))),
                                      2)),
      shift_(64U - static_cast<unsigned>(std::countr_zero(blocks_))) {
    // Zero pages that cost nothing until they are used; large ones, because every look is at
    // another of them.
    void* const blocks = mmap(nullptr, this->bytes(), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (blocks == MAP_FAILED) throw std::bad_alloc();
    madvise(blocks, this->bytes(), MADV_HUGEPAGE);
    blocks_at_ = static_cast<std::uint64_t*>(blocks);
}

KeyFilter::~KeyFilter() {
    munmap(blocks_at_, bytes());
}

bool KeyFilter::may_hold(std::uint64_t hash) const {
    std::uint64_t* const block = block_of(hash);
    for (std::size_t word = 0; word < block_words; ++word) {
        const std::uint64_t bits = bits_of(hash, word);
        if ((Word(block[word]).load(std::memory_order_relaxed) & bits) != bits) return false;
    }
    return true;
}

void KeyFilter::add(std::uint64_t hash) {
    std::uint64_t* const block = block_of(hash);
    for (std::size_t word = 0; word < block_words; ++word) {
        // Read and written in two steps, because nobody else writes.
        const Word stored(block[word]);
        stored.store(stored.load(std::memory_order_relaxed) | bits_of(hash, word),
                     std::memory_order_relaxed);
    }
}

}  // namespace tuma::ledger
