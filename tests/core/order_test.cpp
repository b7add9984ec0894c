// Orders in the core: who is asked, what the books do, who is told, and that replay agrees.
#include "ledger/state_bytes.h"
#include "tests/core/order_town.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;
using ledger::CustomerAction;
using ledger::NoticeWhen;
using ledger::OrderState;
using std::chrono::seconds;

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

TEST_CASE("order: the end of an attempt says what becomes of the notice") {
    Town town;
    OrderWish wish = prompt("a");
    wish.terms.channels[0] = {.when = ledger::NoticeWhen::ended,
                              .ladder = ledger::NoticeLadder::wechat_payment};
    town.open(wish);
    town.pass(seconds{3});
    const auto end = [&](bool is_delivered) {
        const Effect& newest = town.effects.back();
        const auto outcome = town.ask(EndAttempt{newest.notice, newest.attempt, 200, is_delivered});
        return static_cast<ledger::NoticeState>(outcome.id);
    };
    CHECK(end(false) == ledger::NoticeState::waiting);
    CHECK(end(false) == ledger::NoticeState{});
    for (int i = 0; i < 15; ++i) {
        town.pass(std::chrono::hours{6});
        if (i < 14) CHECK(end(false) == ledger::NoticeState::waiting);
    }
    CHECK(end(false) == ledger::NoticeState::given_up);
    wish.keys = {"b"};
    town.open(wish);
    town.pass(seconds{3});
    CHECK(end(true) == ledger::NoticeState::delivered);
    CHECK(end(true) == ledger::NoticeState{});
}

TEST_CASE("order: open notices are listed, the newest first, and leave no trace") {
    Town town;
    for (const char* key : {"a", "b", "c"}) {
        town.open(prompt(key));
        town.pass(seconds{3});
    }
    town.end_attempt(town.effects[1], true, 200);
    const auto before = town.world.core.state().hash();
    const auto listed = [&](OrderId order, std::uint32_t most) {
        std::vector<std::uint64_t> orders;
        const Outcome outcome = town.ask(ListNotices{order, most});
        for (const ledger::Notice& notice : *outcome.notices) {
            CHECK(notice.state == ledger::NoticeState::sending);
            orders.push_back(notice.order.value);
        }
        return orders;
    };
    CHECK(listed({}, 10) == std::vector<std::uint64_t>{3, 1});
    CHECK(listed({}, 1) == std::vector<std::uint64_t>{3});
    CHECK(listed(OrderId{1}, 10) == std::vector<std::uint64_t>{1});
    CHECK(listed(OrderId{2}, 10).empty());
    CHECK(town.world.core.state().hash() == before);
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

TEST_CASE("order: orders are listed by kind, a page after the other") {
    Town town;
    for (int i = 0; i < 2'500; ++i) {
        OrderWish wish = prompt(("k" + std::to_string(i)).c_str(), CustomerAction::decline);
        wish.terms.kind = i % 2 == 0 ? 100 : 101;
        wish.acts_after = {};
        town.open(std::move(wish));
        town.pass(seconds{1});
    }
    std::vector<std::uint64_t> listed;
    std::uint64_t after = 0;
    int pages = 0;
    do {
        const Outcome page =
            town.ask(ListOrders{.after = OrderId{after}, .kind_first = 101, .kind_last = 101});
        for (const auto& order : *page.orders) listed.push_back(order->terms.id.value);
        after = page.id;
        ++pages;
    } while (after != 0);
    CHECK(pages == 3);
    CHECK(listed.size() == 1'250);
    CHECK(listed.front() == 2);
    CHECK(listed.back() == 2'500);
    CHECK(town.ask(ListOrders{.after = OrderId{~std::uint64_t{0}}}).orders->empty());
    CHECK(Town{}.ask(ListOrders{}).orders->empty());
}
