// The driver against a server whose times are known, with pauses put into the generator: what it
// says of a percentile must hold.
#include "loadgen/arrivals/random.h"
#include "loadgen/drive/driver.h"
#include "loadgen/fake/service_model.h"
#include "loadgen/workload/accounts.h"
#include "loadgen/workload/workload.h"
#include "tests/support/played_server.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <memory>

using namespace tuma;
using namespace tuma::loadgen;
using testing::PlayedServer;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t schedule_seed = 21;
/// A pair may be spoilt by whatever else the machine does; a wrong bound would spoil each.
constexpr int attempts = 6;

struct Measured {
    std::unique_ptr<Histogram> response = std::make_unique<Histogram>();
    std::unique_ptr<Histogram> service = std::make_unique<Histogram>();
    std::unique_ptr<Histogram> floor = std::make_unique<Histogram>();
    std::unique_ptr<Histogram> late =
        std::make_unique<Histogram>();  ///< of the server, with its answers
};

/// The generator stands still so long, at each so-many-eth of ten times a second.
struct Pauses {
    milliseconds length{0};
    unsigned each = 1;
};

/// Poisson arrivals for two seconds.
Measured measure(const FakeSettings& settings, Rate rate, const Pauses& pauses) {
    PlayedServer server(settings);
    auto scenario = load_scenario("p2p");
    REQUIRE(scenario);
    Scenario small = *scenario;
    small.customers = 10;
    NativeClient client(server.endpoint(), ParticipantId{1}, seconds{60});
    const Accounts accounts = set_up(client, small, [](std::uint64_t, std::uint64_t) {}).accounts;
    Workload workload(small, accounts, 3);
    MixedStream::Timing timing;
    timing.end = seconds{2};
    timing.operations.emplace(rate, Arrival::poisson, schedule_seed, seconds{2});
    MixedStream traffic(workload, {}, std::move(timing));
    DriverSettings driving;
    driving.target = server.endpoint();
    driving.connections = 4;
    driving.in_flight = 1000;
    driving.timeout = seconds{60};
    driving.end = seconds{2};
    Recorder recorder(Offset{0});
    const std::atomic<bool> stop{false};
    unsigned ticks = 0;
    drive(driving, traffic, recorder, nullptr, stop, [&](const RunProgress&) {
        // Nobody wakes this up: it is a wait for the time alone.
        if (ticks++ % pauses.each == 0) ::poll(nullptr, 0, static_cast<int>(pauses.length.count()));
    });
    Measured measured;
    *measured.response = recorder.latencies().response;
    *measured.service = recorder.latencies().service;
    *measured.floor = recorder.latencies().floor;
    *measured.late = server.log().late;
    return measured;
}

/// What each request takes that leaves when it is due.
Histogram truth_of(const ServiceSettings& settings, Rate rate) {
    ServiceModel model(settings, 1);
    Schedule times(rate, Arrival::poisson, schedule_seed, seconds{2});
    Histogram truth;
    while (const auto due = times.peek()) {
        truth.record(microseconds(model.serve(*due, 1).due - *due));
        times.take();
    }
    return truth;
}

/// So much at most, with this much of the requests above it, has a sum of three times whose laws
/// are known one by one: the excess may be in any of them.
std::uint64_t most_of_sum(const Histogram& truth, const Histogram& late, const Histogram& wire,
                          double percentile) {
    const double beyond = 100 - percentile;
    return truth.value_at_percentile(100 - beyond / 2) +
           late.value_at_percentile(100 - beyond / 4) + wire.value_at_percentile(100 - beyond / 4);
}

}  // namespace

TEST_CASE(
    "driver: floor and response bracket the truth of a queue, whatever the generator's pauses") {
    const Rate rate = Rate::per_second(1000);
    FakeSettings settings;
    settings.service = {.time = {TimeLaw::Kind::fixed, Duration{700}}, .places = 1};
    const Histogram truth = truth_of(settings.service, rate);
    const struct {
        Pauses pauses;
        double off;  ///< by this factor at least response says too much of p99, and service by most
        double close;  ///< and the floor says at least this part of it, once the machine lets it
    } rows[] = {{{milliseconds{0}, 1}, 1, 0.9},
                {{milliseconds{2}, 2}, 1, 0.85},
                {{milliseconds{10}, 2}, 2, 0.7},
                {{milliseconds{20}, 1}, 3, 0}};
    for (const auto& row : rows) {
        CAPTURE(row.pauses.length.count());
        bool is_below = false;
        bool is_close = false;
        for (int i = 0; i < attempts && !(is_below && is_close); ++i) {
            // What a server without delay shows is the way there and back.
            const Measured wire = measure({}, rate, {});
            const Measured measured = measure(settings, rate, row.pauses);
            REQUIRE(measured.response->count() == truth.count());
            bool is_all_below = true;
            for (const double percentile : {50.0, 90.0, 99.0}) {
                const std::uint64_t right = truth.value_at_percentile(percentile);
                const std::uint64_t floor = measured.floor->value_at_percentile(percentile);
                const std::uint64_t response = measured.response->value_at_percentile(percentile);
                MESSAGE("pauses of ", row.pauses.length.count(), " ms, p", percentile, ": truth ",
                        right, ", floor ", floor, ", service ",
                        measured.service->value_at_percentile(percentile), ", response ", response,
                        " us");
                // Always: later arrivals have later answers. A cell is a thousandth wide.
                CHECK(response + response / 500 + 1 >= right);
                is_all_below = is_all_below &&
                               floor <= most_of_sum(truth, *measured.late, *wire.floor, percentile);
            }
            is_below = is_below || is_all_below;
            const auto p99 = [](const Histogram& histogram) {
                return static_cast<double>(histogram.value_at_percentile(99));
            };
            is_close = is_close || p99(*measured.floor) >= row.close * p99(truth);
            // Whoever reads only these takes the generator's clumps for the server's slowness.
            CHECK(p99(*measured.response) >= row.off * p99(truth));
            if (row.off > 1) CHECK(p99(*measured.service) >= 0.7 * row.off * p99(truth));
        }
        CHECK(is_below);
        CHECK(is_close);
    }
}
