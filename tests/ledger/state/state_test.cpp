// The fold of all events: replay, saving and loading, and journals that do not fit.
#include "ledger/state/state.h"

#include "tests/ledger/state/fresh_state.h"
#include "tests/support/traffic.h"
#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <string>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

// What each request of a random day was told; the same seed gives the same day. Odd seeds are days
// with a scheme.
class Day {
public:
    explicit Day(std::uint64_t seed, const StateLimits& limits = small_limits())
        : world(limits),
          traffic_(seed, seed % 2 == 1 ? Traffic::Schemes::one : Traffic::Schemes::none) {
        for (const core::Request& request : traffic_.opening()) world.handle(request);
    }

    void go_on(int requests) {
        for (int i = 0; i < requests; ++i) {
            const auto last = world.core.state().position.next_transfer.value - 1;
            core::Request request = traffic_.next(last, world.now);
            if (auto* reverse = std::get_if<core::Reverse>(&request.command))
                reverse->records = std::make_shared<const std::vector<TransferRecord>>(
                    reverse->original.value <= last ? world.set_of(reverse->original)
                                                    : std::vector<TransferRecord>{});
            outcomes.push_back(world.handle(request));
            world.pass(Duration{static_cast<std::int64_t>(traffic_.below(5'000))});
        }
    }

    World world;
    std::vector<core::Outcome> outcomes;

private:
    Traffic traffic_;
};

// A saved state with two open reservations and two reversed transfers, and where its parts lie.
struct SavedState {
    SavedState() {
        Fresh fresh;
        State& state = fresh.state;
        const auto carry_out = [&](TransferRecord& record, bool is_refused) {
            REQUIRE_FALSE(is_refused);
            record.id = state.position.next_transfer;
            record.participant = ParticipantId{7};
            record.reference = reference(record.id.value);
            state.apply(record, state.position.time);
        };
        const Posting posting{Purpose::transfer, AccountId{2}, AccountId{3}, {100, Currency::kes}};
        for (int i = 0; i < 2; ++i) {
            TransferRecord held;
            carry_out(held,
                      state.books
                          .plan_reserve(posting, std::chrono::minutes{5}, state.position.time, held)
                          .has_value());
            TransferRecord posted;
            carry_out(posted, state.books.plan_post(posting, posted).has_value());
            TransferRecord back;
            carry_out(back, state.books.plan_reverse(posted, 40, back).has_value());
        }
        accounts = state.books.account_count();
        content = bytes_of(state);
        REQUIRE(at(reservations() - 8) == 2);
        REQUIRE(at(reversed() - 8) == 2);
        REQUIRE(at(requests() - 8) == state.keys.size());
        terms = requests() + state.keys.size() * 64;
        limit_counters = terms + bytes_of(state.terms).size();
        pending_settlements = limit_counters + bytes_of(state.limit_counters).size();
        REQUIRE(at(terms) == 1);
        REQUIRE(at(limit_counters) == 0);
        REQUIRE(at(pending_settlements) == 0);
        takings = pending_settlements + 8 + bytes_of(state.profiles).size() +
                  bytes_of(state.orders).size();
        REQUIRE(at(takings) == 0);
        REQUIRE(at(takings + 8) == 0);
        REQUIRE(content.size() == takings + 16);
    }

    std::size_t account(std::size_t index) const { return 32 + index * 64; }
    std::size_t identity(std::size_t index) const { return account(accounts) + index * 32; }
    std::size_t reservations() const { return identity(accounts) + 8; }
    std::size_t reversed() const { return reservations() + 2 * std::size_t{33} + 8; }
    // Behind how many there ever were, when the one before left, and how many follow.
    std::size_t requests() const { return reversed() + 2 * std::size_t{16} + 24; }
    std::uint64_t at(std::size_t offset) const {
        std::uint64_t value = 0;
        std::memcpy(&value, content.data() + offset, sizeof value);
        return value;
    }

    std::vector<std::byte> content;
    std::size_t accounts = 0;
    std::size_t terms = 0;
    std::size_t limit_counters = 0;
    std::size_t pending_settlements = 0;
    std::size_t takings = 0;
};

}  // namespace

TEST_CASE("state: replaying a journal gives the state of who wrote it") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Day day(seed);
        day.go_on(150);
        const State replayed = day.world.replayed();
        CHECK(replayed.hash() == day.world.core.state().hash());
        CHECK(replayed.position.hash == day.world.journal.back().hash);
        CHECK(replayed.broken_invariants().empty());
        CHECK(replayed.keys.evicted_by_capacity() > 0);
    }
}

TEST_CASE("state: a saved state loads as the same state and goes on the same way") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Day day(seed);
        Day again(seed);
        day.go_on(100);
        again.go_on(100);
        State state = loaded(bytes_of(again.world.core.state()));
        REQUIRE(state.hash() == day.world.core.state().hash());
        again.world.core = core::Switch(std::move(state));
        REQUIRE(again.world.core.next_deadline() == day.world.core.next_deadline());

        day.go_on(100);
        again.go_on(100);

        CHECK(again.outcomes == day.outcomes);
        CHECK(again.world.core.state().hash() == day.world.core.state().hash());
        CHECK(again.world.journal.back().bytes == day.world.journal.back().bytes);
    }
}

TEST_CASE("state: every difference changes the hash") {
    Fresh fresh;
    const Hash before = fresh.state.hash();
    CHECK(fresh.loaded_copy().hash() == before);

    State moved = fresh.loaded_copy();
    moved.apply(fresh.transfer(), moved.position.time);
    CHECK(moved.hash() != before);
    State refused = fresh.loaded_copy();
    refused.apply(RequestRefused{.participant = ParticipantId{9},
                                 .reference = {},
                                 .digest = {},
                                 .refusal = Refusal::overloaded},
                  refused.position.time);
    CHECK(refused.hash() != before);
    State frozen = fresh.loaded_copy();
    AccountChanged freeze;
    freeze.id = AccountId{2};
    frozen.apply(freeze, frozen.position.time);
    CHECK(frozen.hash() != before);
    State later = fresh.loaded_copy();
    later.position.time += Duration{1};
    CHECK(later.hash() != before);
}

TEST_CASE("state: saved bytes that end early are an error, wherever they end") {
    Day day(3);
    day.go_on(60);
    const auto content = bytes_of(day.world.core.state());
    for (std::size_t size = 0; size < content.size(); size += 7) {
        CAPTURE(size);
        Bytes bytes;
        bytes.content.assign(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
        State state(small_limits());
        REQUIRE_THROWS_AS(state.load(bytes), StateError);
    }
}

TEST_CASE(
    "state: altered bytes load or are an error, wherever they are, and never end the program") {
    const SavedState saved;
    int refused = 0;
    for (std::size_t offset = 0; offset < saved.content.size(); ++offset) {
        for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
            CAPTURE(offset);
            CAPTURE(value);
            Bytes bytes;
            bytes.content = saved.content;
            bytes.content[offset] = static_cast<std::byte>(value);
            State state(small_limits());
            try {
                state.load(bytes);
                static_cast<void>(state.hash());
                static_cast<void>(state.broken_invariants());
            } catch (const StateError&) {
                ++refused;
            }
        }
    }
    CHECK(refused > 1'000);
}

TEST_CASE("state: a saved value that makes no sense is an error that says where") {
    const SavedState saved;
    struct Row {
        const char* what;
        std::size_t offset;
        std::uint64_t value;
        std::size_t width;
        const char* found;
    };
    const std::uint64_t many = 1ULL << 60U;
    const Row rows[] = {
        {"no next transfer", 16, 0, 8, "next transfer"},
        {"too many accounts", 24, many, 8, "accounts"},
        {"one account more", 24, saved.accounts + 1, 8, "makes no sense"},
        {"debits pending", saved.account(1), many << 3U, 8, "an account"},
        {"debits posted", saved.account(1) + 8, many << 3U, 8, "an account"},
        {"credits pending", saved.account(1) + 16, many << 3U, 8, "an account"},
        {"credits posted", saved.account(1) + 24, many << 3U, 8, "an account"},
        {"currency", saved.account(2) + 60, 1, 2, "an account"},
        {"kind", saved.account(3) + 62, 0, 1, "an account"},
        {"kind past the chart", saved.account(3) + 62, 12, 1, "an account"},
        {"state", saved.account(4) + 63, 3, 1, "an account"},
        {"no identity", saved.identity(2), 0, 8, "an identity"},
        {"many reservations", saved.reservations() - 8, many, 8, ""},
        {"reservation zero", saved.reservations(), 0, 8, "a reservation"},
        {"same reservation", saved.reservations() + 33, saved.at(saved.reservations()), 8,
         "a reservation"},
        {"debit account", saved.reservations() + 8, 99, 4, "a reservation"},
        {"credit account", saved.reservations() + 12, 0, 4, "a reservation"},
        {"amount", saved.reservations() + 16, 0, 8, "a reservation"},
        {"amount too large", saved.reservations() + 16, many, 8, "a reservation"},
        {"purpose", saved.reservations() + 32, 15, 1, "a reservation"},
        {"many reversed", saved.reversed() - 8, many, 8, ""},
        {"reversed zero", saved.reversed(), 0, 8, "a reversed"},
        {"reversed amount", saved.reversed() + 8, 0, 8, "a reversed"},
        {"many requests", saved.requests() - 8, many, 8, ""},
        {"fewer than there are", saved.requests() - 24, 1, 8, "more requests"},
        {"many schemes", saved.terms, many, 8, ""},
        {"scheme of another number", saved.terms + 8 + 4, 2, 2, "not in order"},
        {"many limit counters", saved.limit_counters, many, 8, "past the end"},
        {"many counted reservations", saved.limit_counters + 8, many, 8, "past the end"},
        {"many that fall due", saved.pending_settlements, many, 8, "past the end"},
        {"many takings", saved.takings, many, 8, "past the end"},
        {"many old refunds", saved.takings + 8, many, 8, "past the end"},
        {"unknown code", saved.requests() + 36, 60'000, 2, "unknown code"},
        {"before time", saved.requests() + 48, many << 3U, 8, "order of their times"},
        {"after the next", saved.requests() + 48, many, 8, "order of their times"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Bytes bytes;
        bytes.content = saved.content;
        std::memcpy(bytes.content.data() + row.offset, &row.value, row.width);
        std::string found = "loaded";
        try {
            State(small_limits()).load(bytes);
        } catch (const StateError& error) {
            found = error.what();
        }
        CHECK(found != "loaded");
        CHECK(contains(found, row.found));
    }
}

TEST_CASE("state: more accounts than allowed are an error that names the setting") {
    Fresh fresh;
    auto limits = small_limits();
    limits.accounts_max = 6;
    Bytes bytes;
    bytes.content = bytes_of(fresh.state);
    State state(limits);
    try {
        state.load(bytes);
        FAIL("more accounts fit into six");
    } catch (const StateError& error) {
        CHECK(contains(error.what(),
                       "--accounts=" + std::to_string(fresh.state.books.account_count())));
    }
}

TEST_CASE("state: replay refuses a batch that does not follow") {
    Fresh fresh;
    const TransferRecord good = fresh.transfer();
    CHECK(fresh.refusal_of(good) == "fits");
    const auto with = [&](const std::function<void(BatchHeader&)>& change) {
        return fresh.refusal_of(good, change);
    };

    CHECK(contains(with([](BatchHeader& h) { h.sequence += 1; }), "sequence"));
    CHECK(contains(with([](BatchHeader& h) { h.sequence -= 1; }), "sequence"));
    CHECK(contains(with([](BatchHeader& h) { h.previous[5] ^= std::byte{1}; }), "chain"));
    CHECK(contains(with([](BatchHeader& h) { h.first_transfer.value += 1; }), "first transfer"));
    CHECK(contains(with([](BatchHeader& h) { h.time_us -= 1; }), "time"));
    CHECK(contains(with([](BatchHeader& h) { h.event_count = 2; }), "events"));
    CHECK(contains(with([](BatchHeader& h) { h.event_count = 0; }), "events"));
    CHECK(contains(with([](BatchHeader& h) { h.next_transfer.value += 1; }), "next transfer"));
    CHECK(with([](BatchHeader& h) { h.time_us += 1'000; }) == "fits");
}

TEST_CASE("state: replay refuses a transfer that does not fit the books") {
    Fresh fresh;
    const auto with = [&](const std::function<void(TransferRecord&)>& change) {
        TransferRecord record = fresh.transfer();
        change(record);
        return fresh.refusal_of(record);
    };
    using R = TransferRecord;

    CHECK(contains(with([](R& r) { r.id.value += 1; }), "is next"));
    CHECK(contains(with([](R& r) { r.debit = AccountId{99}; }), "existing accounts"));
    CHECK(contains(with([](R& r) { r.credit = AccountId{}; }), "existing accounts"));
    CHECK(contains(with([](R& r) { r.credit = r.debit; }), "existing accounts"));
    CHECK(contains(with([](R& r) { r.currency = Currency::cny; }), "currency"));
    CHECK(contains(with([](R& r) { r.amount = 0; }), "amount"));
    CHECK(contains(with([](R& r) { r.amount = -100; }), "amount"));
    CHECK(contains(with([](R& r) { r.amount = amount_max + 1; }), "amount"));
    CHECK(contains(with([](R& r) { r.amount = 101; }), "balances"));
    CHECK(contains(with([](R& r) { r.debit_previous.value += 1; }), "newest"));
    CHECK(contains(with([](R& r) { r.credit_previous = TransferId{}; }), "newest"));
    CHECK(contains(with([](R& r) { r.debit_balance_after -= 1; }), "balances"));
    CHECK(contains(with([](R& r) { r.credit_balance_after += 1; }), "balances"));
    for (const auto kind : {TransferKind::settled, TransferKind::released, TransferKind::expired})
        CHECK(contains(with([&](R& r) { r.kind = kind; }), "is not open"));
    CHECK(contains(with([](R& r) { r.kind = TransferKind{9}; }), "kind"));
}

TEST_CASE("state: replay refuses the end of a reservation that is not what was reserved") {
    Fresh fresh;
    TransferRecord reserved;
    const Posting posting{Purpose::transfer, AccountId{2}, AccountId{3}, {100, Currency::kes}};
    REQUIRE_FALSE(
        fresh.state.books
            .plan_reserve(posting, std::chrono::minutes{5}, fresh.state.position.time, reserved)
            .has_value());
    reserved.id = fresh.state.position.next_transfer;
    fresh.state.apply(reserved, fresh.state.position.time);
    struct Row {
        TransferKind kind;
        std::int64_t amount;
        bool fits;
    };
    const Row rows[] = {
        {TransferKind::released, 100, true},  {TransferKind::released, 99, false},
        {TransferKind::released, 101, false}, {TransferKind::expired, 100, true},
        {TransferKind::expired, 1, false},    {TransferKind::settled, 100, true},
        {TransferKind::settled, 101, false},
    };
    for (const Row& row : rows) {
        CAPTURE(name(row.kind));
        CAPTURE(row.amount);
        TransferRecord end;
        REQUIRE_FALSE((row.kind == TransferKind::settled
                           ? fresh.state.books.plan_settle(reserved.id, 0, end)
                           : fresh.state.books.plan_end(reserved.id, row.kind, end))
                          .has_value());
        end.id = fresh.state.position.next_transfer;
        end.amount = row.amount;
        CHECK(fresh.refusal_of(end).find(row.fits ? "fits" : "is not open") != std::string::npos);
    }
    TransferRecord part;
    REQUIRE_FALSE(fresh.state.books.plan_settle(reserved.id, 40, part).has_value());
    part.id = fresh.state.position.next_transfer;
    CHECK(fresh.refusal_of(part) == "fits");
    // A turnover counted it for what it was reserved for.
    part.purpose = Purpose::adjust;
    CHECK(contains(fresh.refusal_of(part), "is not open"));
}

TEST_CASE("state: replay refuses a batch that ends within a transfer") {
    Fresh fresh;
    std::vector<std::byte> records;
    append(records, fresh.transfer());
    for (const std::size_t size : {1U, 3U, 47U, 48U, 127U}) {
        CAPTURE(size);
        BatchView batch;
        batch.header.sequence = fresh.state.position.sequence + 1;
        batch.header.time_us = fresh.state.position.time.time_since_epoch().count();
        batch.header.first_transfer = fresh.state.position.next_transfer;
        batch.header.previous = fresh.state.position.hash;
        batch.records = std::span{records}.first(size);
        CHECK(contains(fresh.loaded_copy().replay(batch).value_or("fits"), "fewer bytes"));
    }
}

TEST_CASE("state: replay refuses accounts that do not fit the books") {
    Fresh fresh;
    const auto count = static_cast<std::uint32_t>(fresh.state.books.account_count());
    AccountOpened opened;
    opened.id = AccountId{count + 1};
    opened.identity = identity("newcomer");
    CHECK(fresh.refusal_of(opened) == "fits");
    opened.id = AccountId{count + 2};
    CHECK(contains(fresh.refusal_of(opened), "opened after account " + std::to_string(count)));
    opened.id = AccountId{count + 1};
    opened.identity = identity("alice");
    CHECK(contains(fresh.refusal_of(opened), "taken"));
    opened.identity = identity("newcomer");
    opened.scheme = SchemeId{1};
    CHECK(fresh.refusal_of(opened) == "fits");
    opened.scheme = SchemeId{2};
    CHECK(contains(fresh.refusal_of(opened), "scheme 2 was never loaded"));

    AccountChanged changed;
    changed.id = AccountId{7};
    CHECK(fresh.refusal_of(changed) == "fits");
    changed.id = AccountId{count + 1};
    CHECK(contains(fresh.refusal_of(changed), "cannot be changed"));
    changed.id = AccountId{2};
    changed.change = AccountChange::close;
    CHECK(contains(fresh.refusal_of(changed), "cannot be changed"));
}
