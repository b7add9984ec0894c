// Orders that have left memory: known, queried, given back and never opened twice, over crashes.
#include "ledger/archive/order_archive.h"
#include "ledger/store/memory_journal.h"
#include "ledger/store/recovery.h"
#include "switch/engine/engine.h"
#include "switch/engine/history.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;

namespace {

using core::OrderRequest;
using std::chrono::seconds;

constexpr std::uint32_t orders_few = 4;

ledger::StateLimits limits_with(std::size_t orders_max) {
    return {.accounts_max = 8,
            .request_keys_max = 100,
            .orders_max = orders_max,
            .orders_leaving_max = 512};
}

// Switch time that stands where it is put.
class SetClock final : public net::Clock {
public:
    Timestamp now() override { return time; }
    Timestamp outside() override { return time; }
    bool is_by_hand() const override { return true; }
    Timestamp time{seconds{1'000'000}};
};

// A switch with its journal and archive, over as many lives as wanted.
class Office {
public:
    explicit Office(std::size_t orders_max, bool has_archive)
        : limits_(limits_with(orders_max)), has_archive_(has_archive) {
        begin();
        ask(open(ledger::AccountKind::trust, "trust", ledger::no_floor));
        ask(open(ledger::AccountKind::wallet, "alice", 0));
        ask(open(ledger::AccountKind::till, "shop", 0));
        ask(core::MoveMoney{
            ledger::Purpose::issue, AccountId{1}, AccountId{2}, {100'000'000, Currency::kes}});
    }

    /// A refund with the records of what it gives back, as the gateway sends it.
    core::Outcome ask(core::Command command) {
        auto* const open = std::get_if<core::OpenOrder>(&command);
        if (open == nullptr || !open->wish->terms.parent) return send(std::move(command));
        const core::Outcome parent = send(core::QueryOrder{open->wish->terms.parent, {}});
        if (parent.order != nullptr && parent.order->transfer)
            open->original = net::HistoryReader(life_->journal).set_from(parent.order->transfer);
        return send(std::move(command));
    }
    core::Outcome send(core::Command command) {
        std::optional<core::Outcome> answer;
        auto ear = std::make_unique<Ear>(answer);
        core::Request& request = ear->requests.emplace_back();
        request.key = {ParticipantId{1}, testing::reference(++asked_)};
        request.command = std::move(command);
        REQUIRE(!life_->engine.submit(std::move(ear)));
        while (!answer && step()) {
        }
        return answer.value();
    }
    bool step() {
        return life_->engine.step_decide() || life_->engine.step_journal() ||
               life_->engine.step_look_up();
    }
    void write_archive() {
        while (life_->archive.step_write()) {
        }
    }
    /// As a kill and a start; `meanwhile` nothing runs.
    std::vector<std::string> restart(const std::function<void()>& meanwhile = [] {}) {
        disk_ = life_->journal.disk();
        life_.reset();
        meanwhile();
        return begin();
    }
    void pass(Duration duration) {
        clock_.time += duration;
        while (step()) {
        }
    }
    /// The state is what its journal adds up to.
    void check_replay() {
        ledger::State replayed(limits_);
        life_->journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
            const auto violation = replayed.replay(ledger::check_batch(bytes, sequence).view);
            REQUIRE_MESSAGE(!violation, violation.value_or(""));
            return true;
        });
        CHECK(replayed.hash() == life_->core.state().hash());
        CHECK(replayed.broken_invariants().empty());
    }
    std::filesystem::path archive_path() const { return directory_.path() / "orders.sqlite"; }
    const ledger::Orders& orders() const { return life_->core.state().orders; }
    std::uint64_t found_on_disk() const {
        return found_ + life_->metrics.orders_found_on_disk.value();
    }

private:
    class Ear final : public net::Submission {
    public:
        explicit Ear(std::optional<core::Outcome>& answer) : answer_(answer) {}
        void durable(std::unique_ptr<Submission>, net::Steady::time_point) override {
            answer_ = outcomes.front();
        }

    private:
        std::optional<core::Outcome>& answer_;
    };
    struct Life {
        Life(Office& office, std::vector<std::string>& notes)
            : journal(office.disk_),
              archive(office.archive_path(),
                      {.filter_bytes = 1 << 14U,
                       .orders_max = office.limits_.orders_max,
                       .orders_leaving_max = office.limits_.orders_leaving_max}),
              core(office.opened(*this, notes)),
              engine(core, journal, office.clock_, metrics, {}, [](const std::string&) {}, {},
                     {nullptr, office.has_archive_ ? &archive : nullptr}) {}
        ledger::MemoryJournal journal;
        ledger::OrderArchive archive;
        core::Switch core;
        net::Metrics metrics;
        net::Engine engine;
    };

    static core::OpenAccount open(ledger::AccountKind kind, const char* name, std::int64_t floor) {
        return {.kind = kind, .floor = floor, .identity = testing::identity(name)};
    }
    std::vector<std::string> begin() {
        std::vector<std::string> notes;
        life_ = std::make_unique<Life>(*this, notes);
        return notes;
    }
    core::Switch opened(Life& life, std::vector<std::string>& notes) {
        ledger::RecoveryOptions options;
        options.use_snapshots = false;
        ledger::Recovered recovered =
            ledger::recover(life.journal, ledger::SnapshotFolder{"nowhere"}, limits_, options);
        const ledger::Position& position = recovered.state.position;
        if (has_archive_)
            notes = life.archive.open(life.journal, recovered.state.orders, position.sequence,
                                      position.hash);
        return core::Switch(std::move(recovered.state));
    }

    TemporaryDirectory directory_;
    ledger::StateLimits limits_;
    bool has_archive_;
    ledger::MemoryDisk disk_;
    SetClock clock_;
    std::uint64_t asked_ = 0;
    std::uint64_t found_ = 0;
    std::unique_ptr<Life> life_;
};

core::OpenOrder sale(const std::string& key, bool is_paid = true) {
    OrderRequest wish;
    wish.terms.kind = 100;
    wish.terms.debit = AccountId{2};
    wish.terms.credit = AccountId{3};
    wish.terms.amount = 1'000;
    wish.terms.action = is_paid ? ledger::CustomerAction::approve : ledger::CustomerAction::decline;
    wish.decides_now = true;
    wish.keys = {key, key + "/transaction"};
    wish.content = "what the dialect needs for " + key;
    return {std::make_shared<const OrderRequest>(std::move(wish))};
}

core::OpenOrder refund(OrderId parent, const std::string& key, std::int64_t amount,
                       Duration takes = {}) {
    OrderRequest wish;
    wish.terms.kind = 101;
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = AccountId{3};
    wish.terms.credit = AccountId{2};
    wish.terms.amount = amount;
    wish.terms.parent = parent;
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.acts_after = takes;
    wish.keys = {key};
    return {std::make_shared<const OrderRequest>(std::move(wish))};
}

core::QueryOrder by_key(const std::string& key) {
    return {{}, key};
}

void sell(Office& office, int first, int last) {
    for (int i = first; i <= last; ++i) {
        REQUIRE(office.ask(sale(fmt::format("sale-{}", i))).code == Refusal::none);
        office.write_archive();
    }
}

// What a client sees of an outcome.
void compare(const core::Outcome& few, const core::Outcome& all) {
    REQUIRE(name(few.code) == name(all.code));
    REQUIRE(few.id == all.id);
    REQUIRE((few.order == nullptr) == (all.order == nullptr));
    if (few.order) REQUIRE(*few.order == *all.order);
    REQUIRE((few.orders == nullptr) == (all.orders == nullptr));
    if (!few.orders) return;
    REQUIRE(few.orders->size() == all.orders->size());
    for (std::size_t i = 0; i < few.orders->size(); ++i)
        REQUIRE(*few.orders->at(i) == *all.orders->at(i));
}

// One of the things that clients do, about one of the orders that there may be.
core::Command chosen(std::mt19937_64& random, std::uint64_t orders) {
    const std::uint64_t one = random() % (orders + 2);
    const std::string key = fmt::format("sale-{}", random() % 400);
    switch (random() % 10) {
        case 0:
        case 1:
        case 2:
        case 3:
            return sale(key, random() % 8 != 0);
        case 4:
            return by_key(random() % 2 == 0 ? key : key + "/transaction");
        case 5:
            return core::QueryOrder{OrderId{one}, {}};
        case 6:
            return core::ListOrders{OrderId{one}, 100, 100};
        case 7:
            return core::MoveOrder{std::make_shared<const core::OrderAction>(
                core::OrderAction{.order = {}, .key = key, .step = core::OrderStep::close})};
        default:
            return refund(OrderId{one}, fmt::format("refund-{}", random() % 400),
                          1 + static_cast<std::int64_t>(random() % 700),
                          seconds{random() % 3 * 40});
    }
}

}  // namespace

TEST_CASE("left orders: an order is known by all of its keys after any number of later ones") {
    Office office(orders_few, true);
    sell(office, 1, 700);
    const core::Outcome found = office.ask(by_key("sale-1"));
    REQUIRE(found.order != nullptr);
    CHECK(found.order->content == "what the dialect needs for sale-1");
    CHECK(found.order->state == ledger::OrderState::succeeded);
    CHECK(office.orders().find(found.order->terms.id) == nullptr);
    CHECK(*office.ask(by_key("sale-1/transaction")).order == *found.order);
    CHECK(*office.ask(core::QueryOrder{found.order->terms.id, {}}).order == *found.order);
    CHECK(office.ask(by_key("sale-701")).code == Refusal::order_not_found);
    CHECK(office.orders().size() < 600);

    CHECK(office.restart().empty());
    CHECK(*office.ask(by_key("sale-1")).order == *found.order);
    office.check_replay();
}

TEST_CASE("left orders: what was paid once is not paid again under the same number") {
    Office office(orders_few, true);
    sell(office, 1, 700);
    const core::Outcome again = office.ask(sale("sale-1"));
    CHECK(again.code == Refusal::order_exists);
    REQUIRE(again.order != nullptr);
    CHECK(again.order->keys.front() == "sale-1");
    office.check_replay();
}

TEST_CASE("left orders: no more is given back than was paid, in memory or not, over crashes") {
    Office office(orders_few, true);
    sell(office, 1, 700);
    const OrderId first = office.ask(by_key("sale-1")).order->terms.id;
    CHECK(office.ask(refund(first, "back-1", 600)).code == Refusal::none);
    sell(office, 701, 1'400);
    CHECK(office.orders().find(first) == nullptr);
    CHECK(office.restart().empty());
    CHECK(office.ask(core::QueryOrder{first, {}}).order->returned == 600);
    CHECK(office.ask(refund(first, "back-2", 401)).code == Refusal::exceeds_original);
    CHECK(office.ask(refund(first, "back-1", 1)).code == Refusal::order_exists);
    CHECK(office.ask(refund(first, "back-3", 400)).code == Refusal::none);
    CHECK(office.ask(refund(first, "back-4", 1)).code == Refusal::exceeds_original);
    office.check_replay();
}

TEST_CASE("left orders: a sale stays while something of it is being given back") {
    Office office(orders_few, true);
    sell(office, 1, 1);
    const OrderId first = office.ask(by_key("sale-1")).order->terms.id;
    CHECK(office.ask(refund(first, "slow", 600, seconds{60})).code == Refusal::none);
    sell(office, 2, 700);
    CHECK(office.orders().find(first) != nullptr);
    office.pass(seconds{61});
    CHECK(office.ask(by_key("slow")).order->state == ledger::OrderState::succeeded);
    sell(office, 701, 1'400);
    CHECK(office.orders().find(first) == nullptr);
    CHECK(office.ask(core::QueryOrder{first, {}}).order->returned == 600);
    office.check_replay();
}

TEST_CASE(
    "left orders: while nobody has written them down, no order is taken that would lose one") {
    Office office(orders_few, true);
    int taken = 0;
    while (office.ask(sale(fmt::format("sale-{}", taken + 1))).code == Refusal::none) ++taken;
    CHECK(taken > 400);
    CHECK(taken < 600);
    CHECK(office.ask(sale("more")).code == Refusal::overloaded);
    CHECK(office.ask(by_key("sale-1")).order != nullptr);
    office.write_archive();
    CHECK(office.ask(sale("more")).code == Refusal::none);
    // What was not written when the process was killed is written at the start.
    CHECK(office.restart().empty());
    sell(office, 2'000, 2'600);
    CHECK(office.ask(by_key("sale-1")).order != nullptr);
}

TEST_CASE("left orders: clients see no difference between few orders in memory and all") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        Office few(orders_few, true);
        Office all(1'000'000, false);
        std::mt19937_64 random(seed);
        sell(few, 1'000, 1'600);
        sell(all, 1'000, 1'600);
        for (int step = 0; step < 1'500; ++step) {
            CAPTURE(step);
            const core::Command command = chosen(random, few.orders().next_order().value);
            compare(few.ask(command), all.ask(command));
            if (random() % 3 == 0) few.write_archive();
            if (random() % 40 == 0) {
                few.pass(seconds{20});
                all.pass(seconds{20});
            }
            if (random() % 300 == 0) {
                CHECK(few.restart().empty());
                all.restart();
            }
            few.write_archive();
        }
        CHECK(few.orders().size() < all.orders().size());
        few.check_replay();
    }
}

TEST_CASE("left orders: an archive that is gone or altered is made anew from the journal") {
    Office office(orders_few, true);
    sell(office, 1, 700);
    const OrderId first = office.ask(by_key("sale-1")).order->terms.id;
    CHECK(office.ask(refund(first, "back", 600)).code == Refusal::none);
    sell(office, 701, 1'400);
    const auto change = [&](const char* sql) {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(office.archive_path().c_str(), &database) == SQLITE_OK);
        CHECK(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(database);
    };
    for (const char* const damage :
         {"DELETE FROM left_key WHERE key = 'sale-1'",
          "UPDATE left_key SET id = id + 1 WHERE key = 'sale-1'",
          "UPDATE meta SET leaving = leaving + 100000", "UPDATE meta SET hash = zeroblob(32)",
          "DELETE FROM meta", ""}) {
        CAPTURE(std::string(damage));
        const auto notes = office.restart([&] {
            if (*damage != '\0')
                change(damage);
            else
                std::filesystem::resize_file(office.archive_path(), 100);
        });
        REQUIRE(notes.size() == 1);
        CHECK(notes.front().find("made anew") != std::string::npos);
        CHECK(office.ask(by_key("sale-1")).order->returned == 600);
        CHECK(office.ask(sale("sale-2")).code == Refusal::order_exists);
    }
    change("UPDATE left_order SET body = zeroblob(200) WHERE id = 3");
    CHECK(office.ask(core::QueryOrder{OrderId{3}, {}}).code == Refusal::overloaded);
    CHECK(office.ask(sale("sale-3")).code == Refusal::overloaded);
}
