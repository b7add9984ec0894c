// Every refusal of the books in its order: each step fixes the fault that the step before it found.
#include "tests/support/bookkeeper.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

// 9,223 of the largest transfers leave less room than one more needs.
constexpr int transfers_to_the_brim = 9'223;
constexpr std::int64_t brim = transfers_to_the_brim * amount_max;

// An account of `kind` that was credited `brim`, and may hold no more than that.
AccountId open_full(Bookkeeper& keeper, AccountKind kind = AccountKind::wallet) {
    const AccountId trust = keeper.open_trust();
    const AccountId full = keeper.open({.kind = kind, .ceiling = brim});
    for (int i = 0; i < transfers_to_the_brim; ++i)
        REQUIRE(keeper.post(Purpose::adjust, trust, full, amount_max) == "none");
    return full;
}

// A posting with every fault at once, and the accounts to put them right one by one.
struct FaultyPosting {
    Bookkeeper keeper;
    AccountId trust = keeper.open_trust();
    AccountId full = open_full(keeper);
    AccountId empty = keeper.open();
    AccountId rich = keeper.open();
    AccountId roomy = keeper.open();
    AccountId closed = keeper.open();
    AccountId closed_too = keeper.open();
    AccountId frozen = keeper.open();
    AccountId frozen_too = keeper.open();
    AccountId yuan = keeper.open({.currency = Currency::cny});
    AccountId till = keeper.open({.kind = AccountKind::till});
    Posting posting{Purpose::transfer, AccountId{99}, AccountId{98}, {-1, Currency::usd}};
    Duration timeout{0};

    FaultyPosting() {
        REQUIRE(keeper.post(Purpose::issue, trust, rich, 1'000) == "none");
        REQUIRE(keeper.change(closed, AccountChange::close) == "none");
        REQUIRE(keeper.change(closed_too, AccountChange::close) == "none");
        REQUIRE(keeper.change(frozen, AccountChange::freeze) == "none");
        REQUIRE(keeper.change(frozen_too, AccountChange::freeze) == "none");
    }

    std::string plan_post() const {
        TransferRecord record;
        return code(keeper.books.plan_post(posting, record));
    }
    std::string plan_reserve() const {
        TransferRecord record;
        return code(keeper.books.plan_reserve(posting, timeout, keeper.now, record));
    }

    // What posting and reserving have in common, once amount and timeout are right.
    void walk(const std::function<std::string()>& plan) {
        CHECK(plan() == "debit_account_not_found");
        posting.debit = AccountId{0};
        CHECK(plan() == "debit_account_not_found");
        posting.debit = closed;
        CHECK(plan() == "credit_account_not_found");
        posting.credit = closed;
        CHECK(plan() == "accounts_not_different");
        posting.credit = yuan;
        CHECK(plan() == "currency_mismatch");
        posting.amount.currency = Currency::cny;
        CHECK(plan() == "currency_mismatch");
        posting.amount.currency = Currency::kes;
        CHECK(plan() == "currency_mismatch");
        posting.credit = till;
        CHECK(plan() == "account_kind_not_allowed");
        posting.credit = closed_too;
        CHECK(plan() == "debit_account_closed");
        posting.debit = frozen;
        CHECK(plan() == "credit_account_closed");
        posting.credit = frozen_too;
        CHECK(plan() == "debit_account_frozen");
        posting.debit = empty;
        CHECK(plan() == "credit_account_frozen");
        posting.credit = full;
        CHECK(plan() == "balance_overflow");
        posting.amount.minor = 1'000;
        CHECK(plan() == "insufficient_funds");
        posting.debit = rich;
        CHECK(plan() == "ceiling_exceeded");
        posting.credit = roomy;
        CHECK(plan() == "none");
        posting.amount.minor = 1'001;
        CHECK(plan() == "insufficient_funds");
    }
};

}  // namespace

TEST_CASE("books: opening refuses in the documented order") {
    Bookkeeper keeper(2);
    const AccountId first = keeper.open();
    keeper.open();
    AccountOpened opened;
    opened.floor = 1;
    opened.ceiling = -1;
    const auto plan = [&] { return code(keeper.books.plan_open(opened)); };

    CHECK(plan() == "identity_invalid");
    opened.identity = keeper.books.identity(first);
    CHECK(plan() == "identity_taken");
    opened.identity = identity("newcomer");
    CHECK(plan() == "account_limits_invalid");
    opened.floor = -amount_max - 1;
    CHECK(plan() == "account_limits_invalid");
    opened.floor = no_floor + 1;
    CHECK(plan() == "account_limits_invalid");
    opened.floor = -amount_max;
    CHECK(plan() == "account_limits_invalid");
    opened.ceiling = 0;
    CHECK(plan() == "account_capacity_reached");
    CHECK_FALSE(opened.id);

    Bookkeeper roomy(3);
    roomy.open();
    roomy.open();
    CHECK(code(roomy.books.plan_open(opened)) == "none");
    CHECK(opened.id == AccountId{3});
}

TEST_CASE("books: changing an account refuses in the documented order") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId payer = keeper.open();
    const AccountId payee = keeper.open();
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 100) == "none");

    for (const auto change :
         {AccountChange::freeze, AccountChange::unfreeze, AccountChange::close}) {
        CHECK(keeper.change(AccountId{}, change) == "account_not_found");
        CHECK(keeper.change(AccountId{4}, change) == "account_not_found");
    }
    CHECK(keeper.change(payer, AccountChange::close) == "account_not_empty");
    REQUIRE(keeper.reserve(payer, payee, 100) == "none");
    const TransferId reservation = keeper.last().id;
    CHECK(keeper.change(payer, AccountChange::close) == "account_not_empty");
    CHECK(keeper.change(payee, AccountChange::close) == "account_not_empty");
    REQUIRE(keeper.end(reservation, TransferKind::released) == "none");
    CHECK(keeper.change(payee, AccountChange::close) == "none");
    REQUIRE(keeper.post(Purpose::redeem, payer, trust, 100) == "none");
    REQUIRE(keeper.change(payer, AccountChange::freeze) == "none");
    CHECK(keeper.change(payer, AccountChange::freeze) == "none");
    CHECK(keeper.change(payer, AccountChange::close) == "none");
    CHECK(keeper.account(payer).state == AccountState::closed);
    for (const auto change : {AccountChange::freeze, AccountChange::unfreeze, AccountChange::close})
        CHECK(keeper.change(payer, change) == "account_already_closed");
}

TEST_CASE("books: a freeze is taken back by unfreezing") {
    Bookkeeper keeper;
    const AccountId account = keeper.open();
    REQUIRE(keeper.change(account, AccountChange::freeze) == "none");
    CHECK(keeper.account(account).state == AccountState::frozen);
    REQUIRE(keeper.change(account, AccountChange::unfreeze) == "none");
    CHECK(keeper.account(account).state == AccountState::open);
}

TEST_CASE("books: posting refuses in the documented order and changes nothing") {
    FaultyPosting faulty;
    const auto before = bytes_of(faulty.keeper.books);

    CHECK(faulty.plan_post() == "amount_not_positive");
    faulty.posting.amount.minor = 0;
    CHECK(faulty.plan_post() == "amount_not_positive");
    faulty.posting.amount.minor = amount_max + 1;
    CHECK(faulty.plan_post() == "amount_too_large");
    faulty.posting.amount.minor = amount_max;
    faulty.walk([&] { return faulty.plan_post(); });

    CHECK(bytes_of(faulty.keeper.books) == before);
}

TEST_CASE("books: reserving refuses in the documented order and changes nothing") {
    FaultyPosting faulty;
    const auto before = bytes_of(faulty.keeper.books);

    CHECK(faulty.plan_reserve() == "amount_not_positive");
    faulty.posting.amount.minor = amount_max + 1;
    CHECK(faulty.plan_reserve() == "amount_too_large");
    faulty.posting.amount.minor = amount_max;
    CHECK(faulty.plan_reserve() == "timeout_out_of_range");
    faulty.timeout = reservation_min - Duration{1};
    CHECK(faulty.plan_reserve() == "timeout_out_of_range");
    faulty.timeout = reservation_max + Duration{1};
    CHECK(faulty.plan_reserve() == "timeout_out_of_range");
    faulty.timeout = Duration{-1};
    CHECK(faulty.plan_reserve() == "timeout_out_of_range");
    faulty.timeout = reservation_min;
    faulty.walk([&] { return faulty.plan_reserve(); });
    faulty.posting.amount.minor = 1'000;
    faulty.timeout = reservation_max;
    CHECK(faulty.plan_reserve() == "none");

    CHECK(bytes_of(faulty.keeper.books) == before);
}

TEST_CASE("books: settling refuses in the documented order") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId payer = keeper.open();
    const AccountId payee = keeper.open();
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 100) == "none");
    REQUIRE(keeper.reserve(payer, payee, 60) == "none");
    const TransferId reservation = keeper.last().id;

    CHECK(keeper.settle(TransferId{1}, -1) == "reservation_not_open");
    CHECK(keeper.settle(TransferId{77}, -1) == "reservation_not_open");
    CHECK(keeper.settle(TransferId{0}, 0) == "reservation_not_open");
    CHECK(keeper.settle(reservation, -1) == "amount_not_positive");
    CHECK(keeper.settle(reservation, 61) == "exceeds_reservation");
    CHECK(keeper.settle(reservation, 60) == "none");
    CHECK(keeper.settle(reservation, 60) == "reservation_not_open");
    for (const auto kind : {TransferKind::released, TransferKind::expired})
        CHECK(keeper.end(reservation, kind) == "reservation_not_open");
}

TEST_CASE("books: reversing refuses in the documented order") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId full = open_full(keeper);
    const AccountId payer = keeper.open({.ceiling = 100});
    const AccountId payee = keeper.open();
    const AccountId other = keeper.open();
    const AccountId third = keeper.open();
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 100) == "none");
    REQUIRE(keeper.post(Purpose::transfer, payer, payee, 100) == "none");
    const TransferId original = keeper.last().id;
    REQUIRE(keeper.post(Purpose::transfer, payee, other, 100) == "none");
    REQUIRE(keeper.reserve(other, third, 50) == "none");
    const TransferId reserved = keeper.last().id;
    REQUIRE(keeper.end(reserved, TransferKind::released) == "none");
    const TransferId released = keeper.last().id;
    REQUIRE(keeper.post(Purpose::transfer, other, third, 1) == "none");
    REQUIRE(keeper.reverse(keeper.last().id, 1) == "none");
    const TransferId reversal = keeper.last().id;

    for (const TransferId id : {reserved, released, reversal})
        CHECK(keeper.reverse(id, -1) == "original_not_reversible");
    CHECK(keeper.reverse(original, -1) == "amount_not_positive");
    CHECK(keeper.reverse(original, 101) == "exceeds_original");
    REQUIRE(keeper.change(payee, AccountChange::close) == "none");
    REQUIRE(keeper.change(payer, AccountChange::freeze) == "none");
    CHECK(keeper.reverse(original, 100) == "debit_account_closed");
    // A closed account stays closed, so the rest of the walk needs a fresh original.
    const AccountId shop = keeper.open();
    REQUIRE(keeper.change(payer, AccountChange::unfreeze) == "none");
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 100) == "none");
    REQUIRE(keeper.post(Purpose::transfer, payer, shop, 100) == "none");
    const TransferId sale = keeper.last().id;
    REQUIRE(keeper.post(Purpose::transfer, shop, other, 100) == "none");
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 1) == "none");
    REQUIRE(keeper.change(payer, AccountChange::freeze) == "none");
    REQUIRE(keeper.change(shop, AccountChange::freeze) == "none");
    CHECK(keeper.reverse(sale, 100) == "debit_account_frozen");
    REQUIRE(keeper.change(shop, AccountChange::unfreeze) == "none");
    CHECK(keeper.reverse(sale, 100) == "credit_account_frozen");
    REQUIRE(keeper.change(payer, AccountChange::unfreeze) == "none");
    CHECK(keeper.reverse(sale, 100) == "insufficient_funds");
    REQUIRE(keeper.post(Purpose::issue, trust, shop, 100) == "none");
    CHECK(keeper.reverse(sale, 100) == "ceiling_exceeded");
    CHECK(keeper.reverse(sale, 99) == "none");
    CHECK(keeper.reverse(sale, 2) == "exceeds_original");
    REQUIRE(keeper.post(Purpose::transfer, payer, other, 50) == "none");
    CHECK(keeper.reverse(sale, 0) == "none");
    CHECK(keeper.reverse(sale, 0) == "exceeds_original");

    // The payer of this original has been credited to the brim since.
    REQUIRE(keeper.post(Purpose::transfer, full, other, amount_max) == "none");
    const TransferId overflowing = keeper.last().id;
    CHECK(keeper.reverse(overflowing, 0) == "balance_overflow");
}

TEST_CASE("books: reversing for a closed customer is refused after the debit side is fine") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId payer = keeper.open();
    const AccountId payee = keeper.open();
    REQUIRE(keeper.post(Purpose::issue, trust, payer, 100) == "none");
    REQUIRE(keeper.post(Purpose::transfer, payer, payee, 100) == "none");
    const TransferId original = keeper.last().id;
    REQUIRE(keeper.change(payer, AccountChange::close) == "none");
    REQUIRE(keeper.change(payee, AccountChange::freeze) == "none");
    CHECK(keeper.reverse(original, 100) == "credit_account_closed");
}

TEST_CASE("books: each purpose runs between its kinds of account and no others") {
    using enum AccountKind;
    const auto is_owed = [](AccountKind kind) { return row(kind).cover == Cover::owed; };
    const auto is_outside = [](AccountKind kind) { return kind == bank || kind == bank_account; };
    const auto allowed = [&](Purpose purpose, AccountKind debit, AccountKind credit) {
        if (is_outside(debit) != is_outside(credit)) return false;
        switch (purpose) {
            case Purpose::issue:
                return debit == trust && is_owed(credit);
            case Purpose::redeem:
                return debit != trust && credit == trust;
            case Purpose::deposit:
                return debit == agent_float && credit == wallet;
            case Purpose::withdraw:
                return debit == wallet && credit == agent_float;
            case Purpose::transfer:
                return debit == wallet && credit == wallet;
            case Purpose::pay_merchant:
                return debit == wallet && (credit == till || credit == settlement_payable);
            case Purpose::adjust:
                return true;
            case Purpose::fee:
                return debit == fee_income || credit == fee_income;
            case Purpose::tax:
                return debit == tax_payable || credit == tax_payable;
            case Purpose::commission:
                return (debit == fee_income && credit == commission) ||
                       (debit == commission && credit == fee_income);
            case Purpose::refund:
                return (debit == till || debit == settlement_payable) && credit == wallet;
            case Purpose::disburse:
                return debit == till && credit == wallet;
            case Purpose::payout:
                return (debit == settlement_payable && credit == trust) ||
                       (debit == settlement_payable && credit == fee_income) ||
                       (debit == trust && credit == settlement_payable) ||
                       (debit == bank && credit == bank_account) ||
                       (debit == bank_account && credit == bank);
            case Purpose::bank_transfer:
                return is_outside(debit) && is_outside(credit);
        }
        return false;
    };
    Bookkeeper keeper;
    for (int twice = 0; twice < 2; ++twice)
        for (const AccountKindRow& kind : account_kinds)
            keeper.open({.kind = kind.kind, .floor = no_floor});
    const auto kinds = static_cast<std::uint32_t>(account_kinds.size());
    // Enough own funds for all that leaves them.
    REQUIRE(keeper.post(Purpose::adjust, AccountId{1}, AccountId{7}, 1'000) == "none");

    for (std::uint8_t purpose = 1; purpose <= 14; ++purpose) {
        for (std::uint32_t debit = 1; debit <= kinds; ++debit) {
            for (std::uint32_t credit = 1; credit <= kinds; ++credit) {
                CAPTURE(static_cast<int>(purpose));
                CAPTURE(debit);
                CAPTURE(credit);
                const bool fits = allowed(Purpose{purpose}, account_kinds[debit - 1].kind,
                                          account_kinds[credit - 1].kind);
                CHECK(keeper.post(Purpose{purpose}, AccountId{debit}, AccountId{credit + kinds},
                                  1) == (fits ? "none" : "account_kind_not_allowed"));
            }
        }
    }
    CHECK_FALSE(parse_purpose("bank_account").has_value());
    for (std::uint8_t purpose = 1; purpose <= 14; ++purpose)
        CHECK(parse_purpose(name(Purpose{purpose})) == Purpose{purpose});
    CHECK(keeper.books.broken_invariants().empty());
}

TEST_CASE(
    "books: own funds are counted over all accounts of a currency and never fall below zero") {
    Bookkeeper keeper;
    const AccountId trust = keeper.open_trust();
    const AccountId fees = keeper.open({.kind = AccountKind::fee_income, .floor = no_floor});
    const AccountId agents = keeper.open({.kind = AccountKind::commission, .floor = no_floor});
    const AccountId tax = keeper.open({.kind = AccountKind::tax_payable, .floor = no_floor});
    const AccountId alice = keeper.open();
    REQUIRE(keeper.post(Purpose::issue, trust, alice, 500) == "none");
    REQUIRE(keeper.post(Purpose::fee, alice, fees, 30) == "none");

    // One may owe the other; together they may not owe.
    CHECK(keeper.post(Purpose::commission, fees, agents, 40) == "none");
    CHECK(keeper.books.own_funds(Currency::kes).balance == 30);
    CHECK(keeper.post(Purpose::adjust, agents, alice, 31) == "own_funds_insufficient");
    const TransferId fee = TransferId{2};
    CHECK(keeper.post(Purpose::tax, alice, tax, 5) == "none");

    // What is set aside is not there twice.
    CHECK(keeper.reserve(agents, alice, 20) == "none");
    const TransferId reserved = keeper.last().id;
    CHECK(keeper.reverse(fee, 16) == "own_funds_insufficient");
    CHECK(keeper.reverse(fee, 15) == "none");
    CHECK(keeper.settle(reserved, 12) == "none");
    CHECK(keeper.books.own_funds(Currency::kes).balance == 8);
    CHECK(keeper.books.own_funds(Currency::kes).reserved == 0);
    CHECK(keeper.books.own_funds(Currency::usd).balance == 0);
    CHECK(keeper.books.short_own_funds().empty());

    keeper.books.let_own_funds_be_short(Currency::kes, true);
    CHECK(keeper.post(Purpose::adjust, agents, alice, 20) == "none");
    CHECK(keeper.books.broken_invariants().empty());
    keeper.books.let_own_funds_be_short(Currency::kes, false);
    REQUIRE(keeper.books.short_own_funds().size() == 1);
    CHECK(keeper.books.broken_invariants() ==
          std::vector<std::string>{
              "KES: the operator's own funds are -0.12, so that less is in trust than is owed"});
    // Whatever raises them goes on.
    CHECK(keeper.post(Purpose::fee, alice, fees, 12) == "none");
    CHECK(keeper.books.broken_invariants().empty());
}
