// The floor of a response against truth: servers simulated twice, once with a generator that
// pauses.
#include "loadgen/measure/latency_floor.h"

#include "loadgen/arrivals/random.h"
#include "loadgen/measure/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t requests = 60'000;
constexpr Offset work_mean = 500us;

double unit(Random& random) {
    return (static_cast<double>(random.below(1U << 30U)) + 0.5) / static_cast<double>(1U << 30U);
}

Offset exponential(Random& random, Offset mean) {
    return Offset{std::llround(-std::log(unit(random)) * static_cast<double>(mean.count()))};
}

/// Poisson arrivals that use so much of a server with `work_mean`.
std::vector<Offset> due_times(double load, std::uint64_t seed) {
    Random random(seed);
    const Offset gap{std::llround(static_cast<double>(work_mean.count()) / load)};
    std::vector<Offset> times;
    Offset at{0};
    while (times.size() < requests) times.push_back(at += exponential(random, gap));
    return times;
}

/// When the generator does nothing: it neither sends nor reads.
class Pauses {
public:
    Pauses(Offset every, Offset length, Offset until, std::uint64_t seed) {
        Random random(seed);
        Offset at{0};
        while (at < until) {
            at += exponential(random, every);
            begins_.push_back(at);
            at += length;
            ends_.push_back(at);
        }
    }
    /// The moment itself, or the end of the pause that it lies in.
    Offset awake(Offset at) const {
        const auto next = std::upper_bound(begins_.begin(), begins_.end(), at);
        if (next == begins_.begin()) return at;
        return std::max(at, ends_[static_cast<std::size_t>(next - begins_.begin()) - 1]);
    }
    /// When the pause began that ended then.
    Offset began(Offset end) const {
        const auto found = std::lower_bound(ends_.begin(), ends_.end(), end);
        return begins_[static_cast<std::size_t>(found - ends_.begin())];
    }

private:
    std::vector<Offset> begins_;
    std::vector<Offset> ends_;
};

/// When each request is answered that was sent then, in order.
using Server = std::vector<Offset> (*)(const std::vector<Offset>& sent, std::uint64_t seed);

std::vector<Offset> one_by_one(const std::vector<Offset>& sent, Offset (*work)(Random&),
                               std::uint64_t seed) {
    Random random(seed);
    Offset free{0};
    std::vector<Offset> answered;
    for (const Offset time : sent) answered.push_back(free = std::max(free, time) + work(random));
    return answered;
}

std::vector<Offset> m_d_1(const std::vector<Offset>& sent, std::uint64_t seed) {
    return one_by_one(
        sent, [](Random&) { return work_mean; }, seed);
}

std::vector<Offset> m_m_1(const std::vector<Offset>& sent, std::uint64_t seed) {
    return one_by_one(
        sent, [](Random& random) { return exponential(random, work_mean); }, seed);
}

/// All that wait are committed together. The bounds hold as long as the size of the group matters
/// little beside the commit: whoever joins a group must not delay those in it by more than it was
/// late itself.
std::vector<Offset> group_commit(const std::vector<Offset>& sent, std::uint64_t) {
    std::vector<Offset> answered(sent.size());
    Offset free{0};
    for (std::size_t first = 0; first < sent.size();) {
        const Offset begin = std::max(free, sent[first]);
        const auto end = static_cast<std::size_t>(
            std::upper_bound(sent.begin(), sent.end(), begin) - sent.begin());
        free = begin + work_mean + 2us * static_cast<std::int64_t>(end - first);
        std::fill(answered.begin() + static_cast<std::ptrdiff_t>(first),
                  answered.begin() + static_cast<std::ptrdiff_t>(end), free);
        first = end;
    }
    return answered;
}

/// All at once, so that something is in flight all the time.
std::vector<Offset> delay_line(const std::vector<Offset>& sent, std::uint64_t) {
    std::vector<Offset> answered;
    for (const Offset time : sent) answered.push_back(time + 4 * work_mean);
    return answered;
}

/// What a generator with such pauses would report.
struct Seen {
    Histogram response;
    Histogram service;
    Histogram floor;
};

struct Run {
    std::vector<Offset> due;
    std::vector<Offset> sent;
    std::vector<Offset> answered;
    std::vector<Offset> read;
};

Run play(const std::vector<Offset>& due, Server server, const Pauses& pauses) {
    Run run{.due = due, .sent = {}, .answered = {}, .read = {}};
    for (const Offset time : due) run.sent.push_back(pauses.awake(time));
    run.answered = server(run.sent, 7);
    for (const Offset time : run.answered) run.read.push_back(pauses.awake(time));
    return run;
}

std::unique_ptr<Seen> observe(const Run& run, const Pauses& pauses) {
    auto seen = std::make_unique<Seen>();
    LatencyFloor floor;
    std::vector<Offset> delays;
    std::size_t done = 0;
    const auto read_until = [&](Offset now) {
        while (done < delays.size() && run.read[done] <= now) {
            // Answers of a pause are read together, and the kernel's times of them are joined.
            std::size_t end = done + 1;
            const bool was_paused = run.read[done] > run.answered[done];
            while (was_paused && end < delays.size() && run.read[end] == run.read[done]) ++end;
            for (const std::size_t first = done; done < end; ++done) {
                const Offset received =
                    end - first == 1 ? run.answered[done]
                                     : std::max(pauses.began(run.read[done]), run.sent[done]);
                const Offset delay =
                    floor.answered(run.due[done], run.sent[done], received, delays[done]);
                seen->response.record(microseconds(run.read[done] - run.due[done]));
                seen->service.record(microseconds(run.read[done] - run.sent[done]));
                seen->floor.record(
                    microseconds(std::max(Offset{0}, received - run.due[done] - delay)));
            }
        }
    };
    for (std::size_t i = 0; i < run.due.size(); ++i) {
        read_until(run.sent[i]);
        delays.push_back(floor.left(run.due[i], run.sent[i]));
    }
    read_until(Offset::max());
    return seen;
}

Histogram truth_of(const std::vector<Offset>& due, Server server) {
    Histogram truth;
    const std::vector<Offset> answered = server(due, 7);
    for (std::size_t i = 0; i < due.size(); ++i) truth.record(microseconds(answered[i] - due[i]));
    return truth;
}

}  // namespace

TEST_CASE("floor: in 72 simulated cases it is not above the truth, and the response not below it") {
    const struct {
        const char* name;
        Server server;
    } servers[] = {{"M/D/1", m_d_1}, {"M/M/1", m_m_1}, {"group commit", group_commit}};
    const struct {
        Offset every;
        Offset length;
    } patterns[] = {{200ms, 2ms}, {200ms, 10ms}, {1s, 30ms}, {500ms, 8ms}};
    std::size_t cases = 0;
    std::size_t wrong_service = 0;
    for (const auto& row : servers) {
        const auto& server = row.server;
        for (const double load : {0.3, 0.7}) {
            const std::vector<Offset> due = due_times(load, 3);
            const Histogram truth = truth_of(due, server);
            for (const auto& pattern : patterns) {
                const Pauses pauses(pattern.every, pattern.length, due.back() + 1s, 5);
                const auto seen = observe(play(due, server, pauses), pauses);
                for (const double p : {50.0, 99.0, 99.9}) {
                    CAPTURE(std::string(row.name));
                    CAPTURE(load);
                    CAPTURE(pattern.length.count());
                    CAPTURE(p);
                    ++cases;
                    CHECK(seen->floor.value_at_percentile(p) <= truth.value_at_percentile(p));
                    CHECK(truth.value_at_percentile(p) <= seen->response.value_at_percentile(p));
                    if (seen->service.value_at_percentile(p) > truth.value_at_percentile(p))
                        ++wrong_service;
                }
            }
        }
    }
    CHECK(cases == 72);
    // What the floor is there for: the time since sending is no lower bound.
    CHECK(wrong_service > 20);
}

TEST_CASE("floor: it follows the truth closely where the generator pauses") {
    const std::vector<Offset> due = due_times(0.7, 3);
    const Histogram truth = truth_of(due, m_d_1);
    const struct {
        Offset every;
        Offset length;
        double p50_share;
        double p99_share;
    } rows[] = {{200ms, 0ms, 1, 1}, {200ms, 2ms, 0.95, 0.95}, {200ms, 10ms, 0.7, 0.85}};
    for (const auto& row : rows) {
        CAPTURE(row.length.count());
        const Pauses pauses(row.every, row.length, due.back() + 1s, 5);
        const auto seen = observe(play(due, m_d_1, pauses), pauses);
        const auto share = [&](double p) {
            return static_cast<double>(seen->floor.value_at_percentile(p)) /
                   static_cast<double>(truth.value_at_percentile(p));
        };
        CHECK(share(50) >= row.p50_share);
        CHECK(share(99) >= row.p99_share);
    }
}

TEST_CASE("floor: nothing takes less than the quickest, also where something is always in flight") {
    const std::vector<Offset> due = due_times(0.7, 3);
    const Pauses pauses(200ms, 10ms, due.back() + 1s, 5);
    const auto seen = observe(play(due, delay_line, pauses), pauses);
    CHECK(seen->floor.value_at_percentile(50) == 2'000);
    CHECK(seen->floor.value_at_percentile(99) == 2'000);
}

TEST_CASE("floor: a delay counts for all that is sent until nothing is in flight") {
    LatencyFloor floor;
    CHECK(floor.left(10ms, 14ms) == 4ms);
    CHECK(floor.left(20ms, 20ms) == 4ms);
    floor.answered(10ms, 14ms, 19ms, 4ms);
    CHECK(floor.left(21ms, 22ms) == 4ms);
    floor.answered(20ms, 20ms, 24ms, 4ms);
    floor.answered(21ms, 22ms, 25ms, 4ms);
    CHECK(floor.left(30ms, 31ms) == 1ms);
}

TEST_CASE("floor: what was given up may still keep the server busy") {
    LatencyFloor floor;
    CHECK(floor.left(0ms, 5ms) == 5ms);
    floor.abandoned(5ms);
    CHECK(floor.left(10ms, 10ms) == 5ms);
    floor.answered(10ms, 10ms, 12ms, 5ms);
    CHECK(floor.left(20ms, 20ms) == 0ms);
}

TEST_CASE("floor: who waits for a place is late by how late it was seen, and by who had it") {
    LatencyFloor floor;
    const Offset first = floor.left(0ms, 1ms);
    // Its answer came at 50 ms and was read at 52 ms, when the next one left at once.
    floor.answered(0ms, 1ms, 50ms, first);
    CHECK(floor.left(10ms, 52ms, LatencyFloor::Room{.at = 50ms, .delay = first}) == 3ms);
    floor.answered(10ms, 52ms, 53ms, 3ms);
    // Never more than what it waited in all.
    CHECK(floor.left(59ms, 60ms, LatencyFloor::Room{.at = 55ms, .delay = 9ms}) == 1ms);
}
