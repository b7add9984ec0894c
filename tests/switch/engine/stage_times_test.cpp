// How long the engine had each submission, stage by stage, and nothing left out.
#include "ledger/store/memory_journal.h"
#include "switch/engine/engine.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

using namespace tuma;
using namespace std::chrono_literals;

namespace {

// An engine whose steps are taken by hand, with a wallet that holds nothing and a trust account.
class TimedDesk {
public:
    TimedDesk()
        : core_(ledger::State({.accounts_max = 4, .request_keys_max = 1'000})),
          engine(core_, journal_, clock_, metrics, {}, [](const std::string&) {}) {
        send({request(core::OpenAccount{.kind = ledger::AccountKind::trust,
                                        .floor = ledger::no_floor,
                                        .identity = testing::identity("trust")}),
              request(core::OpenAccount{.identity = testing::identity("alice")})});
        finish();
    }

    core::Request request(core::Command command) {
        core::Request made{.key = {ParticipantId{7}, testing::reference(++requests_)},
                           .command = std::move(command)};
        made.digest[0] = static_cast<std::byte>(requests_);
        return made;
    }
    core::Request gift() { return move(AccountId{1}, AccountId{2}); }
    /// Refused: alice has not so much.
    core::Request too_much() { return move(AccountId{2}, AccountId{1}, 1'000'000); }

    /// Submitted so long ago.
    void send(std::vector<core::Request> requests, net::Steady::duration queued = {}) {
        auto submission = std::make_unique<Ear>(*this);
        submission->requests = std::move(requests);
        submission->submitted = net::Steady::now() - queued;
        REQUIRE(!engine.submit(std::move(submission)));
    }
    void finish() {
        while (engine.step_decide()) {
        }
        while (engine.step_journal()) {
        }
    }

    struct Told {
        net::StageTimes times;
        std::uint32_t executed = 0;
        net::Steady::time_point submitted;
        net::Steady::time_point durable_at;
    };
    std::vector<Told> told;

private:
    class Ear final : public net::Submission {
    public:
        explicit Ear(TimedDesk& desk) : desk_(desk) {}
        void durable(std::unique_ptr<Submission>, net::Steady::time_point at) override {
            desk_.told.push_back({times, executed, submitted, at});
        }

    private:
        TimedDesk& desk_;
    };

    core::Request move(AccountId from, AccountId to, std::int64_t amount = 100) {
        return request(core::MoveMoney{.purpose = ledger::Purpose::issue,
                                       .debit = from,
                                       .credit = to,
                                       .amount = {amount, Currency::kes}});
    }

    std::uint64_t requests_ = 0;
    ledger::MemoryJournal journal_;
    net::RealClock clock_{net::this_machine().wall(), net::this_machine()};

public:
    net::Metrics metrics;

private:
    core::Switch core_;

public:
    net::Engine engine;
};

}  // namespace

TEST_CASE("engine: the stages of each submission sum to its way from submitted to durable") {
    TimedDesk desk;
    desk.told.clear();
    // One batch of two submissions.
    desk.send({desk.gift()}, 1s);
    desk.send({desk.gift(), desk.too_much(), desk.gift()}, 2s);
    desk.finish();

    REQUIRE(desk.told.size() == 2);
    CHECK(desk.told[0].times.queue_wait >= 1s);
    CHECK(desk.told[1].times.queue_wait >= 2s);
    for (const TimedDesk::Told& one : desk.told) {
        CHECK(one.times.sum() == one.durable_at - one.submitted);
        // Both waited for the whole of the one batch and the one append.
        CHECK(one.times.decide == desk.told[0].times.decide);
        CHECK(one.times.fsync == desk.told[0].times.fsync);
        CHECK(one.times.fsync > 0ns);
    }
    // A refusal is no executed operation.
    CHECK(desk.told[0].executed == 1);
    CHECK(desk.told[1].executed == 2);
}

TEST_CASE("engine: batches of a group share its append, and each waited since it was decided") {
    TimedDesk desk;
    desk.told.clear();
    for (int i = 0; i < 2; ++i) {
        desk.send({desk.gift()}, 0ns);
        REQUIRE(desk.engine.step_decide());
    }
    REQUIRE(desk.engine.step_journal());
    REQUIRE(desk.told.size() == 2);
    CHECK(desk.told[0].times.fsync == desk.told[1].times.fsync);
    CHECK(desk.told[0].times.append_wait >=
          desk.told[1].times.append_wait + desk.told[1].times.decide);
    // A batch that changes nothing has no append, and nothing of an earlier one.
    core::Request query;
    query.command = core::QueryAccount{AccountId{2}, {}};
    desk.send({query}, 0ns);
    desk.finish();
    CHECK(desk.told[2].times.fsync == 0ns);
}

TEST_CASE("engine: the journal's bytes are those of its batches") {
    TimedDesk desk;
    const std::uint64_t before = desk.metrics.journal_bytes.value();
    CHECK(before > 0);
    desk.send({desk.gift()});
    desk.finish();
    const std::uint64_t one = desk.metrics.journal_bytes.value() - before;
    desk.send({desk.gift(), desk.gift(), desk.gift()});
    desk.finish();
    const std::uint64_t three = desk.metrics.journal_bytes.value() - before - one;
    // Headers and hash once a batch, each gift the same.
    CHECK(one > 100);
    CHECK(three > one);
    CHECK((three - one) % 2 == 0);
}
