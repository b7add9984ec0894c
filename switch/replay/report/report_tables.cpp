// Tables of the report: all rails beside each other, and the rule beside fixed outgoings.
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/figures/variant_words.h"
#include "switch/replay/report/bars.h"
#include "switch/replay/report/report_parts.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <limits>

namespace tuma::replay {
namespace {

std::string amount_cell(std::int64_t minor, Currency currency) {
    const std::string text = amount_text(minor, currency);
    // A zero is set back, so that the amounts that matter stand out.
    return minor == 0 ? nothing_cell(text) : number_cell(text, minor);
}

std::string days_short_cell(const Measures& measures) {
    // A word instead of 0: it is the best result, and looks like one.
    if (measures.days_short == 0) return number_cell("never", 0);
    return number_cell(fmt::format("{} ({})", count_text(measures.days_short),
                                   count_text(measures.longest_short_run)),
                       measures.days_short);
}

std::string share_cell(const RailResult& rail) {
    // A share of nothing sorts below every share.
    if (rail.gross <= 0) return number_cell("–", -1);
    return number_cell(share_text(rail.fee_share_micro), rail.fee_share_micro);
}

std::string advance_cells(const RailResult& rail, Currency currency) {
    if (!rail.with_advance) return number_cell("–") + number_cell("–") + number_cell("–");
    const Measures& measures = rail.with_advance->measures;
    // A rail can have the variant and not have repaid.
    const bool is_repaid = measures.advance && measures.advance->days_to_repay;
    return (is_repaid ? number_cell(count_text(*measures.advance->days_to_repay),
                                    *measures.advance->days_to_repay)
                      : number_cell("not repaid", std::numeric_limits<std::int32_t>::max())) +
           days_short_cell(measures) + amount_cell(measures.peak_financing, currency);
}

std::string comparison_row(const RailResult& rail, Currency currency, bool has_advance) {
    const Measures& measures = rail.base.measures;
    std::string row = "<tr>" + rail_cell(rail) + amount_cell(rail.fees, currency) +
                      share_cell(rail) + days_short_cell(measures);
    for (const std::int64_t minor :
         // In the order of the heads below.
         {measures.peak_financing, measures.opening_needed, measures.mean_receivable,
          measures.max_receivable, measures.interest, measures.closing_end}) {
        row += amount_cell(minor, currency);
    }
    return row + (has_advance ? advance_cells(rail, currency) : "") + "</tr>";
}

std::string fixed_row(const RailResult& rail, Currency currency) {
    const Measures& rule = rail.base.measures;
    const Measures& fixed = rail.fixed_outgoings->measures;
    return "<tr>" + rail_cell(rail) + days_short_cell(rule) + days_short_cell(fixed) +
           amount_cell(rule.opening_needed, currency) +
           amount_cell(fixed.opening_needed, currency) + amount_cell(rule.interest, currency) +
           amount_cell(fixed.interest, currency) + amount_cell(rule.closing_end, currency) +
           amount_cell(fixed.closing_end, currency) + "</tr>";
}

}  // namespace

std::string section(std::string_view id, std::string_view heading, std::string_view body) {
    return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, escaped(heading),
                       body);
}

std::string sortable_table(const std::string& groups, const std::string& heads,
                           const std::string& rows) {
    return fmt::format(
        "<div class=\"scroll\" tabindex=\"0\"><table "
        "class=\"sortable\"><thead>{}<tr>{}</tr></thead>"
        // It can be scrolled by keyboard, because it has its own width.
        "<tbody>{}</tbody></table></div>\n",
        groups.empty() ? "" : "<tr class=\"groups\">" + groups + "</tr>", heads, rows);
}

std::string rail_cell(const RailResult& rail) {
    return fmt::format("<th scope=\"row\">{}<small>{}</small></th>", breakable(rail.name),
                       escaped(rail.sentence));
}

std::string comparison_section(const ReplayResult& result) {
    if (result.rails.empty()) return {};
    const Currency currency = result.plan.merchant.currency;
    const bool has_advance = is_lent(result);
    std::string rows;
    for (const RailResult& rail : result.rails) rows += comparison_row(rail, currency, has_advance);
    const std::string groups =
        // Groups over the heads: ten columns without them are too many to read.
        std::string(
            "<td></td><th colspan=\"2\">cost</th><th colspan=\"3\">shortness</th>"
            "<th colspan=\"2\">in transit</th><th colspan=\"2\">in the end</th>") +
        (has_advance ? "<th colspan=\"3\">with the advance</th>" : "");
    const std::string heads =
        std::string(
            "<th>Rail</th><th class=\"n\">Fees</th><th class=\"n\">of sales</th>"
            "<th class=\"n\">Days short (in&#160;a&#160;row)</th>"
            "<th class=\"n\">Peak financing</th><th class=\"n\">Opening cash needed</th>"
            "<th class=\"n\">mean</th><th class=\"n\">most</th>"
            "<th class=\"n\">Interest</th><th class=\"n\">Balance</th>") +
        (has_advance ? "<th class=\"n\">Days to repay</th><th class=\"n\">Days short</th>"
                       "<th class=\"n\">Peak financing</th>"
                     : "");
    return section(
        "rails", "The rails beside each other",
        fmt::format(
            "<p>Amounts in {}. A <b>day short</b> ends with less than nothing in bank and till; "
            "in brackets the longest run of such days. <b>Peak financing</b> is how far below "
            "nothing it ever was. <b>Opening cash needed</b> is what the merchant would have had "
            "to begin with never to be short. <b>In transit</b> is what was sold and not yet "
            "paid out. <b>Interest</b> is what an overdraft would have cost; it is not taken out "
            "of the balance.<span class=\"js\"> Click a heading to sort.</span></p>\n",
            alphabetic_code(currency)) +
            sortable_table(groups, heads, rows));
}

std::string fixed_outgoings_section(const ReplayResult& result) {
    const RailSet rails = where(
        all_rails(result), [](const RailResult& rail) { return rail.fixed_outgoings.has_value(); });
    if (rails.empty()) return {};
    const Currency currency = result.plan.merchant.currency;
    std::string rows;
    std::vector<BarRow> bars;
    bars.reserve(rails.size());
    for (const RailResult* rail : rails) {
        rows += fixed_row(*rail, currency);
        const std::int64_t rule = rail->base.measures.opening_needed;
        const std::int64_t fixed = rail->fixed_outgoings->measures.opening_needed;
        bars.push_back({rail->name,
                        "",
                        {{rule, "rule " + amount_text(rule, currency), "within"},
                         {fixed, "fixed " + amount_text(fixed, currency), "other"}}});
    }
    const std::string groups =
        "<td></td><th colspan=\"2\">days short</th><th colspan=\"2\">opening cash needed</th>"
        "<th colspan=\"2\">interest</th><th colspan=\"2\">balance in the end</th>";
    std::string heads = "<th>Rail</th>";
    // Rule and fixed, four times.
    for (int i = 0; i < 4; ++i) heads += "<th class=\"n\">rule</th><th class=\"n\">fixed</th>";
    return section(
        "fixed", "The same outgoings in equal instalments",
        fmt::format("<p>Under the rule all outgoings rise and fall with sales; wages and rent that "
                    "were agreed beforehand do not. {}</p>\n",
                    prose(fixed_outgoings_words(result))) +
            sortable_table(groups, heads, rows) +
            bar_rows(fmt::format("Opening cash needed, {}", alphabetic_code(currency)), bars));
}

}  // namespace tuma::replay
