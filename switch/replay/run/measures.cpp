#include "switch/replay/run/measures.h"

#include "ledger/words/ensure.h"
#include "ledger/words/money.h"

#include <algorithm>

namespace tuma::replay {
namespace {

// The sum of receivables may pass 64 bits; the mean does not.
std::int64_t mean_receivable(std::span<const DayRow> days) {
    __extension__ using Wide = __int128;
    Wide sum = 0;
    for (const DayRow& row : days) sum += row.receivable;
    const auto count = static_cast<Wide>(days.size());
    // Half away from zero, for amounts on both sides of it.
    const Wide absolute = sum < 0 ? -sum : sum;
    const auto mean = static_cast<std::int64_t>((2 * absolute + count) / (2 * count));
    return sum < 0 ? -mean : mean;
}

AdvanceMeasures measure_advance(std::span<const DayRow> days, const AdvanceTerms& terms) {
    AdvanceMeasures measures;
    measures.principal = terms.principal;
    measures.due = terms.due;
    measures.day = terms.day;
    for (const DayRow& row : days) {
        measures.repaid += row.loan_repayment;
        // The day on which the last of it was paid.
        if (row.loan_repayment > 0 && measures.repaid == terms.due) measures.repaid_on = row.date;
    }
    measures.outstanding_end = terms.due - measures.repaid;
    if (measures.repaid_on) measures.days_to_repay = (*measures.repaid_on - terms.day).count();
    return measures;
}

}  // namespace

std::int64_t scaled(std::int64_t amount, std::int64_t numerator, std::int64_t denominator) {
    const auto part = scale(Money{amount}, numerator, denominator, Rounding::half_up);
    ensure(part.has_value(), "a measure fits into 64 bits");
    return part->minor;
}

std::int64_t interest_of(std::int64_t closing, std::int64_t rate_bp) {
    // Nobody pays interest for money in the till.
    if (closing >= 0) return 0;
    return scaled(-closing, rate_bp, std::int64_t{10'000} * 365);
}

std::int64_t average_day(std::int64_t gross, const MerchantPlan& merchant) {
    const std::int64_t days = (merchant.to - merchant.from).count() + 1;
    // Refunds can outweigh sales; an advance of less than nothing is none.
    return std::max<std::int64_t>(gross, 0) / days;
}

std::int64_t AdvanceTerms::repayment(std::int64_t settled_gross, std::int64_t owed) const {
    // A day on which more went back than came in repays nothing.
    if (settled_gross <= 0) return 0;
    // Never more than is owed: the last payment is smaller.
    return std::min(owed, scaled(settled_gross, holdback_bp, 10'000));
}

AdvanceTerms advance_terms(const AdvancePlan& plan, const MerchantPlan& merchant,
                           std::int64_t average_day) {
    AdvanceTerms terms;
    terms.day = merchant.from + std::chrono::days{plan.day};
    terms.principal = average_day * plan.average_days;
    terms.due = scaled(terms.principal, plan.factor_bp, 10'000);
    terms.holdback_bp = plan.holdback_bp;
    return terms;
}

Measures measure(std::span<const DayRow> days, std::int64_t opening,
                 const std::optional<AdvanceTerms>& advance) {
    // A window without days would have no lowest balance to begin with.
    ensure(!days.empty(), "a window has at least one day");
    Measures measures;
    measures.days = static_cast<std::int64_t>(days.size());
    measures.opening = opening;
    measures.closing_end = days.back().closing_balance;
    measures.receivable_end = days.back().receivable;
    measures.min_closing = days.front().closing_balance;
    measures.min_closing_on = days.front().date;
    std::int64_t run = 0;
    for (const DayRow& row : days) {
        const bool is_short = row.closing_balance < 0;
        // Ends with the first day that is not short.
        run = is_short ? run + 1 : 0;
        measures.days_short += is_short ? 1 : 0;
        measures.longest_short_run = std::max(measures.longest_short_run, run);
        if (is_short && !measures.first_short) measures.first_short = row.date;
        // Strictly below, so that the first of several equal days is the one that is told.
        if (row.closing_balance < measures.min_closing) {
            measures.min_closing = row.closing_balance;
            measures.min_closing_on = row.date;
        }
        measures.outgoings += row.outgoings;
        measures.interest += row.interest_accrued;
        measures.max_receivable = std::max(measures.max_receivable, row.receivable);
    }
    measures.peak_financing = std::max<std::int64_t>(-measures.min_closing, 0);
    // What the merchant would have needed on the first day never to be short.
    measures.opening_needed = std::max<std::int64_t>(opening - measures.min_closing, 0);
    measures.mean_receivable = mean_receivable(days);
    if (advance) measures.advance = measure_advance(days, *advance);
    return measures;
}

std::int64_t fee_share_micro(std::int64_t fees, std::int64_t gross) {
    return gross <= 0 ? 0 : scaled(fees, 1'000'000, gross);
}

}  // namespace tuma::replay
