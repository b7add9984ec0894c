#include "ledger/words/time.h"
#include "switch/replay/report/summary.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

namespace tuma::replay {
namespace {

template <typename Value>
std::string or_empty(const std::optional<Value>& value) {
    return value ? fmt::format("{}", *value) : std::string();
}

std::string or_empty(const std::optional<core::LocalDay>& day) {
    return day ? tuma::text(*day) : std::string();
}

// loan_repaid_on to loan_closing_end.
std::string advance_columns(const RailResult& rail) {
    // As many commas as columns, so that each row has the same fields.
    if (!rail.with_advance) return ",,,,";
    const Measures& measures = rail.with_advance->measures;
    return fmt::format("{},{},{},{},{}", or_empty(measures.advance->repaid_on),
                       or_empty(measures.advance->days_to_repay), measures.days_short,
                       measures.peak_financing, measures.closing_end);
}

}  // namespace

std::string daily_csv(const Variant& variant) {
    std::string out =
        "date,gross_sales,settled_gross,fees,loan_advance,loan_repayment,outgoings,"
        "closing_balance,receivable,interest_accrued\n";
    for (const DayRow& row : variant.days)
        // Written straight into the text: years of days have a row each.
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{}\n",
                       tuma::text(row.date), row.gross_sales, row.settled_gross, row.fees,
                       row.loan_advance, row.loan_repayment, row.outgoings, row.closing_balance,
                       row.receivable, row.interest_accrued);
    return out;
}

std::string summary_csv(const ReplayResult& result) {
    std::string out =
        "rail,payments,days,gross,fees,fee_share_micro,fees_settled,outgoings,opening,closing_end,"
        "receivable_end,days_short,longest_short_run,first_short,min_closing,min_closing_on,"
        "peak_financing,opening_needed,max_receivable,mean_receivable,interest,"
        "fees_if_rounded_daily,loan_repaid_on,loan_days_to_repay,loan_days_short,"
        "loan_peak_financing,loan_closing_end";
    // Only where there is something to say, so that other programs find the columns they know.
    const bool has_refusals = result.refused() != 0;
    out += has_refusals ? ",refused,refused_sum\n" : "\n";
    for (const RailResult& rail : result.rails) {
        const Measures& base = rail.base.measures;
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},", rail.name,
                       rail.payments, base.days, rail.gross, rail.fees, rail.fee_share_micro,
                       rail.fees_settled, base.outgoings, base.opening, base.closing_end,
                       base.receivable_end);
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{}",
                       base.days_short, base.longest_short_run, or_empty(base.first_short),
                       base.min_closing, tuma::text(base.min_closing_on), base.peak_financing,
                       base.opening_needed, base.max_receivable, base.mean_receivable,
                       base.interest, or_empty(rail.fees_if_rounded_daily), advance_columns(rail));
        if (has_refusals)
            fmt::format_to(std::back_inserter(out), ",{},{}", rail.refused, rail.refused_sum);
        out += '\n';
    }
    return out;
}

}  // namespace tuma::replay
