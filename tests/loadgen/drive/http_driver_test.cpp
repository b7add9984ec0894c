// The HTTP driver against a server that accepts everything, over real sockets: times, counts,
// callbacks, lost connections.
#include "loadgen/drive/http_driver.h"

#include "loadgen/arrivals/users.h"
#include "tests/support/fake_shop_server.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;
using testing::FakeShopDialect;
using testing::FakeShopServer;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// One run, and everything that is left of it.
struct Driven {
    RunEnd end;
    Counts counts;
    CallbackResults callbacks;
    std::map<std::uint16_t, std::string> refusals;
    Latencies latencies;
    std::uint64_t connections = 0;
};

struct HttpLoad {
    std::uint64_t requests = 100;
    std::optional<Rate> rate{};
    std::optional<Users> users{};  ///< instead of a rate
    HttpDriverSettings driving{};
};

Driven drive_against(FakeShopServer& server, HttpLoad load) {
    load.driving.target = server.endpoint();
    load.driving.operations_max = load.requests;
    load.driving.grace = milliseconds{500};
    std::optional<Schedule> schedule;
    if (load.rate) schedule.emplace(*load.rate, Arrival::constant, 1, std::chrono::hours{1});
    Arrivals* arrivals = schedule ? &*schedule : nullptr;
    if (load.users) arrivals = &*load.users;
    FakeShopDialect dialect;
    Recorder recorder(Offset{0});
    CallbackTracker callbacks(Offset{0});
    RefusalNames refusals;
    const std::atomic<bool> stop{false};
    bool has_begun = false;
    Driven driven;
    driven.end = drive_http(
        load.driving, arrivals, dialect, {recorder, callbacks, refusals}, [&] { has_begun = true; },
        stop, [](const RunProgress&) {});
    server.stop();
    driven.counts = recorder.counts();
    driven.callbacks = callbacks.results();
    driven.refusals = refusals.by_number();
    driven.latencies = recorder.latencies();
    driven.connections = server.connections();
    CHECK(has_begun);
    CHECK(broken_identity(driven.counts) == std::nullopt);
    CHECK(broken_identity(driven.callbacks.counts) == std::nullopt);
    return driven;
}

}  // namespace

TEST_CASE("http driver: users wait for their answers, think, and share the connections") {
    FakeShopServer server;
    HttpDriverSettings driving;
    driving.connections = 2;
    driving.end = milliseconds{500};
    const TimeLaw think{TimeLaw::Kind::fixed, milliseconds{10}};
    const Driven driven = drive_against(
        server,
        {.requests = 1'000'000, .users = Users(5, think, 1, driving.end), .driving = driving});

    CHECK(driven.connections == 2);
    CHECK(driven.counts.ok == driven.counts.scheduled);
    // All five ask at least once, and none more often than he has times of thinking.
    CHECK(driven.counts.ok >= 5);
    CHECK(driven.counts.ok <= 5 * 51);
    CHECK(driven.end.problems.empty());
}

TEST_CASE("http driver: every request is answered once and called back once") {
    FakeShopServer server;
    const Driven driven = drive_against(server, {.driving = {.connections = 4}});

    CHECK(driven.end.server_gone.empty());
    CHECK(driven.end.problems.empty());
    CHECK(driven.counts.ok == 100);
    CHECK(driven.counts.scheduled == 100);
    CHECK(driven.callbacks.counts ==
          CallbackCounts{.expected = 100,
                         .arrived = 100,
                         .before_reply = driven.callbacks.counts.before_reply});
    CHECK(driven.callbacks.from_intended.count() == 100);
    CHECK(driven.callbacks.from_reply.count() == 100);
    CHECK(driven.connections == 4);
}

TEST_CASE("http driver: callbacks that are lost, repeated or tell of no payment are counted") {
    FakeShopServer server({.lose_each = 10, .repeat_each = 25, .decline_each = 4});
    const Driven driven = drive_against(server, {.driving = {.connections = 2}});

    const CallbackCounts& counts = driven.callbacks.counts;
    CHECK(driven.counts.ok == 100);
    CHECK(counts.expected == 100);
    CHECK(counts.lost == 10);
    CHECK(counts.duplicates == 2);  // 50 and 100 are lost
    CHECK(counts.declined == 20);   // of 25, five are lost
    CHECK(counts.unexpected == 0);
}

TEST_CASE("http driver: a callback may come before the reply") {
    for (const Until until : {Until::reply, Until::callback}) {
        FakeShopServer server({.calls_back_first = true});
        const Driven driven = drive_against(server, {.driving = {.until = until}});

        CHECK(driven.counts.ok == 100);
        CHECK(driven.callbacks.counts.arrived == 100);
        CHECK(driven.callbacks.counts.before_reply > 0);
    }
}

TEST_CASE("http driver: until the callback an operation lasts as long as its callback") {
    FakeShopServer server({.decline_each = 50});
    const Driven driven =
        drive_against(server, {.driving = {.connections = 3, .until = Until::callback}});

    CHECK(driven.counts.ok == 98);
    CHECK(driven.counts.refused == 2);
    CHECK(driven.refusals == std::map<std::uint16_t, std::string>{{1, "declined by the callback"}});
    CHECK(driven.latencies.response.max() >= driven.callbacks.from_intended.max());
}

TEST_CASE("http driver: until the callback, a lost one is a timeout") {
    FakeShopServer server({.lose_each = 10});
    const Driven driven = drive_against(
        server,
        {.requests = 20, .driving = {.timeout = milliseconds{500}, .until = Until::callback}});

    CHECK(driven.counts.ok == 18);
    CHECK(driven.counts.timeouts == 2);
    CHECK(driven.callbacks.counts.lost == 2);
    CHECK(driven.connections == 1);
}

TEST_CASE("http driver: callbacks that are ignored are answered, not counted and not awaited") {
    // Each reply comes after its callback has been answered.
    FakeShopServer server({.lose_each = 10, .repeat_each = 25, .calls_back_first = true});
    const Driven driven =
        drive_against(server, {.driving = {.connections = 2, .callbacks = Callbacks::ignore}});

    CHECK(driven.counts.ok == 100);
    CHECK(driven.callbacks.counts == CallbackCounts{});
    CHECK(driven.callbacks.from_intended.count() == 0);
}

TEST_CASE("http driver: refusals are counted by their words") {
    FakeShopServer server({.refuse_each = 4});
    const Driven driven = drive_against(server, {});

    CHECK(driven.counts.ok == 75);
    CHECK(driven.counts.refused == 25);
    CHECK(driven.counts.refusals == std::map<std::uint16_t, std::uint64_t>{{1, 25}});
    CHECK(driven.refusals == std::map<std::uint16_t, std::string>{{1, "busy"}});
    CHECK(driven.callbacks.counts.expected == 75);
}

TEST_CASE("http driver: a request without an answer times out and its connection is replaced") {
    FakeShopServer server({.silent_at = 5});
    const Driven driven = drive_against(server, {.driving = {.timeout = milliseconds{500}}});

    CHECK(driven.counts.timeouts == 1);
    CHECK(driven.counts.ok == 99);
    CHECK(driven.connections == 2);
}

TEST_CASE("http driver: a connection lost with a request on it is an error, others go on") {
    FakeShopServer server({.drop_at = 5, .garble_at = 7});
    const Driven driven = drive_against(server, {});

    CHECK(driven.counts.errors == 2);
    CHECK(driven.counts.ok == 98);
    CHECK(driven.connections == 3);
    CHECK(driven.end.server_gone.empty());
    REQUIRE(driven.end.problems.size() == 1);
    CHECK(driven.end.problems[0] == "1 replies could not be understood");
}

TEST_CASE("http driver: an open loop counts from the intended time, waiting for a place included") {
    FakeShopServer server({.silent_at = 10});
    const Driven driven =
        drive_against(server, {.rate = Rate::per_second(1000),
                               .driving = {.connections = 1, .timeout = milliseconds{800}}});

    CHECK(driven.counts.timeouts == 1);
    CHECK(driven.counts.ok == 99);
    // The one behind waited for the only connection all the time.
    CHECK(driven.latencies.blocked.max() >= 600'000);
    CHECK(driven.latencies.response.max() >= 799'000);
}

TEST_CASE("http driver: skip leaves out what finds no free connection") {
    FakeShopServer server({.silent_at = 10});
    HttpLoad load{.rate = Rate::per_second(1000), .driving = {}};
    load.driving.timeout = milliseconds{500};
    load.driving.overload = Overload::skip;
    const Driven driven = drive_against(server, load);

    CHECK(driven.counts.skipped >= 20);
    CHECK(driven.counts.scheduled == 100);
}

TEST_CASE("http driver: connections closed while idle are opened again") {
    FakeShopServer server({.closes_after_each = true});
    const Driven driven = drive_against(
        server, {.requests = 10, .rate = Rate::per_second(50), .driving = {.connections = 1}});

    // A request that leaves before the server's end has arrived is lost, and may not be repeated.
    CHECK(driven.counts.ok + driven.counts.errors == 10);
    CHECK(driven.counts.ok >= 2);
    CHECK(driven.connections >= driven.counts.ok);
}

TEST_CASE("http driver: a server that cannot be reached is told at the start") {
    HttpDriverSettings driving{};
    {
        FakeShopServer server;
        driving.target = server.endpoint();
    }
    FakeShopDialect dialect;
    Recorder recorder(Offset{0});
    CallbackTracker callbacks(Offset{0});
    RefusalNames refusals;
    const std::atomic<bool> stop{false};
    CHECK_THROWS_AS(drive_http(
                        driving, nullptr, dialect, {recorder, callbacks, refusals}, [] {}, stop,
                        [](const RunProgress&) {}),
                    ConnectionError);
}
