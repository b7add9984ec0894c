// Where the time of an operation went, as a section of the page: one stacked bar and two tables.
#include "ledger/words/ensure.h"
#include "ledger/words/html.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/html_page.h"
#include "loadgen/report/report.h"
#include "loadgen/report/time_budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tuma::loadgen {
namespace {

struct Paint {
    std::string_view part;
    std::string_view color;  ///< one of the page's
    double opacity;
};

// This program's parts are of one colour, the server's of two: before and after the decision.
constexpr std::array<Paint, 12> paints{{{"filling", "lag", 0.35},
                                        {"blocked", "lag", 0.65},
                                        {"send_lag", "lag", 1},
                                        {"http", "response", 0.3},
                                        {"decode", "response", 0.5},
                                        {"queue_wait", "response", 0.75},
                                        {"decide", "response", 1},
                                        {"append_wait", "service", 0.45},
                                        {"fsync", "service", 0.75},
                                        {"reply", "service", 1},
                                        {"service", "quiet", 0.6},
                                        {"not_in_any_stage", "quiet", 0.6}}};

/// A rectangle of the part's colour, `width` of a thousand wide.
std::string piece(const BudgetPart& part, double at, double width) {
    const auto* const paint = std::find_if(
        paints.begin(), paints.end(), [&](const Paint& each) { return each.part == part.key; });
    ensure(paint != paints.end(), "every part has a colour");
    return fmt::format(
        "<rect class=\"bar piece {}\" fill-opacity=\"{}\" x=\"{:.2f}\" y=\"0\" "
        "width=\"{:.2f}\" height=\"40\"><title>{}: {}, {}</title></rect>",
        paint->color, paint->opacity, at, width, escaped(part.words), latency_text(part.mean_us),
        share_text(part.share));
}

std::string drawing(std::string_view kind, std::string_view label, const std::string& pieces) {
    return fmt::format(
        "<svg class=\"{}\" viewBox=\"0 0 1000 40\" preserveAspectRatio=\"none\" "
        "role=\"img\" aria-label=\"{}\">{}</svg>",
        kind, escaped(label), pieces);
}

std::string stacked_bar(const TimeBudget& budget) {
    // One that is below zero has no length, and its row says so.
    const auto length = [](const BudgetPart& part) { return std::max(0.0, part.mean_us); };
    double whole = 0;
    for (const BudgetPart& part : budget.parts) whole += length(part);
    std::string pieces;
    double at = 0;
    for (const BudgetPart& part : budget.parts) {
        const double width = whole > 0 ? 1000 * length(part) / whole : 0;
        if (width > 0) pieces += piece(part, at, width);
        at += width;
    }
    return drawing("stack",
                   fmt::format("the parts of a mean response of {}, in the order of the rows below",
                               latency_text(budget.response_us)),
                   pieces) +
           "\n";
}

std::string budget_row(const std::string& first, const std::string& mean, const std::string& share,
                       const std::string& means, std::string_view cell = "td") {
    return fmt::format(
        "<tr><{0}>{1}</{0}><{0} class=\"number\">{2}</{0}>"
        "<{0} class=\"number\">{3}</{0}><{0} class=\"words\">{4}</{0}></tr>",
        cell, first, escaped(mean), escaped(share), escaped(means));
}

std::string part_name(const BudgetPart& part) {
    const std::string swatch = drawing("key", part.words, piece(part, 0, 1000));
    const std::string_view holder = part.holder == Holder::generator ? "this program"
                                    : part.holder == Holder::server  ? "server"
                                                                     : "";
    return swatch + escaped(part.words) +
           (holder.empty() ? "" : fmt::format("<small class=\"holder\">{}</small>", holder));
}

std::string budget_table(const TimeBudget& budget) {
    std::string out = "<div class=\"scroll\"><table>" +
                      budget_row("part", "mean", "share", "from when to when", "th");
    for (const BudgetPart& part : budget.parts) {
        if (!part.is_shown()) continue;
        out += budget_row(part_name(part), latency_text(part.mean_us), share_text(part.share),
                          part.means);
    }
    return out +
           budget_row("= response", latency_text(budget.response_us), share_text(1),
                      fmt::format("mean of {} executed operations", count_text(budget.operations)),
                      "th") +
           "</table></div>\n";
}

std::string cost_table(const RunReport& report) {
    std::vector<std::vector<std::string>> rows;
    for (const CostRow& row : cost_rows(report)) rows.push_back({row.words, row.text});
    if (rows.empty()) return {};
    return "<h2>What an operation cost</h2>\n" +
           html_table({"", "an executed operation"}, rows, false) +
           "<p class=\"soft\">All that was done within the measured time, refusals and other "
           "clients' operations included, divided by the executed operations seen here.</p>\n";
}

}  // namespace

std::string budget_html(const RunReport& report) {
    const TimeBudget budget = time_budget(report);
    if (budget.operations == 0) return {};
    std::string out = "<h2>Where the time goes</h2>\n" + stacked_bar(budget) + budget_table(budget);
    if (budget.has_stages)
        out +=
            "<p class=\"soft\">Means over operations, not over batches: the stages are the "
            "switch's own (<code>tuma_stage_operation_seconds_total</code>), read when the "
            "warm-up and the load ended; operations are those answered between the readings. Each "
            "has the times of its batch.</p>\n";
    else
        // What is missing, and how to get it.
        out +=
            "<p class=\"soft\">Give the run the server's admin address (<code>--admin</code>) to "
            "see its stages.</p>\n";
    return out + cost_table(report);
}

}  // namespace tuma::loadgen
