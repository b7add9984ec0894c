#include "loadgen/report/html_page.h"

#include "ledger/words/html.h"
#include "loadgen/report/report_page.h"

#include <fmt/format.h>

namespace tuma::loadgen {

std::string html_page(std::string_view title, std::string_view body) {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>{0}</title><style>{1}</style></head>\n<body><main>\n<h1>{0}</h1>\n{2}"
        "</main></body></html>\n",
        escaped(title), report_style, body);
}

std::string verdict_box(std::string_view sentence, bool is_good) {
    return fmt::format("<div class=\"verdict{}\">{}</div>\n", is_good ? "" : " invalid",
                       escaped(sentence));
}

std::string html_table(const std::vector<std::string>& headings,
                       const std::vector<std::vector<std::string>>& rows, bool last_is_text) {
    const auto cell = [&](std::string_view tag, const std::vector<std::string>& row,
                          std::size_t column) {
        const bool is_text = last_is_text && column + 1 == row.size();
        // The first column stands for the row.
        const char* const kind = column == 0 ? ""
                                 : is_text   ? " class=\"words\""
                                             : " class=\"number\"";
        return fmt::format("<{0}{1}>{2}</{0}>", tag, kind, escaped(row[column]));
    };
    std::string out = "<div class=\"scroll\"><table><tr>";
    for (std::size_t i = 0; i < headings.size(); ++i) out += cell("th", headings, i);
    out += "</tr>";
    for (const std::vector<std::string>& row : rows) {
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) out += cell("td", row, i);
        out += "</tr>";
    }
    return out + "</table></div>\n";
}

}  // namespace tuma::loadgen
