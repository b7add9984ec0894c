// The driver of peers against one that answers by a script, over real sockets: order, timeouts,
// late answers, refusals, a lost connection.
#include "loadgen/drive/peer_driver.h"

#include "ledger/words/ensure.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <set>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using std::chrono::milliseconds;

/// How the peer behaves; transfers are counted from 1 over all connections.
struct Script {
    std::uint64_t hold_from = 0;   ///< from this transfer on nothing is answered …
    std::uint64_t hold_until = 0;  ///< … until this one has come
    std::uint64_t refuse_each = 0;
    std::uint64_t replay_each = 0;
    std::uint64_t end_after = 0;  ///< closes the connection instead of answering
    bool answers_twice = false;
};

struct Seen {
    std::uint64_t transfers = 0;
    std::set<Reference> references;
};

/// Answers as soon as it is asked, by the way of a socket, so that the driver has to wait for it.
class ScriptedSession final : public PeerSession {
public:
    ScriptedSession(const Script& script, Seen& seen) : script_(script), seen_(seen) {
        std::array<int, 2> ends{};
        ensure(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "sockets");
        near_ = Socket(ends[0]);
        far_ = Socket(ends[1]);
    }

    int descriptor() const override { return near_.descriptor(); }

    void send(const PeerTransfer& transfer) override {
        ++held_;
        seen_.references.insert(transfer.reference);
        if (++seen_.transfers == script_.end_after) return far_.close();
        const bool is_held =
            seen_.transfers >= script_.hold_from && seen_.transfers < script_.hold_until;
        if (is_held || !far_.is_open()) return;
        const std::string bytes(held_ * (script_.answers_twice ? 2 : 1), 'a');
        held_ = 0;
        ensure(::send(far_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(bytes.size()),
               "few answers fit");
    }

    std::optional<std::string> flush() override { return std::nullopt; }
    bool has_unsent() const override { return false; }

    PeerReading receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) override {
        PeerReading reading;
        const ssize_t got = ::recv(near_.descriptor(), scratch.data(), scratch.size(), 0);
        if (got < 0) return reading;
        reading.state = got == 0 ? PeerReading::State::ended : PeerReading::State::got;
        if (got == 0) reading.reason = "it went away";
        for (ssize_t i = 0; i < got; ++i) answers.push_back(next_answer());
        return reading;
    }

private:
    static bool is_each(std::uint64_t number, std::uint64_t each) {
        return each > 0 && number % each == 0;
    }

    PeerAnswer next_answer() {
        ++answered_;
        return {.refusal = is_each(answered_, script_.refuse_each) ? "pg_40001" : "",
                .is_replay = is_each(answered_, script_.replay_each)};
    }

    const Script& script_;
    Seen& seen_;
    Socket near_;
    Socket far_;
    std::uint64_t held_ = 0;
    std::uint64_t answered_ = 0;
};

class ScriptedPeer final : public Peer {
public:
    explicit ScriptedPeer(const Script& script) : script_(script) {}
    void set_up(std::span<const AccountRange>, const SetUpProgress&) override {}
    std::unique_ptr<PeerSession> connect() const override {
        return std::make_unique<ScriptedSession>(script_, seen_);
    }
    PeerFacts facts() const override { return {}; }
    const Seen& seen() const { return seen_; }

private:
    Script script_;
    mutable Seen seen_;
};

struct PeerDriven {
    RunEnd end;
    Counts counts;
    std::map<std::uint16_t, std::string> names;
    std::uint64_t responses = 0;
    Seen seen;
};

/// So many transfers; open loop where there is a rate.
PeerDriven drive_scripted(const Script& script, std::uint64_t transfers, DriverSettings driving,
                          std::optional<Rate> rate = std::nullopt) {
    auto scenario = load_scenario("p2p");
    REQUIRE(scenario.has_value());
    Scenario small = *scenario;
    small.customers = 20;
    ScriptedPeer peer(script);
    const Accounts accounts = [&] {
        Accounts made;
        made.trust = AccountId{1};
        for (std::uint32_t i = 2; i < 22; ++i) made.wallets.push_back(AccountId{i});
        return made;
    }();
    Workload workload(small, accounts, 11);
    FramingSettings framing;
    framing.prefix = 11;
    MixedStream::Timing timing;
    timing.operations_max = transfers;
    if (rate) timing.operations.emplace(*rate, Arrival::constant, 1, std::chrono::hours{1});
    MixedStream traffic(workload, framing, std::move(timing));
    driving.closed_loop = !rate;
    driving.send_everything = true;
    Recorder recorder(Offset{0});
    RefusalNames refusals;
    const std::atomic<bool> stop{false};
    bool has_begun = false;
    PeerDriven driven;
    driven.end = drive_peer(
        driving, peer, traffic, {recorder, refusals}, [&] { has_begun = true; }, stop,
        [](const RunProgress&) {});
    CHECK(has_begun);
    driven.counts = recorder.counts();
    driven.names = refusals.by_number();
    driven.responses = recorder.latencies().response.count();
    driven.seen = peer.seen();
    CHECK(broken_identity(driven.counts) == std::nullopt);
    CHECK(driven.seen.transfers == driven.counts.sent);
    CHECK(driven.seen.references.size() == driven.counts.sent);
    return driven;
}

}  // namespace

TEST_CASE("peer driver: every transfer is sent once and answered once, in either loop") {
    for (const bool is_open : {false, true}) {
        for (const std::uint32_t connections : {1U, 3U}) {
            CAPTURE(is_open);
            CAPTURE(connections);
            const auto rate = is_open ? std::optional{Rate::per_second(20'000)} : std::nullopt;
            const PeerDriven driven = drive_scripted(
                {}, 1000, {.target = {}, .connections = connections, .in_flight = 4}, rate);
            CHECK(driven.counts.ok == 1000);
            CHECK(driven.responses == 1000);
            CHECK(driven.end.server_gone.empty());
            CHECK(driven.end.late_answers == 0);
        }
    }
}

TEST_CASE("peer driver: refusals have the peer's names, replays are told") {
    const PeerDriven driven =
        drive_scripted({.refuse_each = 10, .replay_each = 25}, 200, {.target = {}});
    CHECK(driven.counts.ok == 180);
    CHECK(driven.counts.refused == 20);
    CHECK(driven.names == std::map<std::uint16_t, std::string>{{1, "pg_40001"}});
    CHECK(driven.end.replays == 8);
}

TEST_CASE("peer driver: who has timed out keeps its place in the order of answers") {
    // Held for a quarter of a second at this rate, and longer than the timeout. All those answers
    // come at once, and those behind them have to find their own transfers.
    const PeerDriven driven = drive_scripted(
        {.hold_from = 60, .hold_until = 110}, 220,
        {.target = {}, .connections = 1, .in_flight = 1000, .timeout = milliseconds{100}},
        Rate::per_second(200));
    CHECK(driven.counts.sent == 220);
    CHECK(driven.counts.timeouts >= 20);
    CHECK(driven.counts.ok == 220 - driven.counts.timeouts);
    CHECK(driven.end.late_answers == driven.counts.timeouts);
    CHECK(driven.end.server_gone.empty());
}

TEST_CASE("peer driver: a lost connection ends the sending, and its transfers are errors") {
    const PeerDriven driven = drive_scripted(
        {.hold_from = 95, .hold_until = 200, .end_after = 100}, 1000,
        {.target = {"h", 1}, .connections = 1, .in_flight = 8}, Rate::per_second(2000));
    CHECK(driven.counts.ok == 94);
    CHECK(driven.counts.errors == driven.counts.sent - 94);
    CHECK(driven.counts.errors >= 6);
    CHECK(driven.counts.sent + driven.counts.skipped == driven.counts.scheduled);
    CHECK(driven.end.server_gone.starts_with("h:1: it went away after "));
    CHECK(driven.end.server_gone.find("transfers were in flight on that connection") !=
          std::string::npos);
}

TEST_CASE("peer driver: an answer to nothing makes the connection useless") {
    const PeerDriven driven = drive_scripted({.answers_twice = true}, 100,
                                             {.target = {}, .connections = 1, .in_flight = 1});
    CHECK(driven.end.server_gone.find("an answer that nobody asked for") != std::string::npos);
}
