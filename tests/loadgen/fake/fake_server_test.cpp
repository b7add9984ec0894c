// The server of known behaviour over real sockets: what it answers, how it breaks, what it logs.
#include "loadgen/fake/fake_server.h"

#include "loadgen/client/native_client.h"
#include "loadgen/workload/accounts.h"
#include "loadgen/workload/scenario.h"
#include "tests/support/played_server.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::loadgen;
using testing::PlayedServer;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

NativeClient client_of(const PlayedServer& server) {
    return NativeClient(server.endpoint(), ParticipantId{7}, seconds{60});
}

std::vector<core::Request> transfers(std::size_t count) {
    std::vector<core::Request> requests(count);
    for (core::Request& request : requests) {
        request.key.reference.fill(std::byte{1});
        request.command = core::MoveMoney{.purpose = ledger::Purpose::transfer,
                                          .debit = AccountId{1},
                                          .credit = AccountId{2},
                                          .amount = Money{100, Currency::kes},
                                          .memo = 0};
    }
    return requests;
}

std::size_t count_of(const std::vector<core::Outcome>& outcomes, Refusal code) {
    return static_cast<std::size_t>(
        std::count_if(outcomes.begin(), outcomes.end(),
                      [code](const core::Outcome& outcome) { return outcome.code == code; }));
}

/// Every operation has ended in one way.
void check_sums(const FakeLog& log) {
    CHECK(log.operations == log.ok + log.refused + log.overloaded + log.unanswered);
    CHECK(log.residence.count() == log.answered.count());
    CHECK(log.residence.count() == log.late.count());
}

}  // namespace

TEST_CASE("fake server: the set-up of every scenario is answered, again too") {
    PlayedServer server;
    NativeClient client = client_of(server);
    const auto no_progress = [](std::uint64_t, std::uint64_t) {};
    for (const BuiltInScenario& built_in : built_in_scenarios()) {
        CAPTURE(built_in.name);
        auto scenario = load_scenario(std::string(built_in.name));
        REQUIRE(scenario);
        Scenario small = *scenario;
        small.customers = 30;
        const SetUp first = set_up(client, small, no_progress);
        CHECK(first.opened >= 30);
        CHECK(first.accounts.wallets.size() == 30);
        const SetUp again = set_up(client, small, no_progress);
        CHECK(again.opened == 0);
        CHECK(again.accounts.wallets == first.accounts.wallets);
    }
    CHECK(server.log().operations == 0);
    CHECK(server.log().set_up_operations > 60);
}

TEST_CASE("fake server: operations are answered in order, with new numbers") {
    PlayedServer server;
    NativeClient client = client_of(server);
    std::set<std::uint64_t> numbers;
    for (const std::size_t count : {1U, 3U, 8190U})
        for (const core::Outcome& outcome : client.call(transfers(count))) {
            CHECK(outcome.code == Refusal::none);
            CHECK_FALSE(outcome.is_replayed);
            numbers.insert(outcome.id);
        }
    CHECK(numbers.size() == 8194);
    CHECK(client.durability() == 1);
    const FakeLog& log = server.log();
    CHECK(log.requests == 3);
    CHECK(log.ok == 8194);
    CHECK(log.kinds[static_cast<std::size_t>(native::FrameType::transfer)] == 8194);
    check_sums(log);
}

TEST_CASE("fake server: accounts can be looked up, and histories are empty") {
    PlayedServer server;
    NativeClient client = client_of(server);
    core::Request open;
    open.key.reference.fill(std::byte{3});
    open.command = core::OpenAccount{.kind = ledger::AccountKind::till,
                                     .currency = Currency::kes,
                                     .identity = *ledger::make_identity("till.1")};
    const core::Outcome opened = client.call(open);
    CHECK(opened.code == Refusal::none);
    core::Request query;
    query.command = core::QueryAccount{{}, *ledger::make_identity("till.1")};
    const core::Outcome found = client.call(query);
    REQUIRE(found.account);
    CHECK(found.account->id.value == opened.id);
    CHECK(found.account->account.kind == ledger::AccountKind::till);
    query.command = core::QueryAccount{AccountId{99}, {}};
    CHECK(client.call(query).code == Refusal::account_not_found);
    query.command = core::QueryRequest{};
    CHECK(client.call(query).code == Refusal::request_not_found);
    CHECK(client.statement({AccountId{1}, {}, 10}).entries.empty());
    CHECK_FALSE(client.query_transfer(TransferId{1}));
}

TEST_CASE("fake server: no answer comes before its time") {
    FakeSettings settings;
    settings.service.time = {TimeLaw::Kind::fixed, milliseconds{20}};
    settings.service.places = 1;
    PlayedServer server(settings);
    NativeClient client = client_of(server);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) client.send(transfers(1));
    for (int i = 0; i < 3; ++i) client.receive();
    CHECK(std::chrono::steady_clock::now() - begin >= milliseconds{60});
    const FakeLog& log = server.log();
    CHECK(log.service.min() == 20'000);
    CHECK(log.residence.min() >= 19'990);
    CHECK(log.residence.max() >= 55'000);
    check_sums(log);
}

TEST_CASE(
    "fake server: refusals are drawn by operation, in the share and with the code asked for") {
    FakeSettings settings;
    settings.refusing = {{300'000}, Refusal::ceiling_exceeded};
    PlayedServer server(settings);
    const auto outcomes = client_of(server).call(transfers(8000));
    const std::size_t refused = count_of(outcomes, Refusal::ceiling_exceeded);
    CHECK(refused >= 2250);
    CHECK(refused <= 2550);
    CHECK(count_of(outcomes, Refusal::none) == 8000 - refused);
    CHECK(server.log().refused == refused);
    check_sums(server.log());

    PlayedServer again(settings);
    CHECK(count_of(client_of(again).call(transfers(8000)), Refusal::ceiling_exceeded) == refused);
}

TEST_CASE("fake server: what the queue does not hold is overloaded at once") {
    FakeSettings settings;
    settings.service = {
        .time = {TimeLaw::Kind::fixed, milliseconds{50}}, .places = 1, .queue_max = 2};
    PlayedServer server(settings);
    NativeClient client = client_of(server);
    for (int i = 0; i < 5; ++i) client.send(transfers(10));
    std::size_t overloaded = 0;
    for (int i = 0; i < 5; ++i) {
        const auto outcomes = native::read_outcomes(client.receive().view());
        REQUIRE(outcomes);
        overloaded += count_of(*outcomes, Refusal::overloaded);
    }
    // A busy machine may read the last only when the first has been served.
    CHECK(overloaded <= 20);
    CHECK(server.log().overloaded == overloaded);
    check_sums(server.log());
}

TEST_CASE("fake server: silence and duplicates") {
    FakeSettings settings;
    settings.silent = {500'000};
    settings.duplicate = {1'000'000};
    PlayedServer server(settings);
    {
        NativeClient client = client_of(server);
        for (int i = 0; i < 200; ++i) client.send(transfers(1));
        client.finish_sending();
        std::set<std::uint64_t> ids;
        std::size_t answers = 0;
        try {
            while (true) {
                ids.insert(client.receive().header.request_id);
                ++answers;
            }
        } catch (const ConnectionError&) {
            // It has nothing more to say, and closes.
        }
        CHECK(ids.size() > 60);
        CHECK(ids.size() < 140);
        CHECK(answers == 2 * ids.size());
    }
    CHECK(server.log().unanswered > 60);
    CHECK(server.log().duplicates + server.log().unanswered == 200);
    check_sums(server.log());
}

TEST_CASE("fake server: a frame that no client should send is refused and the connection closed") {
    PlayedServer server;
    NativeClient client = client_of(server);
    client.send_bytes(std::vector<std::byte>(64, std::byte{'x'}));
    const Reply reply = client.receive_any();
    CHECK(reply.header.type == native::error_type);
    CHECK_THROWS_AS(client.receive_any(), ConnectionError);
    CHECK(client_of(server).call(transfers(1)).size() == 1);
    CHECK(server.log().bad_frames == 1);
}

TEST_CASE("fake server: it drops as many connections of the load as it was told to") {
    FakeSettings settings;
    settings.drop = Dropping{1, milliseconds{1}};
    PlayedServer server(settings);
    NativeClient idle = client_of(server);
    NativeClient first = client_of(server);
    core::Request query;
    query.command = core::QueryRequest{};
    idle.call(query);
    first.call(transfers(1));
    CHECK_THROWS_AS(first.receive(), ConnectionError);
    idle.call(query);
    CHECK(client_of(server).call(transfers(1)).size() == 1);
    CHECK(server.log().dropped == 1);
}

TEST_CASE("fake server: it dies when it was told to, with all its connections") {
    FakeSettings settings;
    settings.service.time = {TimeLaw::Kind::fixed, std::chrono::hours{1}};
    settings.die = milliseconds{1};
    PlayedServer server(settings);
    NativeClient first = client_of(server);
    NativeClient second = client_of(server);
    first.send(transfers(2));
    CHECK_THROWS_AS(first.receive(), ConnectionError);
    CHECK_THROWS_AS(second.receive(), ConnectionError);
    CHECK(server.log_of_its_end().unanswered == 2);
    check_sums(server.log());
}

TEST_CASE("fake server: garbage instead of answers") {
    const struct {
        Garble kind;
        const char* said;
    } rows[] = {{Garble::http, "speaks HTTP"}, {Garble::bytes, "bad_length"}};
    for (const auto& row : rows) {
        FakeSettings settings;
        settings.garble = Garbling{row.kind, Duration{0}};
        PlayedServer server(settings);
        NativeClient client = client_of(server);
        client.send(transfers(1));
        CHECK_THROWS_WITH_AS(client.receive(), doctest::Contains(row.said), ConnectionError);
    }
}

TEST_CASE("fake server: its log is text of 100 columns, and JSON") {
    PlayedServer server;
    client_of(server).call(transfers(5));
    const FakeLog& log = server.log();
    const std::string text = fake_log_text(log);
    for (const char* part : {"5 operations", "ok 5", "service", "residence", "answered", "late"}) {
        CAPTURE(text);
        CHECK(text.find(part) != std::string::npos);
    }
    const auto json = boost::json::parse(fake_log_json(log)).as_object();
    CHECK(json.at("ok").to_number<int>() == 5);
    CHECK(json.at("kinds").at("transfer").to_number<int>() == 5);
    CHECK(json.at("residence_us").at("count").to_number<int>() == 1);
    CHECK(json.at("late_us").at("p99_9").to_number<int>() >= 0);
}
