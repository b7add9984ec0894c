// Lost connections: what belongs to one loss, and that the sums hold.
#include "loadgen/measure/losses.h"

#include <doctest/doctest.h>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

TEST_CASE("losses: what is missing at the same time is one loss, and lasts until all are back") {
    LossLog log;
    const std::size_t first = log.lost(1s, "closed", 10, 0, 0);
    CHECK(log.lost(1001ms, "reset", 5, 0, 0) == first);
    log.back(1500ms, first, 10);
    log.answered(1600ms, first);
    log.ended(first, &Resent::executed, 4);
    log.ended(first, &Resent::known, 6);
    // A connection that leads nowhere is none.
    log.back(1800ms, first, 5);
    log.lost_unanswered(first, 5, 5);
    log.back(2s, first, 5);
    log.answered(2100ms, first);
    log.ended(first, &Resent::refused, 2);
    log.ended(first, &Resent::timed_out, 3);
    const std::size_t second = log.lost(5s, "closed", 1, 0, first);
    CHECK(second == first + 1);
    log.back(5100ms, second, 1);
    log.answered(5200ms, second);
    log.ended(second, &Resent::executed, 1);
    log.finish(9s);

    const Losses& losses = log.losses();
    CHECK(losses.count == 2);
    CHECK(losses.downtime == 1100ms);
    REQUIRE(losses.rows.size() == 2);
    const Loss& one = losses.rows[0];
    CHECK(one.at == 1s);
    CHECK(one.lasted == 1s);
    CHECK(one.is_over);
    CHECK(one.answer == Offset{600ms});
    CHECK(one.connections == 2);
    CHECK(one.reason == "closed");
    CHECK(one.operations == Resent{.in_flight = 15,
                                   .resent = 15,
                                   .executed = 4,
                                   .known = 6,
                                   .refused = 2,
                                   .timed_out = 3});
    CHECK(losses.operations.in_flight == 16);
    CHECK(losses.operations.lost_again == 0);
    CHECK(broken_identity(losses) == std::nullopt);
}

TEST_CASE("losses: connections that lead to a server that is ending bring no loss to its end") {
    LossLog log;
    log.heard(900ms);
    const std::size_t first = log.lost(1s, "closed", 0, 0, 0);
    log.back(1001ms, first, 0);
    CHECK(log.lost(1002ms, "reset", 4, 0, 0) == first);
    log.back(1200ms, first, 4);
    log.heard(1250ms);
    log.answered(1250ms, first);
    log.ended(first, &Resent::executed, 4);
    CHECK(log.losses().count == 1);
    CHECK(log.losses().downtime == 200ms);
    CHECK(log.losses().rows[0].connections == 2);
    CHECK(log.losses().rows[0].answer == Offset{250ms});
    // Heard from meanwhile, or much later, it is another one.
    const std::size_t second = log.lost(1300ms, "closed", 0, 0, first);
    log.back(1301ms, second, 0);
    const std::size_t third = log.lost(1500ms, "closed", 0, 0, second);
    log.back(1501ms, third, 0);
    log.finish(2s);
    CHECK(log.losses().count == 3);
    CHECK(log.losses().downtime == 202ms);
    CHECK(broken_identity(log.losses()) == std::nullopt);
}

TEST_CASE("losses: what is lost again is counted with both losses, and the sums hold") {
    LossLog log;
    const std::size_t first = log.lost(1s, "closed", 8, 0, 0);
    log.back(2s, first, 8);
    log.answered(2100ms, first);
    log.ended(first, &Resent::executed, 3);
    const std::size_t second = log.lost(3s, "closed", 6, 5, first);
    CHECK(log.losses().rows[first].operations.lost_again == 5);
    CHECK(broken_identity(log.losses()) == std::nullopt);
    // The connection never comes back.
    log.finish(4s);
    CHECK_FALSE(log.losses().rows[second].is_over);
    CHECK(log.losses().rows[second].lasted == 1s);
    CHECK(log.losses().rows[second].operations.not_resent() == 6);
    CHECK(log.losses().downtime == 2s);
    CHECK(broken_identity(log.losses()) == std::nullopt);

    log.ended(first, &Resent::executed, 1);
    CHECK(broken_identity(log.losses()).value_or("").find("8 operations were sent again") == 0);
}

TEST_CASE("losses: the longest silence is that between two answers, or before the end of a loss") {
    LossLog log;
    log.heard(1s);
    log.heard(4s);
    log.heard(5s);
    CHECK(log.losses().longest_silence == 3s);
    log.finish(20s);
    CHECK(log.losses().longest_silence == 3s);
    static_cast<void>(log.lost(21s, "closed", 1, 0, 0));
    log.finish(30s);
    CHECK(log.losses().longest_silence == 25s);
}

TEST_CASE("losses: rows beyond the last that is kept are in the sums alone") {
    LossLog log;
    std::size_t loss = 0;
    for (std::size_t i = 0; i < Losses::rows_max + 2; ++i) {
        const Offset at = std::chrono::seconds{i};
        loss = log.lost(at, "closed", 2, 0, loss);
        log.back(at + 1ms, loss, 2);
        log.answered(at + 2ms, loss);
        log.ended(loss, &Resent::executed, 2);
    }
    CHECK(log.losses().rows.size() == Losses::rows_max);
    CHECK(log.losses().count == Losses::rows_max + 2);
    CHECK(log.losses().operations.executed == 2 * (Losses::rows_max + 2));
    CHECK(log.losses().downtime == 1ms * (Losses::rows_max + 2));
    CHECK(broken_identity(log.losses()) == std::nullopt);
}

TEST_CASE("losses: those of two generators that overlap become one") {
    const auto losses_at = [](Offset at, Offset lasted, std::uint64_t operations) {
        LossLog log;
        const std::size_t loss = log.lost(at, "closed", operations, 0, 0);
        log.back(at + lasted, loss, operations);
        log.answered(at + lasted, loss);
        log.ended(loss, &Resent::known, operations);
        log.finish(at + lasted);
        return log.losses();
    };
    Losses total = losses_at(2s, 1s, 4);
    SUBCASE("one second is common") {
        total.add(losses_at(2s, 2s, 3), Offset{500ms});
        CHECK(total.count == 1);
        REQUIRE(total.rows.size() == 1);
        CHECK(total.rows[0].at == 2s);
        CHECK(total.rows[0].lasted == 2500ms);
        CHECK(total.rows[0].answer == Offset{1s});
        CHECK(total.rows[0].connections == 2);
        CHECK(total.rows[0].operations.known == 7);
        CHECK(total.downtime == 2500ms);
    }
    SUBCASE("nothing is common") {
        total.add(losses_at(1s, 500ms, 3));
        CHECK(total.count == 2);
        REQUIRE(total.rows.size() == 2);
        CHECK(total.rows[0].at == 1s);
        CHECK(total.downtime == 1500ms);
    }
    CHECK(total.operations.known == 7);
    CHECK(broken_identity(total) == std::nullopt);
}
