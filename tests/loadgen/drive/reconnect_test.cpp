// The driver on connections that are lost again and again: each request is answered once, and what
// had been done before is told from what was not.
#include "ledger/store/acks.h"
#include "loadgen/drive/driver.h"
#include "tests/support/fake_switch.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <set>

using namespace tuma;
using namespace tuma::loadgen;
using testing::FakeSwitch;
using testing::FakeSwitchFaults;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Lossy {
    RunEnd end;
    Counts counts;
    testing::FakeSwitchSeen seen;
};

/// A closed loop of 2,000 operations, four in flight on each of three connections.
Lossy drive_over(FakeSwitch& server, DriverSettings driving, std::size_t batch,
                 const std::filesystem::path& acks_file) {
    const auto two_phase = load_scenario("two-phase");
    REQUIRE(two_phase.has_value());
    Scenario scenario = *two_phase;
    scenario.customers = 20;
    Accounts accounts;
    {
        NativeClient client(server.endpoint(), ParticipantId{1}, seconds{5});
        accounts = set_up(client, scenario, [](std::uint64_t, std::uint64_t) {}).accounts;
    }
    Workload workload(scenario, accounts, 3);
    const FramingSettings framing{
        .prefix = run_prefix(3, scenario.name), .batch = batch, .with_digests = true};
    MixedStream::Timing timing;
    timing.operations_max = 2000;
    MixedStream traffic(workload, framing, std::move(timing));
    driving.target = server.endpoint();
    driving.prefix = framing.prefix;
    driving.connections = 3;
    driving.in_flight = 4;
    driving.closed_loop = true;
    driving.on_loss = OnLoss::reconnect;
    Acknowledgements acks(acks_file);
    Recorder recorder(Offset{0});
    const std::atomic<bool> stop{false};
    Lossy lossy;
    lossy.end = drive(driving, traffic, recorder, &acks, stop, [](const RunProgress&) {});
    lossy.counts = recorder.counts();
    server.stop();
    lossy.seen = server.seen();
    CHECK(broken_identity(lossy.counts) == std::nullopt);
    REQUIRE(lossy.end.losses);
    CHECK(broken_identity(*lossy.end.losses) == std::nullopt);
    return lossy;
}

}  // namespace

TEST_CASE("reconnect: what was done before the loss is known, and everything has one answer") {
    for (const std::size_t batch : {1U, 7U}) {
        CAPTURE(batch);
        const TemporaryDirectory directory;
        FakeSwitchFaults faults;
        faults.loses_each = 23;
        FakeSwitch server(faults);
        const Lossy lossy = drive_over(server, {}, batch, directory.path() / "acks");

        CHECK(lossy.counts.sent == 2000);
        CHECK(lossy.counts.ok == 2000);
        CHECK(lossy.end.server_gone.empty());
        // Each repetition is one of those that were sent again: the run executed nothing twice.
        CHECK(lossy.end.replays == 0);
        const Resent& resent = lossy.end.losses->operations;
        CHECK(resent.known >= 1);
        CHECK(resent.known <= lossy.seen.repeated);
        CHECK(resent.not_resent() == 0);
        CHECK(resent.failed + resent.timed_out + resent.refused == 0);
        CHECK(lossy.end.losses->count >= 2000 / batch / 23 / 3);
        // The file says of each what the switch had said first.
        const auto acks = ledger::read_acks(directory.path() / "acks");
        REQUIRE(acks.has_value());
        CHECK(acks->size() == 2000);
        std::set<RequestKey> keys;
        for (const ledger::RememberedRequest& ack : *acks) {
            CHECK(keys.insert(ack.key()).second);
            const core::Outcome& told = lossy.seen.answered.at(ack.key());
            CHECK(ack.id == told.id);
            CHECK(ack.digest == lossy.seen.digests.at(ack.key()));
        }
    }
}

TEST_CASE("reconnect: a server that takes connections and drops them is given up in the end") {
    const TemporaryDirectory directory;
    FakeSwitchFaults faults;
    faults.loses_each = 1;
    FakeSwitch server(faults);
    DriverSettings driving;
    driving.reconnect.in_all = milliseconds{150};
    const Lossy lossy = drive_over(server, driving, 1, directory.path() / "acks");

    CHECK(lossy.end.server_gone.find("no connection for 150ms") != std::string::npos);
    CHECK(lossy.counts.ok == 0);
    CHECK(lossy.counts.errors == lossy.counts.sent);
    // What was sent in vain was not sent again in the end.
    const Resent& resent = lossy.end.losses->operations;
    CHECK(resent.resent == 0);
    CHECK(resent.not_resent() == lossy.counts.errors);
    CHECK(lossy.end.losses->count == 1);
    // Pauses grow: 150 ms are no more than seven attempts on each of three connections.
    CHECK(lossy.seen.repeated <= 3 * 7);
}
