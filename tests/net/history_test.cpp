// Records, statements and reversals over the wire, from the durable journal.
#include "switch/net/history.h"

#include "tests/net/world.h"

#include <doctest/doctest.h>

#include <vector>

using namespace tuma;
using test::Requests;
using test::World;

TEST_CASE("history: a durable transfer is found by its number, an unknown one is not") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    const auto request = requests.transfer(2, 3, 321);
    const auto outcome = client.call(request);

    const auto entry = client.query_transfer(TransferId{outcome.id});

    REQUIRE(entry.has_value());
    CHECK(entry->time == outcome.time);
    CHECK(entry->record.id.value == outcome.id);
    CHECK(entry->record.amount == 321);
    CHECK(entry->record.reference == request.key.reference);
    CHECK(entry->record.digest == native::digest_of(request));
    CHECK(entry->record.debit_balance_after == outcome.balance);
    for (const std::uint64_t unknown : {std::uint64_t{0}, outcome.id + 1, ~std::uint64_t{0}})
        CHECK_FALSE(client.query_transfer(TransferId{unknown}).has_value());
}

TEST_CASE("history: a statement walks newest first, page by page, to the first record") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    std::vector<std::uint64_t> expected{1};
    // Other accounts' records lie in between, several in a batch and over many batches.
    client.call(requests.open(ledger::AccountKind::wallet, "carol"));
    client.call(requests.move(ledger::Purpose::issue, 1, 4, 1'000'000));
    for (int i = 0; i < 31; ++i) {
        std::vector<core::Request> some;
        some.reserve(8);
        for (int k = 0; k < 8; ++k)
            some.push_back(k % 4 == 1 ? requests.transfer(4, 3, 1) : requests.transfer(2, 3, 1));
        const auto outcomes = client.call(some);
        for (std::size_t k = 0; k < 8; ++k)
            if (k % 4 != 1) expected.push_back(outcomes[k].id);
    }

    std::vector<std::uint64_t> seen;
    std::int64_t balance = 1'000'000 - 31 * 6;
    TransferId before{};
    std::size_t pages = 0;
    do {
        const auto page = client.statement({AccountId{2}, before, 50});
        REQUIRE(page.code == Refusal::none);
        for (const auto& entry : page.entries) {
            seen.push_back(entry.record.id.value);
            if (entry.record.debit == AccountId{2})
                CHECK(entry.record.debit_balance_after == balance++);
        }
        before = page.next;
        ++pages;
    } while (before);

    CHECK(std::vector(seen.rbegin(), seen.rend()) == expected);
    CHECK(pages == 4);
}

TEST_CASE("history: a statement starts below any number, also one of another account's record") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    client.call(requests.open(ledger::AccountKind::wallet, "carol"));
    client.call(requests.transfer(2, 3, 10));                     // record 2
    client.call(requests.move(ledger::Purpose::issue, 1, 4, 5));  // record 3
    client.call(requests.transfer(2, 3, 10));                     // record 4
    struct Row {
        std::uint64_t before;
        std::vector<std::uint64_t> expected;
    };
    for (const Row& row : {Row{0, {4, 2, 1}}, Row{99, {4, 2, 1}}, Row{4, {2, 1}}, Row{3, {2, 1}},
                           Row{2, {1}}, Row{1, {}}}) {
        CAPTURE(row.before);
        const auto page = client.statement({AccountId{2}, TransferId{row.before}, 100});
        std::vector<std::uint64_t> seen;
        for (const auto& entry : page.entries) seen.push_back(entry.record.id.value);
        CHECK(seen == row.expected);
        CHECK_FALSE(page.next);
    }
    CHECK(client.statement({AccountId{77}, {}, 10}).code == Refusal::account_not_found);
}

TEST_CASE("history: a page over a long walk ends early and says where to go on") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    client.call(requests.open(ledger::AccountKind::wallet, "carol"));
    client.call(requests.move(ledger::Purpose::issue, 1, 4, 5));  // record 2, not account 2's
    std::vector<core::Request> many;
    for (std::size_t i = 0; i < net::statement_steps_max + 5; ++i)
        many.push_back(requests.transfer(2, 3, 1));
    client.call(many);

    const auto page = client.statement({AccountId{2}, TransferId{2}, 10});
    CHECK(page.entries.empty());
    REQUIRE(page.next);
    // Going on is not the same `before`, but it comes down to it.
    std::vector<std::uint64_t> seen;
    for (TransferId before = page.next; before;) {
        const auto more = client.statement({AccountId{2}, before, 10});
        for (const auto& entry : more.entries)
            if (entry.record.id.value < 2) seen.push_back(entry.record.id.value);
        before = more.next;
    }
    CHECK(seen == std::vector<std::uint64_t>{1});
}

TEST_CASE("history: a reversal moves money back, in parts and never more than there was") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    const auto paid = client.call(requests.transfer(2, 3, 100));
    const auto reverse = [&](std::uint64_t original, std::int64_t amount) {
        return client.call(requests.make(core::Reverse{TransferId{original}, amount, 0, nullptr}));
    };

    CHECK(reverse(paid.id, 30).code == Refusal::none);
    CHECK(reverse(paid.id, 71).code == Refusal::exceeds_original);
    CHECK(reverse(paid.id, 0).code == Refusal::none);
    CHECK(reverse(paid.id, 1).code == Refusal::exceeds_original);
    CHECK(reverse(999'999, 0).code == Refusal::original_not_found);
    const auto account = client.call(requests.make(core::QueryAccount{AccountId{2}, {}}));
    CHECK(ledger::balance(account.account->account) == 1'000'000);
}

TEST_CASE("history: reversing a set reverses every leg, and a retry repeats the answer") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    core::MoveLinked linked;
    linked.leg_count = 3;
    linked.legs[0] = {AccountId{2}, AccountId{3}, 500};
    linked.legs[1] = {AccountId{2}, AccountId{3}, 20};
    linked.legs[2] = {AccountId{3}, AccountId{2}, 1};
    const auto paid = client.call(requests.make(linked));
    REQUIRE(paid.code == Refusal::none);
    const auto request = requests.make(core::Reverse{TransferId{paid.id}, 0, 0, nullptr});

    const auto first = client.call(request);
    const auto again = client.call(request);

    CHECK(first.code == Refusal::none);
    CHECK(again.is_replayed);
    CHECK(again == first);
    const auto account = client.call(requests.make(core::QueryAccount{AccountId{3}, {}}));
    CHECK(ledger::balance(account.account->account) == 0);
    const auto second_leg = requests.make(core::Reverse{TransferId{paid.id + 1}, 0, 0, nullptr});
    CHECK(client.call(second_leg).code == Refusal::original_not_reversible);
}

TEST_CASE("history: many questions about far-apart records in one frame are answered in order") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    for (int i = 1; i <= 60; ++i) client.call(requests.transfer(2, 3, i));
    std::vector<std::byte> bytes;
    const auto position = native::begin_frame(bytes);
    for (std::uint64_t i = 0; i < 60; ++i)
        native::append_command(bytes, native::QueryTransfer{TransferId{2 + i * 37 % 60}});
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::FrameType::query_transfer);
    header.count = 60;
    native::finish_frame(bytes, position, header);
    client.send_bytes(bytes);

    const auto records = native::read_records(client.receive().view());

    REQUIRE(records.has_value());
    for (std::uint64_t i = 0; i < 60; ++i)
        CHECK((*records)[i].entry.record.amount == static_cast<std::int64_t>(1 + i * 37 % 60));
}
