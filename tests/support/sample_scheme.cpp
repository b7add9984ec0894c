#include "tests/support/sample_scheme.h"

#include "ledger/state/books.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace tuma::testing {
namespace {

using namespace core;
using ledger::AccountKind;
using ledger::Purpose;

class Dice {
public:
    explicit Dice(std::mt19937_64& random) : random_(&random) {}

    std::int64_t in(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>{least, most}(*random_);
    }
    bool flip() { return in(0, 1) == 1; }
    std::int64_t amount() {
        return in(0, std::array{10L, 100'000L, ledger::amount_max}.at(pick(3)));
    }
    std::int64_t limit() { return flip() ? no_limit : amount(); }
    std::size_t pick(std::size_t count) {
        return static_cast<std::size_t>(in(0, static_cast<std::int64_t>(count) - 1));
    }
    Rounding rounding() { return static_cast<Rounding>(in(0, 3)); }

private:
    std::mt19937_64* random_;
};

FeeRule random_fee(Dice& dice) {
    FeeRule fee;
    fee.bearer = dice.flip() ? Bearer::payer : Bearer::payee;
    fee.rounding = dice.rounding();
    if (dice.flip()) {
        std::int64_t up_to = 0;
        for (auto count = dice.in(1, 5); count > 0; --count) {
            up_to += dice.in(1, 100'000);
            fee.bands.push_back({up_to, dice.amount()});
        }
        if (dice.flip()) fee.bands.back().up_to = no_limit;
        return fee;
    }
    fee.basis_points = dice.in(0, 10'000);
    fee.flat = dice.amount();
    fee.minimum = dice.amount();
    fee.cap = dice.flip() ? no_limit : dice.in(fee.minimum, ledger::amount_max);
    fee.free_up_to = dice.amount();
    fee.free_lifetime = dice.amount();
    return fee;
}

PaymentType random_type(Dice& dice, std::string name) {
    PaymentType type;
    type.name = std::move(name);
    type.purpose = std::array{Purpose::deposit,      Purpose::withdraw, Purpose::transfer,
                              Purpose::pay_merchant, Purpose::disburse, Purpose::redeem}
                       .at(dice.pick(6));
    type.period.from = LocalDay{std::chrono::days{dice.in(-100'000, 100'000)}};
    type.minimum = dice.amount();
    if (dice.flip()) type.maximum = dice.in(type.minimum, ledger::amount_max);
    for (auto count = dice.in(0, 3); count > 0; --count) type.fees.push_back(random_fee(dice));
    type.tax.mode = static_cast<TaxMode>(dice.in(0, 2));
    if (type.tax.mode != TaxMode::none) type.tax.basis_points = dice.in(0, 10'000);
    type.tax.rounding = dice.rounding();
    if (dice.flip()) type.commission = random_fee(dice);
    return type;
}

SettlementRule random_settlement(Dice& dice) {
    SettlementRule rule;
    rule.lag_days = static_cast<std::int32_t>(dice.in(0, lag_days_max));
    rule.lag_unit = dice.flip() ? LagUnit::business : LagUnit::calendar;
    rule.roll = dice.flip();
    rule.cut_off = std::chrono::minutes{dice.in(0, 1'440)};
    rule.payout_at = std::chrono::minutes{dice.in(0, 1'439)};
    rule.minimum_payout = dice.amount();
    rule.payout_fee = dice.amount();
    rule.refunds_netted = dice.flip();
    rule.negative_net = dice.flip() ? NegativeNet::collect : NegativeNet::carry;
    rule.reserve_basis_points = dice.in(0, 10'000);
    rule.reserve_days = static_cast<std::int32_t>(dice.in(1, lag_days_max));
    rule.minimum_basis = dice.flip() ? MinimumBasis::before_fees : MinimumBasis::net;
    return rule;
}

Limits random_limits(Dice& dice, std::int64_t year) {
    Limits limits;
    limits.period = {day(fmt::format("{}-01-01", year)), day(fmt::format("{}-12-31", year))};
    for (std::int64_t* limit : {&limits.per_transaction, &limits.daily, &limits.monthly,
                                &limits.yearly, &limits.lifetime, &limits.ceiling})
        *limit = dice.limit();
    return limits;
}

AccountClass random_class(Dice& dice, std::string name, const Scheme& scheme) {
    AccountClass made;
    made.name = std::move(name);
    made.kind = std::array{AccountKind::wallet, AccountKind::till, AccountKind::agent_float,
                           AccountKind::settlement_payable}
                    .at(dice.pick(4));
    for (auto count = dice.in(0, 3); count > 0; --count)
        made.identifiers.push_back(fmt::format("07{}*##", count));
    const bool is_merchant =
        made.kind == AccountKind::till || made.kind == AccountKind::settlement_payable;
    for (const PaymentType& type : scheme.types)
        if (is_merchant && type.purpose == Purpose::pay_merchant) made.receives = type.name;
    made.settlement = random_settlement(dice);
    made.settlement.to_bank = made.kind == AccountKind::settlement_payable;
    const std::int64_t periods = dice.in(0, 3);
    for (std::int64_t i = 0; i < periods; ++i) made.limits.push_back(random_limits(dice, 2020 + i));
    return made;
}

ChargeReturn random_return(Dice& dice) {
    return static_cast<ChargeReturn>(dice.in(0, 3));
}

}  // namespace

LocalDay day(std::string_view text) {
    const auto time = parse_timestamp(fmt::format("{}T00:00:00Z", text));
    ensure(time.has_value(), "a day is written 2018-03-30");
    return std::chrono::floor<std::chrono::days>(*time);
}

Calendar england() {
    std::vector<LocalDay> holidays;
    for (const std::string_view text :
         {"2016-01-01", "2016-03-25", "2016-03-28", "2016-05-02", "2016-05-30", "2016-08-29",
          "2016-12-26", "2016-12-27", "2017-01-02", "2017-04-14", "2017-04-17", "2017-05-01",
          "2017-05-29", "2017-08-28", "2017-12-25", "2017-12-26", "2018-01-01", "2018-03-30",
          "2018-04-02", "2018-05-07", "2018-05-28", "2018-08-27", "2018-12-25", "2018-12-26",
          "2019-01-01", "2019-04-19", "2019-04-22", "2019-05-06", "2019-05-27", "2019-08-26",
          "2019-12-25", "2019-12-26", "2020-01-01", "2020-04-10", "2020-04-13", "2020-05-08",
          "2020-05-25", "2020-08-31", "2020-12-25", "2020-12-28", "2021-01-01", "2021-04-02",
          "2021-04-05", "2021-05-03", "2021-05-31", "2021-08-30", "2021-12-27", "2021-12-28",
          "2022-01-03"})
        holidays.push_back(day(text));
    return {"england", std::move(holidays)};
}

Scheme sample_scheme() {
    Scheme scheme;
    scheme.name = "sample_rail-1";
    scheme.version = "2023-07";
    scheme.currency = Currency::cny;
    scheme.zone_offset_minutes = -210;
    scheme.calendar = england();

    PaymentType pay;
    pay.name = "pay-merchant";
    pay.purpose = Purpose::pay_merchant;
    pay.period = {day("2018-01-01"), day("2023-06-30")};
    pay.minimum = 2;
    pay.maximum = 25'000'000;
    pay.fees.push_back({Bearer::payer, {}, 60, 3, 1, 20'000, 5, 6, Rounding::half_even});
    pay.fees.push_back({Bearer::payee,
                        {{10'000, 0}, {50'000, 700}, {no_limit, 1'300}},
                        0,
                        0,
                        0,
                        no_limit,
                        0,
                        0,
                        Rounding::up});
    pay.tax = {TaxMode::included, 1'500, Rounding::down};
    pay.commission = FeeRule{Bearer::payer, {{100, 4}}, 0, 0, 0, no_limit, 0, 0, Rounding::down};
    PaymentType later = pay;
    later.period = {day("2023-07-01"), day("2030-12-31")};
    later.tax = {TaxMode::on_top, 2'000, Rounding::half_even};
    PaymentType cash_out;
    cash_out.name = "cash-out";
    cash_out.purpose = Purpose::withdraw;
    scheme.types = {pay, later, cash_out};

    AccountClass merchant;
    merchant.name = "merchant";
    merchant.kind = AccountKind::settlement_payable;
    merchant.identifiers = {"######", "M-*#"};
    merchant.receives = "pay-merchant";
    merchant.settlement = {true,
                           1,
                           LagUnit::business,
                           true,
                           std::chrono::minutes{1'380},
                           std::chrono::minutes{540},
                           50'000,
                           25,
                           false,
                           NegativeNet::collect,
                           500,
                           30};
    merchant.limits.push_back({{day("2018-01-01"), day("2018-12-31")}, 1, 2, 3, 4, 5, 6});
    AccountClass wallet;
    wallet.name = "tier-1";
    wallet.kind = AccountKind::wallet;
    scheme.classes = {merchant, wallet};
    scheme.reversal = {false, 365, ChargeReturn::all, ChargeReturn::all, ChargeReturn::all};
    return scheme;
}

Scheme random_scheme(std::mt19937_64& random) {
    Dice dice(random);
    Scheme scheme;
    scheme.name = fmt::format("rail-{}", dice.in(0, 1'000'000));
    scheme.version = fmt::format("v{}", dice.in(0, 1'000'000));
    const auto currencies = currency_table();
    scheme.currency = currencies[dice.pick(currencies.size())].currency;
    scheme.zone_offset_minutes = static_cast<std::int16_t>(dice.in(-840, 840));
    std::vector<LocalDay> holidays;
    for (auto count = dice.in(0, 40); count > 0; --count)
        holidays.emplace_back(std::chrono::days{dice.in(-100'000, 100'000)});
    scheme.calendar = {dice.flip() ? "a calendar" : "", std::move(holidays)};
    for (auto count = dice.in(0, 6); count > 0; --count)
        scheme.types.push_back(random_type(dice, fmt::format("type-{}", count)));
    for (auto count = dice.in(0, 4); count > 0; --count)
        scheme.classes.push_back(random_class(dice, fmt::format("class_{}", count), scheme));
    scheme.reversal = {dice.flip(), static_cast<std::int32_t>(dice.in(0, reversal_days_max)),
                       random_return(dice), random_return(dice), random_return(dice)};
    if (dice.flip()) scheme.reversal.tax = scheme.reversal.commission = scheme.reversal.fee;
    scheme.own_funds_may_be_short = dice.flip();
    return scheme;
}

}  // namespace tuma::testing
