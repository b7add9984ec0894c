// Remembered requests: the window, the capacity, the index under collisions, saving and loading.
#include "ledger/state/request_keys.h"

#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

using std::chrono::seconds;

Timestamp at(std::int64_t micros) {
    return Timestamp{Duration{micros}};
}

RememberedRequest request(std::uint64_t number, std::int64_t time_us, std::uint64_t id = 0) {
    return {.reference = reference(number),
            .participant = ParticipantId{7},
            .id = id == 0 ? number : id,
            .time_us = time_us};
}

RequestKey key(std::uint64_t number) {
    return {ParticipantId{7}, reference(number)};
}

// The newest `capacity` requests that are not older than the retention, the plain way.
class Model {
public:
    Model(std::size_t capacity, Duration retention) : capacity_(capacity), retention_(retention) {}

    const RememberedRequest* find(const RequestKey& wanted, Timestamp now) const {
        const auto found = newest_.find(wanted);
        if (found == newest_.end()) return nullptr;
        const RememberedRequest& known = ring_[found->second - first_];
        return at(known.time_us) < now - retention_ ? nullptr : &known;
    }

    void remember(const RememberedRequest& added) {
        while (!ring_.empty() && at(ring_.front().time_us) < at(added.time_us) - retention_) drop();
        if (ring_.size() == capacity_) {
            drop();
            ++evicted;
        }
        newest_[added.key()] = first_ + ring_.size();
        ring_.push_back(added);
    }

    Duration effective_window(Timestamp now) const {
        if (ring_.size() < capacity_) return retention_;
        return std::min(retention_, now - at(ring_.front().time_us));
    }

    std::size_t size() const { return ring_.size(); }

    std::uint64_t evicted = 0;

private:
    void drop() {
        const auto found = newest_.find(ring_.front().key());
        if (found != newest_.end() && found->second == first_) newest_.erase(found);
        ring_.pop_front();
        ++first_;
    }

    std::size_t capacity_;
    Duration retention_;
    std::deque<RememberedRequest> ring_;
    std::map<RequestKey, std::uint64_t> newest_;
    std::uint64_t first_ = 0;
};

// Finds each of the keys below `keys` the same in both.
void compare(const RequestKeys& keys, const Model& model, std::uint64_t key_count, Timestamp now) {
    REQUIRE(keys.size() == model.size());
    REQUIRE(keys.evicted_by_capacity() == model.evicted);
    REQUIRE(keys.effective_window(now) == model.effective_window(now));
    for (std::uint64_t number = 0; number < key_count; ++number) {
        CAPTURE(number);
        const RememberedRequest* found = keys.find(key(number), now);
        const RememberedRequest* expected = model.find(key(number), now);
        REQUIRE((found == nullptr) == (expected == nullptr));
        if (found != nullptr) REQUIRE(*found == *expected);
    }
}

}  // namespace

TEST_CASE("request keys: what was remembered is found whole, by participant and reference") {
    RequestKeys keys(4, seconds{10});
    RememberedRequest remembered = request(5, 1'000'000, 42);
    remembered.digest[3] = std::byte{9};
    remembered.code = Refusal::insufficient_funds;
    remembered.balance = -17;
    keys.remember(remembered);

    const RememberedRequest* found = keys.find(key(5), at(1'000'000));
    REQUIRE(found != nullptr);
    CHECK(*found == remembered);
    CHECK(keys.find(key(6), at(1'000'000)) == nullptr);
    CHECK(keys.find({ParticipantId{8}, reference(5)}, at(1'000'000)) == nullptr);
    CHECK(keys.find(RequestKey{}, at(1'000'000)) == nullptr);
}

TEST_CASE("request keys: a request is known to the last microsecond of the retention window") {
    RequestKeys keys(4, seconds{10});
    keys.remember(request(1, 1'000'000));
    CHECK(keys.find(key(1), at(11'000'000)) != nullptr);
    CHECK(keys.find(key(1), at(11'000'001)) == nullptr);
    CHECK(keys.size() == 1);
    keys.remember(request(2, 11'000'001));
    CHECK(keys.size() == 1);
    CHECK(keys.evicted_by_capacity() == 0);
}

TEST_CASE("request keys: at capacity the oldest leaves, and the window says so") {
    RequestKeys keys(3, seconds{100});
    CHECK(keys.effective_window(at(0)) == seconds{100});
    for (std::uint64_t i = 1; i <= 3; ++i)
        keys.remember(request(i, static_cast<std::int64_t>(i) * 1'000'000));
    CHECK(keys.effective_window(at(5'000'000)) == seconds{4});
    CHECK(keys.effective_window(at(500'000'000)) == seconds{100});
    keys.remember(request(4, 6'000'000));
    CHECK(keys.size() == 3);
    CHECK(keys.capacity() == 3);
    CHECK(keys.evicted_by_capacity() == 1);
    CHECK(keys.find(key(1), at(6'000'000)) == nullptr);
    CHECK(keys.find(key(2), at(6'000'000)) != nullptr);
    CHECK(keys.effective_window(at(6'000'000)) == seconds{4});
}

TEST_CASE("request keys: a capacity of one remembers exactly the newest") {
    RequestKeys keys(1, seconds{100});
    for (std::uint64_t i = 1; i <= 50; ++i) {
        keys.remember(request(i, 1));
        CHECK(keys.find(key(i), at(1)) != nullptr);
        CHECK(keys.find(key(i - 1), at(1)) == nullptr);
        CHECK(keys.size() == 1);
    }
}

TEST_CASE("request keys: the same key again means the newer request, also once the older left") {
    RequestKeys keys(3, seconds{100});
    keys.remember(request(1, 1, 100));
    keys.remember(request(1, 2, 200));
    CHECK(keys.find(key(1), at(2))->id == 200);
    keys.remember(request(2, 3));
    keys.remember(request(3, 4));
    REQUIRE(keys.find(key(1), at(4)) != nullptr);
    CHECK(keys.find(key(1), at(4))->id == 200);
    keys.remember(request(4, 5));
    CHECK(keys.find(key(1), at(5)) == nullptr);
}

TEST_CASE("request keys: random requests agree with a model at every capacity") {
    for (const std::size_t capacity : {1U, 2U, 3U, 5U, 8U, 13U, 32U}) {
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            CAPTURE(capacity);
            CAPTURE(seed);
            std::mt19937_64 random(seed * 1'000 + capacity);
            const Duration retention{40};
            // With and without a filter the table has another number of lines.
            RequestKeys keys(capacity, retention, 0, seed % 2);
            Model model(capacity, retention);
            const std::uint64_t key_count = 2 * capacity + 3;
            std::int64_t now = 1'000;
            for (int step = 0; step < 200; ++step) {
                now += static_cast<std::int64_t>(random() % (random() % 20 == 0 ? 60 : 4));
                const RememberedRequest added =
                    request(random() % key_count, now, static_cast<std::uint64_t>(step) + 1);
                keys.remember(added);
                model.remember(added);
                compare(keys, model, key_count, at(now));
                compare(keys, model, key_count, at(now + 20));
            }
        }
    }
}

TEST_CASE("request keys: the index survives long runs of colliding entries that come and go") {
    // A full ring of 64 in 128 slots has long probe runs; after 20,000 turns any entry that the
    // deletion lost, doubled or left behind would have shown.
    constexpr std::size_t capacity = 64;
    RequestKeys keys(capacity, seconds{100});
    std::mt19937_64 random(3);
    std::deque<RequestKey> newest;
    for (int turn = 0; turn < 20'000; ++turn) {
        RememberedRequest added = request(0, turn);
        const std::uint64_t halves[2] = {random(), random()};
        std::memcpy(added.reference.data(), halves, sizeof halves);
        keys.remember(added);
        newest.push_back(added.key());
        if (newest.size() > capacity) {
            REQUIRE(keys.find(newest.front(), at(turn)) == nullptr);
            newest.pop_front();
        }
        if (turn % 16 != 0) continue;
        for (const RequestKey& known : newest) REQUIRE(keys.find(known, at(turn)) != nullptr);
    }
    CHECK(keys.size() == capacity);
    CHECK(keys.evicted_by_capacity() == 20'000 - capacity);
}

TEST_CASE("request keys: keys whose hashes are all equal are still told apart") {
    // The first half of the reference that makes the folded product zero whatever the second half.
    const std::uint64_t swallowing = 0x9E3779B97F4A7C15ULL ^ 7U;
    const auto colliding = [&](std::uint64_t number, std::int64_t time_us) {
        RememberedRequest made = request(0, time_us, number + 1);
        const std::uint64_t halves[2] = {swallowing, number};
        std::memcpy(made.reference.data(), halves, sizeof halves);
        return made;
    };
    constexpr std::uint64_t capacity = 16;
    RequestKeys keys(capacity, seconds{100});
    for (std::uint64_t number = 0; number < 100; ++number) {
        const auto now = static_cast<std::int64_t>(number);
        keys.remember(colliding(number, now));
        for (std::uint64_t known = 0; known <= number; ++known) {
            CAPTURE(number);
            CAPTURE(known);
            const RememberedRequest* found = keys.find(colliding(known, 0).key(), at(now));
            REQUIRE((found != nullptr) == (known + capacity > number));
            if (found != nullptr) REQUIRE(found->id == known + 1);
        }
    }
}

TEST_CASE("request keys: the seed of the hash changes nothing that can be seen") {
    RequestKeys plain(8, seconds{100});
    RequestKeys seeded(8, seconds{100}, 0x0123'4567'89AB'CDEF);
    for (std::uint64_t i = 0; i < 40; ++i) {
        const std::uint64_t number = i % 11 == 10 ? i - 3 : i;
        plain.remember(request(number, 1, i + 1));
        seeded.remember(request(number, 1, i + 1));
        for (std::uint64_t other = 0; other < 40; ++other) {
            const RememberedRequest* found = seeded.find(key(other), at(1));
            const RememberedRequest* expected = plain.find(key(other), at(1));
            REQUIRE((found == nullptr) == (expected == nullptr));
            if (found != nullptr) REQUIRE(*found == *expected);
        }
    }
}

TEST_CASE("request keys: saved keys load into the same, a smaller and a larger capacity") {
    for (const std::size_t into : {5U, 8U, 20U, 3'000U}) {
        for (const std::size_t count : {0U, 3U, 8U, 21U, 2'500U}) {
            CAPTURE(into);
            CAPTURE(count);
            const std::size_t capacity = count > 100 ? 2'400 : 8;
            RequestKeys saved(capacity, seconds{100});
            Model expected(std::min(into, capacity), seconds{100});
            for (std::uint64_t i = 0; i < count; ++i) {
                const RememberedRequest added = request(i % 11 == 10 ? i - 3 : i, 1, i + 1);
                saved.remember(added);
                expected.remember(added);
            }
            Bytes bytes;
            saved.save(bytes);
            RequestKeys loaded(into, seconds{100});
            loaded.load(bytes);

            CHECK(bytes.is_empty());
            CHECK(loaded.evicted_by_capacity() == 0);
            REQUIRE(loaded.size() == std::min({into, capacity, count}));
            for (std::uint64_t i = 0; i < count; ++i) {
                const RememberedRequest* found = loaded.find(key(i), at(1));
                const RememberedRequest* known = expected.find(key(i), at(1));
                REQUIRE((found == nullptr) == (known == nullptr));
                if (found != nullptr) REQUIRE(*found == *known);
            }
            if (into >= capacity) CHECK(bytes_of(loaded) == bytes_of(saved));
        }
    }
}

TEST_CASE("request keys: a loaded ring goes on like the saved one") {
    RequestKeys saved(8, Duration{50});
    for (std::uint64_t i = 0; i < 13; ++i) saved.remember(request(i, static_cast<int>(i) * 3));
    Bytes bytes;
    saved.save(bytes);
    RequestKeys loaded(8, Duration{50});
    loaded.load(bytes);
    for (std::uint64_t i = 13; i < 60; ++i) {
        const RememberedRequest added = request(i, static_cast<int>(i) * 7);
        saved.remember(added);
        loaded.remember(added);
        REQUIRE(bytes_of(saved) == bytes_of(loaded));
        for (std::uint64_t known = 0; known <= i; ++known)
            REQUIRE((saved.find(key(known), at(static_cast<int>(i) * 7)) == nullptr) ==
                    (loaded.find(key(known), at(static_cast<int>(i) * 7)) == nullptr));
    }
}

TEST_CASE("request keys: what leaves a ring that keeps may be elsewhere for the whole retention") {
    constexpr std::uint64_t capacity = 16;
    RequestKeys keys(capacity, seconds{1'000}, 0, 1 << 14U);
    keys.add_left(request(1'000'000, 0));
    keys.keep(0);
    for (std::uint64_t number = 0; number < 500; ++number) {
        const Timestamp now = at(static_cast<std::int64_t>(number) * 1'000'000);
        CHECK(!keys.may_have_left(key(number)));
        keys.may_leave(number);
        keys.remember(request(number, now.time_since_epoch().count()));
        for (std::uint64_t known = 0; known <= number; ++known) {
            const bool is_here = known + capacity > number;
            REQUIRE((keys.find(key(known), now) != nullptr) == is_here);
            // A line is shared by those that come, those that are here and those that have left.
            REQUIRE(keys.may_have_left(key(known)));
        }
        REQUIRE(keys.may_have_left(key(1'000'000)));
    }
}

TEST_CASE("request keys: nothing is lost when there are no longer only a few") {
    // The table grows once, behind 32,768 requests.
    constexpr std::uint64_t capacity = 66'000;
    for (const std::uint64_t filter_bytes : {0U, 1U}) {
        RequestKeys keys(capacity, seconds{1'000}, 0, filter_bytes);
        const auto count_found = [&](std::uint64_t end) {
            std::uint64_t found = 0;
            for (std::uint64_t number = 0; number < end; ++number)
                found += keys.find(key(number), at(1)) != nullptr ? 1U : 0U;
            return found;
        };
        for (std::uint64_t number = 0; number < capacity; ++number) {
            if (number == 32'768) CHECK(count_found(number) == number);
            keys.remember(request(number, 1));
        }
        CHECK(count_found(capacity) == capacity);
        Bytes bytes;
        keys.save(bytes);
        RequestKeys loaded(capacity, seconds{1'000}, 0, filter_bytes);
        loaded.load(bytes);
        CHECK(bytes_of(loaded) == bytes_of(keys));
        for (RequestKeys* each : {&keys, &loaded}) {
            if (filter_bytes == 0) continue;
            each->keep(1'000);
            for (std::uint64_t number = 0; number < 1'000; ++number) {
                each->remember(request(capacity + number, 1));
                REQUIRE(each->find(key(number), at(1)) == nullptr);
                REQUIRE(each->may_have_left(key(number)));
            }
        }
    }
}

TEST_CASE("request keys: bytes that end too soon are an error") {
    RequestKeys saved(8, seconds{1});
    for (std::uint64_t i = 0; i < 4; ++i) saved.remember(request(i, 1));
    Bytes bytes;
    saved.save(bytes);
    bytes.content.pop_back();
    RequestKeys loaded(8, seconds{1});
    CHECK_THROWS_AS(loaded.load(bytes), StateError);
}
