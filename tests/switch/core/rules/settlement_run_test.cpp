// Merchants' settlements as stories. They begin on Friday 1970-01-02 at 03:00 local time.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using tuma::testing::run;

TEST_CASE("settlement: receipts wait in the payable and reach the bank account when they are due") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        pay_merchant a alice shop 100
        balance shop 98.50
        pass 26h
        balance shop.bank 0.00
        settlements shop 0
        pass 1h
        settlements shop 1
        statement shop sales 100.00 refunds 0.00 fees 1.50 paid 98.50 carried 0.00
        balance shop 0.00
        balance shop.bank 98.50
        balance town.bank 98.50
        balance town.trust -98.50
        pass 7d
        settlements shop 1
    )");
}

TEST_CASE("settlement: sales from the cut-off on belong to the next day") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        sleep 1019m
        pay_merchant a alice shop 10
        sleep 1m
        pay_merchant b alice shop 5
        pass 10h
        statement shop sales 10.00 paid 10.00
        balance shop 5.00
        pass 1d
        statement shop sales 5.00 paid 5.00
    )");
}

TEST_CASE("settlement: refunds are netted, and a net below zero is carried to the next one") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES floor -500 under town shop
        pay_merchant a alice shop 100
        refund b shop alice 150
        balance shop -50.00
        pass 27h
        statement shop sales 100.00 refunds 150.00 fees 0.00 paid 0.00 carried -50.00
        balance shop -50.00
        pay_merchant c alice shop 100
        pass 1d
        statement shop carried_in -50.00 sales 100.00 fees 1.50 paid 48.50 carried 0.00
        balance shop.bank 48.50
    )");
}

TEST_CASE("settlement: minimum, fee of the payout and a rolling reserve") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town card-shop
        pay_merchant a alice shop 10
        pass 4d
        settlements shop 1
        statement shop sales 10.00 held 1.00 paid 0.00 carried 9.00
        pay_merchant b alice shop 100
        pass 2d
        statement shop sales 100.00 fees 1.50 carried_in 9.00 held 10.00 payout_fee 1.00 paid 96.50
        balance shop 11.00
        balance shop.bank 96.50
        pass 14d
        balance shop 11.00
        pay_merchant c alice shop 100
        pass 4d
        balance shop 10.00
        statement shop sales 100.00 carried_in 11.00 held 10.00 paid 98.50
        balance shop.bank 195.00
    )");
}

TEST_CASE("settlement: refunds collected beside the payout where they are not netted") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES floor -500 under town collector
        pay_merchant a alice shop 100
        refund b shop alice 100
        pass 1d
        statement shop sales 100.00 refunds 100.00 fees 0.00 paid 0.00 carried 0.00
        balance shop 0.00
        balance shop.bank 0.00
        refund c shop alice 50
        pass 1d
        statement shop refunds 50.00 fees 0.00 paid -50.00
        balance shop.bank -50.00
    )");
}

TEST_CASE("settlement: refunds are collected before sales are paid out, so no credit is needed") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town collector
        pay_merchant a alice shop 100
        refund b shop alice 60
        pass 1d
        statement shop sales 100.00 refunds 60.00 fees 0.60 paid 39.40 carried 0.00
        balance shop.bank 39.40
    )");
}

TEST_CASE("settlement: what fell due while nobody ran is done afterwards, in order and once") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        pay_merchant a alice shop 100
        sleep 1d
        pay_merchant b alice shop 10
        sleep 10d
        restart
        settlements shop 0
        pass 0s
        freeze c alice
        settlements shop 2
        statement shop sales 10.00 paid 10.00
        balance shop.bank 108.50
        restart
        pass 10d
        settlements shop 2
        balance shop.bank 108.50
    )");
}

TEST_CASE("settlement: a frozen merchant's payout is carried from day to day until it is freed") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        pay_merchant a alice shop 100
        freeze b shop
        pass 27h
        statement shop paid 0.00 carried 98.50
        pass 1d
        settlements shop 2
        unfreeze c shop
        pass 1d
        settlements shop 3
        statement shop carried_in 98.50 paid 98.50
        balance shop.bank 98.50
    )");
}

TEST_CASE("settlement: nobody but the switch takes money out of what waits") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        pay_merchant a alice shop 100
        redeem b shop bank-KES 10 -> refused account_kind_not_allowed
        adjust c shop alice 10 -> refused account_kind_not_allowed
        linked d KES shop alice 10 -> refused account_kind_not_allowed
        pass 2d
        balance shop.bank 98.50
    )");
}

TEST_CASE("settlement: a payment that is reversed leaves the payout with its fee") {
    run(R"(
        scheme load town
        account alice wallet KES 1000
        account shop settlement_payable KES under town shop
        pay_merchant a alice shop 100
        pay_merchant b alice shop 50
        reverse c a all
        pass 27h
        statement shop sales 150.00 refunds 100.00 fees 0.75 paid 49.25
        reverse d b 20 -> refused insufficient_funds
    )");
}

TEST_CASE("settlement: other postings into the payable are adjustments, paid out at once") {
    run(R"(
        scheme load town
        account shop settlement_payable KES under town shop
        account alice wallet KES 100
        adjust a alice shop 30
        pass 2d
        balance shop.bank 30.00
    )");
}
