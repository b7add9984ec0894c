// What stories do not show: batches, queries, bounds on expiry, numbers that are refused.
#include "switch/core/switch.h"

#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;

namespace {

Request request(std::uint64_t number, Command command) {
    Digest digest{};
    digest[0] = static_cast<std::byte>(number);
    return {{ParticipantId{1}, reference(number)}, digest, {}, std::move(command)};
}

OpenAccount open(std::string_view name, ledger::AccountKind kind = ledger::AccountKind::wallet) {
    OpenAccount opening{.kind = kind, .identity = identity(name)};
    if (kind == ledger::AccountKind::trust) opening.floor = ledger::no_floor;
    return opening;
}

constexpr AccountId bank{1}, alice{2}, bob{3};

// A bank, alice with 1,000 and bob with nothing; request numbers below 10 are used.
struct Town {
    World world;

    Town() {
        const std::vector<Request> requests{
            request(1, open("bank", ledger::AccountKind::trust)), request(2, open("alice")),
            request(3, open("bob")),
            request(4, MoveMoney{ledger::Purpose::issue, bank, alice, {1'000, Currency::kes}})};
        for (const Outcome& outcome : world.handle_together(requests))
            REQUIRE(outcome.code == Refusal::none);
    }
};

MoveMoney transfer(std::int64_t amount) {
    return {ledger::Purpose::transfer, alice, bob, {amount, Currency::kes}};
}

}  // namespace

TEST_CASE("switch: requests of one batch see each other, retries too") {
    Town town;
    const std::vector<Request> requests{request(10, transfer(600)), request(11, transfer(600)),
                                        request(10, transfer(600)), request(11, transfer(600))};

    const auto outcomes = town.world.handle_together(requests);

    CHECK(outcomes[0].code == Refusal::none);
    CHECK(outcomes[0].balance == 400);
    CHECK(outcomes[0].id == 2);
    CHECK(outcomes[1].code == Refusal::insufficient_funds);
    CHECK(outcomes[2] == outcomes[0]);
    CHECK(outcomes[2].is_replayed);
    CHECK(outcomes[3] == outcomes[1]);
    CHECK(outcomes[3].is_replayed);
    CHECK(town.world.journal.size() == 2);
    CHECK(town.world.journal.back().header.event_count == 2);
}

TEST_CASE("switch: a batch without events takes no number") {
    Town town;
    town.world.pass(std::chrono::seconds{1});
    const auto outcome = town.world.handle(request(0, QueryAccount{alice, {}}));
    CHECK(outcome.code == Refusal::none);
    town.world.handle(request(4, MoveMoney{}));
    CHECK(town.world.journal.size() == 1);
    CHECK(town.world.core.state().position.sequence == 1);
    town.world.handle(request(10, transfer(1)));
    REQUIRE(town.world.journal.size() == 2);
    CHECK(town.world.journal.back().header.sequence == 2);
    CHECK(town.world.journal.back().header.first_transfer == TransferId{2});
    CHECK(town.world.journal.back().header.next_transfer == TransferId{3});
}

TEST_CASE("switch: an account is asked for by number or by identity") {
    Town town;
    for (const QueryAccount& query :
         {QueryAccount{alice, {}}, QueryAccount{{}, identity("alice")}}) {
        const auto outcome = town.world.handle({{}, {}, {}, query});
        REQUIRE(outcome.account.has_value());
        CHECK(outcome.id == alice.value);
        CHECK(outcome.balance == 1'000);
        CHECK(outcome.account->id == alice);
        CHECK(outcome.account->account == *town.world.core.state().books.find(alice));
        CHECK(outcome.time == town.world.now);
    }
    for (const QueryAccount& query :
         {QueryAccount{AccountId{4}, {}}, QueryAccount{{}, identity("nobody")}, QueryAccount{}}) {
        const auto outcome = town.world.handle({{}, {}, {}, query});
        CHECK(code(outcome.code) == "account_not_found");
        CHECK_FALSE(outcome.account.has_value());
    }
}

TEST_CASE("switch: two participants may use the same reference") {
    Town town;
    Request first = request(10, transfer(1));
    Request second = first;
    second.key.participant = ParticipantId{2};
    CHECK_FALSE(town.world.handle(first).is_replayed);
    const auto outcome = town.world.handle(second);
    CHECK(outcome.code == Refusal::none);
    CHECK_FALSE(outcome.is_replayed);
    CHECK(outcome.balance == 998);
}

TEST_CASE("switch: records carry the request's key, digest, memo and what they are for") {
    Town town;
    MoveMoney move = transfer(5);
    move.memo = 77;
    const Request asked = request(10, move);
    town.world.handle(asked);
    const auto records = town.world.set_of(TransferId{2});
    REQUIRE(records.size() == 1);
    CHECK(records[0].key() == asked.key);
    CHECK(records[0].digest == asked.digest);
    CHECK(records[0].memo == 77);
    CHECK(records[0].purpose == ledger::Purpose::transfer);
    CHECK(records[0].due() == town.world.now);
}

TEST_CASE("switch: a linked set is one key, flagged from first to last") {
    Town town;
    MoveLinked set{.leg_count = 3};
    set.legs = {{{alice, bob, 10}, {bob, alice, 5}, {bob, bank, 5}}};
    const auto outcome = town.world.handle(request(10, set));
    REQUIRE(outcome.code == Refusal::none);
    CHECK(outcome.id == 2);
    CHECK(outcome.balance == 990);
    const auto records = town.world.set_of(TransferId{2});
    REQUIRE(records.size() == 3);
    CHECK(records[0].flags == ledger::flag_linked);
    CHECK(records[1].flags == (ledger::flag_linked | ledger::flag_continuation));
    CHECK(records[2].flags == ledger::flag_continuation);
    CHECK(town.world.core.state().keys.size() == 5);
}

TEST_CASE("switch: a later leg of a set is no original of its own") {
    Town town;
    MoveLinked set{.leg_count = 2};
    set.legs = {{{alice, bob, 10}, {bob, alice, 5}}};
    REQUIRE(town.world.handle(request(10, set)).code == Refusal::none);
    Reverse reverse;
    reverse.original = TransferId{3};
    reverse.records =
        std::make_shared<const std::vector<ledger::TransferRecord>>(town.world.set_of({3}));
    CHECK(code(town.world.handle(request(11, reverse)).code) == "original_not_reversible");
}

TEST_CASE("switch: a refused set leaves the books exactly as they were") {
    Town town;
    MoveLinked set{.leg_count = 3};
    set.legs = {{{alice, bob, 10}, {bob, alice, 5}, {bob, bank, 6}}};
    const auto books_before = bytes_of(town.world.core.state().books);
    const auto next_before = town.world.core.state().position.next_transfer;
    CHECK(code(town.world.handle(request(10, set)).code) == "insufficient_funds");
    CHECK(bytes_of(town.world.core.state().books) == books_before);
    CHECK(town.world.core.state().position.next_transfer == next_before);
}

TEST_CASE("switch: reservations that are due are given back in portions, and are over at once") {
    Town town;
    for (std::uint64_t i = 0; i < 5; ++i)
        REQUIRE(town.world
                    .handle(request(
                        10 + i, Reserve{alice, bob, {10, Currency::kes}, std::chrono::seconds{5}}))
                    .code == Refusal::none);
    core::Switch& core = town.world.core;
    core.begin(town.world.now + std::chrono::seconds{5}, {});
    CHECK(core.run_due(2).expired == 2);
    CHECK(core.state().books.open_reservations() == 3);
    CHECK(core.next_deadline() == town.world.now + std::chrono::seconds{5});

    CHECK(code(core.handle(request(20, Settle{TransferId{6}})).code) == "reservation_not_open");
    CHECK(code(core.handle(request(21, Release{TransferId{6}})).code) == "reservation_not_open");
    CHECK(core.run_due(0).count() == 0);
    CHECK(core.run_due(100).expired == 3);
    CHECK_FALSE(core.next_deadline().has_value());
    CHECK(core.finish().header.event_count == 7);
}

TEST_CASE("switch: accounts beyond the capacity are refused") {
    World world({.accounts_max = 2, .request_keys_max = 16});
    CHECK(world.handle(request(1, open("a"))).id == 1);
    CHECK(world.handle(request(2, open("b"))).id == 2);
    CHECK(code(world.handle(request(3, open("c"))).code) == "account_capacity_reached");
    CHECK(code(world.handle(request(4, open("b"))).code) == "identity_taken");
    CHECK(code(world.handle(request(5, OpenAccount{})).code) == "identity_invalid");
}
