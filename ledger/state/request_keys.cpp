#include "ledger/state/request_keys.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
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

std::uint32_t RequestKeys::tag_of(const RequestKey& key) const {
    // Both halves go into the tag. It has room for 32 bits only, beside the place in the ring.
    const std::uint64_t hash = hash_of_key(key, hash_seed_);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

std::size_t RequestKeys::slot_of(const RequestKey& key, std::uint32_t tag) const {
    std::size_t slot = tag & mask_;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask_) {
        // The tag first: another key's entry in the ring would most likely be a wait for memory.
        if (slots_[slot] >> 32U != tag) continue;
        if (ring_[(slots_[slot] & ring_index_mask) - 1].key() == key) return slot;
    }
    return slot;
}

const RememberedRequest* RequestKeys::find(const RequestKey& key, Timestamp now) const {
    const std::size_t slot = slot_of(key, tag_of(key));
    if (slots_[slot] == 0) return nullptr;
    const RememberedRequest& request = ring_[(slots_[slot] & ring_index_mask) - 1];
    // Expired is expired, whether it has left or not: the answer must not depend on the ring's
    // size.
    return is_expired(request, now) ? nullptr : &request;
}

void RequestKeys::prefetch(const RequestKey& key) const {
    const std::uint64_t hash = hash_of_key(key, hash_seed_);
    __builtin_prefetch(&slots_[static_cast<std::uint32_t>(hash ^ (hash >> 32U)) & mask_], 1);
    if (left_ != nullptr) left_->prefetch(hash);
    if (size() < capacity_) return;
    // Each request that comes in pushes one out, and takes its place. Its slot is as cold as
    // itself: it is asked for first, and its slot by what then stands in it.
    __builtin_prefetch(&ring_[ahead_of_oldest(2 * prefetch_distance)], 1);
    const RememberedRequest& leaving = ring_[ahead_of_oldest(prefetch_distance)];
    __builtin_prefetch(&slots_[tag_of(leaving.key()) & mask_], 1);
}

void RequestKeys::keep(const KeyFilter& left, std::uint64_t until) {
    ensure(until >= oldest_, "what has left is kept by somebody else");
    left_ = &left;
    kept_until_ = until;
}

void RequestKeys::remember(const RememberedRequest& request) {
    ensure(has_room(), "remembering a request without forgetting another");
    const std::int64_t expired_before = request.time_us - retention_.count();
    // What somebody else reads stays where it is, expired or not.
    if (left_ == nullptr) drop_before(expired_before);
    if (size() == capacity_) {
        // A key that goes before its time makes the window shorter than was asked for, which is
        // told.
        const bool is_early = ring_[oldest_index_].time_us >= expired_before;
        drop_oldest();
        evicted_by_capacity_ += is_early ? 1U : 0U;
    }
    if (next_index_ == ring_.size())
        ring_.push_back(request);
    else
        ring_[next_index_] = request;
    const std::uint32_t tag = tag_of(request.key());
    slots_[slot_of(request.key(), tag)] = make_slot(tag, next_index_);
    newest_us_ = request.time_us;
    ++next_;
    next_index_ = after(next_index_);
}

void RequestKeys::drop_before(std::int64_t time_us) {
    while (oldest_ != next_ && ring_[oldest_index_].time_us < time_us) drop_oldest();
}

void RequestKeys::drop_oldest() {
    const std::size_t index = oldest_index_;
    const std::uint32_t tag = tag_of(ring_[index].key());
    left_at_us_ = ring_[index].time_us;
    ++oldest_;
    oldest_index_ = after(index);
    for (std::size_t slot = tag & mask_; slots_[slot] != 0; slot = (slot + 1) & mask_) {
        // By the place and not by the key, which may be a newer request's as well.
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
        // An entry stays if its home lies behind the hole: moved, it would stand before its own
        // home, and no search would find it.
        const std::size_t home = (slots_[next] >> 32U) & mask_;
        if (((next - home) & mask_) < ((next - hole) & mask_)) continue;
        slots_[hole] = slots_[next];
        hole = next;
    }
    slots_[hole] = 0;
}

Duration RequestKeys::effective_window(Timestamp now) const {
    if (left_ != nullptr || size() < capacity_) return retention_;
    const Timestamp oldest{Duration{ring_[oldest_index_].time_us}};
    return std::min(retention_, now - oldest);
}

void RequestKeys::save(ByteSink& sink) const {
    // What is older than the window may still be here or not, as the ring's size and its keeper
    // have it. Saved bytes must not depend on that.
    std::uint64_t first = oldest_;
    std::int64_t left_at = left_at_us_;
    for (; first != next_ && view().at(first).time_us < newest_us_ - retention_.count(); ++first)
        left_at = view().at(first).time_us;
    write_value(sink, next_);
    write_value(sink, left_at);
    write_value(sink, std::uint64_t{next_ - first});
    if (first == next_) return;
    // The ring may go round its end between the first and the last.
    const std::size_t begin = index_of(first);
    const auto count = static_cast<std::size_t>(next_ - first);
    const std::size_t until_wrap = std::min(count, ring_.size() - begin);
    sink.write(std::as_bytes(std::span{ring_}.subspan(begin, until_wrap)));
    sink.write(std::as_bytes(std::span{ring_}.first(count - until_wrap)));
}

void RequestKeys::load(ByteSource& source) {
    ensure(next_ == 0, "loading into request keys that are in use");
    const auto next = read_value<std::uint64_t>(source);
    left_at_us_ = read_value<std::int64_t>(source);
    const auto count = read_value<std::uint64_t>(source);
    if (count > next) throw StateError("more requests are remembered than there were");
    // A ring that is smaller than the saved one keeps the newest. Numbers go on as they were.
    std::uint64_t surplus = count - std::min<std::uint64_t>(count, capacity_);
    base_ = oldest_ = next_ = next - count + surplus;
    read_pieces<RememberedRequest>(source, count, [&](std::span<const RememberedRequest> piece) {
        for (const RememberedRequest& request : piece) {
            if (request.time_us < newest_us_)
                throw StateError("the remembered requests are not in the order of their times");
            if (find_refusal(static_cast<std::uint16_t>(request.code)) == nullptr)
                throw StateError("a remembered request has an unknown code");
            newest_us_ = request.time_us;
        }
        const std::size_t passed =
            static_cast<std::size_t>(std::min<std::uint64_t>(surplus, piece.size()));
        surplus -= passed;
        if (passed > 0) left_at_us_ = piece[passed - 1].time_us;
        add_saved(piece.subspan(passed));
    });
    // The window may be shorter than that of who saved it.
    drop_before(newest_us_ - retention_.count());
}

void RequestKeys::add_saved(std::span<const RememberedRequest> requests) {
    // All of the slots are asked for before the first is used: the waits overlap.
    for (const RememberedRequest& request : requests)
        __builtin_prefetch(&slots_[tag_of(request.key()) & mask_], 1);
    ring_.insert(ring_.end(), requests.begin(), requests.end());
    for (const RememberedRequest& request : requests) {
        const std::uint32_t tag = tag_of(request.key());
        slots_[slot_of(request.key(), tag)] = make_slot(tag, next_index_);
        ++next_;
        next_index_ = after(next_index_);
    }
}

}  // namespace tuma::ledger
