// Fees, taxes and commissions: published tariffs and every boundary.
#include "switch/core/rules/pricing.h"

#include "ledger/state/books.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace tuma;
using namespace tuma::core;
using ledger::amount_max;
using ledger::Purpose;

namespace {

FeeRule rate(std::int64_t basis_points) {
    FeeRule rule;
    rule.basis_points = basis_points;
    return rule;
}

FeeRule bands(std::vector<FeeBand> list, Bearer bearer = Bearer::payer) {
    FeeRule rule;
    rule.bearer = bearer;
    rule.bands = std::move(list);
    return rule;
}

// M-Pesa Buy Goods in cents: 0.55 %, at most KES 200, free up to KES 200.
FeeRule buy_goods() {
    FeeRule rule = rate(55);
    rule.cap = 20'000;
    rule.free_up_to = 20'000;
    return rule;
}

// WeChat Pay's withdrawal in fen: 0.1 %, at least CNY 0.10, beyond CNY 1,000 in a lifetime.
FeeRule wechat_withdrawal() {
    FeeRule rule = rate(10);
    rule.minimum = 10;
    rule.free_lifetime = 100'000;
    return rule;
}

// M-Pesa send money from July 2023, in cents.
FeeRule send_money() {
    return bands({{10'000, 0},
                  {50'000, 700},
                  {100'000, 1'300},
                  {150'000, 2'300},
                  {250'000, 3'300},
                  {350'000, 5'300},
                  {500'000, 5'700},
                  {750'000, 7'800},
                  {1'000'000, 9'000},
                  {1'500'000, 10'000},
                  {2'000'000, 10'500},
                  {25'000'000, 10'800}});
}

std::vector<Charge> charges_of(const Price& price) {
    return {price.list().begin(), price.list().end()};
}

}  // namespace

TEST_CASE("pricing: a fee is free up to and including the bound, and capped (M-Pesa Buy Goods)") {
    struct Row {
        std::int64_t amount;
        std::int64_t fee;
    };
    const Row rows[] = {
        {1, 0},
        {20'000, 0},
        {20'001, 110},  // 110.0055
        {20'100, 111},  // 110.55
        {20'090, 110},  // 110.495
        {20'091, 111},  // 110.5005
        {100'000, 550},
        {3'636'272, 19'999},  // 19,999.496
        {3'636'273, 20'000},
        {3'636'364, 20'000},
        {10'000'000, 20'000},
        {amount_max, 20'000},
    };
    for (const Row& row : rows) {
        CAPTURE(row.amount);
        CHECK(fee_of(buy_goods(), row.amount, 0) == row.fee);
    }
}

TEST_CASE("pricing: a fee is rounded once a payment, half away from zero (WeChat Pay, 0.6 %)") {
    struct Row {
        std::int64_t amount;
        std::int64_t fee;
    };
    const Row rows[] = {
        {1, 0},       {83, 0},   // 0.498
        {84, 1},                 // 0.504
        {100, 1},     {250, 2},  // 1.5
        {249, 1},                // 1.494
        {10'000, 60}, {amount_max, 6'000'000'000'000},
    };
    for (const Row& row : rows) {
        CAPTURE(row.amount);
        CHECK(fee_of(rate(60), row.amount, 0) == row.fee);
    }
}

TEST_CASE("pricing: the rounding is the one that the rule names") {
    struct Row {
        std::int64_t amount;  // at 50 %
        Rounding rounding;
        std::int64_t fee;
    };
    const Row rows[] = {
        {1, Rounding::down, 0},      {1, Rounding::up, 1},        {1, Rounding::half_up, 1},
        {1, Rounding::half_even, 0}, {3, Rounding::down, 1},      {3, Rounding::up, 2},
        {3, Rounding::half_up, 2},   {3, Rounding::half_even, 2}, {4, Rounding::up, 2},
    };
    for (const Row& row : rows) {
        FeeRule rule = rate(5'000);
        rule.rounding = row.rounding;
        CAPTURE(row.amount);
        CAPTURE(static_cast<int>(row.rounding));
        CHECK(fee_of(rule, row.amount, 0) == row.fee);
    }
}

TEST_CASE("pricing: the first band that holds the amount decides (M-Pesa send money, July 2023)") {
    struct Row {
        std::int64_t amount;
        std::optional<std::int64_t> fee;
    };
    const Row rows[] = {
        {1, 0},
        {10'000, 0},
        {10'001, 700},
        {50'000, 700},
        {50'001, 1'300},
        {100'000, 1'300},
        {150'000, 2'300},
        {150'001, 3'300},
        {1'000'000, 9'000},
        {1'000'001, 10'000},
        {2'000'000, 10'500},
        {2'000'001, 10'800},
        {25'000'000, 10'800},
        {25'000'001, std::nullopt},
        {amount_max, std::nullopt},
    };
    for (const Row& row : rows) {
        CAPTURE(row.amount);
        CHECK(fee_of(send_money(), row.amount, 0) == row.fee);
        // Bands do not know of withdrawals.
        CHECK(fee_of(send_money(), row.amount, 1'000'000) == row.fee);
    }
}

TEST_CASE("pricing: flat comes on top of the rate, then the least, then the cap") {
    struct Row {
        std::int64_t basis_points;
        std::int64_t flat;
        std::int64_t minimum;
        std::int64_t cap;
        std::int64_t amount;
        std::int64_t fee;
    };
    const Row rows[] = {
        {175, 30, 0, no_limit, 1'000, 48},  // 17.5 rounds to 18
        {175, 30, 48, no_limit, 1'000, 48}, {175, 30, 49, no_limit, 1'000, 49},
        {175, 30, 0, 48, 1'000, 48},        {175, 30, 0, 47, 1'000, 47},
        {175, 30, 40, 40, 1'000, 40},       {0, 200, 0, no_limit, 1, 200},
        {0, 0, 10, no_limit, 1, 10},        {0, 0, 0, no_limit, 5, 0},
        {10'000, 0, 0, no_limit, 7, 7},     {500, 0, 0, 0, 1'000, 0},
    };
    for (const Row& row : rows) {
        FeeRule rule = rate(row.basis_points);
        rule.flat = row.flat;
        rule.minimum = row.minimum;
        rule.cap = row.cap;
        CAPTURE(row.basis_points);
        CAPTURE(row.flat);
        CAPTURE(row.minimum);
        CAPTURE(row.cap);
        CHECK(fee_of(rule, row.amount, 0) == row.fee);
    }
}

TEST_CASE("pricing: what is free is free of the flat part and of the least, too") {
    FeeRule rule = rate(100);
    rule.flat = 30;
    rule.minimum = 50;
    rule.free_up_to = 999;
    CHECK(fee_of(rule, 999, 0) == 0);
    CHECK(fee_of(rule, 1'000, 0) == 50);
}

TEST_CASE("pricing: a lifetime of free withdrawals ends in the middle of one (WeChat Pay)") {
    struct Row {
        std::int64_t withdrawn;
        std::int64_t amount;
        std::int64_t fee;
    };
    const Row rows[] = {
        {0, 1, 0},
        {0, 100'000, 0},
        {0, 100'001, 10},  // 1 fen: the least
        {99'999, 1, 0},
        {99'999, 2, 10},
        {100'000, 1, 10},
        {0, 110'000, 10},
        {0, 114'999, 15},  // 14.999
        {50'000, 100'000, 50},
        {100'000, 100'000, 100},
        {90'000, 5'000, 0},
        {7'000'000, 50'000, 50},
        {std::numeric_limits<std::int64_t>::max(), 50'000, 50},
    };
    for (const Row& row : rows) {
        CAPTURE(row.withdrawn);
        CAPTURE(row.amount);
        CHECK(fee_of(wechat_withdrawal(), row.amount, row.withdrawn) == row.fee);
    }
}

TEST_CASE("pricing: a fee beyond the largest amount is no fee") {
    FeeRule rule = rate(10'000);
    CHECK(fee_of(rule, amount_max, 0) == amount_max);
    rule.flat = 1;
    CHECK_FALSE(fee_of(rule, amount_max, 0));
    CHECK(fee_of(rule, amount_max - 1, 0) == amount_max);
    rule.flat = amount_max;
    CHECK_FALSE(fee_of(rule, amount_max, 0));
    rule.cap = 500;
    CHECK(fee_of(rule, amount_max, 0) == 500);
}

TEST_CASE("pricing: tax inside a fee is a part of it, tax on top is more (excise duty, 15 %)") {
    struct Row {
        TaxMode mode;
        Rounding rounding;
        std::int64_t fee;
        std::vector<Charge> charges;
    };
    const auto fee = [](std::int64_t amount) {
        return Charge{Purpose::fee, Bearer::payer, amount};
    };
    const auto tax = [](std::int64_t amount) {
        return Charge{Purpose::tax, Bearer::payer, amount};
    };
    const Row rows[] = {
        {TaxMode::none, Rounding::half_up, 700, {fee(700)}},
        {TaxMode::included, Rounding::half_up, 700, {fee(609), tax(91)}},       // 91.30
        {TaxMode::included, Rounding::up, 700, {fee(608), tax(92)}},            //
        {TaxMode::included, Rounding::half_up, 1'300, {fee(1'130), tax(170)}},  // 169.57
        {TaxMode::included, Rounding::down, 1'300, {fee(1'131), tax(169)}},
        {TaxMode::included, Rounding::half_up, 3, {fee(3)}},          // 0.39
        {TaxMode::included, Rounding::half_up, 4, {fee(3), tax(1)}},  // 0.52
        {TaxMode::included, Rounding::up, 1, {tax(1)}},               // all of it
        {TaxMode::on_top, Rounding::half_up, 700, {fee(700), tax(105)}},
        {TaxMode::on_top, Rounding::half_up, 10, {fee(10), tax(2)}},    // 1.5
        {TaxMode::on_top, Rounding::half_even, 30, {fee(30), tax(4)}},  // 4.5
        {TaxMode::on_top, Rounding::half_up, 3, {fee(3)}},              // 0.45
        {TaxMode::included, Rounding::half_up, 0, {}},
        {TaxMode::on_top, Rounding::up, 0, {}},
    };
    for (const Row& row : rows) {
        PaymentType type;
        type.fees = {bands({{amount_max, row.fee}})};
        type.tax = {row.mode, 1'500, row.rounding};
        CAPTURE(static_cast<int>(row.mode));
        CAPTURE(static_cast<int>(row.rounding));
        CAPTURE(row.fee);
        Price price;
        REQUIRE_FALSE(price_payment(type, 5'000, 0, price));
        CHECK(charges_of(price) == row.charges);
    }
}

TEST_CASE("pricing: customer and business each bear their share (M-Pesa PayBill, Mgao)") {
    PaymentType paybill;
    paybill.fees = {bands({{10'000, 0}, {50'000, 500}, {100'000, 1'000}, {150'000, 1'000}}),
                    bands({{100'000, 0}, {150'000, 500}}, Bearer::payee)};
    paybill.tax = {TaxMode::included, 1'500, Rounding::half_up};
    Price price;
    REQUIRE_FALSE(price_payment(paybill, 120'000, 0, price));
    CHECK(charges_of(price) == std::vector<Charge>{{Purpose::fee, Bearer::payer, 870},
                                                   {Purpose::tax, Bearer::payer, 130},
                                                   {Purpose::fee, Bearer::payee, 435},
                                                   {Purpose::tax, Bearer::payee, 65}});
    CHECK(price.borne_by(Bearer::payer) == 1'000);
    CHECK(price.borne_by(Bearer::payee) == 500);
    REQUIRE_FALSE(price_payment(paybill, 10'000, 0, price));
    CHECK(price.list().empty());
    REQUIRE_FALSE(price_payment(paybill, 50'000, 0, price));
    CHECK(price.borne_by(Bearer::payer) == 500);
    CHECK(price.borne_by(Bearer::payee) == 0);
}

TEST_CASE("pricing: a commission is nobody's fee, may exceed it, and is 0 beyond its bands") {
    PaymentType deposit;
    deposit.purpose = Purpose::deposit;
    deposit.commission = bands({{10'000, 400}, {51'000, 800}});
    Price price;
    struct Row {
        std::int64_t amount;
        std::vector<Charge> charges;
    };
    const Row rows[] = {
        {5'000, {{Purpose::commission, Bearer::payer, 400}}},
        {51'000, {{Purpose::commission, Bearer::payer, 800}}},
        {51'001, {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.amount);
        REQUIRE_FALSE(price_payment(deposit, row.amount, 0, price));
        CHECK(charges_of(price) == row.charges);
        CHECK(price.borne_by(Bearer::payer) == 0);
        CHECK(price.borne_by(Bearer::payee) == 0);
    }
}

TEST_CASE("pricing: as many charges as a type can have fit into a price") {
    PaymentType type;
    type.fees = {rate(100), rate(200), rate(300)};
    type.tax = {TaxMode::on_top, 1'500, Rounding::half_up};
    type.commission = rate(50);
    Price price;
    REQUIRE_FALSE(price_payment(type, 10'000, 0, price));
    CHECK(price.charge_count == charges_max);
    CHECK(price.borne_by(Bearer::payee) == 600 + 90);
}

TEST_CASE("pricing: beyond the bands comes before too little, and that before too much") {
    struct Row {
        std::int64_t amount;
        std::int64_t minimum;
        std::int64_t maximum;
        Refusal refusal;
    };
    const Row rows[] = {
        {100, 1, no_limit, Refusal::none},
        {101, 1, no_limit, Refusal::not_offered},
        {101, 200, no_limit, Refusal::not_offered},
        {101, 1, 50, Refusal::not_offered},
        {49, 50, 100, Refusal::below_minimum},
        {50, 50, 100, Refusal::none},
        {60, 1, 60, Refusal::none},
        {61, 1, 60, Refusal::transaction_limit_exceeded},
        {99, 1, 60, Refusal::transaction_limit_exceeded},
    };
    for (const Row& row : rows) {
        PaymentType type;
        type.fees = {bands({{100, 1}})};
        type.minimum = row.minimum;
        type.maximum = row.maximum;
        CAPTURE(row.amount);
        CAPTURE(row.minimum);
        CAPTURE(row.maximum);
        Price price;
        CHECK(price_payment(type, row.amount, 0, price).value_or(Refusal::none) == row.refusal);
    }
}

TEST_CASE("pricing: a price is made anew, not added to the one before") {
    PaymentType type;
    type.fees = {rate(100)};
    Price price;
    REQUIRE_FALSE(price_payment(type, 10'000, 0, price));
    REQUIRE_FALSE(price_payment(type, 20'000, 0, price));
    CHECK(charges_of(price) == std::vector<Charge>{{Purpose::fee, Bearer::payee, 200, 200}});
}
