// Several threads as one load: shares, what is shown meanwhile, and what comes of it.
#include "loadgen/drive/workers.h"

#include "tests/support/fake_switch.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <set>

using namespace tuma;
using namespace tuma::loadgen;
using namespace std::chrono_literals;
using testing::FakeSwitch;

namespace {

/// One operation that takes `length` from `at` on.
void record(Recorder& recorder, Offset at, Offset length, std::uint64_t n = 1) {
    recorder.scheduled(n, at);
    recorder.sent(n, at, at);
    recorder.ended({.n = n, .intended = at, .sent = at, .ended = at + length});
}

/// Opens `accounts`, which must outlive the loads.
std::vector<WorkerLoad> loads_for(const FakeSwitch& server, Accounts& accounts, std::uint32_t count,
                                  std::uint64_t operations) {
    auto found = load_scenario("two-phase");
    REQUIRE(found.has_value());
    Scenario scenario = *found;
    scenario.customers = 20;
    NativeClient client(server.endpoint(), ParticipantId{1}, 5s);
    accounts = set_up(client, scenario, [](std::uint64_t, std::uint64_t) {}).accounts;
    std::vector<WorkerLoad> loads;
    for (std::uint32_t i = 0; i < count; ++i) {
        WorkerLoad& load = loads.emplace_back();
        const std::uint64_t seed = worker_seed(5, i);
        load.driving.target = server.endpoint();
        load.driving.prefix = run_prefix(seed, scenario.name);
        load.driving.connections = i + 1;
        load.driving.send_everything = true;
        load.workload = std::make_unique<Workload>(scenario, accounts, seed);
        MixedStream::Timing timing;
        timing.operations_max = share_of_whole(operations, {i, count});
        timing.operations.emplace(Rate::per_second(20'000), Arrival::constant, seed, 1h,
                                  Division{i, count});
        load.traffic = std::make_unique<MixedStream>(
            *load.workload,
            FramingSettings{.prefix = load.driving.prefix, .batch = 3, .with_digests = true},
            std::move(timing));
        load.recorder = std::make_unique<Recorder>(Offset{0});
    }
    return loads;
}

}  // namespace

TEST_CASE("workers: shares of a whole number are the whole, and seeds differ") {
    for (const std::uint64_t whole : {0ULL, 1ULL, 3ULL, 64ULL, 1'000'003ULL}) {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < 64; ++i) {
            const std::uint64_t share = share_of_whole(whole, {i, 64});
            CHECK(share - whole / 64 <= 1);
            sum += share;
        }
        CHECK(sum == whole);
    }
    std::set<std::uint64_t> seeds;
    for (std::uint32_t i = 0; i < 64; ++i) seeds.insert(worker_seed(9, i));
    CHECK(seeds.size() == 64);
    CHECK(worker_seed(9, 0) == 9);
}

TEST_CASE("workers: what is shown is the sum, and a second is over when it is for all") {
    LiveSum sum(2);
    Recorder quick(Offset{0});
    Recorder slow(Offset{0});
    record(quick, 100ms, 1ms, 3);
    record(slow, 100ms, 50ms);
    quick.advance(2100ms);
    slow.advance(1100ms);
    sum.publish(0, {.now = 2100ms, .behind = 1ms}, quick);
    sum.publish(1, {.now = 1100ms, .behind = 7ms, .is_draining = true}, slow);
    sum.gather();
    REQUIRE(sum.view().closed_rows() == 1);
    CHECK(sum.view().timeline()[0].ok == 4);
    // Three of four were quick: neither the mean of both medians nor the larger one.
    CHECK(sum.view().timeline()[0].p50_us == 1000);
    CHECK(sum.view().timeline()[0].max_us >= 50'000);
    CHECK(sum.view().counts().ok == 4);
    CHECK(sum.progress().now == 2100ms);
    CHECK(sum.progress().behind == 7ms);
    CHECK_FALSE(sum.progress().is_draining);

    // Who has ended holds nobody up.
    slow.finish(1100ms);
    sum.end(1, slow);
    record(quick, 2200ms, 1ms);
    quick.finish(12s);
    sum.end(0, quick);
    sum.gather();
    CHECK(sum.view().closed_rows() == quick.timeline().size());
    std::uint64_t shown = 0;
    for (const TimelineRow& row : sum.view().timeline()) shown += row.ok;
    CHECK(shown == 5);
}

TEST_CASE("workers: together they send the whole once, and every answer is in the file") {
    const TemporaryDirectory directory;
    FakeSwitch server;
    Acknowledgements acks(directory.path() / "acks");
    Accounts accounts;
    Workers workers(loads_for(server, accounts, 3, 4001), &acks, {});
    const std::atomic<bool> stop{false};
    const RunEnd end = workers.run(stop, [](const RunProgress&) {});
    server.stop();

    RunReport report;
    std::vector<std::string> kinds;
    for (std::size_t kind = 0; kind < operation_kind_count; ++kind)
        kinds.emplace_back(native::row(kind_type(kind)).name);
    workers.take_results(kinds, report);
    CHECK(end.server_gone.empty());
    CHECK(end.replays == 0);
    CHECK(end.durability == 1);
    CHECK(report.counts.sent == 4001);
    CHECK(report.counts.ok == 4001);
    CHECK(broken_identity(report.counts) == std::nullopt);
    CHECK(report.response.count() == 4001);
    CHECK(report.quoted.requests > 4001 / 3);
    CHECK(server.seen().repeated == 0);
    std::uint64_t moved = 0;
    for (const auto& [type, n] : server.seen().movements) moved += n;
    CHECK(moved == 4001);
    const auto kept = ledger::read_acks(directory.path() / "acks");
    REQUIRE(kept.has_value());
    CHECK(kept->size() == 4001);
    for (const ledger::RememberedRequest& ack : *kept) {
        const auto told = server.seen().answered.find(ack.key());
        REQUIRE(told != server.seen().answered.end());
        CHECK(ack.id == told->second.id);
    }
}

TEST_CASE("workers: when one loses the server all end, and what it was is said") {
    testing::FakeSwitchFaults faults;
    faults.close_at = 200;
    FakeSwitch server(faults);
    Accounts accounts;
    Workers workers(loads_for(server, accounts, 2, 1'000'000), nullptr, {});
    const std::atomic<bool> stop{false};
    const RunEnd end = workers.run(stop, [](const RunProgress&) {});
    CHECK_FALSE(end.server_gone.empty());
    CHECK_FALSE(end.is_interrupted);
}
