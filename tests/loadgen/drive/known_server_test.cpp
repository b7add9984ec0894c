// The driver against a server whose times are known, with pauses put into the generator: what it
// says of a percentile must hold.
#include "loadgen/drive/driver.h"
#include "loadgen/fake/service_model.h"
#include "loadgen/measure/random.h"
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

/// Poisson arrivals for two seconds; ten times a second the generator stands still so long.
Measured measure(const FakeSettings& settings, Rate rate, milliseconds pause) {
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
    drive(driving, traffic, recorder, nullptr, stop, [pause](const RunProgress&) {
        // Nobody wakes this up: it is a wait for the time alone.
        ::poll(nullptr, 0, static_cast<int>(pause.count()));
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
    for (const milliseconds pause : {milliseconds{0}, milliseconds{2}, milliseconds{20}}) {
        CAPTURE(pause.count());
        bool is_below = false;
        for (int i = 0; i < attempts && !is_below; ++i) {
            // What a server without delay shows is the way there and back.
            const Measured wire = measure({}, rate, milliseconds{0});
            const Measured measured = measure(settings, rate, pause);
            REQUIRE(measured.response->count() == truth.count());
            is_below = true;
            for (const double percentile : {50.0, 90.0, 99.0}) {
                const std::uint64_t right = truth.value_at_percentile(percentile);
                const std::uint64_t floor = measured.floor->value_at_percentile(percentile);
                MESSAGE("pause ", pause.count(), " ms, p", percentile, ": truth ", right,
                        ", floor ", floor, ", service ",
                        measured.service->value_at_percentile(percentile), ", response ",
                        measured.response->value_at_percentile(percentile), " us");
                // Always: later arrivals have later answers. A cell is a thousandth wide.
                const std::uint64_t response = measured.response->value_at_percentile(percentile);
                CHECK(response + response / 500 + 1 >= right);
                is_below = is_below &&
                           floor <= most_of_sum(truth, *measured.late, *wire.floor, percentile);
            }
        }
        CHECK(is_below);
    }
}
