// What falls due when, settlements that end it, and statements that do not fit.
#include "ledger/state/pending_settlements.h"

#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

constexpr AccountId shop{5};      // a settlement payable under a scheme
constexpr AccountId bakery{6};    // another one
constexpr AccountId customer{7};  // under the scheme, not paid out
constexpr AccountId stranger{8};  // under none
constexpr Timestamp monday{std::chrono::days{20'000}};
constexpr Timestamp tuesday = monday + std::chrono::days{1};
constexpr Timestamp later = monday + std::chrono::days{30};

std::int64_t micros(Timestamp time) {
    return time.time_since_epoch().count();
}

Terms terms() {
    Terms terms;
    SchemeLoaded loaded;
    loaded.head.id = SchemeId{1};
    loaded.head.name = identity("card");
    loaded.head.scheme_version = identity("1");
    terms.apply(loaded);
    const auto open = [&terms](AccountId account, AccountId payout) {
        AccountOpened opened;
        opened.id = account;
        opened.kind = AccountKind::settlement_payable;
        opened.scheme = SchemeId{1};
        opened.payout = payout;
        terms.apply(opened);
    };
    open(shop, AccountId{15});
    open(bakery, AccountId{16});
    open(customer, AccountId{});
    return terms;
}

TransferRecord record(TransferKind kind, Purpose purpose, AccountId debit, AccountId credit,
                      std::int64_t amount, Timestamp due) {
    TransferRecord made;
    made.kind = kind;
    made.purpose = purpose;
    made.debit = debit;
    made.credit = credit;
    made.amount = amount;
    made.due_at = micros(due);
    return made;
}

// What is pending and, beside it, the balances that the same records make.
struct Merchants {
    void add(TransferKind kind, Purpose purpose, AccountId debit, AccountId credit,
             std::int64_t amount, Timestamp due = monday) {
        pending.apply(record(kind, purpose, debit, credit, amount, due), terms_);
        balances[debit] -= amount;
        balances[credit] += amount;
    }
    void sell(std::int64_t amount, Timestamp due = monday, AccountId to = shop) {
        add(TransferKind::posted, Purpose::pay_merchant, customer, to, amount, due);
    }
    void pay_out(std::int64_t amount) {
        add(TransferKind::posted, Purpose::payout, shop, AccountId{1}, amount);
    }
    std::string why(const SettlementClosed& closed) {
        return pending.violation(closed, balances[closed.account]).value_or("fits");
    }
    // The statement of what falls due, with everything paid out.
    SettlementClosed statement(Timestamp due = monday, AccountId account = shop) const {
        const Maturing of = pending.find({due, account});
        SettlementClosed closed;
        closed.account = account;
        closed.due_at = micros(due);
        closed.sales = of.sales;
        closed.refunds = of.refunds;
        closed.fees = of.fees;
        closed.adjustments = of.adjustments;
        closed.reserve_released = of.reserve;
        closed.carried_in = of.carried;
        closed.sales_count = of.sales_count;
        closed.refunds_count = of.refunds_count;
        closed.paid_out = of.net();
        closed.payout = TransferId{77};
        return closed;
    }

    PendingSettlements pending;
    std::map<AccountId, std::int64_t> balances;

private:
    Terms terms_ = terms();
};

}  // namespace

TEST_CASE("pending settlements: a record is counted by side, kind, purpose, when it is due") {
    using K = TransferKind;
    using P = Purpose;
    struct Row {
        const char* what;
        K kind;
        P purpose;
        bool is_credit;  ///< the payable's side
        Maturing expected;
    };
    Maturing sale{.sales = 40};
    sale.sales_count = 1;
    Maturing refund{.refunds = 40};
    refund.refunds_count = 1;
    const Maturing fee{.fees = 40};
    const Maturing fee_back{.fees = -40};
    const Maturing more{.adjustments = 40};
    const Maturing less{.adjustments = -40};
    const Row rows[] = {
        {"a sale", K::posted, P::pay_merchant, true, sale},
        {"a sale that was reserved", K::settled, P::pay_merchant, true, sale},
        {"a sale moved back", K::reversed, P::pay_merchant, false, refund},
        {"a refund", K::posted, P::refund, false, refund},
        {"a refund moved back", K::reversed, P::refund, true, more},
        {"a fee", K::posted, P::fee, false, fee},
        {"tax on it", K::posted, P::tax, false, fee},
        {"a fee moved back", K::reversed, P::fee, true, fee_back},
        {"tax moved back", K::reversed, P::tax, true, fee_back},
        {"a fee given back", K::posted, P::fee, true, fee_back},
        {"a fee given back, moved back", K::reversed, P::fee, false, fee},
        {"an adjustment up", K::posted, P::adjust, true, more},
        {"an adjustment down", K::posted, P::adjust, false, less},
        {"an adjustment moved back", K::reversed, P::adjust, true, more},
        {"bank money paid in", K::posted, P::issue, true, more},
        {"paid out to the bank by hand", K::posted, P::redeem, false, less},
        {"a payout", K::posted, P::payout, false, {}},
        {"a collection", K::posted, P::payout, true, {}},
        {"a payout moved back", K::reversed, P::payout, true, more},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Merchants merchants;
        merchants.add(row.kind, row.purpose, row.is_credit ? stranger : shop,
                      row.is_credit ? shop : stranger, 40, tuesday);
        CHECK(merchants.pending.find({tuesday, shop}) == row.expected);
        CHECK(merchants.pending.find({monday, shop}) == Maturing{});
        CHECK(merchants.pending.outstanding(shop) == row.expected.net());
        CHECK(merchants.pending.find({tuesday, stranger}) == Maturing{});
        if (row.purpose != P::payout)
            CHECK(merchants.pending.outstanding(shop) == merchants.balances[shop]);
    }
}

TEST_CASE("pending settlements: accounts that are not paid out are nobody's concern") {
    Merchants merchants;
    merchants.add(TransferKind::posted, Purpose::transfer, customer, stranger, 40);
    merchants.add(TransferKind::posted, Purpose::transfer, stranger, customer, 40);
    CHECK(merchants.pending.entries().empty());
    CHECK_FALSE(merchants.pending.next().has_value());
}

TEST_CASE("pending settlements: a transfer between two merchants is counted on both sides") {
    Merchants merchants;
    merchants.add(TransferKind::posted, Purpose::adjust, shop, bakery, 40);
    CHECK(merchants.pending.find({monday, shop}).adjustments == -40);
    CHECK(merchants.pending.find({monday, bakery}).adjustments == 40);
}

TEST_CASE("pending settlements: what is carried remembers the fees that came off it") {
    Merchants merchants;
    for (const auto& [due, next] : {std::pair{monday, tuesday}, {tuesday, later}}) {
        merchants.sell(300, due);
        merchants.add(TransferKind::posted, Purpose::fee, shop, AccountId{2}, 3, due);
        SettlementClosed closed = merchants.statement(due);
        std::swap(closed.carried_out, closed.paid_out);
        closed.next_due_at = micros(next);
        merchants.pending.apply(closed);
    }
    CHECK(merchants.pending.find({later, shop}).carried_fees == 6);
    CHECK(merchants.pending.find({later, shop}).net() == 594);
}

TEST_CASE("pending settlements: what falls due first comes first, ties by account") {
    Merchants merchants;
    merchants.sell(1, tuesday, shop);
    merchants.sell(2, tuesday, bakery);
    CHECK(merchants.pending.next() == PendingSettlements::Key{tuesday, shop});
    merchants.sell(3, monday, bakery);
    CHECK(merchants.pending.next() == PendingSettlements::Key{monday, bakery});
    CHECK(merchants.pending.outstanding(bakery) == 5);
}

TEST_CASE(
    "pending settlements: a settlement ends its moment, and carries the rest and the reserve on") {
    Merchants merchants;
    merchants.sell(1'000);
    merchants.sell(500, tuesday);
    merchants.add(TransferKind::posted, Purpose::fee, shop, AccountId{2}, 30);
    SettlementClosed closed = merchants.statement();
    closed.reserve_held = 100;
    closed.reserve_due_at = micros(later);
    closed.carried_out = 20;
    closed.next_due_at = micros(tuesday);
    closed.payout_fee = 50;
    closed.paid_out = 800;
    merchants.pay_out(850);
    REQUIRE(merchants.why(closed) == "fits");
    merchants.pending.apply(closed);

    const PendingSettlements& pending = merchants.pending;
    CHECK(pending.next() == PendingSettlements::Key{tuesday, shop});
    CHECK(pending.find({monday, shop}) == Maturing{});
    CHECK(pending.find({tuesday, shop}).sales == 500);
    CHECK(pending.find({tuesday, shop}).carried == 20);
    CHECK(pending.find({later, shop}).reserve == 100);
    CHECK(pending.outstanding(shop) == 620);
    CHECK(pending.outstanding(shop) == merchants.balances[shop]);
    CHECK(merchants.why(closed).find("nothing falls due") != std::string::npos);
}

TEST_CASE("pending settlements: moved elsewhere, and settled in between, they go on counting") {
    Merchants merchants;
    merchants.sell(100);
    merchants.sell(20, tuesday, bakery);
    PendingSettlements moved = std::move(merchants.pending);
    merchants.pending = std::move(moved);
    merchants.sell(5);
    merchants.sell(6, tuesday, bakery);
    CHECK(merchants.pending.find({monday, shop}).sales == 105);
    CHECK(merchants.pending.find({tuesday, bakery}).sales == 26);
    merchants.pay_out(105);
    merchants.pending.apply(merchants.statement());
    // The moment begins anew.
    merchants.sell(7);
    CHECK(merchants.pending.find({monday, shop}).sales == 7);
    CHECK(merchants.pending.outstanding(shop) == 7);
}

TEST_CASE("pending settlements: a settlement below zero is collected or carried") {
    Merchants merchants;
    merchants.add(TransferKind::posted, Purpose::refund, shop, customer, 70);
    SUBCASE("collected") {
        merchants.add(TransferKind::posted, Purpose::payout, AccountId{1}, shop, 70);
        const SettlementClosed closed = merchants.statement();
        REQUIRE(closed.paid_out == -70);
        REQUIRE(merchants.why(closed) == "fits");
        merchants.pending.apply(closed);
        CHECK(merchants.pending.entries().empty());
    }
    SUBCASE("carried") {
        SettlementClosed closed = merchants.statement();
        closed.paid_out = 0;
        closed.payout = TransferId{};
        closed.carried_out = -70;
        closed.next_due_at = micros(tuesday);
        REQUIRE(merchants.why(closed) == "fits");
        merchants.pending.apply(closed);
        CHECK(merchants.pending.find({tuesday, shop}).carried == -70);
    }
    CHECK(merchants.pending.outstanding(shop) == merchants.balances[shop]);
}

TEST_CASE("pending settlements: sales paid out and as much collected is a settlement of 0") {
    Merchants merchants;
    merchants.sell(70);
    merchants.add(TransferKind::posted, Purpose::refund, shop, customer, 70);
    merchants.pay_out(70);
    merchants.add(TransferKind::posted, Purpose::payout, AccountId{1}, shop, 70);
    const SettlementClosed closed = merchants.statement();
    CHECK(closed.paid_out == 0);
    CHECK(merchants.why(closed) == "fits");
}

namespace {

using S = SettlementClosed;

// A change of a statement, and what is said of it.
struct Change {
    const char* what;
    std::function<void(S&)> change;
    const char* found;
};

const std::vector<Change> changes{
    {"as it is", [](S&) {}, "fits"},
    {"another day", [](S& s) { s.due_at += 1; }, "nothing falls due"},
    {"another account", [](S& s) { s.account = bakery; }, "nothing falls due"},
    {"sales", [](S& s) { s.sales += 1; }, "figures"},
    {"refunds", [](S& s) { s.refunds -= 1; }, "figures"},
    {"fees", [](S& s) { s.fees = 0; }, "figures"},
    {"adjustments", [](S& s) { s.adjustments += 1; }, "figures"},
    {"reserve released", [](S& s) { s.reserve_released = 1; }, "figures"},
    {"carried in", [](S& s) { s.carried_in = -1; }, "figures"},
    {"number of sales", [](S& s) { s.sales_count = 0; }, "figures"},
    {"number of refunds", [](S& s) { s.refunds_count = 9; }, "figures"},
    {"paid out more", [](S& s) { s.paid_out += 1; }, "does not add up"},
    {"carried out more", [](S& s) { s.carried_out += 1; }, "does not add up"},
    {"carried more than there is room for",
     [](S& s) { s.carried_out = std::numeric_limits<std::int64_t>::max(); }, "does not add up"},
    {"more held than sold",
     [](S& s) {
         s.reserve_held = 1'001;
         s.carried_out -= 901;
     },
     "not a part of the sales"},
    {"reserve below zero",
     [](S& s) {
         s.reserve_held = -1;
         s.carried_out += 101;
     },
     "not a part of the sales"},
    {"fee below zero",
     [](S& s) {
         s.payout_fee = -1;
         s.paid_out += 51;
     },
     "below zero"},
    {"not what left the account",
     [](S& s) {
         s.paid_out -= 10;
         s.carried_out += 10;
     },
     "not what has left"},
    {"no transfer", [](S& s) { s.payout = TransferId{}; }, "no transfer"},
    {"carried to no moment", [](S& s) { s.next_due_at = 0; }, "carried needs a later"},
    {"carried to the same moment", [](S& s) { s.next_due_at = s.due_at; }, "carried needs a later"},
    {"nothing carried to a moment",
     [](S& s) {
         s.reserve_held += s.carried_out;
         s.carried_out = 0;
     },
     "carried needs a later"},
    {"held until before", [](S& s) { s.reserve_due_at = s.due_at - 1; }, "in reserve needs"},
    {"nothing held until later",
     [](S& s) {
         s.carried_out += s.reserve_held;
         s.reserve_held = 0;
     },
     "in reserve needs"},
};

}  // namespace

TEST_CASE("pending settlements: a statement that does not fit is told by its reason") {
    for (const Change& row : changes) {
        CAPTURE(row.what);
        Merchants merchants;
        merchants.sell(1'000);
        merchants.add(TransferKind::posted, Purpose::fee, shop, AccountId{2}, 30);
        merchants.add(TransferKind::posted, Purpose::adjust, shop, AccountId{2}, 5);
        merchants.pay_out(850);
        SettlementClosed closed = merchants.statement();
        closed.reserve_held = 100;
        closed.reserve_due_at = micros(later);
        closed.carried_out = 15;
        closed.next_due_at = micros(tuesday);
        closed.payout_fee = 50;
        closed.paid_out = 800;
        row.change(closed);
        CHECK(merchants.why(closed).find(row.found) != std::string::npos);
    }
}

namespace {

PendingSettlements saved_and_loaded(const PendingSettlements& pending) {
    Bytes bytes;
    pending.save(bytes);
    PendingSettlements again;
    again.load(bytes);
    RC_ASSERT(bytes.is_empty());
    RC_ASSERT(bytes_of(again) == bytes_of(pending));
    return again;
}

// One random record of a random merchant, or the settlement of what falls due first.
void step(Merchants& merchants, std::map<PendingSettlements::Key, std::int64_t>& model) {
    const auto due = monday + std::chrono::days{*rc::gen::inRange(0, 5)};
    const AccountId merchant = *rc::gen::element(shop, bakery);
    const std::int64_t amount = *rc::gen::inRange(1, 1'000);
    switch (*rc::gen::inRange(0, 5)) {
        case 0:
            merchants.sell(amount, due, merchant);
            model[{due, merchant}] += amount;
            return;
        case 1:
            merchants.add(TransferKind::posted, Purpose::fee, merchant, AccountId{2}, amount, due);
            model[{due, merchant}] -= amount;
            return;
        case 2:
            merchants.add(TransferKind::posted, Purpose::refund, merchant, customer, amount, due);
            model[{due, merchant}] -= amount;
            return;
        case 3:
            merchants.add(TransferKind::posted, Purpose::adjust, stranger, merchant, amount, due);
            model[{due, merchant}] += amount;
            return;
        default:
            break;
    }
    const auto next = merchants.pending.next();
    if (!next) return;
    SettlementClosed closed = merchants.statement(next->first, next->second);
    const std::int64_t net = closed.paid_out;
    RC_ASSERT(net == model.at(*next));
    closed.reserve_held = std::min(closed.sales / 10, std::max<std::int64_t>(net, 0));
    closed.carried_out = *rc::gen::inRange(-500, 500);
    closed.paid_out = net - closed.reserve_held - closed.carried_out;
    if (closed.reserve_held != 0)
        closed.reserve_due_at = micros(next->first + std::chrono::days{3});
    if (closed.carried_out != 0) closed.next_due_at = micros(next->first + std::chrono::days{1});
    merchants.add(TransferKind::posted, Purpose::payout, closed.account, AccountId{1},
                  closed.paid_out, next->first);
    RC_ASSERT(merchants.why(closed) == "fits");
    merchants.pending.apply(closed);
    model.erase(*next);
    if (closed.carried_out != 0)
        model[{next->first + std::chrono::days{1}, closed.account}] += closed.carried_out;
    if (closed.reserve_held != 0)
        model[{next->first + std::chrono::days{3}, closed.account}] += closed.reserve_held;
}

}  // namespace

TEST_CASE("pending settlements: equal a model of nets and always the balance, saved and loaded") {
    CHECK(rc::check("any history", [] {
        Merchants merchants;
        std::map<PendingSettlements::Key, std::int64_t> model;
        const auto count = *rc::gen::inRange(1, 100);
        for (int i = 0; i < count; ++i) {
            step(merchants, model);
            if (i % 10 == 0) merchants.pending = saved_and_loaded(merchants.pending);
            for (const AccountId merchant : {shop, bakery}) {
                std::int64_t sum = 0;
                for (const auto& [key, maturing] : merchants.pending.entries())
                    if (key.second == merchant) sum += maturing.net();
                RC_ASSERT(sum == merchants.balances[merchant]);
                RC_ASSERT(sum == merchants.pending.outstanding(merchant));
            }
        }
        RC_ASSERT(merchants.pending.entries().size() == model.size());
        for (const auto& [key, net] : model) RC_ASSERT(merchants.pending.find(key).net() == net);
    }));
}

TEST_CASE("pending settlements: a saved value that makes no sense is an error") {
    Merchants merchants;
    merchants.sell(40);
    merchants.sell(50, monday, bakery);
    const std::vector<std::byte> good = bytes_of(merchants.pending);
    REQUIRE(good.size() == 8 + 2 * std::size_t{80});
    const auto load = [](const std::vector<std::byte>& content) {
        Bytes bytes;
        bytes.content = content;
        PendingSettlements pending;
        pending.load(bytes);
    };
    CHECK_NOTHROW(load(good));
    struct Row {
        const char* what;
        std::size_t offset;
        int value;
    };
    const Row rows[] = {
        {"no account", 8 + 8, 0},
        {"out of order", 8 + 80 + 8, 5},
        {"reserved", 8 + 12, 1},
        {"sales below zero", 8 + 16 + 7, 0x80},
        {"refunds below zero", 8 + 24 + 7, 0x80},
        {"reserve below zero", 8 + 48 + 7, 0x80},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> bytes = good;
        bytes[row.offset] = static_cast<std::byte>(row.value);
        CHECK_THROWS_WITH_AS(load(bytes), doctest::Contains("makes no sense"), StateError);
    }
    std::vector<std::byte> too_much = good;
    too_much[8 + 16 + 7] = std::byte{0x7F};
    too_much[8 + 40 + 7] = std::byte{0x7F};
    CHECK_THROWS_WITH_AS(load(too_much), doctest::Contains("too much"), StateError);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(load({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}),
                        StateError);
    }
}
