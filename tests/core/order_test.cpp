// Orders in the core: who is asked, what the books do, who is told, and that replay agrees.
#include "ledger/state_bytes.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace tuma;
using namespace tuma::core;
using ledger::CustomerAction;
using ledger::NoticeWhen;
using ledger::OrderState;
using std::chrono::seconds;

namespace {

// Account 1 is trust, 2 alice's wallet with 1,000.00, 3 a shop's till.
struct Town {
    testing::World world;
    std::vector<Effect> effects;
    std::uint64_t requests = 0;

    Town() {
        open(ledger::AccountKind::trust, "trust", ledger::no_floor);
        open(ledger::AccountKind::wallet, "alice", 0);
        open(ledger::AccountKind::till, "shop", 0);
        ask(MoveMoney{
            ledger::Purpose::issue, AccountId{1}, AccountId{2}, {100'000, Currency::kes}});
    }

    Outcome ask(Command command) {
        Request request;
        ++requests;
        std::memcpy(request.key.reference.data(), &requests, sizeof requests);
        request.key.participant = ParticipantId{1};
        request.command = std::move(command);
        const Outcome outcome = world.handle(request);
        collect();
        return outcome;
    }
    void collect() {
        for (Effect& effect : world.core.take_effects()) effects.push_back(std::move(effect));
    }
    void open(ledger::AccountKind kind, const char* name, std::int64_t floor) {
        ask(OpenAccount{.kind = kind, .floor = floor, .identity = *ledger::make_identity(name)});
    }
    void pass(Duration duration) {
        const Timestamp end = world.now + duration;
        for (auto next = world.core.next_deadline(); next && *next <= end;
             next = world.core.next_deadline()) {
            world.now = std::max(world.now, *next);
            world.handle_together({});
            collect();
        }
        world.now = end;
    }
    Outcome open(OrderWish wish) {
        return ask(OpenOrder{std::make_shared<const OrderWish>(std::move(wish))});
    }
    Outcome move(OrderAct act) {
        return ask(MoveOrder{std::make_shared<const OrderAct>(std::move(act))});
    }
    Outcome find(const char* key) { return ask(QueryOrder{{}, key}); }
    std::int64_t balance(std::uint32_t account) const {
        return ledger::balance(*world.core.state().books.find(AccountId{account}));
    }
    void end_attempt(const Effect& effect, bool is_delivered, std::uint16_t status) {
        ask(EndAttempt{effect.notice, effect.attempt, status, is_delivered});
    }
    // What a restart finds is what was there, and the books are in order.
    void check_replay() const {
        CHECK(world.core.state().broken_invariants().empty());
        CHECK(world.replayed().hash() == world.core.state().hash());
    }
};

// Alice is asked for 40.00 by the shop.
OrderWish prompt(const char* key, CustomerAction action = CustomerAction::approve) {
    OrderWish wish;
    wish.terms.kind = 100;
    wish.terms.debit = AccountId{2};
    wish.terms.credit = AccountId{3};
    wish.terms.amount = 4'000;
    wish.terms.action = action;
    wish.terms.decline_code = 1032;
    wish.terms.flags = ledger::order_flag_exclusive;
    wish.terms.watched_count = 1;
    wish.terms.watched[0] = AccountId{3};
    wish.terms.channels[0] = {.when = NoticeWhen::ended, .delay_ms = 500};
    wish.acts_after = seconds{2};
    wish.expires_after = seconds{60};
    wish.keys = {key};
    wish.content = "{}";
    return wish;
}

// Something is given back of order `parent`.
OrderWish refund(OrderId parent, const char* key, std::int64_t amount) {
    OrderWish wish;
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = AccountId{3};
    wish.terms.credit = AccountId{2};
    wish.terms.amount = amount;
    wish.terms.parent = parent;
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.acts_after = seconds{5};
    wish.keys = {key};
    return wish;
}

}  // namespace

TEST_CASE(
    "order: the customer approves after a while, then the money moves and the merchant hears") {
    Town town;
    const Outcome opened = town.open(prompt("a"));
    REQUIRE(opened.code == Refusal::none);
    CHECK(opened.order->state == OrderState::awaiting_customer);
    town.pass(seconds{1});
    CHECK(town.find("a").order->state == OrderState::awaiting_customer);
    CHECK(town.balance(3) == 0);

    town.pass(seconds{1});
    const Outcome paid = town.find("a");
    CHECK(paid.order->state == OrderState::succeeded);
    CHECK(paid.order->transfer.value > 0);
    CHECK(town.balance(2) == 96'000);
    CHECK(town.balance(3) == 4'000);
    REQUIRE(paid.order->balances.size() == 1);
    CHECK(paid.order->balances[0].balance == 4'000);
    CHECK(town.effects.empty());

    town.pass(seconds{1});
    REQUIRE(town.effects.size() == 1);
    CHECK(town.effects[0].attempt == 1);
    CHECK(town.effects[0].order->state == OrderState::succeeded);
    town.end_attempt(town.effects[0], true, 200);
    CHECK(town.world.core.state().orders.open_notices() == 0);
    town.check_replay();
}

TEST_CASE("order: what the customer declines, ignores or cannot pay ends without money moving") {
    Town town;
    town.open(prompt("declined", CustomerAction::decline));
    town.pass(seconds{3});
    CHECK(town.find("declined").order->state == OrderState::failed);
    CHECK(town.find("declined").order->code == 1032);

    town.open(prompt("ignored", CustomerAction::none));
    town.pass(seconds{59});
    CHECK(town.find("ignored").order->state == OrderState::awaiting_customer);
    town.pass(seconds{1});
    CHECK(town.find("ignored").order->state == OrderState::expired);

    OrderWish dear = prompt("dear");
    dear.terms.amount = 100'001;
    town.open(dear);
    town.pass(seconds{2});
    CHECK(town.find("dear").order->state == OrderState::failed);
    CHECK(town.find("dear").order->refusal == Refusal::insufficient_funds);
    CHECK(town.balance(2) == 100'000);
    town.pass(seconds{1});
    CHECK(town.effects.size() == 3);
    town.check_replay();
}

TEST_CASE("order: one customer is asked about one exclusive order at a time") {
    Town town;
    town.open(prompt("first"));
    CHECK(town.open(prompt("second")).code == Refusal::customer_busy);
    town.pass(seconds{2});
    CHECK(town.open(prompt("second")).code == Refusal::none);
}

TEST_CASE("order: a key finds the order that has it, and is not given twice") {
    Town town;
    const Outcome first = town.open(prompt("a"));
    const Outcome again = town.open(prompt("a"));
    CHECK(again.code == Refusal::order_exists);
    CHECK(again.order->terms.id == first.order->terms.id);
    CHECK(town.find("b").code == Refusal::order_not_found);
}

TEST_CASE("order: by hand a customer approves, declines or is told to ignore what it would do") {
    Town town;
    town.open(prompt("a", CustomerAction::none));
    CHECK(town.move({.customer = AccountId{2}, .step = OrderStep::approve}).code == Refusal::none);
    CHECK(town.find("a").order->state == OrderState::succeeded);

    town.open(prompt("b"));
    town.move({.key = "b", .step = OrderStep::ignore});
    town.pass(seconds{30});
    CHECK(town.find("b").order->state == OrderState::awaiting_customer);
    town.move({.key = "b", .step = OrderStep::decline, .code = 2001});
    CHECK(town.find("b").order->code == 2001);
    CHECK(town.move({.key = "b", .step = OrderStep::approve}).code == Refusal::order_has_ended);
    CHECK(town.move({.key = "c", .step = OrderStep::approve}).code == Refusal::order_not_found);
    CHECK(town.balance(3) == 4'000);
    town.check_replay();
}

TEST_CASE("order: an order without a payer waits for one, and stays open when the payer is short") {
    Town town;
    OrderWish wish = prompt("scan", CustomerAction::none);
    wish.terms.debit = {};
    wish.terms.flags = ledger::order_flag_keeps_open;
    wish.terms.amount = 100'001;
    town.open(wish);
    CHECK(town.move({.key = "scan"}).code == Refusal::payer_unknown);
    const Outcome poor = town.move({.key = "scan", .payer = AccountId{2}});
    CHECK(poor.code == Refusal::insufficient_funds);
    CHECK(poor.order->state == OrderState::awaiting_customer);
    town.ask(MoveMoney{ledger::Purpose::issue, AccountId{1}, AccountId{2}, {1, Currency::kes}});
    const Outcome paid = town.move({.key = "scan", .payer = AccountId{2}, .answer = "openid"});
    CHECK(paid.code == Refusal::none);
    CHECK(paid.order->debit == AccountId{2});
    CHECK(paid.order->answer == "openid");
    town.check_replay();
}

TEST_CASE("order: the merchant is asked first; its yes pays, its no and its silence do as agreed") {
    Town town;
    OrderWish wish = prompt("asked");
    wish.terms.flags = ledger::order_flag_ask_merchant;
    wish.terms.decline_code = 7;
    wish.terms.channels[1] = {.when = NoticeWhen::asked};
    wish.acts_after = seconds{8};
    town.open(wish);
    REQUIRE(town.effects.size() == 1);
    CHECK(town.effects[0].channel == 1);
    town.move({.key = "asked", .step = OrderStep::accept, .answer = "ref"});
    CHECK(town.find("asked").order->state == OrderState::succeeded);

    wish.keys = {"refused"};
    town.open(wish);
    town.move({.key = "refused", .step = OrderStep::decline, .code = 11});
    CHECK(town.find("refused").order->state == OrderState::failed);

    wish.keys = {"silent no"};
    town.open(wish);
    wish.keys = {"silent yes"};
    wish.terms.flags |= ledger::order_flag_silence_accepts;
    town.open(wish);
    town.pass(seconds{8});
    CHECK(town.find("silent no").order->state == OrderState::failed);
    CHECK(town.find("silent no").order->code == 7);
    CHECK(town.find("silent yes").order->state == OrderState::succeeded);
    CHECK(town.balance(3) == 8'000);
    town.check_replay();
}

TEST_CASE("order: refunds move at once, are told later, and never pass what was paid") {
    Town town;
    town.open(prompt("sale"));
    town.pass(seconds{3});
    const OrderId sale = town.find("sale").order->terms.id;
    const Outcome part = town.open(refund(sale, "r1", 1'500));
    CHECK(part.order->state == OrderState::processing);
    CHECK(town.balance(3) == 2'500);
    CHECK(town.open(refund(sale, "r2", 2'501)).code == Refusal::exceeds_original);
    town.pass(seconds{5});
    CHECK(town.find("r1").order->state == OrderState::succeeded);
    CHECK(town.open(refund(sale, "r3", 2'500)).code == Refusal::none);
    CHECK(town.find("sale").order->returned == 4'000);
    CHECK(town.find("sale").order->children == 2);
    CHECK(town.balance(2) == 100'000);
    CHECK(town.open(refund(OrderId{99}, "r4", 1)).code == Refusal::original_not_found);
    CHECK(town.open(refund(part.order->terms.id, "r5", 1)).code ==
          Refusal::original_not_reversible);
    town.check_replay();
}

TEST_CASE("order: a refusal that is to be told later becomes a failed order") {
    Town town;
    town.open(prompt("sale"));
    town.pass(seconds{3});
    OrderWish wish = refund(town.find("sale").order->terms.id, "late", 4'000);
    town.ask(MoveLinked{Currency::kes, 1, {Leg{AccountId{3}, AccountId{2}, 4'000}}});
    CHECK(town.open(wish).code == Refusal::insufficient_funds);
    wish.refuses_openly = false;
    CHECK(town.open(wish).order->state == OrderState::processing);
    CHECK(town.find("sale").order->returned == 4'000);
    town.pass(seconds{5});
    CHECK(town.find("late").order->state == OrderState::failed);
    CHECK(town.find("late").order->refusal == Refusal::insufficient_funds);
    CHECK(town.find("sale").order->returned == 0);
    town.check_replay();
}

TEST_CASE("order: a notice that nobody takes climbs its ladder and is given up at its end") {
    Town town;
    OrderWish wish = prompt("a");
    wish.terms.channels[0].ladder = ledger::NoticeLadder::wechat_payment;
    wish.terms.channels[0].delay_ms = 1'000;
    town.open(wish);
    town.pass(seconds{3});
    std::size_t answered = 0;
    for (; answered < town.effects.size(); ++answered) {
        town.end_attempt(town.effects[answered], false, 500);
        // A late word on an attempt that is over changes nothing.
        town.end_attempt(town.effects[answered], true, 200);
        if (const auto next = town.world.core.next_deadline()) town.pass(*next - town.world.now);
    }
    CHECK(answered == 16);
    const auto span = town.effects.back().time - town.effects.front().time;
    CHECK(span == std::chrono::hours{24} + std::chrono::minutes{4});
    for (const Effect& effect : town.effects) CHECK(effect.notice == town.effects[0].notice);
    CHECK(town.world.core.state().orders.open_notices() == 0);
    town.check_replay();
}

TEST_CASE("order: an attempt that was begun before a restart is found again") {
    Town town;
    town.open(prompt("a"));
    town.pass(seconds{3});
    REQUIRE(town.effects.size() == 1);
    town.world.restart();
    const std::vector<Effect> again = town.world.core.unfinished();
    REQUIRE(again.size() == 1);
    CHECK(again[0].notice == town.effects[0].notice);
    CHECK(again[0].order->state == OrderState::succeeded);
}

TEST_CASE("order: notices can be lost or doubled on purpose, and sent again by hand") {
    Town town;
    OrderWish wish = prompt("lost");
    wish.terms.channels[0].fault = ledger::NoticeFault::lost;
    town.open(wish);
    town.pass(seconds{3});
    CHECK(town.effects.empty());
    wish.keys = {"twice"};
    wish.terms.channels[0].fault = ledger::NoticeFault::twice;
    const Outcome twice = town.open(wish);
    town.pass(seconds{3});
    CHECK(town.effects.size() == 2);
    CHECK(town.ask(SendNotice{twice.order->terms.id, 0}).code == Refusal::none);
    CHECK(town.effects.size() == 3);
    CHECK(town.ask(SendNotice{twice.order->terms.id, 1}).code == Refusal::order_invalid);
    CHECK(town.ask(SendNotice{OrderId{77}, 0}).code == Refusal::order_not_found);
}

TEST_CASE("order: wishes that make no sense are refused in order and leave nothing behind") {
    Town town;
    const auto before = town.world.core.state().hash();
    struct Row {
        const char* what;
        std::function<void(OrderWish&)> spoil;
        Refusal refusal;
    };
    const Row rows[] = {
        {"content too long", [](OrderWish& w) { w.content.assign(16'001, 'x'); },
         Refusal::order_invalid},
        {"empty key", [](OrderWish& w) { w.keys = {""}; }, Refusal::order_invalid},
        {"long key", [](OrderWish& w) { w.keys = {std::string(161, 'k')}; },
         Refusal::order_invalid},
        {"five keys",
         [](OrderWish& w) {
             w.keys = {"a", "b", "c", "d", "e"};
         },
         Refusal::order_invalid},
        {"amount but no payee", [](OrderWish& w) { w.terms.credit = {}; }, Refusal::order_invalid},
        {"zero", [](OrderWish& w) { w.terms.amount = 0; }, Refusal::amount_not_positive},
        {"negative", [](OrderWish& w) { w.terms.amount = -1; }, Refusal::amount_not_positive},
        {"no payer", [](OrderWish& w) { w.terms.debit = AccountId{9}; },
         Refusal::debit_account_not_found},
        {"no payee", [](OrderWish& w) { w.terms.credit = AccountId{9}; },
         Refusal::credit_account_not_found},
        {"watched", [](OrderWish& w) { w.terms.watched[0] = AccountId{9}; },
         Refusal::account_not_found},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        OrderWish wish = prompt("a");
        row.spoil(wish);
        CHECK(town.open(wish).code == row.refusal);
    }
    CHECK(town.world.core.state().hash() == before);
}

TEST_CASE("profile: the newest content is kept, empty content removes it, the same is no event") {
    Town town;
    const auto store = [&](const char* name, const char* content) {
        return town.ask(StoreProfile{std::make_shared<const ledger::ProfileStored>(
            ledger::ProfileStored{{}, name, content})});
    };
    store("mpesa/app/x", "1");
    store("mpesa/app/x", "2");
    const std::size_t batches = town.world.journal.size();
    store("mpesa/app/x", "2");
    CHECK(town.world.journal.size() == batches);
    CHECK(*town.world.core.state().profiles.find("mpesa/app/x") == "2");
    town.check_replay();
    store("mpesa/app/x", "");
    CHECK(town.world.core.state().profiles.empty());
    CHECK(store("", "x").code == Refusal::order_invalid);
    town.check_replay();
}

namespace {

// Alice is asked for 30.00 and 20.00 at once; the second is for account 4.
OrderWish group(const char* key, CustomerAction action = CustomerAction::approve) {
    OrderWish wish = prompt(key, action);
    wish.terms.credit = {};
    wish.terms.amount = 0;
    wish.terms.watched_count = 0;
    wish.terms.channels[0] = {.when = NoticeWhen::succeeded};
    for (const std::uint32_t seller : {3U, 4U}) {
        OrderWish member;
        member.terms.kind = 101;
        member.terms.debit = AccountId{2};
        member.terms.credit = AccountId{seller};
        member.terms.amount = seller == 3 ? 3'000 : 2'000;
        member.keys = {std::string(key) + "/" + std::to_string(seller)};
        wish.members.push_back(std::move(member));
    }
    return wish;
}

}  // namespace

TEST_CASE("order: members of a group are paid in one set, told of once, and given back singly") {
    Town town;
    town.open(ledger::AccountKind::till, "other", 0);
    const Outcome opened = town.open(group("g"));
    CHECK(opened.code == Refusal::none);
    CHECK(town.find("g/3").id == opened.id + 1);
    CHECK(town.find("g/4").id == opened.id + 2);
    CHECK(town.move({.order = OrderId{opened.id + 1}, .step = OrderStep::approve}).code ==
          Refusal::order_invalid);
    town.pass(seconds{2});
    CHECK(town.find("g").order->state == OrderState::succeeded);
    CHECK(town.find("g/3").order->state == OrderState::succeeded);
    CHECK(town.find("g/4").order->transfer.value == town.find("g/3").order->transfer.value + 1);
    CHECK(town.balance(3) == 3'000);
    CHECK(town.balance(4) == 2'000);
    CHECK(town.balance(2) == 95'000);
    CHECK(town.effects.size() == 1);
    CHECK(town.open(refund(OrderId{opened.id + 1}, "r", 3'000)).code == Refusal::none);
    CHECK(town.open(refund(OrderId{opened.id + 1}, "r2", 1)).code == Refusal::exceeds_original);
    CHECK(town.open(refund(OrderId{opened.id}, "r3", 1)).code == Refusal::exceeds_original);
    town.check_replay();
}

TEST_CASE("order: a group that cannot be paid whole moves nothing") {
    Town town;
    town.open(ledger::AccountKind::till, "other", 0);
    OrderWish dear = group("g");
    dear.members[0].terms.amount = 60'000;
    dear.members[1].terms.amount = 60'000;
    town.open(dear);
    town.pass(seconds{2});
    for (const char* key : {"g", "g/3", "g/4"}) {
        CHECK(town.find(key).order->state == OrderState::failed);
        CHECK(town.find(key).order->refusal == Refusal::insufficient_funds);
    }
    CHECK(town.balance(2) == 100'000);
    CHECK(town.effects.empty());
    town.check_replay();
}

TEST_CASE("order: a group is closed, declined and expires with all its members") {
    Town town;
    town.open(ledger::AccountKind::till, "other", 0);
    const auto close = [&](const char* key) { town.move({.key = key, .step = OrderStep::close}); };
    town.open(group("closed", CustomerAction::none));
    close("closed");
    CHECK(town.find("closed/4").order->state == OrderState::closed);
    town.open(group("declined", CustomerAction::decline));
    town.pass(seconds{2});
    CHECK(town.find("declined/3").order->state == OrderState::failed);
    town.open(group("late", CustomerAction::none));
    town.pass(seconds{60});
    CHECK(town.find("late/3").order->state == OrderState::expired);
    CHECK(town.find("late").order->state == OrderState::expired);
    town.check_replay();
}

TEST_CASE("order: groups that make no sense are refused and leave nothing behind") {
    Town town;
    town.open(ledger::AccountKind::till, "other", 0);
    const auto code = [&](auto spoil) {
        OrderWish wish = group("g");
        spoil(wish);
        return town.open(std::move(wish)).code;
    };
    CHECK(code([](OrderWish& wish) { wish.decides_now = true; }) == Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members.resize(51, wish.members[0]); }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members[1].keys = wish.members[0].keys; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members[1].terms.credit = {}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members[1].terms.debit = AccountId{4}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members[1].terms.amount = 0; }) ==
          Refusal::amount_not_positive);
    CHECK(code([](OrderWish& wish) { wish.members[1].members = {wish.members[0]}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderWish& wish) { wish.members[1].terms.credit = AccountId{9}; }) ==
          Refusal::credit_account_not_found);
    CHECK(town.world.core.state().orders.empty());
    CHECK(code([](OrderWish&) {}) == Refusal::none);
    CHECK(code([](OrderWish& wish) { wish.keys = {"h"}; }) == Refusal::order_exists);
    town.check_replay();
}
