// The fold of schemes, terms, limit counters and settlements: what fits, what breaks, what is
// hashed.
#include "ledger/state/state.h"
#include "tests/ledger/state/fresh_state.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

TEST_CASE("state: replay refuses a scheme under another's number or in another currency") {
    Fresh fresh;
    SchemeLoaded newer = fresh.state.terms.schemes()[0];
    CHECK(fresh.refusal_of(newer) == "fits");
    SchemeLoaded dollars = newer;
    dollars.head.currency = Currency::usd;
    CHECK(contains(fresh.refusal_of(dollars), "currency USD"));
    newer.head.name = identity("other");
    CHECK(contains(fresh.refusal_of(newer), "other has or would get number 2"));
    newer.head.id = SchemeId{2};
    CHECK(fresh.refusal_of(newer) == "fits");
}

TEST_CASE("state: a scheme that was loaded is remembered as its request's outcome") {
    Fresh fresh;
    SchemeLoaded newer = fresh.state.terms.schemes()[0];
    newer.head.participant = ParticipantId{9};
    newer.head.reference = reference(99);
    newer.head.digest = reference(1);
    fresh.state.apply(newer, fresh.state.position.time);
    const RememberedRequest* known = fresh.state.keys.find(newer.key(), fresh.state.position.time);
    REQUIRE(known != nullptr);
    CHECK(known->id == 1);
    CHECK(known->digest == newer.head.digest);
    CHECK(known->code == Refusal::none);
}

namespace {

// A merchant who has sold something that falls due, and been paid out for it, but for the
// statement.
struct PaidOut {
    PaidOut() {
        const auto& terms = fresh.state.terms;
        while (terms.find(payable) == nullptr || !terms.find(payable)->payout) ++payable.value;
        bank = terms.find(payable)->payout;
        carry_out(Purpose::pay_merchant, AccountId{2}, payable, 400);
        carry_out(Purpose::payout, payable, AccountId{1}, 300);
        closed.account = payable;
        closed.due_at = due;
        closed.sales = 400;
        closed.sales_count = 1;
        closed.paid_out = 300;
        closed.carried_out = 100;
        closed.next_due_at = due + 1;
        closed.payout = TransferId{fresh.state.position.next_transfer.value - 1};
    }
    void carry_out(Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount) {
        TransferRecord record;
        REQUIRE_FALSE(
            fresh.state.books.plan_post({purpose, debit, credit, {amount, Currency::kes}}, record)
                .has_value());
        record.id = fresh.state.position.next_transfer;
        record.due_at = due;
        fresh.state.apply(record, fresh.state.position.time);
    }

    Fresh fresh;
    AccountId payable{1};
    AccountId bank;
    std::int64_t due = fresh.state.position.time.time_since_epoch().count() + 1'000;
    SettlementClosed closed;
};

}  // namespace

TEST_CASE("state: replay refuses a settlement that does not fit what fell due or the books") {
    PaidOut paid;
    Fresh& fresh = paid.fresh;
    SettlementClosed closed = paid.closed;
    CHECK(fresh.refusal_of(closed) == "fits");
    closed.account = AccountId{500};
    CHECK(contains(fresh.refusal_of(closed), "does not exist"));
    closed.account = AccountId{2};
    CHECK(contains(fresh.refusal_of(closed), "nothing falls due"));
    closed = paid.closed;
    closed.payout = fresh.state.position.next_transfer;
    CHECK(contains(fresh.refusal_of(closed), "is not there"));
    closed = paid.closed;
    closed.paid_out = 200;
    closed.carried_out = 200;
    CHECK(contains(fresh.refusal_of(closed), "not what has left"));
}

TEST_CASE("state: what falls due of a payable is its balance between batches, else it is broken") {
    PaidOut paid;
    State& state = paid.fresh.state;
    const auto broken = state.broken_invariants();
    REQUIRE(broken.size() == 1);
    CHECK(broken[0] == "account " + std::to_string(paid.payable.value) +
                           ": 400 minor units fall due, its balance is 100");
    state.apply(paid.closed, state.position.time);
    CHECK(state.broken_invariants().empty());
    CHECK(state.pending_settlements.outstanding(paid.payable) == 100);
}

TEST_CASE("state: a payable that is paid out to what is no bank account is broken") {
    Fresh fresh;
    AccountOpened opened;
    opened.id = AccountId{static_cast<std::uint32_t>(fresh.state.books.account_count() + 1)};
    opened.kind = AccountKind::settlement_payable;
    opened.identity = identity("merchant");
    opened.scheme = SchemeId{1};
    for (const std::uint32_t payout : {2U, opened.id.value + 1}) {
        CAPTURE(payout);
        opened.payout = AccountId{payout};
        State state = fresh.loaded_copy();
        state.apply(opened, state.position.time);
        const auto broken = state.broken_invariants();
        REQUIRE(broken.size() == 1);
        CHECK(contains(broken[0], "which is no bank account"));
    }
}

TEST_CASE("state: limit counters, terms and pending settlements are part of the hash") {
    PaidOut paid;
    State& state = paid.fresh.state;
    const Hash before = state.hash();
    state.apply(paid.closed, state.position.time);
    CHECK(state.hash() != before);
    SchemeLoaded newer = state.terms.schemes()[0];
    newer.content.push_back(std::byte{1});
    const Hash settled = state.hash();
    state.apply(newer, state.position.time);
    CHECK(state.hash() != settled);
}
