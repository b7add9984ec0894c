// Retries of keys that have left memory: looked for on disk while others are decided, never twice.
#include "ledger/store/memory_journal.h"
#include "switch/engine/engine.h"
#include "tests/support/full_filter.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;

namespace {

// An engine whose steps are taken by hand, with a ring of 8 requests.
class Desk {
public:
    enum class Filter { useful, full };
    explicit Desk(Filter filter)
        : keys(directory_.path(), {.merge_runs = 3}),
          core_(state_with(keys, journal_, filter)),
          engine(core_, journal_, clock_, metrics, {}, [](const std::string&) {}, {}, {&keys}) {
        send({request(1, core::OpenAccount{.kind = ledger::AccountKind::trust,
                                           .floor = ledger::no_floor,
                                           .identity = testing::identity("trust")}),
              request(2, core::OpenAccount{.identity = testing::identity("alice")})});
        finish();
    }

    static core::Request request(std::uint64_t number, core::Command command) {
        core::Request made{.key = {ParticipantId{7}, testing::reference(number)},
                           .command = std::move(command)};
        made.digest[0] = static_cast<std::byte>(number);
        return made;
    }
    /// Gives alice 1.00.
    static core::Request gift(std::uint64_t number) {
        return request(number, core::MoveMoney{.purpose = ledger::Purpose::issue,
                                               .debit = AccountId{1},
                                               .credit = AccountId{2},
                                               .amount = {100, Currency::kes}});
    }

    /// The number by which `told` has its outcomes.
    int send(std::vector<core::Request> requests) {
        auto submission = std::make_unique<Ear>(*this, ++sent_);
        submission->requests = std::move(requests);
        REQUIRE(!engine.submit(std::move(submission)));
        return sent_;
    }
    void write_keys() {
        while (keys.step_write()) {
        }
    }
    /// All that was sent is answered.
    void finish() {
        bool is_busy = true;
        while (is_busy) {
            is_busy = false;
            while (engine.step_decide()) is_busy = true;
            while (engine.step_journal()) is_busy = true;
            while (engine.step_look_up()) is_busy = true;
            write_keys();
        }
    }
    /// Requests `first` to `last`, each once and by itself.
    void give(std::uint64_t first, std::uint64_t last) {
        for (std::uint64_t number = first; number <= last; ++number) {
            send({gift(number)});
            finish();
        }
    }
    std::int64_t balance() {
        core::Request query;
        query.command = core::QueryAccount{AccountId{2}, {}};
        const int sent = send({query});
        finish();
        return told.at(sent).front().balance;
    }

    std::map<int, std::vector<core::Outcome>> told;

private:
    class Ear final : public net::Submission {
    public:
        Ear(Desk& desk, int number) : desk_(desk), number_(number) {}
        void durable(std::unique_ptr<Submission>, net::Steady::time_point) override {
            desk_.told[number_] = outcomes;
        }

    private:
        Desk& desk_;
        int number_;
    };

    core::Switch state_with(ledger::KeyIndex& index, ledger::MemoryJournal& journal,
                            Filter filter) {
        ledger::State state({.accounts_max = 4,
                             .request_keys_max = 8,
                             .key_filter_bytes = filter == Filter::full ? 1U : 1U << 16U,
                             .hash_seed = 3});
        if (filter == Filter::full) testing::fill_filter(state.keys, clock_.now());
        index.open(journal, state.keys, {});
        return core::Switch(std::move(state));
    }

    TemporaryDirectory directory_;
    ledger::MemoryJournal journal_;
    net::RealClock clock_{net::this_machine().wall(), net::this_machine()};
    int sent_ = 0;

public:
    const std::filesystem::path& folder() const { return directory_.path(); }

    net::Metrics metrics;
    ledger::KeyIndex keys;

private:
    core::Switch core_;

public:
    net::Engine engine;
};

}  // namespace

TEST_CASE("engine: a request that has left memory is answered as the first time, not executed") {
    Desk desk(Desk::Filter::useful);
    const int first = desk.send({Desk::gift(10)});
    desk.finish();
    desk.give(11, 60);
    CHECK(desk.metrics.key_look_ups.value() == 0);

    const int again = desk.send({Desk::gift(10), Desk::gift(61), Desk::gift(12)});
    CHECK(desk.engine.step_decide());
    CHECK(!desk.engine.is_idle());
    const int other = desk.send({Desk::gift(62)});
    CHECK(desk.engine.step_decide());
    CHECK(desk.engine.step_journal());
    CHECK(desk.told.contains(other));
    CHECK(!desk.told.contains(again));
    desk.finish();
    CHECK(desk.engine.is_idle());

    const auto& outcomes = desk.told.at(again);
    REQUIRE(outcomes.size() == 3);
    CHECK(outcomes[0].is_replayed);
    CHECK(outcomes[0] == desk.told.at(first).front());
    CHECK(!outcomes[1].is_replayed);
    CHECK(outcomes[2].is_replayed);
    CHECK(desk.metrics.key_look_ups.value() == 2);
    CHECK(desk.metrics.keys_found_on_disk.value() == 2);
    CHECK(desk.balance() == 53 * 100);
}

TEST_CASE("engine: another request under a key that has left memory is refused as modified") {
    Desk desk(Desk::Filter::useful);
    desk.give(10, 60);
    core::Request other = Desk::gift(11);
    other.digest[5] = std::byte{1};
    core::Request question = Desk::request(11, core::QueryRequest{});
    const int sent = desk.send({other, question});
    desk.finish();
    CHECK(desk.told.at(sent)[0].code == Refusal::modified_request);
    CHECK(desk.told.at(sent)[1].code == Refusal::none);
    CHECK(desk.told.at(sent)[1].is_replayed);
    CHECK(desk.balance() == 51 * 100);
}

TEST_CASE("engine: one new key sent many times at once is executed once, in any order of looks") {
    Desk desk(Desk::Filter::full);
    desk.give(10, 200);
    std::vector<int> sent;
    for (int i = 0; i < 4; ++i) sent.push_back(desk.send({Desk::gift(300), Desk::gift(300)}));
    CHECK(desk.engine.step_decide());
    CHECK(desk.engine.step_look_up());
    CHECK(desk.engine.step_decide());
    CHECK(desk.engine.step_look_up());
    desk.finish();
    std::size_t executed = 0;
    for (const int one : sent)
        for (const core::Outcome& outcome : desk.told.at(one)) {
            CHECK(outcome == desk.told.at(sent.front()).front());
            executed += outcome.is_replayed ? 0U : 1U;
        }
    CHECK(executed == 1);
    CHECK(desk.balance() == 192 * 100);
}

TEST_CASE("core: what was found is too old once the ring has turned over since it was asked for") {
    ledger::State state({.accounts_max = 4, .request_keys_max = 2, .key_filter_bytes = 1});
    testing::fill_filter(state.keys, Timestamp{});
    state.keys.keep(0);
    core::Switch core(std::move(state));
    core.begin(Timestamp{}, {});
    const core::Request one = Desk::request(1, core::ChangeAccount{AccountId{1}});
    CHECK(core.handle(one).must_look_up);
    CHECK(core.handle(one).code == Refusal::overloaded);
    const core::Finding nothing{std::nullopt, core.requests()};
    for (std::uint64_t number = 2; number <= 3; ++number)
        CHECK(
            core.handle(Desk::request(number, core::ChangeAccount{AccountId{1}}), &nothing).code ==
            Refusal::account_not_found);
    // Full, and nobody else has the two.
    CHECK(core.handle(one, &nothing).code == Refusal::overloaded);
    CHECK(!core.handle(one, &nothing).must_look_up);
    core.may_leave(2);
    CHECK(core.handle(one, &nothing).code == Refusal::account_not_found);
    CHECK(core.handle(one).is_replayed);
    // Request 2 has left since `nothing` was asked for.
    CHECK(core.handle(Desk::request(2, core::ChangeAccount{AccountId{1}}), &nothing).must_look_up);
    const core::Finding unreadable{std::nullopt, core.requests(), false};
    const core::Outcome refused =
        core.handle(Desk::request(2, core::ChangeAccount{AccountId{1}}), &unreadable);
    CHECK(refused.code == Refusal::overloaded);
    CHECK(!refused.must_look_up);
    core.finish();
}

TEST_CASE("engine: a request without a key is looked for nowhere") {
    Desk desk(Desk::Filter::full);
    desk.give(10, 200);
    const std::uint64_t before = desk.metrics.key_look_ups.value();
    core::Request question;
    question.command = core::QueryRequest{};
    core::Request gift = Desk::gift(1);
    gift.key = {};
    const int sent = desk.send({question, gift});
    desk.finish();
    CHECK(desk.told.at(sent)[0].code == Refusal::request_not_found);
    CHECK(desk.told.at(sent)[1].code == Refusal::request_key_missing);
    CHECK(desk.metrics.key_look_ups.value() == before);
}

TEST_CASE("engine: what cannot be read on disk is answered as overloaded and not executed") {
    Desk desk(Desk::Filter::useful);
    desk.give(10, 60);
    for (const auto& path : ledger::list_key_runs(desk.folder()))
        std::filesystem::resize_file(path, 10);
    const int sent = desk.send({Desk::gift(11), Desk::gift(61)});
    desk.finish();
    CHECK(desk.told.at(sent)[0].code == Refusal::overloaded);
    CHECK(desk.told.at(sent)[1].code == Refusal::none);
    CHECK(desk.balance() == 52 * 100);
}
