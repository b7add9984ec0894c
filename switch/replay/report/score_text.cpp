#include "ledger/words/time.h"
#include "switch/replay/figures/effective_rate.h"
#include "switch/replay/figures/score.h"
#include "switch/replay/words/number_text.h"
#include "switch/replay/words/text_table.h"

#include <fmt/format.h>

namespace tuma::replay {
namespace {

constexpr std::int64_t ppm_a_basis_point = 100;

std::string value_text(const FeatureRow& row, Currency currency) {
    // A dash: the sales have no such thing. A zero would be a statement.
    if (!row.value) return "-";
    if (row.unit == "ppm") return share_text(*row.value);
    if (row.unit == "minor") return money_text(*row.value, currency);
    return counted(*row.value, "day");
}

std::string features_text(const Score& score) {
    const Features& features = score.features;
    std::string out =
        fmt::format("{}: {} payments, {} of them refunds, in the {} up to {}\n\n",
                    score.sales_source, count_text(features.payments), count_text(features.refunds),
                    counted(features.days, "day"), tuma::text(features.to));
    std::vector<TextRow> rows{{"feature", "value", "what it is", "who asks for it"}};
    for (const FeatureRow& row : feature_rows(features))
        rows.push_back({std::string(row.key), value_text(row, score.currency),
                        std::string(row.meaning), std::string(row.source)});
    return out + text_table(rows, {0, 2, 3});
}

std::string share_text_of_bp(std::int64_t basis_points) {
    return share_text(basis_points * ppm_a_basis_point);
}

// "1.12", "1.125": as many decimals as it has, at least two.
std::string factor_text(std::int64_t basis_points) {
    std::string text = fmt::format("{}.{:04}", basis_points / 10'000, basis_points % 10'000);
    // Two decimals at least, because factors are written so.
    for (int i = 0; i < 2 && text.back() == '0'; ++i) text.pop_back();
    return text;
}

std::string rate_text(const OfferOutcome& outcome) {
    if (!outcome.effective_rate_ppm) return "-";
    const std::string rate = share_text(*outcome.effective_rate_ppm);
    // The bound of the search, and not the rate.
    return *outcome.effective_rate_ppm == effective_rate_ppm_max ? "> " + rate : rate;
}

TextRow offer_row(const OfferOutcome& outcome, Currency currency) {
    const auto amount = [currency](std::int64_t minor) { return amount_text(minor, currency); };
    const auto break_even = outcome.break_even_ppm;
    return {count_text(outcome.offer.average_days),
            amount(outcome.principal),
            factor_text(outcome.offer.factor_bp),
            amount(outcome.due),
            share_text_of_bp(outcome.offer.holdback_bp),
            outcome.days_to_repay ? count_text(*outcome.days_to_repay) : "not repaid",
            count_text(outcome.days_short),
            amount(outcome.peak_financing),
            rate_text(outcome),
            break_even ? fmt::format("{}.{:02}", *break_even / ppm_a_basis_point,
                                     *break_even % ppm_a_basis_point)
                       : "-",
            amount(outcome.earned),
            amount(outcome.closing_end)};
}

std::string advances_text(const Score& score) {
    const Currency currency = score.currency;
    std::vector<TextRow> rows{{"days", "principal", "factor", "due", "holdback", "repaid in",
                               "short", "peak short", "a year", "even", "earned", "end cash"}};
    // First the life without an advance, as the yardstick of the others.
    rows.push_back({"none", "", "", "", "", "", count_text(score.base.days_short),
                    amount_text(score.base.peak_financing, currency), "", "", "",
                    amount_text(score.base.closing_end, currency)});
    for (const OfferOutcome& outcome : score.outcomes) rows.push_back(offer_row(outcome, currency));
    return text_table(rows, {});
}

std::string advances_head(const Score& score) {
    std::string out = fmt::format(
        "advances on {} on the rail {}{}: {}\n", tuma::text(score.advance_day), score.rail.name,
        score.is_rail_chosen ? "" : " (the plan's first; --rail=NAME takes another)",
        score.rail.sentence);
    out += fmt::format("  average day {}, opening cash {}, outgoings {}\n",
                       money_text(score.average_day, score.currency),
                       money_text(score.base.opening, score.currency),
                       score.outgoings_are_real ? "as dated by the merchant"
                                                : "by the plan's rule, which is an assumption");
    // Said either way: the same advance is a cost or a gain by what the money does.
    if (score.grid.yield_bp == 0) {
        out += "  the advance is only left in the account; --yield-bp=N says what it earns a day\n";
    } else {
        out += fmt::format("  the advance earns {} of the principal a day until it is repaid\n",
                           share_text_of_bp(score.grid.yield_bp));
    }
    return out;
}

std::string no_advances(const Score& score) {
    return fmt::format(
        "no advances: day {} of the window, {}, lies behind its end; [advance] in the plan names "
        "another day\n",
        score.grid.day, tuma::text(score.advance_day));
}

constexpr std::string_view explanation =
    "  days: of average sales, lent; holdback: of each day's settled sales; repaid in: days;\n"
    "  short: days that close below zero; a year: the effective annual rate, at which what is\n"
    "  repaid is worth the principal; even: what the money must earn a day to pay for itself,\n"
    "  basis points of the principal\n";

}  // namespace

std::string score_text(const Score& score) {
    const std::string features = features_text(score);
    // The features stand for themselves.
    if (score.outcomes.empty()) return features + "\n" + no_advances(score);
    return features + "\n" + advances_head(score) + "\n" + advances_text(score) +
           std::string(explanation);
}

}  // namespace tuma::replay
