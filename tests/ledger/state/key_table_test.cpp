// The table of request keys: numbers found in their window, and the filter in the same lines.
#include "ledger/state/key_table.h"

#include "ledger/state/key_hash.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;

namespace {

constexpr Duration retention = std::chrono::seconds{10};

// Of 100,000 hashes that were not added, so many may have been.
int in_vain(const KeyTable& table, std::mt19937_64& random) {
    int maybe = 0;
    for (int i = 0; i < 100'000; ++i) maybe += table.may_hold(random()) ? 1 : 0;
    return maybe;
}

}  // namespace

TEST_CASE("key hash: participants who all count their requests from 1 do not meet") {
    std::set<std::uint64_t> seen;
    for (std::uint32_t participant = 1; participant <= 50; ++participant)
        for (std::uint64_t number = 1; number <= 200; ++number) {
            Reference reference{};
            std::memcpy(reference.data(), &number, sizeof number);
            seen.insert(hash_of_key({ParticipantId{participant}, reference}, 0));
        }
    CHECK(seen.size() == 50 * 200);
}

TEST_CASE("key table: what was added within the retention is never denied, over many generations") {
    KeyTable table(64, 1 << 12U);
    std::mt19937_64 random(1);
    std::vector<std::pair<std::int64_t, std::uint64_t>> added;
    for (std::int64_t now = 0; now < 100'000'000; now += 1'000'000) {
        for (int i = 0; i < 20; ++i) {
            // Some are as old as what is read from disk at a start.
            const auto age = i == 0 ? static_cast<std::int64_t>(random() % 10'000'000) : 0;
            added.emplace_back(now - age, random());
            table.add(added.back().second, added.back().first, retention);
        }
        for (const auto& [time_us, hash] : added)
            if (time_us >= now - retention.count()) REQUIRE(table.may_hold(hash));
    }
    std::size_t old = 0;
    for (const auto& [time_us, hash] : added) old += table.may_hold(hash) ? 1U : 0U;
    CHECK(old < 1'000);
}

TEST_CASE("key table: a line that nobody has used for long has forgotten, and begins empty") {
    KeyTable table(64, 1 << 12U);
    std::mt19937_64 random(2);
    for (const std::int64_t time_us : {0, 11'000'000}) {
        for (int i = 0; i < 10'000; ++i) table.add(random(), time_us, retention);
        CHECK(in_vain(table, random) > 90'000);
    }
    table.add(random(), 22'000'000, retention);
    CHECK(in_vain(table, random) > 90'000);
    table.add(random(), 33'000'000, retention);
    CHECK(in_vain(table, random) < 100);
    for (int i = 0; i < 200; ++i) table.add(random(), 33'000'000, retention);
    CHECK(in_vain(table, random) < 100);
}

TEST_CASE("key table: new keys are looked for in vain as seldom as README.md says") {
    KeyTable table(1, 1 << 20U);
    CHECK(table.bytes() == 1 << 20U);
    std::mt19937_64 random(3);
    // So many keys a generation, and one new key in so many may be taken for one of them.
    const struct {
        int keys;
        int one_in;
    } rows[] = {{131'072, 1'000}, {163'840, 380}, {524'288, 5}};
    int added = 0;
    for (const auto& row : rows) {
        CAPTURE(row.keys);
        for (; added < row.keys; ++added) table.add(random(), 0, retention);
        const int maybe = in_vain(table, random);
        CHECK(maybe > 0);
        CHECK(maybe < 100'000 / row.one_in);
    }
}

TEST_CASE("key table: numbers of the window are found, replaced and let go as a model has it") {
    for (const std::uint64_t filter_bytes : {0U, 1U, 1U << 12U}) {
        for (const std::size_t capacity : {1U, 2U, 3U, 7U, 40U}) {
            // Numbers are kept by their lower 32 bits, and go on over their end.
            for (const std::uint64_t begin : {0ULL, (1ULL << 32U) - 200}) {
                CAPTURE(filter_bytes);
                CAPTURE(capacity);
                CAPTURE(begin);
                KeyTable table(capacity, filter_bytes);
                std::mt19937_64 random(capacity);
                NumberWindow window{begin, 0};
                std::map<std::uint64_t, std::uint64_t> hash_of;    // by number
                std::map<std::uint64_t, std::uint64_t> number_of;  // by hash, the newest
                for (int step = 0; step < 500; ++step) {
                    if (window.size == capacity || random() % 8 == 0)
                        window.size -= window.size > 0 ? 1U : 0U;
                    // Nearly all want the same few lines; some have the same hash's lower half.
                    const std::uint64_t key = random() % (2 * capacity + 3);
                    const std::uint64_t hash = (key % 3) << 62U | key % 5;
                    const auto is_it = [&](std::uint64_t number) {
                        REQUIRE(window.has(number));
                        return hash_of.at(number) == key;
                    };
                    table.put(hash, window, is_it);
                    hash_of[window.next] = key;
                    number_of[key] = window.next++;
                    ++window.size;
                    for (std::uint64_t other = 0; other < 2 * capacity + 3; ++other) {
                        const auto found = table.find(
                            (other % 3) << 62U | other % 5, window,
                            [&](std::uint64_t number) { return hash_of.at(number) == other; });
                        const auto known = number_of.find(other);
                        const bool is_known = known != number_of.end() && window.has(known->second);
                        REQUIRE(found.has_value() == is_known);
                        if (found) REQUIRE(*found == known->second);
                    }
                }
            }
        }
    }
}
