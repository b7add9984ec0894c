// The memory of recent requests: key and digest → outcome, so that nothing happens twice.
#pragma once

#include "ledger/id.h"
#include "ledger/refusal.h"
#include "ledger/state_bytes.h"
#include "ledger/time.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tuma::ledger {

/// One remembered request: 64 bytes, one cache line.
struct RememberedRequest {
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

/// A ring of the newest requests with a hash index. Never grows past its capacity: the oldest
/// leave first, at capacity or when older than the retention window in switch time.
class RequestKeys {
public:
    /// `hash_seed` is a secret of the process against references that collide on purpose; nothing
    /// that can be seen depends on it. Requires: 1 <= capacity < 2^31.
    RequestKeys(std::size_t capacity, Duration retention, std::uint64_t hash_seed = 0);

    /// What was answered to `key`, or null if it is not known or older than the retention window.
    const RememberedRequest* find(const RequestKey& key, Timestamp now) const;
    /// Drops what is too old at the request's time, makes room, and adds it. If the key is still
    /// here (a journal written under a smaller capacity), the newer request takes its place.
    /// Requires: times do not decrease.
    void remember(const RememberedRequest& request);
    /// Hints that this key will be looked up soon.
    void prefetch(const RequestKey& key) const;

    std::size_t size() const { return static_cast<std::size_t>(next_ - oldest_); }
    std::size_t capacity() const { return capacity_; }
    Duration retention() const { return retention_; }
    /// Requests that left because of the capacity, since the start of the process.
    std::uint64_t evicted_by_capacity() const { return evicted_by_capacity_; }
    /// How far back at `now` every request is still remembered: the retention window, or the age of
    /// the oldest entry once the ring is full.
    Duration effective_window(Timestamp now) const;

    void save(ByteSink& sink) const;
    /// Requires: freshly made. More entries than the capacity: the newest are kept.
    /// Throws StateError when the bytes do not fit.
    void load(ByteSource& source);

private:
    struct FreeDeleter {
        void operator()(std::uint64_t* slots) const;
    };

    void drop_oldest();
    void drop_before(std::int64_t time_us);
    /// Adds requests that are not above the capacity and not too old.
    void add_saved(std::span<const RememberedRequest> requests);
    std::uint32_t tag_of(const RequestKey& key) const;
    /// The slot that points at this key, or the empty slot where it belongs.
    std::size_t slot_of(const RequestKey& key, std::uint32_t tag) const;
    void erase_slot(std::size_t slot);

    std::size_t capacity_;
    Duration retention_;
    std::uint64_t hash_seed_;
    std::vector<RememberedRequest> ring_;
    /// Slots: upper half 32 bits of the key's hash, lower half ring index + 1; 0 is empty.
    std::unique_ptr<std::uint64_t[], FreeDeleter> slots_;
    std::size_t mask_ = 0;
    std::uint64_t oldest_ = 0;  ///< position of the oldest entry; positions only grow
    std::uint64_t next_ = 0;
    std::uint64_t evicted_by_capacity_ = 0;
};

}  // namespace tuma::ledger
