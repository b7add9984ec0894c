// Limits of the payer's and the payee's class.
#include "switch/core/rules/limits.h"

#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace tuma;
using namespace tuma::core;
using ledger::Account;
using ledger::LimitCounter;
using testing::day;

namespace {

// M-Pesa Kenya from September 2023, in cents, with longer windows added.
Limits some_limits() {
    Limits limits;
    limits.per_transaction = 25'000'000;
    limits.daily = 50'000'000;
    limits.monthly = 100'000'000;
    limits.yearly = 200'000'000;
    limits.lifetime = 400'000'000;
    limits.ceiling = 50'000'000;
    return limits;
}

LimitCounter paid(std::int64_t of_day, std::int64_t of_month, std::int64_t of_year,
                  std::int64_t of_life) {
    LimitCounter counter;
    counter.of_day = of_day;
    counter.of_month = of_month;
    counter.of_year = of_year;
    counter.of_life = of_life;
    return counter;
}

Refusal refusal_of(std::optional<Refusal> refusal) {
    return refusal.value_or(Refusal::none);
}

}  // namespace

TEST_CASE("limits: each bound is allowed and one more is refused, the nearest bound first") {
    struct Row {
        LimitCounter before;
        std::int64_t amount;
        Refusal refusal;
    };
    const Row rows[] = {
        {{}, 1, Refusal::none},
        {{}, 25'000'000, Refusal::none},
        {{}, 25'000'001, Refusal::transaction_limit_exceeded},
        {paid(25'000'000, 0, 0, 0), 25'000'000, Refusal::none},
        {paid(25'000'001, 0, 0, 0), 25'000'000, Refusal::daily_limit_exceeded},
        {paid(50'000'000, 0, 0, 0), 1, Refusal::daily_limit_exceeded},
        {paid(0, 99'999'999, 0, 0), 1, Refusal::none},
        {paid(0, 99'999'999, 0, 0), 2, Refusal::monthly_limit_exceeded},
        {paid(0, 0, 199'999'999, 0), 1, Refusal::none},
        {paid(0, 0, 199'999'999, 0), 2, Refusal::yearly_limit_exceeded},
        {paid(0, 0, 0, 399'999'999), 1, Refusal::none},
        {paid(0, 0, 0, 399'999'999), 2, Refusal::lifetime_limit_exceeded},
        // All of them are broken: the first in the order.
        {paid(50'000'000, 100'000'000, 200'000'000, 400'000'000), 25'000'001,
         Refusal::transaction_limit_exceeded},
        {paid(50'000'000, 100'000'000, 200'000'000, 400'000'000), 1, Refusal::daily_limit_exceeded},
        {paid(0, 100'000'000, 200'000'000, 400'000'000), 1, Refusal::monthly_limit_exceeded},
        {paid(0, 0, 200'000'000, 400'000'000), 1, Refusal::yearly_limit_exceeded},
        // A limit that was lowered since: more was paid than may be.
        {paid(90'000'000, 90'000'000, 0, 0), 1, Refusal::daily_limit_exceeded},
    };
    for (const Row& row : rows) {
        CAPTURE(row.before.of_day);
        CAPTURE(row.before.of_month);
        CAPTURE(row.amount);
        CHECK(refusal_of(check_payer(some_limits(), row.before, row.amount)) == row.refusal);
    }
}

TEST_CASE("limits: none means any amount, however much was paid before") {
    const std::int64_t most = no_limit;
    CHECK_FALSE(check_payer(Limits{}, {}, most));
    CHECK_FALSE(check_payer(Limits{}, paid(most, most, most, most), most));
}

TEST_CASE("limits: a lifetime limit of nothing refuses everything") {
    Limits limits;
    limits.lifetime = 0;
    CHECK(check_payer(limits, {}, 1) == Refusal::lifetime_limit_exceeded);
}

TEST_CASE("limits: the sums that are below every bound before and after pass, all others do not") {
    CHECK(rc::check("sums", [] {
        __extension__ using Wide = __int128;
        const auto amount = [] { return *rc::gen::inRange<std::int64_t>(0, 1'000); };
        const auto limit = [&] { return *rc::gen::arbitrary<bool>() ? no_limit : amount(); };
        Limits limits;
        limits.per_transaction = limit();
        limits.daily = limit();
        limits.monthly = limit();
        limits.yearly = limit();
        limits.lifetime = limit();
        const LimitCounter before = paid(amount(), amount(), amount(), amount());
        const std::int64_t wish = amount() + 1;
        const bool fits = wish <= limits.per_transaction &&
                          Wide{before.of_day} + wish <= limits.daily &&
                          Wide{before.of_month} + wish <= limits.monthly &&
                          Wide{before.of_year} + wish <= limits.yearly &&
                          Wide{before.of_life} + wish <= limits.lifetime;
        RC_ASSERT(check_payer(limits, before, wish).has_value() != fits);
    }));
}

TEST_CASE(
    "limits: the payee's balance with what is on its way may reach the ceiling, not pass it") {
    struct Row {
        std::int64_t credits_posted;
        std::int64_t debits_posted;
        std::int64_t credits_pending;
        std::int64_t debits_pending;
        std::int64_t amount;
        Refusal refusal;
    };
    const Row rows[] = {
        {0, 0, 0, 0, 50'000'000, Refusal::none},
        {0, 0, 0, 0, 50'000'001, Refusal::ceiling_exceeded},
        {60'000'000, 10'000'001, 0, 0, 1, Refusal::none},
        {60'000'000, 10'000'000, 0, 0, 1, Refusal::ceiling_exceeded},
        {0, 0, 49'999'999, 0, 1, Refusal::none},
        {0, 0, 49'999'999, 0, 2, Refusal::ceiling_exceeded},
        // What may still leave is still there.
        {50'000'000, 0, 0, 50'000'000, 1, Refusal::ceiling_exceeded},
        // A ceiling that was lowered below what is there.
        {70'000'000, 0, 0, 0, 1, Refusal::ceiling_exceeded},
        // In debt within a credit line: there is more room.
        {0, 10'000'000, 0, 0, 60'000'000, Refusal::none},
        {0, 10'000'000, 0, 0, 60'000'001, Refusal::ceiling_exceeded},
    };
    for (const Row& row : rows) {
        Account payee;
        payee.credits_posted = row.credits_posted;
        payee.debits_posted = row.debits_posted;
        payee.credits_pending = row.credits_pending;
        payee.debits_pending = row.debits_pending;
        CAPTURE(row.credits_posted);
        CAPTURE(row.credits_pending);
        CAPTURE(row.amount);
        CHECK(refusal_of(check_payee(some_limits(), payee, row.amount)) == row.refusal);
    }
}

TEST_CASE("limits: without a ceiling the payee may receive anything, whatever its account says") {
    Account payee;
    payee.credits_posted = no_limit - 1;
    payee.ceiling = 5;
    CHECK_FALSE(check_payee(Limits{}, payee, no_limit));
}

TEST_CASE("limits: those of the period that holds the day apply, both its ends included") {
    AccountClass tier;
    Limits first;
    first.period = {day("2020-03-16"), day("2023-08-14")};
    Limits second;
    second.period = {day("2023-08-15"), day("2023-09-07")};
    tier.limits = {first, second};
    struct Row {
        const char* day;
        const Limits* expected;
    };
    const Row rows[] = {
        {"2020-03-15", nullptr},
        {"2020-03-16", tier.limits.data()},
        {"2023-08-14", tier.limits.data()},
        {"2023-08-15", &tier.limits[1]},
        {"2023-09-07", &tier.limits[1]},
        {"2023-09-08", nullptr},
    };
    for (const Row& row : rows) {
        CAPTURE(row.day);
        CHECK(limits_on(tier, day(row.day)) == row.expected);
    }
    CHECK(limits_on(AccountClass{}, day("2020-03-16")) == nullptr);
}
