// Groups of orders: paid at once or not at all.
#include "tests/core/order_town.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;
using ledger::OrderState;

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
