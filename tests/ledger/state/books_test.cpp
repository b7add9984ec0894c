// Four sums, limits, chains, reservations, reversals and sets of transfers.
#include "ledger/state/books.h"

#include "tests/support/bookkeeper.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

// The four sums of an account, for comparison as a whole.
struct Sums {
    std::int64_t debits_pending, debits_posted, credits_pending, credits_posted;

    bool operator==(const Sums&) const = default;
};

Sums sums_of(const Bookkeeper& keeper, AccountId id) {
    const Account& account = keeper.account(id);
    return {account.debits_pending, account.debits_posted, account.credits_pending,
            account.credits_posted};
}

// A bank, a customer with 100.00 and a shop.
struct Street {
    Bookkeeper keeper;
    AccountId bank = keeper.open_trust();
    AccountId customer = keeper.open();
    AccountId shop = keeper.open({.kind = AccountKind::till});

    Street() { REQUIRE(keeper.post(Purpose::issue, bank, customer, 10'000) == "none"); }
    ~Street() { CHECK(keeper.books.broken_invariants().empty()); }
    Street(const Street&) = delete;
    Street& operator=(const Street&) = delete;
};

}  // namespace

TEST_CASE("books: accounts are found by number and by identity") {
    Bookkeeper keeper(4);
    const AccountId first = keeper.open({.currency = Currency::cny, .floor = -5, .ceiling = 9});
    CHECK(first == AccountId{1});
    CHECK(keeper.open() == AccountId{2});
    CHECK(keeper.books.find(AccountId{}) == nullptr);
    CHECK(keeper.books.find(AccountId{3}) == nullptr);
    const Account* found = keeper.books.find(first);
    REQUIRE(found != nullptr);
    CHECK(found->currency == Currency::cny);
    CHECK(found->floor == -5);
    CHECK(found->ceiling == 9);
    CHECK(found->state == AccountState::open);
    CHECK(keeper.books.find(keeper.books.identity(AccountId{2})) == AccountId{2});
    CHECK(keeper.books.find(identity("nobody")) == AccountId{});
}

TEST_CASE("books: money outside moves between banks, and never mixes with what is held here") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId wallet = keeper.open();
    const AccountId banks = keeper.open({.kind = AccountKind::bank, .floor = no_floor});
    const AccountId merchant = keeper.open({.kind = AccountKind::bank_account, .floor = no_floor});
    const AccountId supplier = keeper.open({.kind = AccountKind::bank_account});
    REQUIRE(keeper.post(Purpose::issue, trust, wallet, 500) == "none");
    REQUIRE(keeper.post(Purpose::payout, banks, merchant, 300) == "none");
    REQUIRE(keeper.post(Purpose::bank_transfer, merchant, supplier, 400) == "none");
    CHECK(balance(keeper.account(banks)) == 300);
    CHECK(balance(keeper.account(merchant)) == -100);
    CHECK(keeper.post(Purpose::bank_transfer, supplier, merchant, 401) == "insufficient_funds");
    CHECK(keeper.post(Purpose::adjust, wallet, supplier, 1) == "account_kind_not_allowed");
    CHECK(keeper.books.broken_invariants().empty());

    // As a forged journal would say it.
    TransferRecord record;
    REQUIRE(code(keeper.books.plan_post(
                {Purpose::bank_transfer, supplier, merchant, {1, Currency::kes}}, record)) ==
            "none");
    record.id = TransferId{4};
    record.credit = wallet;
    record.credit_previous = keeper.account(wallet).last_transfer;
    record.credit_balance_after = 501;
    REQUIRE_FALSE(keeper.books.violation(record).has_value());
    keeper.books.apply(record);
    const auto broken = keeper.books.broken_invariants();
    REQUIRE(broken.size() == 2);
    CHECK(broken[0] == "KES: money in trust is not e-money owed plus the operator's own");
    CHECK(broken[1] == "KES: the banks outside do not hold what is on the bank accounts");
}

TEST_CASE("books: identities are found up to the last of the capacity") {
    constexpr std::uint32_t many = 3'000;
    Bookkeeper keeper(many);
    for (std::uint32_t i = 1; i <= many; ++i) keeper.open();
    for (std::uint32_t i = 1; i <= many; ++i)
        REQUIRE(keeper.books.find(keeper.books.identity(AccountId{i})) == AccountId{i});
    CHECK_FALSE(keeper.books.find(identity("account-3001")));
}

TEST_CASE("books: money that moves at once is in the posted sums only") {
    Street street;
    REQUIRE(street.keeper.post(Purpose::pay_merchant, street.customer, street.shop, 4'000) ==
            "none");

    CHECK(sums_of(street.keeper, street.bank) == Sums{0, 10'000, 0, 0});
    CHECK(sums_of(street.keeper, street.customer) == Sums{0, 4'000, 0, 10'000});
    CHECK(sums_of(street.keeper, street.shop) == Sums{0, 0, 0, 4'000});
}

TEST_CASE("books: a reservation is pending, then posted, given back or both") {
    Street street;
    const Sums customer_before = sums_of(street.keeper, street.customer);
    const Sums shop_before = sums_of(street.keeper, street.shop);
    REQUIRE(street.keeper.reserve(street.customer, street.shop, 4'000) == "none");
    const TransferId reservation = street.keeper.last().id;
    CHECK(sums_of(street.keeper, street.customer) == Sums{4'000, 0, 0, 10'000});
    CHECK(sums_of(street.keeper, street.shop) == Sums{0, 0, 4'000, 0});
    CHECK(available(street.keeper.account(street.customer)) == 6'000);
    CHECK(street.keeper.books.open_reservations() == 1);

    SUBCASE("settled in full, by saying nothing about the amount") {
        REQUIRE(street.keeper.settle(reservation, 0) == "none");
        CHECK(street.keeper.last().amount == 4'000);
        CHECK(sums_of(street.keeper, street.customer) == Sums{0, 4'000, 0, 10'000});
        CHECK(sums_of(street.keeper, street.shop) == Sums{0, 0, 0, 4'000});
    }
    SUBCASE("settled in part: the rest goes back") {
        REQUIRE(street.keeper.settle(reservation, 1'500) == "none");
        CHECK(sums_of(street.keeper, street.customer) == Sums{0, 1'500, 0, 10'000});
        CHECK(sums_of(street.keeper, street.shop) == Sums{0, 0, 0, 1'500});
    }
    SUBCASE("released") {
        REQUIRE(street.keeper.end(reservation, TransferKind::released) == "none");
        CHECK(sums_of(street.keeper, street.customer) == customer_before);
        CHECK(sums_of(street.keeper, street.shop) == shop_before);
    }
    SUBCASE("expired") {
        REQUIRE(street.keeper.end(reservation, TransferKind::expired) == "none");
        CHECK(sums_of(street.keeper, street.customer) == customer_before);
        CHECK(sums_of(street.keeper, street.shop) == shop_before);
    }
    CHECK(street.keeper.last().subject == reservation);
    CHECK(street.keeper.books.open_reservations() == 0);
    CHECK_FALSE(street.keeper.books.next_expiry().has_value());
    CHECK(street.keeper.books.find_reservation(reservation) == nullptr);
}

TEST_CASE("books: what ends a reservation is for what the reservation was for") {
    Street street;
    for (const bool settles : {true, false}) {
        REQUIRE(street.keeper.reserve(street.customer, street.shop, 100, std::chrono::seconds{1},
                                      Purpose::pay_merchant) == "none");
        const TransferId id = street.keeper.last().id;
        REQUIRE((settles ? street.keeper.settle(id, 0)
                         : street.keeper.end(id, TransferKind::expired)) == "none");
        CHECK(name(street.keeper.last().purpose) == "pay_merchant");
    }
}

TEST_CASE("books: reservations expire by time, then by number") {
    Street street;
    using std::chrono::seconds;
    REQUIRE(street.keeper.reserve(street.customer, street.shop, 1, seconds{20}) == "none");
    REQUIRE(street.keeper.reserve(street.customer, street.shop, 2, seconds{10}) == "none");
    REQUIRE(street.keeper.reserve(street.customer, street.shop, 3, seconds{10}) == "none");

    std::vector<std::uint64_t> order;
    while (const auto next = street.keeper.books.next_expiry()) {
        CHECK(next->first == street.keeper.now + seconds{order.size() < 2 ? 10 : 20});
        order.push_back(next->second.value);
        REQUIRE(street.keeper.end(next->second, TransferKind::expired) == "none");
    }
    CHECK(order == std::vector<std::uint64_t>{3, 4, 2});
}

TEST_CASE("books: a freeze stops new money but not what was promised before") {
    Street street;
    Bookkeeper& keeper = street.keeper;
    REQUIRE(keeper.reserve(street.customer, street.shop, 100) == "none");
    const TransferId to_settle = keeper.last().id;
    REQUIRE(keeper.reserve(street.customer, street.shop, 100) == "none");
    const TransferId to_release = keeper.last().id;
    REQUIRE(keeper.change(street.customer, AccountChange::freeze) == "none");
    REQUIRE(keeper.change(street.shop, AccountChange::freeze) == "none");

    CHECK(keeper.post(Purpose::issue, street.bank, street.customer, 1) == "credit_account_frozen");
    CHECK(keeper.reserve(street.customer, street.shop, 1) == "debit_account_frozen");
    CHECK(keeper.settle(to_settle, 0) == "none");
    CHECK(keeper.end(to_release, TransferKind::released) == "none");
}

TEST_CASE("books: floors count what is reserved, credit lines go below zero") {
    Bookkeeper keeper;
    const AccountId bank = keeper.open_trust();
    const AccountId debtor = keeper.open({.floor = -500});
    const AccountId payee = keeper.open();
    CHECK(keeper.post(Purpose::transfer, debtor, payee, 501) == "insufficient_funds");
    CHECK(keeper.reserve(debtor, payee, 300) == "none");
    CHECK(keeper.post(Purpose::transfer, debtor, payee, 201) == "insufficient_funds");
    CHECK(keeper.post(Purpose::transfer, debtor, payee, 200) == "none");
    CHECK(balance(keeper.account(debtor)) == -200);
    CHECK(available(keeper.account(debtor)) == 0);
    CHECK(keeper.settle(TransferId{1}, 0) == "none");
    CHECK(balance(keeper.account(debtor)) == -500);
    CHECK(keeper.post(Purpose::transfer, debtor, payee, 1) == "insufficient_funds");
    CHECK(keeper.post(Purpose::issue, bank, debtor, 1) == "none");
    CHECK(keeper.post(Purpose::transfer, debtor, payee, 1) == "none");
    CHECK(keeper.books.broken_invariants().empty());
}

TEST_CASE("books: pending credits cannot be spent") {
    Street street;
    const AccountId other = street.keeper.open();
    REQUIRE(street.keeper.reserve(street.customer, other, 1'000) == "none");
    CHECK(street.keeper.post(Purpose::transfer, other, street.customer, 1) == "insufficient_funds");
}

TEST_CASE("books: ceilings count what is still to come") {
    Bookkeeper keeper;
    const AccountId bank = keeper.open_trust();
    const AccountId payer = keeper.open();
    const AccountId capped = keeper.open({.ceiling = 1'000});
    REQUIRE(keeper.post(Purpose::issue, bank, payer, 5'000) == "none");
    CHECK(keeper.post(Purpose::transfer, payer, capped, 1'001) == "ceiling_exceeded");
    CHECK(keeper.reserve(payer, capped, 600) == "none");
    const TransferId reservation = keeper.last().id;
    CHECK(keeper.post(Purpose::transfer, payer, capped, 401) == "ceiling_exceeded");
    CHECK(keeper.reserve(payer, capped, 401) == "ceiling_exceeded");
    CHECK(keeper.post(Purpose::transfer, payer, capped, 400) == "none");
    CHECK(headroom(keeper.account(capped)) == 0);
    CHECK(keeper.settle(reservation, 100) == "none");
    CHECK(headroom(keeper.account(capped)) == 500);
    CHECK(keeper.post(Purpose::transfer, payer, capped, 500) == "none");
    CHECK(keeper.post(Purpose::transfer, payer, capped, 1) == "ceiling_exceeded");
}

TEST_CASE("books: trust has limits on its own side") {
    Bookkeeper keeper;
    const AccountId bank = keeper.open({.kind = AccountKind::trust, .ceiling = 1'000});
    const AccountId customer = keeper.open({.floor = -5'000});
    CHECK(keeper.post(Purpose::redeem, customer, bank, 1) == "insufficient_funds");
    CHECK(keeper.post(Purpose::issue, bank, customer, 1'001) == "ceiling_exceeded");
    CHECK(keeper.reserve(bank, customer, 400) == "none");
    CHECK(keeper.post(Purpose::issue, bank, customer, 601) == "ceiling_exceeded");
    CHECK(keeper.post(Purpose::issue, bank, customer, 600) == "none");
    CHECK(keeper.reserve(customer, bank, 500) == "none");
    CHECK(reserved(keeper.account(bank)) == 500);
    CHECK(keeper.post(Purpose::redeem, customer, bank, 101) == "insufficient_funds");
    CHECK(keeper.post(Purpose::redeem, customer, bank, 100) == "none");
    CHECK(keeper.books.broken_invariants().empty());
}

TEST_CASE("books: sums never pass the end of the type, pending counted") {
    Bookkeeper keeper;
    const AccountId bank = keeper.open_trust();
    const AccountId rich = keeper.open({.floor = -amount_max});
    for (int i = 0; i < 9'222; ++i)
        REQUIRE(keeper.post(Purpose::issue, bank, rich, amount_max) == "none");
    REQUIRE(keeper.reserve(bank, rich, amount_max) == "none");
    const TransferId reservation = keeper.last().id;
    constexpr std::int64_t left = std::numeric_limits<std::int64_t>::max() - 9'223 * amount_max;
    CHECK(keeper.post(Purpose::issue, bank, rich, left + 1) == "balance_overflow");
    CHECK(keeper.reserve(bank, rich, left + 1) == "balance_overflow");
    CHECK(keeper.post(Purpose::issue, bank, rich, left) == "none");
    CHECK(keeper.post(Purpose::issue, bank, rich, 1) == "balance_overflow");
    CHECK(keeper.settle(reservation, 0) == "none");
    CHECK(balance(keeper.account(rich)) == std::numeric_limits<std::int64_t>::max());
    CHECK(keeper.post(Purpose::redeem, rich, bank, amount_max) == "none");
    CHECK(keeper.books.broken_invariants().empty());
}

TEST_CASE("books: each record remembers the one before it on both accounts, and both balances") {
    Street street;
    Bookkeeper& keeper = street.keeper;
    REQUIRE(keeper.post(Purpose::pay_merchant, street.customer, street.shop, 1'000) == "none");
    REQUIRE(keeper.reserve(street.customer, street.shop, 500) == "none");
    REQUIRE(keeper.post(Purpose::redeem, street.customer, street.bank, 2'000) == "none");
    REQUIRE(keeper.settle(TransferId{3}, 200) == "none");
    REQUIRE(keeper.reverse(TransferId{2}, 300) == "none");

    struct Row {
        std::uint64_t debit_previous, credit_previous;
        std::int64_t debit_balance, credit_balance;
    };
    const Row rows[] = {
        {0, 0, 10'000, 10'000}, {1, 0, 9'000, 1'000}, {2, 2, 9'000, 1'000},
        {3, 1, 7'000, 8'000},   {4, 3, 6'800, 1'200}, {5, 5, 900, 7'100},
    };
    REQUIRE(keeper.records.size() == std::size(rows));
    for (std::size_t i = 0; i < keeper.records.size(); ++i) {
        const TransferRecord& record = keeper.records[i];
        CAPTURE(record.id.value);
        CHECK(record.debit_previous.value == rows[i].debit_previous);
        CHECK(record.credit_previous.value == rows[i].credit_previous);
        CHECK(record.debit_balance_after == rows[i].debit_balance);
        CHECK(record.credit_balance_after == rows[i].credit_balance);
    }
    CHECK(keeper.account(street.customer).last_transfer == TransferId{6});
    CHECK(keeper.account(street.bank).last_transfer == TransferId{4});
}

TEST_CASE("books: a transfer is reversed in parts, never by more than itself in total") {
    Street street;
    Bookkeeper& keeper = street.keeper;
    REQUIRE(keeper.post(Purpose::pay_merchant, street.customer, street.shop, 1'000) == "none");
    const TransferId sale = keeper.last().id;
    REQUIRE(keeper.post(Purpose::pay_merchant, street.customer, street.shop, 1'000) == "none");

    CHECK(keeper.reverse(sale, 400) == "none");
    CHECK(keeper.last().subject == sale);
    CHECK(keeper.last().debit == street.shop);
    CHECK(keeper.last().credit == street.customer);
    CHECK(keeper.books.reversed_amount(sale) == 400);
    CHECK(keeper.reverse(sale, 601) == "exceeds_original");
    CHECK(keeper.reverse(sale, 0) == "none");
    CHECK(keeper.last().amount == 600);
    CHECK(keeper.reverse(sale, 1) == "exceeds_original");
    CHECK(keeper.books.reversed_amount(sale) == 1'000);
    CHECK(balance(keeper.account(street.shop)) == 1'000);
    CHECK(balance(keeper.account(street.customer)) == 9'000);
}

TEST_CASE("books: what was settled can be reversed, up to what was settled") {
    Street street;
    REQUIRE(street.keeper.reserve(street.customer, street.shop, 1'000) == "none");
    REQUIRE(street.keeper.settle(street.keeper.last().id, 700) == "none");
    const TransferId settled = street.keeper.last().id;
    CHECK(street.keeper.reverse(settled, 701) == "exceeds_original");
    CHECK(street.keeper.reverse(settled, 0) == "none");
    CHECK(balance(street.keeper.account(street.customer)) == 10'000);
}

TEST_CASE("books: taking records back from the newest on leaves nothing behind") {
    Street street;
    Bookkeeper& keeper = street.keeper;
    REQUIRE(keeper.post(Purpose::pay_merchant, street.customer, street.shop, 1'000) == "none");
    const TransferId sale = keeper.last().id;
    REQUIRE(keeper.reverse(sale, 100) == "none");
    const auto before = bytes_of(keeper.books);
    const std::size_t records_before = keeper.records.size();

    REQUIRE(keeper.post(Purpose::adjust, street.customer, street.shop, 10) == "none");
    REQUIRE(keeper.post(Purpose::adjust, street.shop, street.customer, 20) == "none");
    REQUIRE(keeper.post(Purpose::adjust, street.customer, street.bank, 30) == "none");
    REQUIRE(keeper.reverse(sale, 300) == "none");
    REQUIRE(keeper.reverse(TransferId{4}, 10) == "none");
    CHECK(bytes_of(keeper.books) != before);
    while (keeper.records.size() > records_before) {
        keeper.books.undo(keeper.last());
        keeper.records.pop_back();
    }

    CHECK(bytes_of(keeper.books) == before);
    CHECK(keeper.books.reversed_amount(TransferId{4}) == 0);
}

TEST_CASE("books: applying the records alone gives the same books") {
    Street street;
    Bookkeeper& keeper = street.keeper;
    REQUIRE(keeper.reserve(street.customer, street.shop, 1'000) == "none");
    REQUIRE(keeper.reserve(street.customer, street.shop, 2'000) == "none");
    REQUIRE(keeper.settle(TransferId{2}, 400) == "none");
    REQUIRE(keeper.reverse(keeper.last().id, 100) == "none");
    Bookkeeper replayed;
    replayed.open_trust();
    replayed.open();
    replayed.open({.kind = AccountKind::till});

    for (const TransferRecord& record : keeper.records) {
        REQUIRE_FALSE(replayed.books.violation(record).has_value());
        replayed.books.apply(record);
    }

    CHECK(bytes_of(replayed.books) == bytes_of(keeper.books));
}
