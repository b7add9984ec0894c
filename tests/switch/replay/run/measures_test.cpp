// Measures by hand: interest, the advance's terms, runs of short days, means.
#include "switch/replay/run/measures.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::replay;

namespace {

constexpr core::LocalDay first_day{std::chrono::year{2024} / 2 / 28};

std::vector<DayRow> rows_of(const std::vector<std::int64_t>& closings) {
    std::vector<DayRow> rows;
    rows.reserve(closings.size());
    for (const std::int64_t closing : closings) {
        DayRow row;
        row.date = first_day + std::chrono::days{static_cast<std::int64_t>(rows.size())};
        row.closing_balance = closing;
        row.interest_accrued = interest_of(closing, 1'800);
        rows.push_back(row);
    }
    return rows;
}

}  // namespace

TEST_CASE("measures: interest of a day is simple, ACT/365, half-up, and only on what is short") {
    const struct {
        std::int64_t closing;
        std::int64_t rate_bp;
        std::int64_t interest;
    } rows[] = {
        {0, 1'800, 0},
        {1'000'000, 1'800, 0},
        {-1, 1'800, 0},
        {-1'013, 1'800, 0},  // 0.49956
        {-1'014, 1'800, 1},  // 0.50005
        {-3'650'000, 1'800, 1'800},
        {-3'650'000, 0, 0},
        {-9'000'000'000'000'000, 1'800, 4'438'356'164'384},
    };
    for (const auto& row : rows) {
        CAPTURE(row.closing);
        CHECK(interest_of(row.closing, row.rate_bp) == row.interest);
    }
}

TEST_CASE("measures: short days, their longest run, the first and the worst of them") {
    const Measures measures = measure(rows_of({5, -1, -2, 0, -7, -7, -3, 4}), 10, std::nullopt);

    CHECK(measures.days == 8);
    CHECK(measures.opening == 10);
    CHECK(measures.closing_end == 4);
    CHECK(measures.days_short == 5);
    CHECK(measures.longest_short_run == 3);
    CHECK(measures.first_short == first_day + std::chrono::days{1});
    CHECK(measures.min_closing == -7);
    CHECK(measures.min_closing_on == first_day + std::chrono::days{4});
    CHECK(measures.peak_financing == 7);
    CHECK(measures.opening_needed == 17);
    CHECK(!measures.advance.has_value());
}

TEST_CASE("measures: a till that is never short needs no financing, and maybe less at the start") {
    const Measures measures = measure(rows_of({12, 6, 30}), 10, std::nullopt);

    CHECK(measures.days_short == 0);
    CHECK(!measures.first_short.has_value());
    CHECK(measures.peak_financing == 0);
    CHECK(measures.opening_needed == 4);
    CHECK(measures.interest == 0);
    CHECK(measure(rows_of({12, 11, 30}), 10, std::nullopt).opening_needed == 0);
}

TEST_CASE("measures: the mean receivable is rounded half-up, away from zero") {
    std::vector<DayRow> rows = rows_of({0, 0});
    rows[0].receivable = 3;
    CHECK(measure(rows, 0, std::nullopt).mean_receivable == 2);
    CHECK(measure(rows, 0, std::nullopt).max_receivable == 3);
    rows[0].receivable = -3;
    CHECK(measure(rows, 0, std::nullopt).mean_receivable == -2);
    CHECK(measure(rows, 0, std::nullopt).receivable_end == 0);
}

TEST_CASE("measures: the average day is whole, and 0 when refunds outweigh sales") {
    MerchantPlan merchant;
    merchant.from = first_day;
    merchant.to = first_day + std::chrono::days{2};
    CHECK(average_day(11, merchant) == 3);
    CHECK(average_day(0, merchant) == 0);
    CHECK(average_day(-11, merchant) == 0);
}

TEST_CASE("measures: an advance is so many average days, and is repaid out of what settles") {
    MerchantPlan merchant;
    merchant.from = first_day;
    const AdvanceTerms terms = advance_terms({2, 10, 11'250, 1'000}, merchant, 101);

    CHECK(terms.day == core::LocalDay{std::chrono::year{2024} / 3 / 1});
    CHECK(terms.principal == 1'010);
    CHECK(terms.due == 1'136);  // 1,136.25
    CHECK(terms.repayment(1'004, 1'136) == 100);
    CHECK(terms.repayment(1'005, 1'136) == 101);
    CHECK(terms.repayment(1'005, 7) == 7);
    CHECK(terms.repayment(1'005, 0) == 0);
    CHECK(terms.repayment(-5'000, 1'136) == 0);

    std::vector<DayRow> rows = rows_of({0, 0, 0, 0, 0, 0});
    rows[3].loan_repayment = 1'000;
    Measures measures = measure(rows, 0, terms);
    REQUIRE(measures.advance.has_value());
    CHECK(measures.advance->repaid == 1'000);
    CHECK(measures.advance->outstanding_end == 136);
    CHECK(!measures.advance->repaid_on.has_value());
    CHECK(!measures.advance->days_to_repay.has_value());

    rows[4].loan_repayment = 136;
    measures = measure(rows, 0, terms);
    CHECK(measures.advance->outstanding_end == 0);
    CHECK(measures.advance->repaid_on == first_day + std::chrono::days{4});
    CHECK(measures.advance->days_to_repay == 2);
}

TEST_CASE("measures: the share of fees is in millionths, half-up") {
    CHECK(fee_share_micro(780'580, 44'610'495) == 17'498);
    CHECK(fee_share_micro(1, 2'000'000) == 1);
    CHECK(fee_share_micro(1, 2'000'001) == 0);
    CHECK(fee_share_micro(5, 0) == 0);
    CHECK(fee_share_micro(5, -3) == 0);
}
