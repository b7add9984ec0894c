#include "ledger/state/key_table.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace tuma::ledger {
namespace {

constexpr std::uint64_t page_bytes = 4096;

// Without a filter: four numbers for three lines, in nine slots. With one: three slots a number.
std::uint64_t lines_for(std::size_t capacity, std::uint64_t filter_bytes, std::size_t line_bytes) {
    if (filter_bytes == 0) return capacity - capacity / 4;
    return std::max<std::uint64_t>(capacity, filter_bytes / line_bytes);
}

}  // namespace

void KeyTable::Unmap::operator()(std::uint32_t* words) const {
    munmap(words, bytes);
}

KeyTable::KeyTable(std::size_t capacity, std::uint64_t filter_bytes)
    : lines_(lines_for(capacity, filter_bytes, sizeof(Line))),
      line_words_(filter_bytes == 0 ? plain_line_words : filter_line_words),
      tick_shift_(
          static_cast<unsigned>(std::max(static_cast<int>(std::bit_width(capacity)), 8) - 8)) {
    // Zero pages that cost nothing until they are used; large ones, because every look is at
    // another of them.
    void* const words = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (words == MAP_FAILED) throw std::bad_alloc();
    madvise(words, bytes(), MADV_HUGEPAGE);
    words_ = decltype(words_)(static_cast<std::uint32_t*>(words), Unmap{bytes()});
}

void KeyTable::touch_until(std::uint64_t bytes) {
    for (; touched_ < std::min(bytes, this->bytes()); touched_ += page_bytes) {
        // Written, because reading maps the one page of zeros; as it was, because a line may be
        // there.
        volatile std::uint32_t& word = words_[touched_ / sizeof(std::uint32_t)];
        word = word;
    }
}

}  // namespace tuma::ledger
