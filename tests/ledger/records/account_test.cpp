// The chart of accounts, identities, and what four sums add up to.
#include "ledger/records/account.h"

#include <doctest/doctest.h>

#include <limits>
#include <set>
#include <string>

using namespace tuma;
using namespace tuma::ledger;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("account: the chart says for each kind its side and whose money it is") {
    struct Row {
        AccountKind kind;
        const char* name;
        Side side;
        Cover cover;
    };
    const Row rows[] = {
        {AccountKind::trust, "trust", Side::debit, Cover::trust},
        {AccountKind::wallet, "wallet", Side::credit, Cover::owed},
        {AccountKind::till, "till", Side::credit, Cover::owed},
        {AccountKind::agent_float, "agent_float", Side::credit, Cover::owed},
        {AccountKind::settlement_payable, "settlement_payable", Side::credit, Cover::owed},
        {AccountKind::suspense, "suspense", Side::credit, Cover::owed},
        {AccountKind::fee_income, "fee_income", Side::credit, Cover::own},
        {AccountKind::tax_payable, "tax_payable", Side::credit, Cover::own},
        {AccountKind::commission, "commission", Side::credit, Cover::own},
        {AccountKind::bank, "bank", Side::debit, Cover::outside},
        {AccountKind::bank_account, "bank_account", Side::credit, Cover::outside},
    };
    REQUIRE(account_kinds.size() == std::size(rows));
    std::uint8_t number = 1;
    for (const Row& expected : rows) {
        CAPTURE(expected.name);
        CHECK(static_cast<std::uint8_t>(expected.kind) == number);
        const AccountKindRow* found = find_account_kind(number++);
        REQUIRE(found != nullptr);
        CHECK(found == &row(expected.kind));
        CHECK(found->kind == expected.kind);
        CHECK(std::string(found->name) == expected.name);
        CHECK(found->normal_side == expected.side);
        CHECK(found->cover == expected.cover);
        CHECK(found->sentence.back() == '.');
        CHECK(parse_account_kind(expected.name) == expected.kind);
    }
    CHECK(find_account_kind(0) == nullptr);
    CHECK(find_account_kind(number) == nullptr);
    CHECK(find_account_kind(255) == nullptr);
    CHECK_FALSE(parse_account_kind("").has_value());
    CHECK_FALSE(parse_account_kind("Wallet").has_value());
}

TEST_CASE("account: an identity is 1 to 31 printable ASCII characters") {
    for (const std::string& good : {std::string("2"), std::string("254712345678"),
                                    std::string("till/600-988@shop.ke~!"), std::string(31, 'x')}) {
        CAPTURE(good);
        const auto identity = make_identity(good);
        REQUIRE(identity.has_value());
        CHECK(is_valid(*identity));
        CHECK(text(*identity) == good);
    }
    for (const std::string& bad :
         {std::string(), std::string(32, 'x'), std::string(200, 'x'), std::string("with blank"),
          std::string("tab\t"), std::string("line\n"), std::string("\x7f"), std::string("\xc3\xa9"),
          std::string("a\0b", 3), std::string("\0", 1)}) {
        CAPTURE(bad);
        CHECK_FALSE(make_identity(bad).has_value());
    }
}

TEST_CASE("account: identity bytes from outside must be filled with zeros") {
    Identity identity = *make_identity("alice");
    CHECK(is_valid(identity));
    identity[10] = 'x';
    CHECK_FALSE(is_valid(identity));
    identity[10] = '\0';
    identity[31] = 'x';
    CHECK_FALSE(is_valid(identity));
    identity.fill('x');
    CHECK_FALSE(is_valid(identity));
    CHECK_FALSE(is_valid(Identity{}));
}

TEST_CASE("account: balance, reserved, available and headroom follow the normal side") {
    Account account;
    account.debits_posted = 30;
    account.debits_pending = 7;
    account.credits_posted = 100;
    account.credits_pending = 11;
    account.floor = -20;
    account.ceiling = 500;

    account.kind = AccountKind::wallet;
    CHECK(balance(account) == 70);
    CHECK(reserved(account) == 7);
    CHECK(available(account) == 70 - 7 + 20);
    CHECK(headroom(account) == 500 - 70 - 11);

    account.kind = AccountKind::trust;
    CHECK(balance(account) == -70);
    CHECK(reserved(account) == 11);
    CHECK(available(account) == -70 - 11 + 20);
    CHECK(headroom(account) == 500 + 70 - 7);
}

TEST_CASE("account: without floor or ceiling there is no bound") {
    Account account;
    account.floor = no_floor;
    account.debits_posted = most;
    CHECK(balance(account) == -most);
    CHECK(available(account) == most);
    CHECK(headroom(account) == most);
}

TEST_CASE("account: a full account with a credit line has everything available") {
    Account account;
    account.credits_posted = most;
    account.floor = -500;
    CHECK(available(account) == most);
    account.debits_pending = 400;
    CHECK(available(account) == most);
    account.debits_pending = 600;
    CHECK(available(account) == most - 100);
}

TEST_CASE("account: a ceiling far above a debt leaves all the room there is") {
    Account account;
    account.debits_posted = most;
    account.floor = no_floor;
    account.ceiling = 500;
    CHECK(headroom(account) == most);
}

TEST_CASE("account: states have stable names") {
    CHECK(name(AccountState::open) == "open");
    CHECK(name(AccountState::frozen) == "frozen");
    CHECK(name(AccountState::closed) == "closed");
}
