// A switch with three accounts, for tests of orders that no story would tell.
#pragma once

#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <utility>

namespace tuma::testing {

using namespace tuma::core;
using ledger::CustomerAction;
using ledger::NoticeWhen;
using std::chrono::seconds;

// Account 1 is trust, 2 alice's wallet with 1,000.00, 3 a shop's till.
struct Town {
    World world;
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
        return world.handle(request);
    }
    void open(ledger::AccountKind kind, const char* name, std::int64_t floor) {
        ask(OpenAccount{.kind = kind, .floor = floor, .identity = *ledger::make_identity(name)});
    }
    Outcome open(OrderRequest wish) {
        return ask(OpenOrder{std::make_shared<const OrderRequest>(std::move(wish))});
    }
    // What a restart finds is what was there, and the books are in order.
    void check_replay() const {
        CHECK(world.core.state().broken_invariants().empty());
        CHECK(world.replayed().hash() == world.core.state().hash());
    }
};

// Alice is asked for 40.00 by the shop.
inline OrderRequest prompt(const char* key, CustomerAction action = CustomerAction::approve) {
    OrderRequest wish;
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

}  // namespace tuma::testing
