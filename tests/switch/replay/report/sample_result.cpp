#include "tests/switch/replay/report/sample_result.h"

#include "switch/replay/run/measures.h"

#include <chrono>
#include <optional>
#include <random>
#include <span>
#include <utility>

namespace tuma::testing {
namespace {

using namespace replay;
using std::chrono::days;

constexpr core::LocalDay first_day{std::chrono::year{2024} / 1 / 1};

std::int64_t half_up(std::int64_t amount, std::int64_t basis_points) {
    return scale(Money{amount}, basis_points, 10'000, Rounding::half_up)->minor;
}

/// Gross sales by day: three quiet days a week, four good ones, with chance from a fixed seed.
std::vector<std::int64_t> sales_of(const SampleReplay& sample) {
    std::mt19937_64 random(7);
    std::vector<std::int64_t> out;
    out.reserve(static_cast<std::size_t>(sample.days));
    for (std::int64_t day = 0; day < sample.days; ++day) {
        const std::int64_t percent =
            (day % 7 < 3 ? 40 : 110) + static_cast<std::int64_t>(random() % 70);
        out.push_back(sample.sales_a_day * percent / 100);
    }
    return out;
}

std::vector<DayRow> days_of(const SampleReplay& sample, const SampleRail& rail,
                            const std::vector<std::int64_t>& sales, std::int64_t opening,
                            const std::optional<AdvanceTerms>& advance, bool is_fixed) {
    std::vector<DayRow> out;
    out.reserve(sales.size());
    std::int64_t cash = opening;
    std::int64_t sold = 0;
    std::int64_t settled = 0;
    std::int64_t owed = 0;
    for (std::size_t i = 0; i < sales.size(); ++i) {
        const auto lag = static_cast<std::size_t>(rail.lag_days);
        DayRow row;
        row.date = first_day + days{i};
        row.gross_sales = sales[i];
        row.settled_gross = i >= lag ? sales[i - lag] : 0;
        row.fees = row.settled_gross > 0 ? half_up(row.settled_gross, rail.fee_bp) : 0;
        row.outgoings = half_up(is_fixed ? sample.sales_a_day
                                : i == 0 ? 0
                                         : sales[i - 1],
                                sample.outgoings_bp);
        if (advance) {
            row.loan_repayment = advance->repayment(row.settled_gross, owed);
            owed -= row.loan_repayment;
            if (row.date == advance->day) {
                row.loan_advance = advance->principal;
                owed = advance->due;
            }
        }
        sold += row.gross_sales;
        settled += row.settled_gross;
        cash +=
            row.loan_advance + row.settled_gross - row.fees - row.loan_repayment - row.outgoings;
        row.closing_balance = cash;
        row.receivable = sold - settled;
        row.interest_accrued = interest_of(cash, 1800);
        out.push_back(row);
    }
    return out;
}

Variant variant_of(std::vector<DayRow> rows, std::int64_t opening,
                   const std::optional<AdvanceTerms>& advance) {
    const Measures measures = measure(rows, opening, advance);
    return {std::move(rows), measures};
}

RailResult rail_result(const SampleReplay& sample, const SampleRail& rail,
                       const std::vector<std::int64_t>& sales, std::int64_t opening,
                       const std::optional<AdvanceTerms>& advance) {
    RailResult out;
    out.name = rail.name;
    out.sentence = rail.name + " in words";
    out.payments = sales.size();
    for (const std::int64_t amount : sales) {
        out.gross += amount;
        out.fees += amount > 0 ? half_up(amount, rail.fee_bp) : 0;
    }
    out.fee_share_micro = fee_share_micro(out.fees, out.gross);
    out.fees_if_rounded_daily = out.fees + 3;
    out.events = 3 * sales.size();
    out.head_hash = std::string(64, 'a');
    out.base = variant_of(days_of(sample, rail, sales, opening, std::nullopt, false), opening, {});
    for (const DayRow& row : out.base.days) out.fees_settled += row.fees;
    if (advance) {
        out.with_advance =
            variant_of(days_of(sample, rail, sales, opening, advance, false), opening, advance);
    }
    if (sample.has_fixed) {
        out.fixed_outgoings =
            variant_of(days_of(sample, rail, sales, opening, std::nullopt, true), opening, {});
    }
    return out;
}

}  // namespace

ReplayResult sample_result(const SampleReplay& sample) {
    const std::vector<std::int64_t> sales = sales_of(sample);
    ReplayResult out;
    MerchantPlan& merchant = out.plan.merchant;
    merchant.currency = sample.currency;
    merchant.from = first_day;
    merchant.to = first_day + days{sample.days - 1};
    merchant.opening_days = sample.opening_days;
    out.plan.source = "plans/sample.toml";
    out.sales_source = "files/sample.csv";
    out.sales_sha256 = std::string(64, 'b');
    for (const std::int64_t amount : sales) {
        if (amount == 0) continue;
        ++out.sales.payments;
        out.sales.refunds += amount < 0 ? 1 : 0;
        out.sales.gross += amount;
        out.sales.gross_positive += amount > 0 ? amount : 0;
    }
    out.sales.first_day = merchant.from;
    out.sales.last_day = merchant.to;
    out.average_day = average_day(out.sales.gross, merchant);
    std::optional<AdvanceTerms> advance;
    if (sample.has_advance) {
        out.plan.advance = AdvancePlan{};
        advance = advance_terms(*out.plan.advance, merchant, out.average_day);
    }
    const std::int64_t opening = sample.opening_days * out.average_day;
    out.rails.reserve(sample.rails.size());
    for (const SampleRail& rail : sample.rails) {
        out.rails.push_back(rail_result(sample, rail, sales, opening, advance));
        RailPlan plan;
        plan.name = rail.name;
        plan.sentence = out.rails.back().sentence;
        out.plan.rails.push_back(std::move(plan));
    }
    return out;
}

RailResult rail_of(std::string name, const std::vector<std::int64_t>& closings) {
    RailResult out;
    out.name = std::move(name);
    out.sentence = "terms of " + out.name;
    out.gross = 1'000'000;
    std::vector<DayRow> rows(closings.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].date = first_day + days{i};
        rows[i].closing_balance = closings[i];
    }
    out.base = variant_of(std::move(rows), 100, {});
    return out;
}

ReplayResult result_of(std::vector<RailResult> rails) {
    ReplayResult out;
    out.plan.merchant.currency = Currency::gbp;
    out.plan.merchant.from = first_day;
    out.plan.merchant.to = first_day + days{rails.empty() ? 0 : rails[0].base.measures.days - 1};
    out.sales_source = "sales.csv";
    out.sales.payments = 10;
    out.sales.gross = 1'000'000;
    out.average_day = 500;
    out.rails = std::move(rails);
    return out;
}

}  // namespace tuma::testing
