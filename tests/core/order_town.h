// A switch with two accounts and what it tells, for tests of orders.
#pragma once

#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace tuma::testing {

using namespace tuma::core;
using ledger::CustomerAction;
using ledger::NoticeWhen;
using std::chrono::seconds;

// Account 1 is trust, 2 alice's wallet with 1,000.00, 3 a shop's till.
struct Town {
    World world;
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
        if (const auto parent = world.core.state().orders.find(wish.terms.parent))
            wish.original = parent->transfer;
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
inline OrderWish prompt(const char* key, CustomerAction action = CustomerAction::approve) {
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
inline OrderWish refund(OrderId parent, const char* key, std::int64_t amount) {
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

}  // namespace tuma::testing
