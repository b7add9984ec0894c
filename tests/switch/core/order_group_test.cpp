// Groups of orders: paid at once or not at all.
#include "tests/support/scenario.h"
#include "tests/switch/core/order_town.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;

namespace {

// Alice is asked for 30.00 and 20.00 at once; the second is for account 4.
OrderRequest group(const char* key, CustomerAction action = CustomerAction::approve) {
    OrderRequest wish = prompt(key, action);
    wish.terms.credit = {};
    wish.terms.amount = 0;
    wish.terms.watched_count = 0;
    wish.terms.channels[0] = {.when = NoticeWhen::succeeded};
    for (const std::uint32_t seller : {3U, 4U}) {
        OrderRequest member;
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
    run(R"(
        account    alice  wallet  KES  1000.00
        account    shop   till    KES
        account    other  till    KES
        prompt     g  alice  -  0.00  told succeeded  member g/3 shop 30.00  member g/4 other 20.00
        order      g    awaiting_customer  number 1
        order      g/3  awaiting_customer  number 2
        order      g/4  awaiting_customer  number 3
        approve    g/3   -> refused order_invalid
        pass       2s
        order      g    succeeded
        order      g/3  succeeded
        order      g/4  succeeded  behind g/3
        balance    shop   30.00
        balance    other  20.00
        balance    alice  950.00
        attempts   1
        give_back  r1  g/3  shop  alice  30.00
        give_back  r2  g/3  shop  alice  0.01   -> refused exceeds_original
        give_back  r3  g    shop  alice  0.01   -> refused exceeds_original
    )");
}

TEST_CASE("order: a group that cannot be paid whole moves nothing") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        account   other  till    KES
        prompt    g  alice  -  0.00  told succeeded  member g/3 shop 600.00  member g/4 other 600.00
        pass      2s
        order     g    failed  refusal insufficient_funds
        order     g/3  failed  refusal insufficient_funds
        order     g/4  failed  refusal insufficient_funds
        balance   alice  1000.00
        attempts  0
    )");
}

TEST_CASE("order: a group is closed, declined and expires with all its members") {
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        account  other  till    KES
        prompt   closed    alice  -  0.00  waits  member c/3 shop 30.00  member c/4 other 20.00
        cancel   closed
        order    c/4   closed
        prompt   declined  alice  -  0.00  declines  member d/3 shop 30.00  member d/4 other 20.00
        pass     2s
        order    d/3   failed
        prompt   late      alice  -  0.00  waits  member l/3 shop 30.00  member l/4 other 20.00
        pass     60s
        order    l/3   expired
        order    late  expired
    )");
}

TEST_CASE("order: groups that make no sense are refused and leave nothing behind") {
    Town town;
    town.open(ledger::AccountKind::till, "other", 0);
    const auto code = [&](auto spoil) {
        OrderRequest wish = group("g");
        spoil(wish);
        return town.open(std::move(wish)).code;
    };
    CHECK(code([](OrderRequest& wish) { wish.decides_now = true; }) == Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members.resize(51, wish.members[0]); }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members[1].keys = wish.members[0].keys; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members[1].terms.credit = {}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members[1].terms.debit = AccountId{4}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members[1].terms.amount = 0; }) ==
          Refusal::amount_not_positive);
    CHECK(code([](OrderRequest& wish) { wish.members[1].members = {wish.members[0]}; }) ==
          Refusal::order_invalid);
    CHECK(code([](OrderRequest& wish) { wish.members[1].terms.credit = AccountId{9}; }) ==
          Refusal::credit_account_not_found);
    CHECK(town.world.core.state().orders.empty());
    CHECK(code([](OrderRequest&) {}) == Refusal::none);
    CHECK(code([](OrderRequest& wish) { wish.keys = {"h"}; }) == Refusal::order_exists);
    town.check_replay();
}
