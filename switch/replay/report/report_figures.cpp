// Drawn sections of the report: cash over time, fees, days short, money in transit, capital needed.
#include "switch/replay/figures/causes.h"
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/report/bars.h"
#include "switch/replay/report/cash_chart.h"
#include "switch/replay/report/heat_map.h"
#include "switch/replay/report/report_parts.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

namespace tuma::replay {
namespace {

/// "7,805.80 (4.6 days)": an amount, and how many average days of sales it is.
std::string amount_and_days(const ReplayResult& result, std::int64_t minor) {
    const auto days = tenths_text(minor, result.average_day);
    return amount_text(minor, result.plan.merchant.currency) +
           // Zero days of sales is no more than zero.
           (days && minor != 0 ? fmt::format(" ({} days)", *days) : "");
}

std::string calendar_of(const ReplayResult& result, const RailResult& rail,
                        const DepthScale& scale) {
    const Measures& measures = rail.base.measures;
    const Currency currency = result.plan.merchant.currency;
    return fmt::format(
        "<figure class=\"calendar\"><figcaption>{}<small>{}</small><output></output></figcaption>"
        "<p>Short on {} of {}, {} the longest run, {} at worst on {}. {}</p>{}</figure>\n",
        escaped(rail.name), escaped(rail.sentence), count_text(measures.days_short),
        counted(measures.days, "day"), counted(measures.longest_short_run, "day"),
        amount_text(measures.min_closing, currency), prose_day(measures.min_closing_on),
        prose(cause_words(rail)), heat_map(rail.base.days, scale, currency));
}

}  // namespace

std::string cash_section(const ReplayResult& result) {
    CashChart chart{
        .title = fmt::format("Closing balance, {}", alphabetic_code(result.plan.merchant.currency)),
        .currency = result.plan.merchant.currency,
        .lines = {},
        .labels_lines = true,
        .shaded = std::nullopt,
        .shade_label = {}};
    chart.lines.reserve(result.rails.size());
    // The style is the place in the plan, so that a rail has one colour in all drawings.
    for (std::size_t i = 0; i < result.rails.size(); ++i) {
        const RailResult& rail = result.rails[i];
        chart.lines.push_back({rail.name, rail.sentence, i, rail.base.days});
    }
    const std::string figure = cash_chart(chart);
    if (figure.empty()) return {};
    // Told in words, because a point that is not a day would mislead.
    const std::int64_t bucket =
        days_a_point(static_cast<std::int64_t>(chart.lines[0].days.size()), chart.lines.size());
    const std::string sampling =
        bucket == 1 ? "Each point is one day."
                    : fmt::format(
                          "Each point is the lowest closing balance of {} days, at the day it "
                          "fell on, so that no trough is smoothed away; the CSV files have "
                          "every day.",
                          bucket);
    return section(
        "cash", "Cash in bank and till, day by day",
        fmt::format("<p>What each rail leaves at the end of the day, without the advance. "
                    "Below the strong line the till is short. {}<span class=\"js\"> Click a "
                    "name to hide or show it; point at the chart to read a "
                    "day.</span></p>\n<p class=\"picks js\"><button type=\"button\" "
                    "data-pick=\"all\">all</button> <button type=\"button\" "
                    "data-pick=\"short\">those ever short</button> <button type=\"button\" "
                    "data-pick=\"never\">those never short</button></p>\n",
                    sampling) +
            figure);
}

std::string fees_section(const ReplayResult& result) {
    const Currency currency = result.plan.merchant.currency;
    std::vector<BarRow> rows;
    rows.reserve(result.rails.size());
    for (const RailResult* rail :
         sorted_by(all_rails(result), [](const RailResult& one) { return one.fees; })) {
        // A share of nothing is not written.
        const std::string share =
            rail->gross > 0 && rail->fees > 0 ? " · " + share_text(rail->fee_share_micro) : "";
        rows.push_back({rail->name,
                        rail->sentence,
                        {{rail->fees, amount_text(rail->fees, currency) + share, "cost"}}});
    }
    if (rows.empty()) return {};
    return section(
        "fees", "What the rails charge",
        "<p>Fees of all payments in the window, settled by its end or not.</p>\n" +
            bar_rows(fmt::format("Fees, {}, and share of sales", alphabetic_code(currency)), rows));
}

std::string short_days_section(const ReplayResult& result) {
    // Only rails that are ever short have a calendar; the others would be empty.
    const RailSet rails = sorted_by(
        where(
            all_rails(result),
            [](const RailResult& rail) { return days_short(rail) > 0 && !rail.base.days.empty(); }),
        days_short);
    if (rails.empty()) {
        return result.rails.empty() ? ""
                                    : section("short", "Days short",
                                              "<p>No rail leaves the till short on any day.</p>\n");
    }
    // Keeps the page small; most of its bytes are these cells.
    constexpr std::int64_t cells_max = 20'000;
    // One scale for all: a rail that is a little short must look so beside one that is deeply
    // short.
    const DepthScale scale = DepthScale::to(
        most(rails, [](const RailResult& rail) { return rail.base.measures.peak_financing; }));
    std::int64_t cells = 0;
    RailSet left_out;
    std::string calendars;
    for (const RailResult* rail : rails) {
        // Left out as a whole, for half a calendar would be read as a whole one.
        if (cells + days_short(*rail) > cells_max) {
            left_out.push_back(rail);
            continue;
        }
        cells += days_short(*rail);
        calendars += calendar_of(result, *rail, scale);
    }
    const std::string missing =
        left_out.empty() ? ""
                         : fmt::format(
                               "<p>Not drawn, to keep the page small: {}. Their CSV files "
                               "have every day.</p>\n",
                               escaped(names(left_out)));
    return section(
        "short", "Days short",
        fmt::format(
            "<p>One cell a day, a column a week from Monday down to Sunday, a block a year; the "
            "stronger the colour, the further below nothing at the end of the day, on one scale "
            "for all rails ({}).</p>\n",
            alphabetic_code(result.plan.merchant.currency)) +
            depth_legend(scale, result.plan.merchant.currency) + "<div class=\"calendars\">" +
            calendars + "</div>\n" + missing);
}

std::string transit_section(const ReplayResult& result) {
    const Currency currency = result.plan.merchant.currency;
    RailSet none;
    std::vector<BoxRow> rows;
    rows.reserve(result.rails.size());
    for (const RailResult* rail : sorted_by(all_rails(result), [](const RailResult& one) {
             return one.base.measures.mean_receivable;
         })) {
        std::vector<std::int64_t> values;
        values.reserve(rail->base.days.size());
        for (const DayRow& row : rail->base.days) values.push_back(row.receivable);
        const Quantiles found = quantiles(std::move(values));
        // Rails without delay are named in a sentence; their boxes would be lines at zero.
        if (found.least == 0 && found.most == 0) {
            none.push_back(rail);
            continue;
        }
        rows.push_back(
            {rail->name, rail->sentence, found,
             fmt::format("median {}, mean {}, most {}", amount_text(found.median, currency),
                         amount_and_days(result, rail->base.measures.mean_receivable),
                         amount_text(found.most, currency))});
    }
    if (result.rails.empty()) return {};
    const std::string never =
        none.empty()
            ? ""
            : fmt::format("<p>Nothing is ever in transit on {}.</p>\n", escaped(names(none)));
    const std::string explained =
        rows.empty()
            ? ""
            : "<p>What was sold and not yet paid out at the end of the day. Box: the middle "
              "half of all days, with the median; line: all but the lowest and the highest "
              "twentieth; dots: the least and the most. “Days” are average days of "
              "sales.</p>\n";
    return section("transit", "Money in transit",
                   explained + never +
                       box_rows(fmt::format("Money in transit at the end of the day, {}",
                                            alphabetic_code(currency)),
                                rows, currency));
}

std::string working_capital_section(const ReplayResult& result) {
    if (result.rails.empty()) return {};
    const Currency currency = result.plan.merchant.currency;
    // The same for all rails: they begin with the plan's cash.
    const std::int64_t opening = result.rails.front().base.measures.opening;
    std::vector<BarRow> rows;
    rows.reserve(result.rails.size());
    for (const RailResult* rail : sorted_by(all_rails(result), [](const RailResult& one) {
             return one.base.measures.opening_needed;
         })) {
        const std::int64_t needed = rail->base.measures.opening_needed;
        // The colour repeats what the line in the drawing says.
        rows.push_back(
            {rail->name,
             rail->sentence,
             {{needed, amount_and_days(result, needed), needed > opening ? "over" : "within"}}});
    }
    return section(
        "capital", "Working capital needed",
        fmt::format(
            "<p>What the merchant would have had to begin with, so that no day ends short. The "
            "plan lets it begin with {}; rails that need more are short at some time. “Days” "
            "are average days of sales.</p>\n",
            prose(money_text(opening, currency))) +
            bar_rows(fmt::format("Opening cash needed, {}", alphabetic_code(currency)), rows,
                     BarMark{opening, "begins with " + amount_text(opening, currency)}));
}

}  // namespace tuma::replay
