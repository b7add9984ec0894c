// Records, statements and reversals over the wire, from the durable journal.
#include "switch/engine/history.h"

#include "tests/switch/native/world.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>
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

TEST_CASE("history: the pages of one frame share the records that they may look at") {
    World world;
    Requests requests;
    auto client = world.client();
    test::open_wallets(client, requests);
    std::vector<core::Request> many;
    for (std::size_t i = 0; i < net::statement_steps_max + 500; ++i)
        many.push_back(requests.transfer(2, 3, 1));
    client.call(many);
    std::vector<std::byte> bytes;
    const auto position = native::begin_frame(bytes);
    native::FrameHeader header;
    header.type = static_cast<std::uint8_t>(native::FrameType::statement);
    header.count = 12;
    // The pages begin at the newest record, in turn with and without saying so.
    for (std::uint16_t i = 0; i < header.count; ++i)
        native::append_command(bytes,
                               native::StatementQuery{AccountId{2}, TransferId{i % 2 * 900U}, 100});
    native::finish_frame(bytes, position, header);
    client.send_bytes(bytes);

    const auto pages = native::read_statements(client.receive().view());

    REQUIRE(pages.has_value());
    std::size_t entries = 0;
    for (std::size_t i = 0; i < pages->size(); ++i) {
        CAPTURE(i);
        const auto& page = (*pages)[i];
        REQUIRE(page.next);
        entries += page.entries.size();
        if (page.entries.empty()) CHECK(page.next.value == (i % 2 == 1 ? 900 : 1'502));
        // Going on from there leaves nothing out.
        const auto more = client.statement({AccountId{2}, page.next, 100});
        REQUIRE(more.entries.size() == 100);
        CHECK(more.entries.front().record.id.value == page.next.value - 1);
    }
    CHECK(entries > 900);
    CHECK(entries <= net::statement_steps_max);
    CHECK(pages->back().entries.empty());
}

namespace {

/// Notes when it is done, and can keep the history's thread until it is let go.
struct NotedJob final : net::HistoryJob {
    struct Log {
        std::vector<int> done;
        std::vector<bool> were_read;
        std::promise<void> began;
        std::promise<void> may_go_on;
        std::promise<void> ended;
        int awaited = 0;
    };

    NotedJob(Log& all, int its_number, bool takes_long, TransferId wanted = {})
        : log(all), number(its_number), is_long_job(takes_long), transfer(wanted) {}

    bool is_long() const override { return is_long_job; }
    void look_up(net::HistoryReader& reader) override {
        if (number == 0) {
            log.began.set_value();
            log.may_go_on.get_future().wait();
        }
        if (transfer) static_cast<void>(reader.find(transfer));
    }
    void looked_up(std::unique_ptr<net::HistoryJob> self, bool is_read) override {
        Log& all = log;
        all.done.push_back(number);
        all.were_read.push_back(is_read);
        self.reset();
        if (--all.awaited == 0) all.ended.set_value();
    }

    Log& log;
    int number;
    bool is_long_job;
    TransferId transfer;
};

}  // namespace

TEST_CASE("history: short jobs go before long ones, each kind in order and bounded for itself") {
    ledger::MemoryJournal journal;
    net::History history(journal, 2);
    NotedJob::Log log;
    log.awaited = 5;
    history.start();
    REQUIRE_FALSE(history.submit(std::make_unique<NotedJob>(log, 0, true)));
    log.began.get_future().wait();

    CHECK_FALSE(history.submit(std::make_unique<NotedJob>(log, 1, true)));
    CHECK_FALSE(history.submit(std::make_unique<NotedJob>(log, 2, true)));
    CHECK(history.submit(std::make_unique<NotedJob>(log, 3, true)));
    CHECK_FALSE(history.submit(std::make_unique<NotedJob>(log, 4, false)));
    CHECK_FALSE(history.submit(std::make_unique<NotedJob>(log, 5, false)));
    CHECK(history.submit(std::make_unique<NotedJob>(log, 6, false)));
    log.may_go_on.set_value();
    log.ended.get_future().wait();

    CHECK(log.done == std::vector{0, 4, 5, 1, 2});
}

TEST_CASE("history: stopping ends a job that still has to read") {
    ledger::MemoryJournal journal;
    net::History history(journal, 10'000'000);
    NotedJob::Log log;
    log.awaited = 1;
    history.start();
    REQUIRE_FALSE(history.submit(std::make_unique<NotedJob>(log, 0, false, TransferId{1})));
    log.began.get_future().wait();
    std::promise<void> stops;
    std::thread stopper([&] {
        stops.set_value();
        history.stop();
    });
    stops.get_future().wait();
    // Once it takes no job, it has been told to stop.
    while (!history.submit(std::make_unique<NotedJob>(log, 1, false))) std::this_thread::yield();
    log.may_go_on.set_value();
    stopper.join();

    CHECK(log.done == std::vector{0});
    CHECK(log.were_read == std::vector{false});
}
