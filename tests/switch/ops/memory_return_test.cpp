// When memory that connections held is given back to the system.
#include "switch/ops/memory_return.h"

#include <doctest/doctest.h>

#include <initializer_list>

using tuma::net::MemoryReturn;

namespace {

constexpr std::size_t mib = 1U << 20U;

}  // namespace

TEST_CASE("memory return: when three quarters of a wave are gone, and when it has long been over") {
    MemoryReturn memory;
    for (const std::size_t held : {10 * mib, 400 * mib, 512 * mib, 300 * mib, 129 * mib})
        CHECK_FALSE(memory.tick(held));
    CHECK(memory.tick(128 * mib));
    CHECK_FALSE(memory.tick(128 * mib));
    CHECK_FALSE(memory.tick(33 * mib));
    CHECK(memory.tick(2 * mib));
    for (int i = 0; i < 100; ++i) CHECK_FALSE(memory.tick(2 * mib));
    int given_back = 0;
    for (int i = 0; i < 100; ++i) given_back += memory.tick(i == 20 ? mib : 0) ? 1 : 0;
    CHECK(given_back == 1);
}

TEST_CASE("memory return: what comes and goes with every batch is left at hand") {
    MemoryReturn memory;
    for (int i = 0; i < 100; ++i) CHECK_FALSE(memory.tick(i % 2 == 0 ? 0 : 63 * mib));
}

TEST_CASE("memory return: once a second while a wave is high") {
    MemoryReturn memory;
    int given_back = 0;
    for (int i = 0; i < 100; ++i) given_back += memory.tick(256 * mib) ? 1 : 0;
    CHECK(given_back == 10);
    // A crest of less than a second is none.
    for (int i = 0; i < 100; ++i) CHECK_FALSE(memory.tick(i % 9 == 0 ? 255 * mib : 300 * mib));
}
