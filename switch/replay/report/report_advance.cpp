// What the advance did: a table of before and after, and both balances for a chosen rail.
#include "ledger/words/time.h"
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/figures/variant_words.h"
#include "switch/replay/report/cash_chart.h"
#include "switch/replay/report/report_parts.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace tuma::replay {
namespace {

std::string repaid_cells(const AdvanceMeasures& advance, Currency currency) {
    if (advance.days_to_repay && advance.repaid_on) {
        return number_cell(count_text(*advance.days_to_repay), *advance.days_to_repay) +
               number_cell(tuma::text(*advance.repaid_on),
                           advance.repaid_on->time_since_epoch().count());
    }
    // Not repaid sorts behind every number of days.
    constexpr std::int64_t last = std::numeric_limits<std::int32_t>::max();
    return number_cell("not repaid", last) +
           number_cell(amount_text(advance.outstanding_end, currency) + " open", last);
}

/// "44 → 110", sorted by the change.
std::string change_cell(std::int64_t before, std::int64_t after, const std::string& text_before,
                        const std::string& text_after) {
    // Unchanged is shown once, so that changes stand out.
    return number_cell(before == after ? text_after : text_before + " → " + text_after,
                       after - before);
}

std::string row(const RailResult& rail, Currency currency) {
    const Measures& before = rail.base.measures;
    const Measures& after = rail.with_advance->measures;
    std::string out = "<tr>" + rail_cell(rail) + repaid_cells(advance_of(rail), currency) +
                      change_cell(before.days_short, after.days_short,
                                  count_text(before.days_short), count_text(after.days_short));
    // The three amounts that an advance changes.
    for (const auto& [was, is] : {std::pair{before.peak_financing, after.peak_financing},
                                  std::pair{before.interest, after.interest},
                                  std::pair{before.closing_end, after.closing_end}}) {
        out += change_cell(was, is, amount_text(was, currency), amount_text(is, currency));
    }
    return out + "</tr>";
}

/// Indexes of days worth drawing: from a month before the advance to two months after the last
/// rail has repaid.
struct Stretch {
    std::int64_t from;
    std::int64_t to;  ///< not included
};
Stretch stretch_of(const RailSet& rails) {
    // Drawn is only the part in which something happened; years before and after would make it a
    // dot.
    const auto days = static_cast<std::int64_t>(rails.front()->base.days.size());
    const core::LocalDay first = rails.front()->base.days.front().date;
    std::int64_t last = (advance_of(*rails.front()).day - first).count();
    Stretch stretch{std::clamp<std::int64_t>(last - 30, 0, days), days};
    for (const RailResult* rail : rails) {
        const auto& repaid_on = advance_of(*rail).repaid_on;
        // Not repaid means that it matters until the end.
        if (!repaid_on) return stretch;
        last = std::max<std::int64_t>(last, (*repaid_on - first).count());
    }
    stretch.to = std::clamp<std::int64_t>(last + 61, stretch.from, days);
    return stretch;
}

std::span<const DayRow> part_of(const Variant& variant, Stretch stretch) {
    const std::span<const DayRow> days = variant.days;
    return days.subspan(static_cast<std::size_t>(stretch.from),
                        static_cast<std::size_t>(stretch.to - stretch.from));
}

std::string chart_of(const RailResult& rail, Stretch stretch, Currency currency) {
    const AdvanceMeasures& advance = advance_of(rail);
    CashChart chart{
        .title = fmt::format("{}: closing balance, {}", rail.name, alphabetic_code(currency)),
        .currency = currency,
        .lines = {},
        .labels_lines = false,
        .shaded = std::nullopt,
        .shade_label = "until it is repaid"};
    // Dashed and in another colour, so that either alone tells them apart.
    constexpr std::size_t solid = 0;
    constexpr std::size_t dashed = 9;
    chart.lines.push_back({"without the advance", "", solid, part_of(rail.base, stretch)});
    chart.lines.push_back({"with the advance", "", dashed, part_of(*rail.with_advance, stretch)});
    // The part may be empty where the advance lies at the end of the window.
    if (!chart.lines[0].days.empty()) {
        chart.shaded = {advance.day, advance.repaid_on.value_or(chart.lines[0].days.back().date)};
    }
    return cash_chart(chart);
}

/// Charts behind radio buttons, which need no script. The rail that changed most is shown first.
std::string charts(const RailSet& rails, Currency currency) {
    const RailKey added = [](const RailResult& rail) {
        // The rail with the largest change says most about the advance.
        return rail.with_advance->measures.days_short - days_short(rail);
    };
    const RailResult* chosen = with(rails, added, most(rails, added)).front();
    const Stretch stretch = stretch_of(rails);
    std::string out = "<div class=\"chooser\">";
    for (std::size_t i = 0; i < rails.size(); ++i) {
        out += fmt::format(
            "<input type=\"radio\" name=\"advance\" id=\"advance-{0}\"{1}/><label "
            "for=\"advance-{0}\">{2}</label><div class=\"pane\">{3}</div>",
            i, rails[i] == chosen ? " checked=\"checked\"" : "", escaped(rails[i]->name),
            chart_of(*rails[i], stretch, currency));
    }
    return out + "</div>\n";
}

}  // namespace

std::string advance_section(const ReplayResult& result) {
    const RailSet rails = where(all_rails(result), [](const RailResult& rail) {
        return rail.with_advance && rail.with_advance->measures.advance;
    });
    if (rails.empty()) return {};
    const Currency currency = result.plan.merchant.currency;
    std::string body;
    for (const std::string& words : {advance_words(result), advance_shortness_words(result)}) {
        if (!words.empty()) body += "<p>" + prose(words) + "</p>\n";
    }
    // Nothing was lent: the sentence says why, and a table of zeros would say less.
    if (!is_lent(result)) return section("advance", "The advance", body);
    const std::string heads =
        "<th>Rail</th><th class=\"n\">Days to repay</th><th class=\"n\">Repaid on</th>"
        "<th class=\"n\">Days short</th><th class=\"n\">Peak financing</th>"
        "<th class=\"n\">Interest</th><th class=\"n\">Balance in the end</th>";
    std::string rows;
    for (const RailResult* rail : rails) rows += row(*rail, currency);
    body += fmt::format(
                "<p>Without → with the advance, amounts in {}; columns sort by the "
                "change.</p>\n",
                alphabetic_code(currency)) +
            sortable_table("", heads, rows);
    // Both variants must have the same days, or the two lines could not be compared.
    const bool has_days = std::all_of(rails.begin(), rails.end(), [](const RailResult* rail) {
        return !rail->base.days.empty() &&
               rail->base.days.size() == rail->with_advance->days.size();
    });
    if (has_days) body += "<h3>Cash with and without it</h3>\n" + charts(rails, currency);
    return section("advance", "What the advance did", body);
}

}  // namespace tuma::replay
