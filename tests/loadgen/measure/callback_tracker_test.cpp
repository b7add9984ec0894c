// Callbacks matched to requests, in either order.
#include "loadgen/measure/callback_tracker.h"

#include <doctest/doctest.h>

#include <memory>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

TEST_CASE("callback book: times run from the intended send and from the reply") {
    const auto book = std::make_unique<CallbackTracker>(0s);

    CHECK(book->accepted("a", 10ms, 12ms) == std::nullopt);
    CHECK(book->outstanding() == 1);
    CHECK(book->arrived({"a"}, 15ms));

    CHECK(book->outstanding() == 0);
    CHECK(book->results().from_intended.max() == Histogram::highest_of(Histogram::index_of(5000)));
    CHECK(book->results().from_reply.max() == Histogram::highest_of(Histogram::index_of(3000)));
    book->finish();
    CHECK(book->results().counts == CallbackCounts{.expected = 1, .arrived = 1});
}

TEST_CASE("callback book: a callback before its reply waits for it") {
    const auto book = std::make_unique<CallbackTracker>(0s);

    CHECK(!book->arrived({"a", false}, 11ms));
    CHECK(book->results().from_intended.count() == 0);
    CHECK(book->accepted("a", 10ms, 12ms) == CallbackNews{"a", false});

    book->finish();
    CHECK(book->results().counts ==
          CallbackCounts{.expected = 1, .arrived = 1, .declined = 1, .before_reply = 1});
    CHECK(book->results().from_reply.max() == 0);
    CHECK(book->results().from_intended.count() == 1);
}

TEST_CASE("callback book: lost, repeated, unexpected and unreadable ones are told apart") {
    const auto book = std::make_unique<CallbackTracker>(0s);
    book->accepted("never comes", 1ms, 2ms);
    book->accepted("comes twice", 1ms, 2ms);
    book->arrived({"comes twice"}, 3ms);
    CHECK(!book->arrived({"comes twice"}, 4ms));
    book->arrived({"nobody asked"}, 5ms);
    book->unreadable();

    book->finish();

    CHECK(book->results().counts == CallbackCounts{.expected = 2,
                                                   .arrived = 1,
                                                   .lost = 1,
                                                   .duplicates = 1,
                                                   .unexpected = 1,
                                                   .unreadable = 1});
    CHECK(broken_identity(book->results().counts) == std::nullopt);
}

TEST_CASE("callback book: the warm-up is waited for and left out") {
    const auto book = std::make_unique<CallbackTracker>(1s);
    book->accepted("warm-up", 999ms, 1001ms);
    book->accepted("measured", 1000ms, 1001ms);
    CHECK(book->outstanding() == 2);
    book->arrived({"warm-up"}, 1002ms);
    book->arrived({"measured"}, 1003ms);

    book->finish();

    CHECK(book->results().counts == CallbackCounts{.expected = 1, .arrived = 1});
    CHECK(book->results().from_intended.count() == 1);
}

TEST_CASE("callback book: a broken sum is told with its numbers") {
    CHECK(broken_identity(CallbackCounts{.expected = 3, .arrived = 1, .lost = 1}) ==
          "3 callbacks were expected, but 1 arrived and 1 lost make 2");
}
