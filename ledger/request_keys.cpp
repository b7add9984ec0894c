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

std::uint64_t make_slot(std::uint32_t tag, std::size_t ring_index) {
    return (std::uint64_t{tag} << 32U) | (ring_index + 1);
}

}  // namespace

void RequestKeys::FreeDeleter::operator()(std::uint64_t* slots) const {
    std::free(slots);
}

RequestKeys::RequestKeys(std::size_t capacity, Duration retention, std::uint64_t hash_seed)
    : capacity_(capacity), retention_(retention), hash_seed_(hash_seed) {
    ensure(capacity >= 1 && capacity < (std::size_t{1} << 31U), "capacity of request keys");
    ring_.reserve(capacity);
    const std::size_t slot_count = std::bit_ceil(capacity * 2);
    // calloc gives zero pages that cost nothing until they are used.
    slots_.reset(static_cast<std::uint64_t*>(std::calloc(slot_count, sizeof(std::uint64_t))));
    if (!slots_) throw std::bad_alloc();
    mask_ = slot_count - 1;
}

// Folds the 128-bit product. References are chosen by clients: without the seed one of them could
// choose such that all fall on one slot, and every search would go through all of them.
std::uint32_t RequestKeys::tag_of(const RequestKey& key) const {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.reference.data(), sizeof halves);
    __extension__ using Wide = unsigned __int128;
    const Wide product =
        Wide{halves[0] ^ 0x9E3779B97F4A7C15ULL ^ key.participant.value ^ hash_seed_} *
        Wide{halves[1] ^ 0xD1B54A32D192ED03ULL ^ std::rotl(hash_seed_, 32)};
    const std::uint64_t folded =
        static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    return static_cast<std::uint32_t>(folded ^ (folded >> 32U));
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
    drop_before(request.time_us - retention_.count());
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

void RequestKeys::drop_before(std::int64_t time_us) {
    while (oldest_ != next_ && ring_[oldest_ % capacity_].time_us < time_us) drop_oldest();
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
    std::uint64_t surplus = count - std::min<std::uint64_t>(count, capacity_);
    std::int64_t newest_us = 0;
    read_pieces<RememberedRequest>(source, count, [&](std::span<const RememberedRequest> piece) {
        for (const RememberedRequest& request : piece) {
            if (request.time_us < newest_us)
                throw StateError("the remembered requests are not in the order of their times");
            if (find_refusal(static_cast<std::uint16_t>(request.code)) == nullptr)
                throw StateError("a remembered request has an unknown code");
            newest_us = request.time_us;
        }
        const std::size_t passed =
            static_cast<std::size_t>(std::min<std::uint64_t>(surplus, piece.size()));
        surplus -= passed;
        add_saved(piece.subspan(passed));
    });
    drop_before(newest_us - retention_.count());
}

void RequestKeys::add_saved(std::span<const RememberedRequest> requests) {
    // All of the slots are asked for before the first is used: the waits overlap.
    for (const RememberedRequest& request : requests)
        __builtin_prefetch(&slots_[tag_of(request.key()) & mask_], 1);
    ring_.insert(ring_.end(), requests.begin(), requests.end());
    for (const RememberedRequest& request : requests) {
        const std::uint32_t tag = tag_of(request.key());
        slots_[slot_of(request.key(), tag)] = make_slot(tag, static_cast<std::size_t>(next_));
        ++next_;
    }
}

}  // namespace tuma::ledger
