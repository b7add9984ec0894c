// Payments under a scheme, as stories; what the scheme says is in tests/support/town_scheme.h.
#include "tests/support/scenario.h"
#include "tests/support/town_scheme.h"
#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

using tuma::testing::run;

TEST_CASE("priced payment: the fee of the payee is a leg of the payment's own set") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account duka till KES under town till
        pay_merchant a alice duka 100
        legs a 2
        balance alice 900.00
        balance duka 98.50
        balance town.fees 1.50
        pay_merchant b alice duka 10
        legs b 1
        balance duka 108.50
    )");
}

TEST_CASE("priced payment: tax that is included is a part of the tariff's figure") {
    run(R"(
        scheme load town
        account alice wallet KES 5000 under town wallet
        account bob wallet KES under town wallet
        transfer a alice bob 200
        legs a 3
        balance alice 4790.00
        balance bob 200.00
        balance town.fees 8.62
        balance town.tax 1.38
        transfer b alice bob 1000.01 -> refused not_offered
    )");
}

TEST_CASE("priced payment: tax on top, and both sides bearing a part") {
    run(R"(
        scheme load town
        account alice wallet KES 1000 under town wallet
        account power till KES under town biller
        pay_merchant a alice power 100
        legs a 5
        balance alice 897.80
        balance power 96.70
        balance town.fees 5.00
        balance town.tax 0.50
        sleep 31d
        pay_merchant b alice power 100 -> refused not_offered
    )");
}

TEST_CASE("priced payment: withdrawals are free up to a total, and the agent gets a commission") {
    run(R"(
        scheme load town
        account alice wallet KES 500 under town wallet
        account agent agent_float KES
        withdraw a alice agent 60
        legs a 2
        balance alice 440.00
        balance town.fees -1.00
        balance town.commission 1.00
        withdraw b alice agent 60
        legs b 3
        balance alice 378.00
        balance town.fees 0.00
        balance town.commission 2.00
    )");
}

TEST_CASE("priced payment: a business that pays a person bears the fee") {
    run(R"(
        scheme load town
        account duka till KES 500 under town till
        account alice wallet KES under town wallet
        disburse a duka alice 100
        balance duka 399.00
        balance alice 100.00
    )");
}

TEST_CASE("priced payment: no money for the fee, no payment") {
    run(R"(
        scheme load town
        account alice wallet KES 104.99 under town wallet
        account bob wallet KES under town wallet
        events 10
        transfer a alice bob 100 -> refused insufficient_funds
        events 11
        balance alice 104.99
        balance bob 0.00
        balance town.fees 0.00
        issue more bank-KES alice 0.01
        transfer b alice bob 100
        balance alice 0.00
    )");
}

TEST_CASE(
    "priced payment: limits of transaction, day, month, year and life, in the scheme's zone") {
    run(R"(
        scheme load town
        account alice wallet KES 9500 under town wallet
        account duka till KES under town till
        pay_merchant a alice duka 2000.01 -> refused transaction_limit_exceeded
        pay_merchant b alice duka 2000
        pay_merchant c alice duka 1000.01 -> refused daily_limit_exceeded
        pay_merchant d alice duka 1000
        sleep 20h
        pay_merchant e alice duka 1 -> refused daily_limit_exceeded
        sleep 1h
        pay_merchant f alice duka 2000
        pay_merchant g alice duka 0.01 -> refused monthly_limit_exceeded
        sleep 31d
        pay_merchant h alice duka 2000
        pay_merchant i alice duka 1000
        sleep 1d
        pay_merchant j alice duka 1 -> refused yearly_limit_exceeded
        sleep 365d
        pay_merchant k alice duka 1000
        pay_merchant l alice duka 1 -> refused lifetime_limit_exceeded
        restart
        pay_merchant m alice duka 1 -> refused lifetime_limit_exceeded
    )");
}

TEST_CASE("priced payment: a reservation counts towards the day until it is given back") {
    run(R"(
        scheme load town
        account alice wallet KES 9000 under town wallet
        account duka till KES under town till
        reserve r alice duka 2000 10m
        pay_merchant a alice duka 1000.01 -> refused daily_limit_exceeded
        release s r
        pay_merchant b alice duka 1000.01
        reserve t alice duka 1999.99 10m
        settle u t 500
        pay_merchant v alice duka 1499.98
        pay_merchant w alice duka 0.02 -> refused daily_limit_exceeded
        pay_merchant x alice duka 0.01
    )");
}

TEST_CASE("priced payment: the payee's ceiling counts what is pending") {
    run(R"(
        scheme load town
        account alice wallet KES 500 under town wallet
        account bob wallet KES 9950 under town wallet
        reserve r alice bob 30 10m
        transfer a alice bob 21 -> refused ceiling_exceeded
        transfer b alice bob 20
    )");
}

TEST_CASE("priced payment: the fee of a reservation is charged when it is settled") {
    run(R"(
        scheme load town
        account alice wallet KES 1000 under town wallet
        account duka till KES under town till
        reserve r alice duka 100 10m
        balance town.fees 0.00
        settle s r 80
        legs s 2
        balance duka 78.80
        balance town.fees 1.20
        balance alice 920.00 reserved 0.00
    )");
}

TEST_CASE("priced payment: a settlement whose fee cannot be paid leaves the reservation open") {
    run(R"(
        scheme load town
        account alice wallet KES 101 under town wallet
        account power till KES under town biller
        reserve r alice power 100 10m
        settle s r all -> refused insufficient_funds
        reservations 1
        balance alice 101.00 reserved 100.00 available 1.00
        balance power 0.00
        issue more bank-KES alice 1.20
        settle t r all
        reservations 0
        balance alice 0.00
        balance power 96.70
        restart
    )");
}

TEST_CASE("priced payment: a reversal takes the fee back, of a part in proportion") {
    run(R"(
        scheme load town
        account alice wallet KES 1000 under town wallet
        account duka till KES under town till
        pay_merchant a alice duka 100
        reverse b a 50
        balance alice 950.00
        balance duka 49.25
        balance town.fees 0.75
        reverse c a all
        balance alice 1000.00
        balance duka 0.00
        balance town.fees 0.00
        reverse d a all -> refused exceeds_original
        pay_merchant e alice duka 100
        sleep 31d
        reverse f e all -> refused reversal_too_late
    )");
}

TEST_CASE("priced payment: a refund gets the fee of its amount back") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account duka till KES under town till
        pay_merchant a alice duka 200
        refund b duka alice 40
        legs b 2
        balance alice 840.00
        balance duka 157.60
        balance town.fees 2.40
    )");
}

TEST_CASE("priced payment: without a scheme nothing is charged") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account bob wallet KES
        account duka till KES
        transfer a alice bob 200
        pay_merchant b alice duka 200
        legs a 1
        legs b 1
        balance town.fees 0.00
    )");
}

TEST_CASE(
    "priced payment: the price of moving money to a bank is the person's, not the merchant's") {
    using namespace tuma;
    core::Scheme town = testing::town_scheme();
    core::PaymentType to_bank{.name = "to-bank", .purpose = ledger::Purpose::redeem};
    to_bank.fees.push_back({.bearer = core::Bearer::payer, .flat = 1'00});
    town.types.push_back(to_bank);
    testing::World world;
    std::uint64_t next = 0;
    const auto ask = [&](core::Command command) {
        const core::Outcome outcome = world.handle(
            {{ParticipantId{1}, testing::reference(++next)}, {}, {}, std::move(command)});
        CHECK(outcome.code == Refusal::none);
        return AccountId{static_cast<std::uint32_t>(outcome.id)};
    };
    const auto open = [&](ledger::AccountKind kind, const char* name, std::uint8_t number) {
        core::OpenAccount account{.kind = kind, .identity = testing::identity(name)};
        account.scheme = SchemeId{1};
        account.account_class = number;
        return ask(account);
    };
    ask(testing::load(town));
    const AccountId trust = world.core.state().books.find(testing::identity("town.trust"));
    const AccountId alice = open(ledger::AccountKind::wallet, "alice", 0);
    const AccountId duka = open(ledger::AccountKind::till, "duka", 1);
    for (const AccountId account : {alice, duka}) {
        ask(core::MoveMoney{ledger::Purpose::issue, trust, account, Money{50'00, Currency::kes}});
        ask(core::MoveMoney{ledger::Purpose::redeem, account, trust, Money{10'00, Currency::kes}});
    }
    CHECK(ledger::balance(*world.core.state().books.find(alice)) == 39'00);
    CHECK(ledger::balance(*world.core.state().books.find(duka)) == 40'00);
}

TEST_CASE("schemes: what an account is refused under") {
    run(R"(
        scheme load town
        account alice till KES under town wallet -> refused account_kind_not_allowed
        account bob wallet CNY under town wallet -> refused currency_mismatch
        account carol wallet KES under town nobody -> refused account_class_not_found
        account twenty-seven-characters-xxx settlement_payable KES under town shop
            -> refused identity_invalid
        account shop settlement_payable KES under town shop
        account shop.bank bank_account KES -> refused identity_taken
    )");
}

TEST_CASE("schemes: a newer version keeps its number and must keep currency and classes") {
    using namespace tuma;
    testing::World world;
    std::uint64_t next = 0;
    const auto load = [&](const core::Scheme& scheme) {
        return world.handle(
            {{ParticipantId{1}, testing::reference(++next)}, {}, {}, testing::load(scheme)});
    };
    core::Scheme town = testing::town_scheme();
    CHECK(load(town).id == 1);
    town.version = "2";
    town.types[2].fees[0].basis_points = 100;
    const core::Outcome second = load(town);
    CHECK(second.code == Refusal::none);
    CHECK(second.id == 1);
    CHECK(world.core.state().terms.schemes().size() == 1);

    core::Scheme other = town;
    other.currency = Currency::tzs;
    CHECK(load(other).code == Refusal::scheme_invalid);
    other = town;
    std::swap(other.classes[1], other.classes[2]);
    CHECK(load(other).code == Refusal::scheme_invalid);
    other = town;
    other.classes.pop_back();
    CHECK(load(other).code == Refusal::scheme_invalid);
    other = town;
    other.name = "village";
    CHECK(load(other).id == 2);
    core::LoadScheme misnamed = testing::load(town);
    misnamed.name = testing::identity("city");
    core::OpenAccount nowhere{.identity = testing::identity("alice"), .scheme = SchemeId{7}};
    CHECK(world.handle({{ParticipantId{1}, testing::reference(98)}, {}, {}, nowhere}).code ==
          Refusal::scheme_not_found);
    CHECK(world.handle({{ParticipantId{1}, testing::reference(99)}, {}, {}, misnamed}).code ==
          Refusal::scheme_invalid);
    CHECK(world.replayed().hash() == world.core.state().hash());
}
