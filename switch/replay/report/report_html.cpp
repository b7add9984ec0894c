#include "switch/replay/report/report_html.h"

#include "switch/replay/figures/findings.h"
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/report/report_page.h"
#include "switch/replay/report/report_parts.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::replay {
namespace {

std::string tile(std::string_view label, const std::string& value, const std::string& small) {
    return fmt::format("<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>", escaped(label),
                       escaped(value), escaped(small));
}

std::string tiles(const ReplayResult& result) {
    const Currency currency = result.plan.merchant.currency;
    const RailSet rails = all_rails(result);
    std::string out = "<dl class=\"tiles\">";
    out += tile(fmt::format("sales, {}", alphabetic_code(currency)),
                amount_text(result.sales.gross, currency),
                counted(static_cast<std::int64_t>(result.sales.payments), "payment"));
    out += tile(fmt::format("an average day, {}", alphabetic_code(currency)),
                amount_text(result.average_day, currency),
                fmt::format("{} to {}", prose_day(result.plan.merchant.from),
                            prose_day(result.plan.merchant.to)));
    // Without rails there is nothing to be counted.
    if (!rails.empty()) {
        out += tile("rails never short",
                    fmt::format("{} of {}", with(rails, days_short, 0).size(), rails.size()),
                    "in " + counted(rails.front()->base.measures.days, "day"));
        const RailKey peak = [](const RailResult& rail) {
            return rail.base.measures.peak_financing;
        };
        const std::int64_t deepest = most(rails, peak);
        out += tile(fmt::format("deepest below nothing, {}", alphabetic_code(currency)),
                    amount_text(deepest, currency),
                    deepest > 0 ? first_of(with(rails, peak, deepest)) : "on any rail");
    }
    return out + "</dl>\n";
}

std::string all_sentences(const ReplayResult& result) {
    std::string out = "<dl class=\"findings\">";
    for (const Finding& finding : findings(result)) {
        // Escaped and kept together in one step, so that neither is forgotten.
        out += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(finding.topic), prose(finding.text));
    }
    return out + "</dl>\n";
}

/// The sections that there are, in order, with links to them in front.
std::string body(const ReplayResult& result) {
    // In the order of questions: which rail, what it costs, when it hurts, what to make of it,
    // where it comes from.
    const std::pair<const char*, std::string> sections[] = {
        {"<a href=\"#rails\">Rails</a>", comparison_section(result)},
        {"<a href=\"#cash\">Cash</a>", cash_section(result)},
        {"<a href=\"#fees\">Fees</a>", fees_section(result)},
        {"<a href=\"#short\">Days short</a>", short_days_section(result)},
        {"<a href=\"#transit\">In transit</a>", transit_section(result)},
        {"<a href=\"#capital\">Capital</a>", working_capital_section(result)},
        {"<a href=\"#advance\">Advance</a>", advance_section(result)},
        {"<a href=\"#fixed\">Fixed outgoings</a>", fixed_outgoings_section(result)},
        {"<a href=\"#sources\">Sources</a>", sources_section(result)},
        {"<a href=\"#checks\">Checks</a>", checks_section(result)},
    };
    std::string links;
    std::string content;
    for (const auto& [link, html] : sections) {
        // A link without its section would lead nowhere.
        if (html.empty()) continue;
        links += link;
        content += html;
    }
    return "<nav>" + links + "</nav>\n" + content;
}

}  // namespace

std::string report_html(const ReplayResult& result) {
    const std::string title =
        fmt::format("{} and {}", counted(static_cast<std::int64_t>(result.rails.size()), "rail"),
                    file_name(result.sales_source));
    std::string out = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>"
        // Nothing is loaded from anywhere: the page opens offline, and no name in a sales file can
        // reach out.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>"
        "<title>Cash flow: {}</title><style>{}</style></head>\n<body><main>\n",
        escaped(title), report_style);
    out += fmt::format(
        "<p class=\"above\">What being paid this way does to the cash · {}</p>\n<h1>{}</h1>\n",
        escaped(file_name(result.sales_source)), prose(headline(result)));
    out += tiles(result) + all_sentences(result) + body(result);
    // At the end of the body, so that everything it looks for is there.
    return out + fmt::format("</main><script>{}</script></body></html>\n", report_script);
}

}  // namespace tuma::replay
