// The queue between two threads: order, bound, failure, and letting go.
#include "ledger/store/handoff.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace tuma::ledger;

TEST_CASE("handoff: everything arrives once and in order, never more than the bound ahead") {
    constexpr int count = 20'000;
    constexpr int ahead = 3;
    Handoff<std::unique_ptr<int>> handoff(ahead);
    std::atomic<int> taken{0};
    std::atomic<int> furthest{0};
    std::thread maker([&] {
        for (int i = 0; i < count; ++i) {
            handoff.push(std::make_unique<int>(i));
            furthest = std::max(furthest.load(), i + 1 - taken.load());
        }
        handoff.finish();
    });
    int next = 0;
    while (const auto item = handoff.take()) {
        CHECK(**item == next);
        taken = ++next;
    }
    maker.join();
    CHECK(next == count);
    // One more has been taken but is not counted yet.
    CHECK(furthest.load() <= ahead + 1);
    CHECK_FALSE(handoff.take().has_value());
}

TEST_CASE("handoff: a failure is thrown behind what came before it, again and again") {
    Handoff<int> handoff(8);
    handoff.push(1);
    handoff.push(2);
    handoff.finish(std::make_exception_ptr(std::runtime_error("the disk is gone")));
    CHECK(handoff.take() == 1);
    CHECK(handoff.take() == 2);
    CHECK_THROWS_WITH_AS(handoff.take(), "the disk is gone", std::runtime_error);
    CHECK_THROWS_WITH_AS(handoff.take(), "the disk is gone", std::runtime_error);
}

TEST_CASE("handoff: who pushes is let go when nobody takes any more") {
    Handoff<int> handoff(1);
    std::atomic<int> pushed{0};
    std::thread maker([&] {
        while (handoff.push(7)) ++pushed;
        handoff.finish();
    });
    CHECK(handoff.take() == 7);
    handoff.abandon();
    maker.join();
    CHECK_FALSE(handoff.push(8));
    CHECK(pushed.load() >= 1);
    CHECK(pushed.load() <= 2);
}
