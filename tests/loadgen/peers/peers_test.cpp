// What peers are asked, what is made of their answers, and what is not asked of them.
#include "loadgen/peers/peers.h"

#include "loadgen/client/protocol_guess.h"
#include "loadgen/drive/peer_driver.h"
#include "loadgen/peers/pg_parameters.h"
#include "loadgen/peers/pg_session.h"
#include "loadgen/peers/redis_session.h"
#include "protocols/native/messages.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

std::string redis_refusal(std::string_view bytes) {
    const auto read = read_resp(bytes);
    REQUIRE((read && *read));
    return redis_answer((**read).reply).refusal;
}

std::string_view guess(std::string_view bytes) {
    return protocol_of(std::as_bytes(std::span{bytes}));
}

/// Takes down what it is asked to open.
class NotedPeer final : public Peer {
public:
    void set_up(std::span<const AccountRange> accounts, const SetUpProgress&) override {
        ranges.assign(accounts.begin(), accounts.end());
    }
    std::unique_ptr<PeerSession> connect() const override { return nullptr; }
    PeerFacts facts() const override { return {}; }

    std::vector<AccountRange> ranges;
};

}  // namespace

TEST_CASE("peers: what the script says, and what Redis itself says, has a name") {
    CHECK(redis_refusal(":1\r\n").empty());
    CHECK(redis_refusal(":-1\r\n") == "insufficient_funds");
    CHECK(redis_refusal(":-2\r\n") == "account_not_found");
    CHECK(redis_refusal(":-3\r\n") == "modified_request");
    CHECK(redis_refusal(":0\r\n") == "redis_unknown_reply");
    CHECK(redis_refusal("+OK\r\n") == "redis_unknown_reply");
    CHECK(redis_refusal("-OOM command not allowed\r\n") == "redis_OOM");
    CHECK(redis_refusal("-MOVED 1 h:1\r\n") == "redis_MOVED");
    CHECK(redis_refusal("-\r\n") == "redis_");
    CHECK(redis_refusal("-" + std::string(500, 'A') + "\r\n") == "redis_" + std::string(24, 'A'));
    const auto again = read_resp(":2\r\n");
    CHECK(redis_answer((**again).reply).is_replay);
}

TEST_CASE("peers: an error of PostgreSQL is named by its SQLSTATE") {
    CHECK(pg_refusal("40001") == "pg_40001");
    CHECK(pg_refusal("") == "pg_error");
    CHECK(pg_refusal("TL001") == "insufficient_funds");
    CHECK(pg_refusal("TL002") == "account_not_found");
    CHECK(pg_refusal("TL003") == "modified_request");
}

TEST_CASE("peers: parameters of libpq are read, and those that stand elsewhere refused") {
    CHECK(!check_pg_parameters("dbname=bench user='me too' sslmode=disable"));
    for (const char* elsewhere :
         {"host=h", "port=1", "hostaddr=::1", "password=p", "service=s", "replication=true"}) {
        CAPTURE(elsewhere);
        const auto wrong = check_pg_parameters(elsewhere);
        REQUIRE(wrong);
        CHECK(wrong->field == "--pg");
    }
    CHECK(check_pg_parameters("dbnam=x")->reason.find("dbnam") != std::string::npos);
    CHECK(check_pg_parameters("x")->reason.find('\n') == std::string::npos);
}

TEST_CASE("peers: a request of each kind of movement is one transfer") {
    for (const native::FrameType type :
         {native::FrameType::transfer, native::FrameType::deposit, native::FrameType::redeem}) {
        RequestFrames frames({.prefix = 7});
        REQUIRE(frames.add({.type = type,
                            .debit = AccountId{3},
                            .credit = AccountId{4},
                            .amount = 500,
                            .reservation = {}}));
        RequestFrame frame;
        frames.take(type, frame);
        CHECK(peer_transfer(frame) == PeerTransfer{.reference = run_reference(7, type, 0),
                                                   .debit = AccountId{3},
                                                   .credit = AccountId{4},
                                                   .amount = 500});
    }
}

TEST_CASE("peers: accounts are numbered by role and get what a switch would issue") {
    Scenario scenario;
    scenario.customers = 3;
    scenario.merchants = 2;
    scenario.agents = 0;
    NotedPeer peer;
    const Accounts accounts = set_up_peer(peer, scenario, [](std::uint64_t, std::uint64_t) {});
    CHECK(accounts.trust == AccountId{1});
    CHECK(accounts.wallets == std::vector{AccountId{2}, AccountId{3}, AccountId{4}});
    CHECK(accounts.tills == std::vector{AccountId{5}, AccountId{6}});
    CHECK(accounts.agents.empty());
    REQUIRE(peer.ranges.size() == 3);
    CHECK(peer.ranges[0].balance == 0);
    CHECK(peer.ranges[1].first == AccountId{2});
    CHECK(peer.ranges[1].count == 3);
    CHECK(peer.ranges[1].balance == opening_balance(scenario));
    CHECK(peer.ranges[2].balance == 0);
}

TEST_CASE("peers: reservations are refused before a run, all other scenarios are not") {
    for (const BuiltInScenario& built_in : built_in_scenarios()) {
        CAPTURE(built_in.name);
        const auto scenario = load_scenario(std::string(built_in.name));
        REQUIRE(scenario);
        CHECK(not_for_peers(*scenario).has_value() == (built_in.name == "two-phase"));
    }
}

TEST_CASE("protocol guess: by the first bytes") {
    CHECK(guess("HTTP/1.1 400 Bad Request\r\n") == "HTTP");
    CHECK(guess("<!DOCTYPE HTML PUBLIC") == "HTTP");
    CHECK(guess("+PONG\r\n") == "the Redis protocol");
    CHECK(guess("-ERR unknown command") == "the Redis protocol");
    CHECK(guess(std::string("E\0\0\0\x2aSFATAL\0", 12)) == "PostgreSQL's protocol");
    CHECK(guess("").empty());
    CHECK(guess("SSH-2.0-OpenSSH").empty());
    std::vector<std::byte> frame;
    native::append_error_frame(frame, {native::ErrorCode::bad_length, "too long"}, 0);
    CHECK(protocol_of(frame) == "tuma's native protocol");
}
