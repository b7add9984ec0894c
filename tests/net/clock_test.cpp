// The wall clock as switch time: starts no earlier than told and never goes back.
#include "switch/net/clock.h"

#include <doctest/doctest.h>

#include <chrono>

namespace tuma::net {
namespace {

Timestamp wall() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

TEST_CASE("clock: time stands still while the wall clock is behind the journal's end") {
    const Timestamp earliest = wall() + std::chrono::days{365};
    WallClock clock(earliest);
    for (int i = 0; i < 1'000; ++i) REQUIRE(clock.now() == earliest);
}

TEST_CASE("clock: follows the wall clock when that is ahead") {
    const Timestamp before = wall();
    WallClock clock(before - std::chrono::days{365});
    const Timestamp told = clock.now();
    CHECK(told >= before);
    CHECK(told <= wall());
}

TEST_CASE("clock: catches up with a wall clock that passes it") {
    const Timestamp earliest = wall() + std::chrono::milliseconds{2};
    WallClock clock(earliest);
    Timestamp last = clock.now();
    CHECK(last >= earliest);
    while (last == earliest) {
        const Timestamp next = clock.now();
        REQUIRE(next >= last);
        last = next;
    }
    CHECK(last > earliest);
}

TEST_CASE("clock: never less than before") {
    WallClock clock(Timestamp{});
    Timestamp last{};
    for (int i = 0; i < 10'000; ++i) {
        const Timestamp next = clock.now();
        REQUIRE(next >= last);
        last = next;
    }
}

}  // namespace
}  // namespace tuma::net
