// The driver against a switch that says yes, over real sockets: times, counts, faults, answers.
#include "loadgen/drive/driver.h"

#include "ledger/store/acks.h"
#include "tests/support/fake_switch.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

using namespace tuma;
using namespace tuma::loadgen;
using testing::FakeSwitch;
using testing::FakeSwitchFaults;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One run against a fake switch, and everything that is left of it.
struct Driven {
    RunEnd end;
    Counts counts;
    Latencies latencies;
    testing::FakeSwitchSeen seen;
};

struct Load {
    std::string scenario = "p2p";
    std::optional<Rate> rate;
    Offset length = Offset::max();
    std::uint64_t operations = no_operation_limit;
    std::size_t batch = 1;
    DriverSettings driving;
    std::filesystem::path acks;
};

Driven drive_against(FakeSwitch& server, Load load) {
    auto scenario = load_scenario(load.scenario);
    REQUIRE(scenario.has_value());
    Scenario small = *scenario;
    small.customers = 20;
    if (small.merchants > 0) small.merchants = 5;
    Accounts accounts;
    {
        NativeClient client(server.endpoint(), ParticipantId{1}, seconds{5});
        accounts = set_up(client, small, [](std::uint64_t, std::uint64_t) {}).accounts;
    }
    Workload workload(small, accounts, 11);
    FramingSettings framing;
    framing.prefix = run_prefix(11, small.name);
    framing.batch = load.batch;
    framing.with_digests = !load.acks.empty();
    MixedStream::Timing timing;
    timing.operations_max = load.operations;
    timing.end = load.length;
    if (load.rate)
        timing.operations.emplace(*load.rate, Arrival::constant, 1, std::chrono::hours{1});
    MixedStream traffic(workload, framing, std::move(timing));
    load.driving.target = server.endpoint();
    load.driving.prefix = framing.prefix;
    load.driving.closed_loop = !load.rate;
    load.driving.end = load.length;
    std::optional<Acknowledgements> acks;
    if (!load.acks.empty()) acks.emplace(load.acks);
    Recorder recorder(Offset{0});
    const std::atomic<bool> stop{false};
    Driven driven;
    driven.end = drive(load.driving, traffic, recorder, acks ? &*acks : nullptr, stop,
                       [](const RunProgress&) {});
    driven.counts = recorder.counts();
    driven.latencies = recorder.latencies();
    server.stop();
    driven.seen = server.seen();
    CHECK(broken_identity(driven.counts) == std::nullopt);
    return driven;
}

std::uint64_t movements(const testing::FakeSwitchSeen& seen) {
    std::uint64_t sum = 0;
    for (const auto& [type, count] : seen.movements) sum += count;
    return sum;
}

}  // namespace

TEST_CASE("driver: a closed loop sends every operation once, whatever the shape of the load") {
    const struct {
        const char* scenario;
        std::uint32_t connections;
        std::uint32_t in_flight;
        std::size_t batch;
        std::uint64_t operations;
    } rows[] = {
        {"p2p", 1, 1, 1, 100},       {"p2p", 3, 2, 1, 1000},      {"p2p", 2, 4, 100, 1050},
        {"kenya-day", 2, 3, 7, 999}, {"p2p", 1, 2, 8190, 20'000}, {"two-phase", 2, 2, 5, 1000},
    };
    for (const auto& row : rows) {
        CAPTURE(row.scenario);
        CAPTURE(row.batch);
        FakeSwitch server;
        Load load;
        load.scenario = row.scenario;
        load.operations = row.operations;
        load.batch = row.batch;
        load.driving.connections = row.connections;
        load.driving.in_flight = row.in_flight;
        const Driven driven = drive_against(server, load);

        CHECK(driven.counts.sent == row.operations);
        CHECK(driven.counts.ok == row.operations);
        CHECK(movements(driven.seen) == row.operations);
        CHECK(driven.seen.repeated == 0);
        CHECK(driven.end.server_gone.empty());
        CHECK(driven.end.problems.empty());
        CHECK(driven.end.durability == 1);
        CHECK(driven.latencies.response.count() == row.operations);
    }
}

TEST_CASE("driver: reservations are settled, released or left, each at most once") {
    FakeSwitch server;
    Load load;
    load.scenario = "two-phase";
    load.operations = 2000;
    load.driving.in_flight = 4;
    const Driven driven = drive_against(server, load);

    const auto& counts = driven.seen.movements;
    CHECK(counts.at(native::FrameType::settle) > 700);
    CHECK(counts.at(native::FrameType::release) > 80);
    CHECK(counts.at(native::FrameType::settle) + counts.at(native::FrameType::release) <=
          counts.at(native::FrameType::reserve));
}

TEST_CASE("driver: refusals are counted by code, overloaded too") {
    FakeSwitchFaults faults;
    faults.refuse_each = 10;
    faults.overload_each = 7;
    FakeSwitch server(faults);
    Load load;
    load.operations = 700;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.refusals ==
          std::map<std::uint16_t, std::uint64_t>{
              {static_cast<std::uint16_t>(Refusal::overloaded), 90},
              {static_cast<std::uint16_t>(Refusal::insufficient_funds), 70}});
    CHECK(driven.counts.refused == 160);
    CHECK(driven.counts.ok == 540);
}

TEST_CASE("driver: an open loop counts a stall from the intended times, not only where it hit") {
    // 400 requests at 1000/s on one connection with one place. The switch stalls 200 ms before it
    // answers the 100th, so the next 200 are late by 200 ms, 199 ms, 198 ms and so on.
    FakeSwitchFaults faults;
    faults.hold_at = 100;
    faults.hold = milliseconds{200};
    FakeSwitch server(faults);
    Load load;
    load.rate = Rate::per_second(1000);
    load.operations = 400;
    load.driving.connections = 1;
    load.driving.in_flight = 1;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.ok == 400);
    const auto late = [&](const Histogram& histogram, std::uint64_t us) {
        return histogram.count() - histogram.count_at_or_below(us);
    };
    CHECK(driven.latencies.response.max() >= 200'000);
    // Whatever else is slow can only add to these.
    CHECK(late(driven.latencies.response, 150'000) >= 48);
    CHECK(late(driven.latencies.response, 100'000) >= 98);
    // The wait for the one place is the switch's doing.
    CHECK(late(driven.latencies.blocked, 100'000) >= 97);
    CHECK(driven.latencies.service.max() >= 200'000);
}

TEST_CASE("driver: what overload does is what was asked for") {
    FakeSwitchFaults faults;
    faults.hold_at = 50;
    faults.hold = milliseconds{200};
    const auto with = [&](Overload overload) {
        FakeSwitch server(faults);
        Load load;
        load.rate = Rate::per_second(1000);
        load.operations = 300;
        load.driving.connections = 1;
        load.driving.in_flight = 2;
        load.driving.overload = overload;
        return drive_against(server, load);
    };

    SUBCASE("queue: everything is sent") {
        const Driven driven = with(Overload::queue);
        CHECK(driven.counts.scheduled == 300);
        CHECK(driven.counts.skipped == 0);
        CHECK(driven.counts.ok == 300);
    }
    SUBCASE("skip: what finds no place is never sent") {
        const Driven driven = with(Overload::skip);
        CHECK(driven.counts.scheduled == 300);
        CHECK(driven.counts.skipped >= 190);
        CHECK(driven.counts.ok == 300 - driven.counts.skipped);
        CHECK(movements(driven.seen) == driven.counts.ok);
    }
    SUBCASE("abort: the run ends and says why") {
        const Driven driven = with(Overload::abort);
        CHECK(driven.counts.sent < 300);
        CHECK(driven.counts.skipped >= 1);
        REQUIRE(driven.end.problems.size() == 1);
        CHECK(driven.end.problems[0].find("--overload=abort") != std::string::npos);
    }
}

TEST_CASE("driver: what is not answered in time is a timeout and enters the histogram") {
    FakeSwitchFaults faults;
    faults.silent_from = 101;
    FakeSwitch server(faults);
    Load load;
    load.operations = 108;
    load.driving.connections = 2;
    load.driving.in_flight = 4;
    load.driving.timeout = milliseconds{60};
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.ok == 100);
    CHECK(driven.counts.timeouts == 8);
    CHECK(driven.latencies.response.count() == 108);
    CHECK(driven.latencies.response.max() >= 60'000);
}

TEST_CASE("driver: an answer that comes after its timeout is not counted again") {
    FakeSwitchFaults faults;
    faults.hold_at = 10;
    faults.hold = milliseconds{150};
    FakeSwitch server(faults);
    Load load;
    load.operations = 20;
    load.driving.connections = 1;
    load.driving.in_flight = 1;
    load.driving.timeout = milliseconds{40};
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.sent == 20);
    CHECK(driven.counts.timeouts >= 1);
    CHECK(driven.counts.ok + driven.counts.timeouts == 20);
    CHECK(driven.end.late_answers >= 1);
    CHECK(driven.end.duplicate_answers == 0);
}

TEST_CASE("driver: an answer that comes twice is counted once, and said") {
    FakeSwitchFaults faults;
    faults.answers_twice = true;
    FakeSwitch server(faults);
    Load load;
    load.operations = 500;
    load.driving.in_flight = 4;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.ok == 500);
    // Those behind the last answer are not waited for.
    CHECK(driven.end.duplicate_answers >= 480);
    CHECK(driven.end.late_answers == 0);
}

TEST_CASE("driver: timeouts free places in the order of sending, and the rest goes on") {
    FakeSwitchFaults faults;
    faults.silent_each = 10;
    FakeSwitch server(faults);
    Load load;
    load.operations = 400;
    load.driving.connections = 1;
    load.driving.in_flight = 3;
    load.driving.timeout = milliseconds{20};
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.timeouts >= 40);
    CHECK(driven.counts.ok + driven.counts.timeouts == 400);
    CHECK(driven.latencies.response.count() == 400);
    // A timeout takes its time and not a tick more.
    CHECK(driven.latencies.response.value_at_percentile(95) <= 20'015);
}

TEST_CASE("driver: when the server goes away everything in flight is an error, and is named") {
    FakeSwitchFaults faults;
    faults.close_at = 500;
    FakeSwitch server(faults);
    Load load;
    load.length = seconds{60};
    load.batch = 10;
    load.driving.connections = 2;
    load.driving.in_flight = 3;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.errors >= 10);
    CHECK(driven.counts.errors <= 60);
    CHECK(driven.counts.ok + driven.counts.errors == driven.counts.sent);
    // A connection may just have had its answers.
    CHECK(driven.end.server_gone.find("were in flight on ") != std::string::npos);
    CHECK(driven.end.server_gone.find(" of 2 connections") != std::string::npos);
}

TEST_CASE("driver: a reply with a wrong checksum ends the run") {
    FakeSwitchFaults faults;
    faults.corrupts_replies = true;
    FakeSwitch server(faults);
    Load load;
    load.operations = 10;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.ok == 0);
    CHECK(driven.counts.errors == driven.counts.sent);
    CHECK(driven.end.server_gone.find("bad_checksum") != std::string::npos);
}

TEST_CASE("driver: every answer is acknowledged in the file as the server gave it") {
    const TemporaryDirectory directory;
    FakeSwitchFaults faults;
    faults.refuse_each = 5;
    faults.overload_each = 7;
    FakeSwitch server(faults);
    Load load;
    load.scenario = "kenya-day";
    load.operations = 1000;
    load.batch = 9;
    load.acks = directory.path() / "acks";
    const Driven driven = drive_against(server, load);

    const auto acks = ledger::read_acks(load.acks);
    REQUIRE(acks.has_value());
    const std::uint64_t overloaded =
        driven.counts.refusals.at(static_cast<std::uint16_t>(Refusal::overloaded));
    CHECK(acks->size() == 1000 - overloaded);
    std::set<RequestKey> keys;
    for (const ledger::RememberedRequest& ack : *acks) {
        CHECK(keys.insert(ack.key()).second);
        const auto answered = driven.seen.answered.find(ack.key());
        REQUIRE(answered != driven.seen.answered.end());
        const core::Outcome told{.code = ack.code,
                                 .is_replayed = false,
                                 .id = ack.id,
                                 .time = Timestamp{Duration{ack.time_us}},
                                 .balance = ack.balance,
                                 .account = std::nullopt};
        CHECK(told == answered->second);
        CHECK(ack.digest == driven.seen.digests.at(ack.key()));
    }
}

TEST_CASE("driver: a server that is not there is said so") {
    FakeSwitch server;
    const Endpoint endpoint = server.endpoint();
    server.stop();
    Scenario scenario;
    scenario.mix[static_cast<std::size_t>(Action::transfer)] = 1;
    Accounts accounts;
    accounts.wallets = {AccountId{1}, AccountId{2}};
    Workload workload(scenario, accounts, 1);
    MixedStream traffic(workload, {}, {});
    Recorder recorder(Offset{0});
    DriverSettings driving;
    driving.target = {endpoint.host, 1};
    const std::atomic<bool> stop{false};
    CHECK_THROWS_AS(drive(driving, traffic, recorder, nullptr, stop, [](const RunProgress&) {}),
                    ConnectionError);
}
