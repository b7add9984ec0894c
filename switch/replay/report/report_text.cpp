#include "switch/replay/report/report_text.h"

#include "ledger/words/time.h"
#include "switch/files/scheme_text.h"
#include "switch/replay/run/measures.h"
#include "switch/replay/words/number_text.h"
#include "switch/replay/words/text_table.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace tuma::replay {
namespace {

std::string short_text(const Measures& measures) {
    if (measures.days_short == 0) return "0";
    return fmt::format("{} ({})", count_text(measures.days_short),
                       count_text(measures.longest_short_run));
}

std::string head(const ReplayResult& result) {
    const MerchantPlan& merchant = result.plan.merchant;
    const std::int64_t days = (merchant.to - merchant.from).count() + 1;
    std::string out = fmt::format(
        "{}: {} payments, {} in {}, {} to {}\n", result.sales_source,
        count_text(result.sales.payments), money_text(result.sales.gross, merchant.currency),
        counted(days, "day"), tuma::text(merchant.from), tuma::text(merchant.to));
    out += fmt::format("  average day {}, opening cash {}; outgoings {}\n",
                       money_text(result.average_day, merchant.currency),
                       money_text(result.average_day * merchant.opening_days, merchant.currency),
                       result.outgoings_are_real ? "as dated by the merchant"
                                                 : "are the plan's rule, not the merchant's own");
    const SalesFigures& sales = result.sales;
    // Only what happened is told; most files have none of it.
    if (sales.rows_outside != 0)
        out += fmt::format("  {} rows lie outside these days\n", count_text(sales.rows_outside));
    if (sales.rows_bad != 0)
        out += fmt::format("  {} bad rows were skipped\n", count_text(sales.rows_bad));
    if (sales.txn_ids_repeated != 0)
        out += fmt::format("  {} rows have a txn_id that an earlier row has too; each counts\n",
                           count_text(sales.txn_ids_repeated));
    if (sales.times_converted != 0 && merchant.zone)
        out += fmt::format("  times that named a zone: {}, converted to {}\n",
                           count_text(sales.times_converted),
                           zone_text(static_cast<std::int16_t>(merchant.zone->count())));
    if (!sales.was_sorted) out += "  rows were put in order of time first\n";
    return out;
}

std::string rails_table(const ReplayResult& result) {
    const auto amount = [&](std::int64_t minor) {
        return amount_text(minor, result.plan.merchant.currency);
    };
    std::vector<TextRow> rows{
        {fmt::format("rail, {}", alphabetic_code(result.plan.merchant.currency)), "fees",
         "of sales", "days short", "peak financing", "opening needed", "mean in transit",
         "interest", "cash at the end"}};
    rows.reserve(result.rails.size() + 1);
    for (const RailResult& rail : result.rails) {
        const Measures& base = rail.base.measures;
        rows.push_back({rail.name, amount(rail.fees), share_text(rail.fee_share_micro),
                        short_text(base), amount(base.peak_financing), amount(base.opening_needed),
                        amount(base.mean_receivable), amount(base.interest),
                        amount(base.closing_end)});
    }
    // The first column holds names, and names are read from the left.
    return text_table(rows, {0}) +
           // Two words of the head need a sentence; the page explains the others.
           "  days short (the longest run of them); in transit: sold, not yet settled\n";
}

// Which rails could not carry everything.
std::string refusals(const ReplayResult& result) {
    std::string out;
    for (const RailResult& rail : result.rails) {
        // A rail that carried all has nothing to tell.
        if (rail.refused == 0) continue;
        out += fmt::format("  {} cannot carry {}, {}: in none of its figures\n", rail.name,
                           counted(static_cast<std::int64_t>(rail.refused), "payment"),
                           money_text(rail.refused_sum, result.plan.merchant.currency));
    }
    return out;
}

std::string advance_table(const ReplayResult& result) {
    if (!result.plan.advance) return {};
    const Currency currency = result.plan.merchant.currency;
    const AdvanceTerms terms =
        advance_terms(*result.plan.advance, result.plan.merchant, result.average_day);
    std::vector<TextRow> rows{{"with the advance", "repaid in days", "days short", "peak financing",
                               "interest", "cash at the end"}};
    rows.reserve(result.rails.size() + 1);
    for (const RailResult& rail : result.rails) {
        const Measures& measures = rail.with_advance->measures;
        const auto days = measures.advance->days_to_repay;
        // What is left says more than that it was not repaid.
        rows.push_back({rail.name,
                        days
                            ? count_text(*days)
                            : fmt::format("never, {} left",
                                          amount_text(measures.advance->outstanding_end, currency)),
                        short_text(measures), amount_text(measures.peak_financing, currency),
                        amount_text(measures.interest, currency),
                        amount_text(measures.closing_end, currency)});
    }
    return fmt::format("\n{}  {} on {}, {} to repay out of {}.{:02} % of what settles\n",
                       text_table(rows, {0}), money_text(terms.principal, currency),
                       tuma::text(terms.day), money_text(terms.due, currency),
                       terms.holdback_bp / 100, terms.holdback_bp % 100);
}

std::string speed(const ReplayResult& result) {
    // Without a clock there was no time, and tests compare bytes.
    if (!(result.seconds > 0)) return {};
    const std::uint64_t payments = result.payments_decided();
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(payments) / result.seconds);
    return fmt::format("\n{} payments on {} rails in {:.2f} s on {}: {} payments/s\n",
                       count_text(payments), result.rails.size(), result.seconds,
                       counted(result.threads, "thread"), count_text(rate));
}

}  // namespace

std::string report_text(const ReplayResult& result) {
    return head(result) + "\n" + rails_table(result) + refusals(result) + advance_table(result) +
           speed(result);
}

}  // namespace tuma::replay
