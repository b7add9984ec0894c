#include "ledger/state/key_filter.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>

namespace tuma::ledger {
namespace {

using Word = std::atomic_ref<std::uint64_t>;

}  // namespace

KeyFilter::KeyFilter(std::uint64_t bytes)
    // A shift by all 64 bits would be none: two lines are the least.
    : lines_(
          std::max<std::uint64_t>(std::bit_floor(bytes / (line_words * sizeof(std::uint64_t))), 2)),
      shift_(64U - static_cast<unsigned>(std::countr_zero(lines_))) {
    // Zero pages that cost nothing until they are used; large ones, because every look is at
    // another of them.
    void* const lines = mmap(nullptr, this->bytes(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (lines == MAP_FAILED) throw std::bad_alloc();
    madvise(lines, this->bytes(), MADV_HUGEPAGE);
    lines_at_ = static_cast<std::uint64_t*>(lines);
}

KeyFilter::~KeyFilter() {
    munmap(lines_at_, bytes());
}

void KeyFilter::add(std::uint64_t hash) {
    has_keys_.store(true, std::memory_order_relaxed);
    std::uint64_t* const block = line_of(hash) + newest_ * words;
    for (std::size_t word = 0; word < words; ++word) {
        // Read and written in two steps, because nobody else writes.
        const Word stored(block[word]);
        stored.store(stored.load(std::memory_order_relaxed) | bits_of(hash, word),
                     std::memory_order_relaxed);
    }
}

void KeyFilter::turn(Timestamp oldest, Duration retention) {
    // A filter without keys has no age; its first generation begins with its first key.
    if (!has_keys_) begun_ = oldest;
    has_keys_ = true;
    if (oldest - begun_ <= retention) return;
    // Everything in the other generation is older than the first key of this one.
    newest_ = 1 - newest_;
    empty(newest_);
    begun_ = oldest;
}

void KeyFilter::empty(std::size_t generation) {
    // Others ask meanwhile. All that they can miss is older than the retention.
    std::uint64_t* const end = lines_at_ + lines_ * line_words;
    for (std::uint64_t* line = lines_at_; line != end; line += line_words)
        for (std::size_t word = 0; word < words; ++word)
            Word(line[generation * words + word]).store(0, std::memory_order_relaxed);
}

void KeyFilter::clear() {
    // Emptying would touch every page, and none has been touched yet.
    if (!has_keys_) return;
    empty(0);
    empty(1);
    has_keys_ = false;
}

}  // namespace tuma::ledger
