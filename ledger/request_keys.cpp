#include "ledger/request_keys.h"

#include "ledger/ensure.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tuma::ledger {
namespace {

constexpr std::uint64_t ring_index_mask = 0xFFFF'FFFFU;
// How many requests before its turn a caller asks for a key's memory, roughly.
constexpr std::uint64_t prefetch_distance = 8;

// Folds the 128-bit product; references are random or counters, both spread well.
std::uint32_t tag_of(const RequestKey& key) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.reference.data(), sizeof halves);
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{halves[0] ^ 0x9E3779B97F4A7C15ULL ^ key.participant.value} *
                         Wide{halves[1] ^ 0xD1B54A32D192ED03ULL};
    const std::uint64_t folded =
        static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    return static_cast<std::uint32_t>(folded ^ (folded >> 32U));
}

std::uint64_t make_slot(std::uint32_t tag, std::size_t ring_index) {
    return (std::uint64_t{tag} << 32U) | (ring_index + 1);
}

}  // namespace

void RequestKeys::FreeDeleter::operator()(std::uint64_t* slots) const {
    std::free(slots);
}

RequestKeys::RequestKeys(std::size_t capacity, Duration retention)
    : capacity_(capacity), retention_(retention) {
    ensure(capacity >= 1 && capacity < (std::size_t{1} << 31U), "capacity of request keys");
    ring_.reserve(capacity);
    const std::size_t slot_count = std::bit_ceil(capacity * 2);
    // calloc gives zero pages that cost nothing until they are used.
    slots_.reset(static_cast<std::uint64_t*>(std::calloc(slot_count, sizeof(std::uint64_t))));
    if (!slots_) throw std::bad_alloc();
    mask_ = slot_count - 1;
}

std::size_t RequestKeys::slot_of(const RequestKey& key, std::uint32_t tag) const {
    std::size_t slot = tag & mask_;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask_) {
        if (slots_[slot] >> 32U != tag) continue;
        if (ring_[(slots_[slot] & ring_index_mask) - 1].key() == key) return slot;
    }
    return slot;
}

const RememberedRequest* RequestKeys::find(const RequestKey& key, Timestamp now) const {
    const std::size_t slot = slot_of(key, tag_of(key));
    if (slots_[slot] == 0) return nullptr;
    const RememberedRequest& request = ring_[(slots_[slot] & ring_index_mask) - 1];
    return request.time_us < (now - retention_).time_since_epoch().count() ? nullptr : &request;
}

void RequestKeys::prefetch(const RequestKey& key) const {
    __builtin_prefetch(&slots_[tag_of(key) & mask_], 1);
    if (size() < capacity_) return;
    // Each request that comes in pushes one out, and that one's slot is as cold.
    const RememberedRequest& leaving = ring_[(oldest_ + prefetch_distance) % capacity_];
    __builtin_prefetch(&slots_[tag_of(leaving.key()) & mask_], 1);
}

void RequestKeys::remember(const RememberedRequest& request) {
    const std::int64_t oldest_kept_us = request.time_us - retention_.count();
    while (oldest_ != next_ && ring_[oldest_ % capacity_].time_us < oldest_kept_us) drop_oldest();
    if (size() == capacity_) {
        drop_oldest();
        ++evicted_by_capacity_;
    }
    const std::size_t index = next_ % capacity_;
    if (index == ring_.size())
        ring_.push_back(request);
    else
        ring_[index] = request;
    const std::uint32_t tag = tag_of(request.key());
    slots_[slot_of(request.key(), tag)] = make_slot(tag, index);
    ++next_;
}

void RequestKeys::drop_oldest() {
    const std::size_t index = oldest_ % capacity_;
    const std::uint32_t tag = tag_of(ring_[index].key());
    ++oldest_;
    for (std::size_t slot = tag & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
        if (slots_[slot] != make_slot(tag, index)) continue;
        erase_slot(slot);
        return;
    }
    // No slot points here: a newer request with the same key has taken it over.
}

// Backward-shift deletion: moves later entries of the probe run into the hole, so that no
// tombstones pile up.
void RequestKeys::erase_slot(std::size_t slot) {
    std::size_t hole = slot;
    for (std::size_t next = (hole + 1) & mask_; slots_[next] != 0; next = (next + 1) & mask_) {
        const std::size_t home = (slots_[next] >> 32U) & mask_;
        if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
        slots_[hole] = slots_[next];
        hole = next;
    }
    slots_[hole] = 0;
}

Duration RequestKeys::effective_window(Timestamp now) const {
    if (size() < capacity_) return retention_;
    const Timestamp oldest{Duration{ring_[oldest_ % capacity_].time_us}};
    return std::min(retention_, now - oldest);
}

void RequestKeys::save(ByteSink& sink) const {
    write_value(sink, std::uint64_t{size()});
    if (size() == 0) return;
    const std::size_t first = oldest_ % capacity_;
    const std::size_t until_wrap = std::min(size(), ring_.size() - first);
    sink.write(std::as_bytes(std::span{ring_}.subspan(first, until_wrap)));
    sink.write(std::as_bytes(std::span{ring_}.first(size() - until_wrap)));
}

void RequestKeys::load(ByteSource& source) {
    ensure(next_ == 0, "loading into request keys that are in use");
    const auto count = read_value<std::uint64_t>(source);
    std::array<RememberedRequest, 1024> chunk{};
    for (std::uint64_t left = count; left > 0;) {
        const std::size_t take = std::min<std::uint64_t>(left, chunk.size());
        const std::span part = std::span{chunk}.first(take);
        source.read(std::as_writable_bytes(part));
        for (const RememberedRequest& request : part) {
            // Prefetching a little ahead hides the index's cache misses.
            prefetch(part[std::min<std::size_t>(
                              static_cast<std::size_t>(&request - part.data()) + 16, take - 1)]
                         .key());
            remember(request);
        }
        left -= take;
    }
    evicted_by_capacity_ = 0;
}

}  // namespace tuma::ledger
