#include "tests/switch/replay/run/cash_model.h"

#include <algorithm>
#include <chrono>

namespace tuma::replay::model {
namespace {

using std::chrono::days;
using std::chrono::weekday;
using std::chrono::year_month_day;

bool is_open(const Merchant& merchant, Day day) {
    return weekday{day}.iso_encoding() <= 5 && !merchant.holidays.contains(day);
}

Day settled_on(const Merchant& merchant, const Rail& rail, Day day) {
    if (rail.rolls)
        while (!is_open(merchant, day)) day += days{1};
    if (!rail.is_business) return day + days{rail.lag};
    for (int left = rail.lag; left > 0; left -= is_open(merchant, day) ? 1 : 0) day += days{1};
    return day;
}

std::int64_t gross_of(const Sales& sales, Day day) {
    std::int64_t sum = 0;
    if (const auto found = sales.find(day); found != sales.end())
        for (const std::int64_t amount : found->second) sum += amount;
    return sum;
}

std::int64_t gross_between(const Merchant& merchant, const Sales& sales, Day from, Day end) {
    std::int64_t sum = 0;
    for (Day day = std::max(from, merchant.from); day < end; day += days{1})
        sum += gross_of(sales, day);
    return sum;
}

std::int64_t outgoings(const Merchant& merchant, const Sales& sales, Day day) {
    const auto part = [](std::int64_t sum, std::int64_t basis_points) {
        return std::max<std::int64_t>(half_up(sum * basis_points, 10'000), 0);
    };
    const std::int64_t all = gross_between(merchant, sales, merchant.from, merchant.to + days{1});
    const auto instalment = [&](std::int64_t basis_points, const auto& is_due) {
        std::int64_t count = 0;
        for (Day of = merchant.from; of <= merchant.to; of += days{1}) count += is_due(of) ? 1 : 0;
        return part(all, basis_points) / count;
    };
    const auto is_friday = [](Day of) { return weekday{of}.iso_encoding() == 5; };
    const auto is_sunday = [](Day of) { return weekday{of}.iso_encoding() == 7; };
    const auto is_first = [](Day of) { return unsigned(year_month_day{of}.day()) == 1; };
    const bool is_fixed = merchant.has_fixed_outgoings;

    std::int64_t sum = part(gross_between(merchant, sales, day - days{1}, day), 6'000);
    const std::int64_t week = gross_between(merchant, sales, day - days{7}, day);
    if (is_friday(day)) sum += is_fixed ? instalment(2'200, is_friday) : part(week, 2'200);
    if (is_sunday(day)) sum += is_fixed ? instalment(400, is_sunday) : part(week, 400);
    if (is_first(day)) {
        const auto date = year_month_day{day} - std::chrono::months{1};
        sum += is_fixed ? instalment(1'200, is_first)
                        : part(gross_between(merchant, sales, Day{date}, day), 1'200);
    }
    return sum;
}

}  // namespace

std::int64_t half_up(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t size = numerator < 0 ? -numerator : numerator;
    const std::int64_t quotient = (2 * size + denominator) / (2 * denominator);
    return numerator < 0 ? -quotient : quotient;
}

std::int64_t fee(const Rail& rail, std::int64_t amount) {
    if (amount <= 0 || amount <= rail.free_up_to) return 0;
    const std::int64_t fee = half_up(amount * rail.basis_points, 10'000) + rail.flat;
    return rail.cap >= 0 ? std::min(fee, rail.cap) : fee;
}

std::vector<DayRow> days(const Merchant& merchant, const Rail& rail, const Sales& sales) {
    std::map<Day, std::int64_t> settled;
    std::map<Day, std::int64_t> fees;
    for (const auto& [day, amounts] : sales)
        for (const std::int64_t amount : amounts) {
            settled[settled_on(merchant, rail, day)] += amount;
            fees[settled_on(merchant, rail, day)] += fee(rail, amount);
        }
    const std::int64_t all =
        gross_between(merchant, sales, merchant.from, merchant.to + std::chrono::days{1});
    const std::int64_t average =
        std::max<std::int64_t>(all, 0) / ((merchant.to - merchant.from).count() + 1);
    std::int64_t balance = average * merchant.opening_days;
    std::int64_t receivable = 0;
    std::int64_t owed = 0;
    std::vector<DayRow> rows;
    for (Day day = merchant.from; day <= merchant.to; day += std::chrono::days{1}) {
        DayRow& row = rows.emplace_back();
        row.date = day;
        row.gross_sales = gross_of(sales, day);
        row.settled_gross = settled[day];
        row.fees = fees[day];
        row.outgoings = outgoings(merchant, sales, day);
        const std::int64_t held = half_up(row.settled_gross * merchant.holdback_bp, 10'000);
        row.loan_repayment = std::min(owed, std::max<std::int64_t>(held, 0));
        owed -= row.loan_repayment;
        if ((day - merchant.from).count() == merchant.advance_day) {
            row.loan_advance = average * merchant.advance_days;
            owed = half_up(row.loan_advance * merchant.factor_bp, 10'000);
        }
        balance +=
            row.loan_advance + row.settled_gross - row.fees - row.loan_repayment - row.outgoings;
        receivable += row.gross_sales - row.settled_gross;
        row.closing_balance = balance;
        row.receivable = receivable;
        if (balance < 0) row.interest_accrued = half_up(-balance * 1'800, 3'650'000);
    }
    return rows;
}

}  // namespace tuma::replay::model
