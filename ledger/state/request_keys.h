// The memory of recent requests: key and digest → outcome, so that nothing happens twice.
#pragma once

#include "ledger/records/state_bytes.h"
#include "ledger/state/key_hash.h"
#include "ledger/state/key_table.h"
#include "ledger/words/id.h"
#include "ledger/words/refusal.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tuma::ledger {

/// One remembered request: one cache line, also where it lies in a ring.
struct alignas(64) RememberedRequest {
    Reference reference{};
    Digest digest{};
    ParticipantId participant;
    Refusal code = Refusal::none;
    std::uint16_t reserved = 0;
    std::uint64_t id = 0;      ///< number of the transfer or account
    std::int64_t time_us = 0;  ///< switch time of the decision
    std::int64_t balance = 0;  ///< debit account's balance after, minor units

    bool operator==(const RememberedRequest&) const = default;
    RequestKey key() const { return {participant, reference}; }
};
static_assert(sizeof(RememberedRequest) == 64);

/// Where numbered requests lie in memory.
struct RingView {
    const RememberedRequest* requests = nullptr;
    std::size_t capacity = 1;
    std::uint64_t base = 0;  ///< number of the one in the first place

    const RememberedRequest& at(std::uint64_t number) const {
        return requests[(number - base) % capacity];
    }
};

/// A ring of the newest requests with a hash index. Requests are numbered 0, 1, 2 … in the order in
/// which they were remembered, over the whole journal.
///
/// By itself it forgets: the oldest leave at capacity or when older than the retention window in
/// switch time. With `keep` it forgets nothing within that window: a request leaves only once
/// somebody else has it, and `may_have_left` says which keys are to be looked for there.
class RequestKeys {
public:
    /// `hash_seed` is a secret of the process against references that collide on purpose; nothing
    /// that can be seen depends on it. `filter_bytes`: see KeyTable; 0 for one that never keeps.
    /// Requires: 1 <= capacity < 2^31.
    RequestKeys(std::size_t capacity, Duration retention, std::uint64_t hash_seed = 0,
                std::uint64_t filter_bytes = 0);

    /// What was answered to `key`, or null if it is not here or older than the retention window.
    const RememberedRequest* find(const RequestKey& key, Timestamp now) const;
    /// Makes room and adds it. If the key is still here (a journal written under a smaller
    /// capacity), the newer request takes its place.
    /// Requires: times do not decrease; `has_room`.
    void remember(const RememberedRequest& request);
    /// Hints that this key will be looked up soon.
    void prefetch(const RequestKey& key) const;

    /// A request that was here before this was made, and that somebody else has. Does nothing
    /// without a filter.
    void add_left(const RememberedRequest& request);
    /// From now on requests before number `until` may leave and no others.
    /// Requires: a filter, with all that have left; until >= oldest().
    void keep(std::uint64_t until);
    /// Requests before number `until` may leave. Requires: `keep` was called; it never decreases.
    void may_leave(std::uint64_t until) { kept_until_ = until; }
    /// False when a request that nobody else has yet would have to leave for the next one.
    bool has_room() const { return !keeps_ || size() < capacity_ || oldest_ < kept_until_; }
    /// True for a key that is to be looked for where requests are kept. Requires: it is not here.
    bool may_have_left(const RequestKey& key) const {
        return keeps_ && table_.may_hold(hash_of(key));
    }
    /// The key is expired at `now`, whoever still has it.
    bool is_expired(const RememberedRequest& request, Timestamp now) const {
        return request.time_us < (now - retention_).time_since_epoch().count();
    }

    std::size_t size() const { return static_cast<std::size_t>(next_ - oldest_); }
    std::size_t capacity() const { return capacity_; }
    Duration retention() const { return retention_; }
    std::uint64_t hash_seed() const { return hash_seed_; }
    /// Number of the oldest request that is here, and of the one that comes next.
    std::uint64_t oldest() const { return oldest_; }
    std::uint64_t next() const { return next_; }
    /// The requests from `oldest` on. What may not leave yet may be read by another thread, once it
    /// has been told of it; it stays where it is, also when this is moved.
    RingView view() const { return {ring_.data(), capacity_, base_}; }
    /// The time of the request before the oldest one; the zero time when there never was one.
    Timestamp left_at() const { return Timestamp{Duration{left_at_us_}}; }
    /// The time of the newest request; the zero time when there is none.
    Timestamp newest_at() const { return Timestamp{Duration{newest_us_}}; }
    /// Requests that left because of the capacity, since the start of the process.
    std::uint64_t evicted_by_capacity() const { return evicted_by_capacity_; }
    /// How far back at `now` every request is still known: the retention window, or the age of the
    /// oldest entry once a ring that forgets is full.
    Duration effective_window(Timestamp now) const;

    /// What belongs to the state: the newest `capacity` requests within the retention window of the
    /// newest one, and their numbers, whether older ones are still here or not.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. More entries than the capacity: the newest are kept.
    /// Throws StateError when the bytes do not fit.
    void load(ByteSource& source);

private:
    std::uint64_t hash_of(const RequestKey& key) const { return hash_of_key(key, hash_seed_); }
    NumberWindow window() const { return {next_, size()}; }
    /// The request with this number. Requires: it is here.
    const RememberedRequest& at(std::uint64_t number) const {
        const auto back = static_cast<std::size_t>(next_ - number);
        return ring_[next_index_ >= back ? next_index_ - back : next_index_ + capacity_ - back];
    }
    std::size_t index_of(std::uint64_t number) const {
        return static_cast<std::size_t>((number - base_) % capacity_);
    }
    /// The place that many behind the oldest.
    std::size_t ahead_of_oldest(std::size_t distance) const {
        const std::size_t index = oldest_index_ + distance;
        return index < capacity_ ? index : index % capacity_;
    }
    /// The place behind `index`.
    std::size_t after(std::size_t index) const { return index + 1 == capacity_ ? 0 : index + 1; }
    void drop_oldest();
    void drop_before(std::int64_t time_us);
    /// Adds requests that are not above the capacity and not too old.
    void add_saved(std::span<const RememberedRequest> requests);
    /// Request `number`, which is in the ring already, is found from here on.
    void index(std::uint64_t number);
    void make_whole_table();
    /// Has the whole table's pages at hand by the time it is needed, a few with each request.
    void prepare_whole_table();
    /// So many requests make the whole table necessary.
    std::size_t few() const;

    std::size_t capacity_;
    Duration retention_;
    std::uint64_t hash_seed_;
    std::vector<RememberedRequest> ring_;
    std::uint64_t filter_bytes_;
    /// Small as long as there are few requests and none has left.
    KeyTable table_;
    std::optional<KeyTable> coming_;  ///< the whole one, while its pages are touched
    bool is_table_whole_ = false;
    std::uint64_t base_ = 0;    ///< number of the request that the ring began with
    std::uint64_t oldest_ = 0;  ///< number of the oldest entry; numbers only grow
    std::uint64_t next_ = 0;
    /// `index_of` those two, counted along: a division for each request would be felt.
    std::size_t oldest_index_ = 0;
    std::size_t next_index_ = 0;
    std::int64_t left_at_us_ = 0;
    std::int64_t newest_us_ = 0;
    std::uint64_t evicted_by_capacity_ = 0;
    bool keeps_ = false;
    std::uint64_t kept_until_ = 0;
};

}  // namespace tuma::ledger
