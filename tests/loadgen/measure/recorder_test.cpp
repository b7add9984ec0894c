// The recorder: counts, seconds, warm-up, and the stall that a closed loop hides.
#include "loadgen/measure/recorder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

/// A server that answers in 1 ms but stands still for the first 100 ms of every second.
Offset answered_at(Offset sent) {
    const Offset second = std::chrono::floor<std::chrono::seconds>(sent);
    return std::max(sent + 1ms, second + 100ms);
}

void send_and_answer(Recorder& recorder, Offset intended, Offset sent, Offset answered,
                     std::uint16_t code = 0) {
    recorder.scheduled(1, intended);
    recorder.sent(1, intended, sent);
    recorder.ended({.intended = intended, .sent = sent, .ended = answered, .code = code});
}

}  // namespace

TEST_CASE("recorder: an open loop sees a stall of a tenth of the time in its percentiles") {
    Recorder recorder(0s);
    // 1000 a second for 20 s, sent when due: a tenth of them meet the stall and wait 100..0 ms.
    for (std::uint64_t k = 0; k < 20'000; ++k) {
        const Offset intended = constant_time(k, Rate::per_second(1000));
        send_and_answer(recorder, intended, intended, answered_at(intended));
    }
    recorder.finish(20s);

    const Histogram& response = recorder.latencies().response;
    CHECK(response.count() == 20'000);
    CHECK(response.value_at_percentile(50) == 1000);
    CHECK(response.value_at_percentile(90) == 1000);
    CHECK(response.value_at_percentile(95) == doctest::Approx(50'000).epsilon(0.021));
    CHECK(response.value_at_percentile(99) == doctest::Approx(90'000).epsilon(0.012));
    CHECK(response.max() == doctest::Approx(100'000).epsilon(0.001));
    CHECK(recorder.latencies().send_lag.max() == 0);
}

TEST_CASE(
    "recorder: a generator that waits for answers still sees the stall from the intended time") {
    Recorder open(0s);
    Recorder closed(0s);
    Offset free{0};
    // One connection: the next request leaves when the last answer has come and it is due.
    for (std::uint64_t k = 0; k < 20'000; ++k) {
        const Offset intended = constant_time(k, Rate::per_second(500));
        const Offset sent = std::max(intended, free);
        free = answered_at(sent);
        send_and_answer(open, intended, sent, free);
        send_and_answer(closed, sent, sent, free);
    }
    open.finish(free);
    closed.finish(free);

    // 50 of each 500 fall due while the server stands still, and the queue of 50 takes as long
    // again to work off: a fifth is hit. The closed loop meets one slow answer a second.
    const Histogram& response = open.latencies().response;
    CHECK(response.value_at_percentile(75) == 1000);
    CHECK(response.value_at_percentile(90) == doctest::Approx(50'000).epsilon(0.05));
    CHECK(response.value_at_percentile(99) == doctest::Approx(95'000).epsilon(0.03));
    CHECK(closed.latencies().response.value_at_percentile(99) == 1000);
    CHECK(closed.latencies().response == closed.latencies().service);
    CHECK(open.latencies().service == closed.latencies().service);
    CHECK(open.latencies().send_lag.value_at_percentile(99) > 80'000);
}

TEST_CASE("recorder: every operation ends in one count, and the identities hold") {
    Recorder recorder(0s);
    const std::vector<Offset> intended = {10ms, 11ms, 11ms, 12ms};
    const std::vector<std::uint16_t> codes = {0, 31, 31, 0};
    recorder.scheduled(4, 12ms, intended);
    recorder.scheduled(5, 20ms);
    recorder.sent(4, 12ms, 15ms, intended);
    recorder.sent(3, 20ms, 21ms);
    recorder.skipped(2, 20ms);

    recorder.answered({.intended = 12ms, .sent = 15ms, .ended = 30ms}, codes, intended);
    recorder.ended({.n = 2, .intended = 20ms, .sent = 21ms, .ended = 2s, .end = End::timeout});
    CHECK(recorder.in_flight() == 1);
    CHECK(broken_identity(recorder.counts()).has_value());
    recorder.ended({.intended = 20ms, .sent = 21ms, .ended = 2100ms, .end = End::error});
    recorder.finish(2100ms);

    const Counts expected{.scheduled = 9,
                          .sent = 7,
                          .skipped = 2,
                          .ok = 2,
                          .refused = 2,
                          .errors = 1,
                          .timeouts = 2,
                          .refusals = {{31, 2}}};
    CHECK(recorder.counts() == expected);
    CHECK(!broken_identity(recorder.counts()));
    // Errors and timeouts are in the histogram with the time they took.
    CHECK(recorder.latencies().response.count() == 7);
    CHECK(recorder.latencies().response.max() >= 2'080'000);
    CHECK(recorder.latencies().response.count_at_or_below(20'000) == 4);
    // The highest values that share a cell with 15 ms and 5 ms.
    CHECK(recorder.latencies().service.value_at_percentile(50) == 15'007);
    // Of the request, which was due with its last operation.
    CHECK(recorder.latencies().send_lag.max() == 3'001);
    CHECK(recorder.batch_response().count() == 1);
    CHECK(recorder.batch_response().max() >= 18'000);
    CHECK(recorder.last_answered() == Offset{30ms});
}

TEST_CASE("recorder: one batch at once counts as its operations one by one") {
    Recorder batch(1s);
    Recorder single(1s);
    std::vector<std::uint16_t> codes;
    codes.reserve(1000);
    for (int i = 0; i < 1000; ++i) codes.push_back(i % 10 == 0 ? 31 : (i % 7 == 0 ? 13 : 0));
    for (Recorder* recorder : {&batch, &single}) {
        recorder->scheduled(1000, 1200ms);
        recorder->sent(1000, 1200ms, 1200ms);
    }

    batch.answered({.intended = 1200ms, .sent = 1200ms, .ended = 1234ms}, codes);
    for (const std::uint16_t code : codes) {
        single.ended({.intended = 1200ms, .sent = 1200ms, .ended = 1234ms, .code = code});
    }
    batch.finish(2s);
    single.finish(2s);

    CHECK(batch.counts() == single.counts());
    CHECK(batch.latencies().response == single.latencies().response);
    CHECK(batch.latencies().service == single.latencies().service);
    CHECK(std::equal(batch.timeline().begin(), batch.timeline().end(), single.timeline().begin(),
                     single.timeline().end()));
}

TEST_CASE("recorder: the warm-up is kept apart by intended time") {
    Recorder recorder(1s);
    send_and_answer(recorder, 900ms, 900ms, 1100ms);
    send_and_answer(recorder, 999'999us, 999'999us, 1100ms, 31);
    send_and_answer(recorder, 1s, 1s, 1100ms);
    recorder.finish(1100ms);

    CHECK(recorder.counts() == Counts{.scheduled = 1, .sent = 1, .ok = 1, .refusals = {}});
    CHECK(recorder.warmup_counts() ==
          Counts{.scheduled = 2, .sent = 2, .ok = 1, .refused = 1, .refusals = {{31, 1}}});
    CHECK(recorder.latencies().response.count() == 1);
    CHECK(recorder.warmup_response().count() == 2);
    REQUIRE(recorder.timeline().size() == 2);
    CHECK(recorder.timeline()[0].warmup);
    CHECK(!recorder.timeline()[1].warmup);
    CHECK(recorder.timeline()[1].ok == 2);
}

TEST_CASE("recorder: the timeline tells each second, also one in which nothing happened") {
    Recorder recorder(0s);
    recorder.scheduled(3, 100ms);
    recorder.sent(3, 100ms, 200ms);
    recorder.ended({.n = 2, .intended = 100ms, .sent = 200ms, .ended = 600ms});
    recorder.advance(1s);
    CHECK(recorder.closed_rows() == 1);
    recorder.ended({.intended = 100ms, .sent = 200ms, .ended = 3100ms, .code = 31});
    recorder.finish(3200ms);

    REQUIRE(recorder.timeline().size() == 4);
    CHECK(recorder.timeline()[0] == TimelineRow{.second = 0,
                                                .offered = 3,
                                                .sent = 3,
                                                .ok = 2,
                                                .p50_us = 500'223,
                                                .p99_us = 500'223,
                                                .max_us = 500'223,
                                                .in_flight = 1});
    CHECK(recorder.timeline()[1] == TimelineRow{.second = 1, .in_flight = 1});
    CHECK(recorder.timeline()[2] == TimelineRow{.second = 2, .in_flight = 1});
    CHECK(recorder.timeline()[3].refused == 1);
    CHECK(recorder.timeline()[3].in_flight == 0);
    REQUIRE(recorder.intervals().size() == 2);
    CHECK(recorder.intervals()[0].second == 0);
    CHECK(recorder.intervals()[1].second == 3);
}

TEST_CASE("recorder: throughput is what ends in the window, whenever it was due") {
    Recorder recorder(1s, 3s);
    // Due in the warm-up and answered in the window, and the other way round.
    send_and_answer(recorder, 900ms, 900ms, 1100ms);
    send_and_answer(recorder, 1s, 1s, 2s, 31);
    send_and_answer(recorder, 2900ms, 2990ms, 3s);
    recorder.scheduled(4, 2s);
    recorder.sent(3, 2s, 3s);
    recorder.ended({.n = 2, .intended = 2s, .sent = 3s, .ended = 4s, .end = End::timeout});
    recorder.ended({.intended = 2s, .sent = 3s, .ended = 4s, .end = End::error});
    recorder.skipped(1, 2s);
    // It came before the end and was read behind it.
    recorder.scheduled(1, 2s);
    recorder.sent(1, 2s, 2s);
    recorder.ended({.intended = 2s, .sent = 2s, .ended = 4s, .received = 2999ms});
    recorder.finish(4s);

    CHECK(
        recorder.window() ==
        Counts{
            .scheduled = 7, .sent = 3, .skipped = 1, .ok = 2, .refused = 1, .refusals = {{31, 1}}});
    CHECK(recorder.window_end() == Offset{3s});
}

TEST_CASE("recorder: the window ends early where nothing more is asked for, and never later") {
    Recorder recorder(1s, 10s);
    recorder.close_window(4s);
    recorder.close_window(5s);
    CHECK(recorder.window_end() == Offset{4s});

    Recorder counted(0s);
    send_and_answer(counted, 1s, 1s, 2s);
    CHECK(counted.window_end() == Offset{2s});

    Recorder interrupted(2s, 10s);
    interrupted.close_window(1s);
    CHECK(interrupted.window_end() == Offset{2s});
}

TEST_CASE(
    "recorder: the floor leaves out what the generator may have added, and blocked is no lag") {
    Recorder recorder(0s);
    recorder.scheduled(1, 10ms);
    recorder.sent(1, 10ms, 16ms);
    recorder.ended({.intended = 10ms,
                    .sent = 16ms,
                    .ended = 30ms,
                    .blocked = 4ms,
                    .received = 29ms,
                    .delay = 3ms});
    recorder.finish(1s);
    const Latencies& latencies = recorder.latencies();
    CHECK(latencies.response.min() == Histogram::lowest_of(Histogram::index_of(20'000)));
    CHECK(latencies.floor.min() == Histogram::lowest_of(Histogram::index_of(16'000)));
    CHECK(latencies.blocked.min() == Histogram::lowest_of(Histogram::index_of(4'000)));
    CHECK(latencies.send_lag.min() == 2'000);
    REQUIRE(recorder.intervals().size() == 1);
    CHECK(recorder.intervals()[0].floor.cells.size() == 1);
}

TEST_CASE("recorder: operations are kept by kind and fate, and their requests counted once") {
    Recorder recorder(1s);
    const std::vector<std::uint16_t> codes = {0, 31, 0, 31, 31};
    recorder.scheduled(5, 2s);
    recorder.sent(5, 2s, 2s);
    recorder.answered({.intended = 2s, .sent = 2s, .ended = 3s, .kind = 3}, codes);
    recorder.scheduled(7, 2s);
    recorder.sent(7, 2s, 2s);
    recorder.ended(
        {.n = 7, .intended = 2s, .sent = 2s, .ended = 4s, .end = End::timeout, .kind = 1});
    recorder.finish(4s);

    REQUIRE(recorder.fate(3, Fate::executed) != nullptr);
    CHECK(recorder.fate(3, Fate::executed)->requests == 1);
    CHECK(recorder.fate(3, Fate::executed)->response.count() == 2);
    CHECK(recorder.fate(3, Fate::refused)->requests == 1);
    CHECK(recorder.fate(3, Fate::refused)->response.count() == 3);
    CHECK(recorder.fate(1, Fate::failed)->response.count() == 7);
    CHECK(recorder.fate(1, Fate::failed)->requests == 1);
    CHECK(recorder.fate(1, Fate::executed) == nullptr);
    CHECK(recorder.fate(0, Fate::failed) == nullptr);
}

TEST_CASE("recorder: an identity that is broken is told with its numbers") {
    struct Row {
        Counts counts;
        const char* sentence;
    };
    const Row rows[] = {
        {{.scheduled = 10, .sent = 8, .skipped = 1, .refusals = {}},
         "10 operations were scheduled, but 8 sent and 1 skipped make 9"},
        {{.scheduled = 9,
          .sent = 8,
          .skipped = 1,
          .ok = 4,
          .refused = 1,
          .errors = 1,
          .timeouts = 1,
          .refusals = {{31, 1}}},
         "8 operations were sent, but 4 done, 1 refused, 1 errors and 1 timeouts make 7"},
        {{.scheduled = 3, .sent = 3, .ok = 1, .refused = 2, .refusals = {{31, 1}}},
         "2 operations were refused, but the refusals by code make 1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.sentence);
        const std::optional<std::string> broken = broken_identity(row.counts);
        REQUIRE(broken.has_value());
        CHECK(*broken == row.sentence);
    }
}
