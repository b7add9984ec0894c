// Any tariff: exact fractions to compare with, and money that is neither made nor lost.
#include "ledger/state/books.h"
#include "switch/core/rules/pricing.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

using namespace tuma;
using namespace tuma::core;
using ledger::amount_max;
using ledger::Purpose;

namespace {

__extension__ using Wide = __int128;

// n / d rounded as named, told by inequalities instead of computed.
bool is_rounded(Wide rounded, Wide n, Wide d, Rounding rounding) {
    const Wide over = n - rounded * d;  // what was cut off, in d-ths
    switch (rounding) {
        case Rounding::down:
            return over >= 0 && over < d;
        case Rounding::up:
            return over <= 0 && over > -d;
        case Rounding::half_up:
            return 2 * over < d && 2 * over >= -d;
        case Rounding::half_even:
            if (2 * over == d || 2 * over == -d) return rounded % 2 == 0;
            return 2 * over < d && 2 * over > -d;
    }
    return false;
}

std::int64_t any_amount(std::int64_t least = 0) {
    const std::int64_t most = *rc::gen::element(std::int64_t{20}, std::int64_t{30'000},
                                                std::int64_t{10'000'000}, amount_max);
    return *rc::gen::inRange<std::int64_t>(least, most + 1);
}

Rounding any_rounding() {
    return *rc::gen::element(Rounding::down, Rounding::up, Rounding::half_up, Rounding::half_even);
}

FeeRule any_rate() {
    FeeRule rule;
    rule.basis_points = *rc::gen::inRange(0, 10'001);
    rule.bearer = *rc::gen::element(Bearer::payer, Bearer::payee);
    rule.rounding = any_rounding();
    if (*rc::gen::arbitrary<bool>()) rule.flat = any_amount();
    if (*rc::gen::arbitrary<bool>()) rule.minimum = any_amount();
    if (*rc::gen::arbitrary<bool>()) rule.cap = std::max(rule.minimum, any_amount());
    if (*rc::gen::arbitrary<bool>()) rule.free_up_to = any_amount();
    if (*rc::gen::arbitrary<bool>()) rule.free_lifetime = any_amount();
    return rule;
}

FeeRule any_bands() {
    FeeRule rule;
    rule.bearer = *rc::gen::element(Bearer::payer, Bearer::payee);
    std::int64_t up_to = 0;
    for (int count = *rc::gen::inRange(1, 8); count > 0; --count) {
        up_to += *rc::gen::inRange(1, 5'000);
        rule.bands.push_back({up_to, *rc::gen::inRange(0, 1'000)});
    }
    return rule;
}

FeeRule any_fee() {
    return *rc::gen::arbitrary<bool>() ? any_rate() : any_bands();
}

PaymentType any_type() {
    PaymentType type;
    for (int count = *rc::gen::inRange(0, 4); count > 0; --count) type.fees.push_back(any_fee());
    type.tax.mode = *rc::gen::element(TaxMode::none, TaxMode::included, TaxMode::on_top);
    type.tax.basis_points = *rc::gen::inRange(0, 10'001);
    type.tax.rounding = any_rounding();
    if (*rc::gen::arbitrary<bool>()) type.commission = any_fee();
    return type;
}

}  // namespace

TEST_CASE("pricing: any fee is the exact fraction, rounded as named, within its bounds") {
    CHECK(rc::check("fractions", [] {
        const FeeRule rule = any_rate();
        const std::int64_t amount = any_amount(1);
        const std::int64_t withdrawn = any_amount();
        const auto fee = fee_of(rule, amount, withdrawn);
        const Wide paying = std::min<Wide>(
            amount, std::max<Wide>(0, Wide{withdrawn} + amount - rule.free_lifetime));
        if (amount <= rule.free_up_to || paying == 0) {
            RC_ASSERT(fee == 0);
            return;
        }
        if (!fee) {
            RC_ASSERT(rule.cap > amount_max);
            RC_ASSERT(paying * rule.basis_points + Wide{rule.flat} * 10'000 >
                      Wide{amount_max} * 10'000 - 10'000);
            return;
        }
        RC_ASSERT(*fee <= rule.cap);
        const bool is_bounded = *fee == rule.cap || *fee == rule.minimum;
        RC_ASSERT(*fee >= rule.minimum);
        if (!is_bounded)
            RC_ASSERT(
                is_rounded(*fee - rule.flat, paying * rule.basis_points, 10'000, rule.rounding));
        // At a bound, the exact fee lies on the far side of it, half a unit of rounding aside.
        const Wide exact = paying * rule.basis_points + Wide{rule.flat} * 10'000;
        if (*fee == rule.cap && *fee != rule.minimum)
            RC_ASSERT(exact > (Wide{rule.cap} - 1) * 10'000);
        if (*fee == rule.minimum && *fee != rule.cap)
            RC_ASSERT(exact < (Wide{rule.minimum} + 1) * 10'000);
    }));
}

TEST_CASE("pricing: a larger amount or an older customer never has a smaller fee") {
    CHECK(rc::check("monotone", [] {
        const FeeRule rule = any_rate();
        const std::int64_t amount = any_amount(1);
        const std::int64_t withdrawn = any_amount();
        const auto fee = fee_of(rule, amount, withdrawn);
        const auto more = fee_of(rule, amount + any_amount(), withdrawn);
        const auto later = fee_of(rule, amount, withdrawn + any_amount());
        RC_ASSERT(!more || (fee && *fee <= *more));
        RC_ASSERT(!later || (fee && *fee <= *later));
    }));
}

TEST_CASE("pricing: tax that is included and its fee add up to the tariff's figure") {
    CHECK(rc::check("included", [] {
        PaymentType type;
        type.fees = {any_fee()};
        type.tax = {TaxMode::included, *rc::gen::inRange(0, 10'001), any_rounding()};
        const std::int64_t amount = any_amount(1);
        const auto tariff = fee_of(type.fees.front(), amount, 0);
        Price price;
        const auto refusal = price_payment(type, amount, 0, price);
        RC_ASSERT(refusal.has_value() == !tariff.has_value());
        if (refusal) return;
        std::map<Purpose, std::int64_t> sums;
        for (const Charge& charge : price.list()) sums[charge.purpose] += charge.amount;
        RC_ASSERT(sums[Purpose::fee] + sums[Purpose::tax] == *tariff);
        RC_ASSERT(is_rounded(sums[Purpose::tax], Wide{*tariff} * type.tax.basis_points,
                             10'000 + type.tax.basis_points, type.tax.rounding));
    }));
}

TEST_CASE("pricing: nothing is lost between payer, payee, operator, state and agent") {
    CHECK(rc::check("conservation", [] {
        enum class Who { payer, payee, income, state, agent };
        const PaymentType type = any_type();
        const std::int64_t amount = any_amount(1);
        Price price;
        const std::int64_t withdrawn = any_amount();
        if (price_payment(type, amount, withdrawn, price)) return;
        std::map<Who, Wide> balances;
        const auto move = [&balances](Who from, Who to, std::int64_t moved) {
            balances[from] -= moved;
            balances[to] += moved;
        };
        move(Who::payer, Who::payee, amount);
        Wide fees = 0;
        Wide taxes = 0;
        Wide commission = 0;
        for (const Charge& charge : price.list()) {
            RC_ASSERT(charge.amount > 0);
            const Who bearer = charge.bearer == Bearer::payer ? Who::payer : Who::payee;
            if (charge.purpose == Purpose::fee) {
                move(bearer, Who::income, charge.amount);
                fees += charge.amount;
            } else if (charge.purpose == Purpose::tax) {
                move(bearer, Who::state, charge.amount);
                taxes += charge.amount;
            } else {
                RC_ASSERT(charge.purpose == Purpose::commission);
                move(Who::income, Who::agent, charge.amount);
                commission += charge.amount;
            }
        }
        RC_ASSERT(balances[Who::payer] == -(Wide{amount} + price.borne_by(Bearer::payer)));
        RC_ASSERT(balances[Who::payee] == Wide{amount} - price.borne_by(Bearer::payee));
        RC_ASSERT(Wide{price.borne_by(Bearer::payer)} + price.borne_by(Bearer::payee) ==
                  fees + taxes);
        RC_ASSERT(balances[Who::income] == fees - commission);
        RC_ASSERT(balances[Who::state] == taxes);
        // The tariff's own figures: on top is more than the fee, included is none.
        Wide tariff = 0;
        for (const FeeRule& rule : type.fees) tariff += *fee_of(rule, amount, withdrawn);
        RC_ASSERT((type.tax.mode == TaxMode::on_top ? fees : fees + taxes) == tariff);
        if (type.tax.mode == TaxMode::none) RC_ASSERT(taxes == 0);
    }));
}
