// The effective annual rate against cases that have a closed form.
#include "switch/replay/figures/effective_rate.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

using namespace tuma::replay;

TEST_CASE("effective rate: one repayment after T days is factor^(365/T) - 1") {
    struct Row {
        std::int64_t principal;
        std::int64_t due;
        std::int64_t days;
        std::int64_t rate_ppm;
    };
    const Row rows[] = {
        {1'000'000, 1'120'000, 365, 120'000},
        {1'000'000, 1'100'000, 365, 100'000},
        // 1.12^5 = 1.7623416832
        {1'000'000, 1'120'000, 73, 762'342},
        // 1.16^(1/2) = 1.0770329614…
        {1'000'000, 1'160'000, 730, 77'033},
        // 1.1^(365/5) = 1051.153…, which is beyond what is given
        {1'000'000, 1'100'000, 5, effective_rate_ppm_max},
        // 1.01^365 = 37.783434332887…
        {1'000'000, 1'010'000, 1, 36'783'434},
        {1'000'000, 1'000'000, 100, 0},
        {1, 2, 365, 1'000'000},
        // 1.1^(1/50) = 1.001908…: half a century
        {100, 110, 18'250, 1'908},
        {1'000'000'000'000'000, 1'120'000'000'000'000, 365, 120'000},
    };
    for (const Row& row : rows) {
        CAPTURE(row.due);
        CAPTURE(row.days);
        const Repayment repayment{row.days, row.due};
        CHECK(effective_rate_ppm(row.principal, std::span(&repayment, 1)) == row.rate_ppm);
    }
}

TEST_CASE("effective rate: several repayments, by the annuity that they are") {
    // At 10 %: 121 / 1.1 + 121 / 1.21 = 210.
    const std::vector<Repayment> two{{365, 121'000'000}, {730, 121'000'000}};
    CHECK(effective_rate_ppm(210'000'000, two) == 100'000);
    // At 25 %: 125 / 1.25 + 156.25 / 1.5625 + 195.3125 / 1.953125 = 300.
    const std::vector<Repayment> three{{365, 1'250'000}, {730, 1'562'500}, {1095, 1'953'125}};
    CHECK(effective_rate_ppm(3'000'000, three) == 250'000);
}

TEST_CASE("effective rate: nothing where less came back than was given") {
    const Repayment repayment{100, 99};
    CHECK(effective_rate_ppm(100, std::span(&repayment, 1)) == std::nullopt);
    CHECK(effective_rate_ppm(100, {}) == std::nullopt);
}

TEST_CASE("effective rate: at the rate found, the repayments are worth the principal") {
    CHECK(rc::check("any repayments", [] {
        const auto count = *rc::gen::inRange(1, 200);
        std::vector<Repayment> repayments;
        std::int64_t day = 30;
        std::int64_t sum = 0;
        for (int i = 0; i < count; ++i) {
            day += *rc::gen::inRange(1, 5);
            repayments.push_back({day, *rc::gen::inRange<std::int64_t>(100, 1'000'000)});
            sum += repayments.back().amount;
        }
        const std::int64_t principal = sum * 100 / *rc::gen::inRange(100, 121);
        const auto rate = effective_rate_ppm(principal, repayments);
        RC_ASSERT(rate.has_value());
        RC_ASSERT(*rate < effective_rate_ppm_max);
        const auto worth = [&](double ppm) {
            double value = 0;
            for (const Repayment& repayment : repayments)
                value += static_cast<double>(repayment.amount) *
                         std::pow(1 + ppm / 1e6, -static_cast<double>(repayment.days) / 365);
            return value;
        };
        const auto found = static_cast<double>(*rate);
        const auto lent = static_cast<double>(principal);
        RC_ASSERT(worth(found - 0.51) >= lent * (1 - 1e-12));
        RC_ASSERT(worth(found + 0.51) <= lent * (1 + 1e-12));
    }));
}

TEST_CASE("effective rate: sooner is dearer") {
    CHECK(rc::check("any number of days", [] {
        const auto days = *rc::gen::inRange(31, 900);
        const Repayment late{days, 1'120};
        const Repayment early{days - 1, 1'120};
        RC_ASSERT(*effective_rate_ppm(1'000, std::span(&early, 1)) >
                  *effective_rate_ppm(1'000, std::span(&late, 1)));
    }));
}
