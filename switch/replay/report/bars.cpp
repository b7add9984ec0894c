#include "switch/replay/report/bars.h"

#include "switch/replay/report/axis.h"
#include "switch/replay/words/html.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::replay {
namespace {

std::string row_head(const std::string& name, const std::string& note) {
    // Names come from plans and files, and so they are escaped here and nowhere later.
    return fmt::format("<span class=\"name\">{}{}</span>", escaped(name),
                       note.empty() ? "" : "<small>" + escaped(note) + "</small>");
}

double length_of(std::int64_t value, std::int64_t most) {
    // Nothing has no length, and below nothing is no length either.
    if (most <= 0 || value <= 0) return 0;
    return 100 * std::min(static_cast<double>(value) / static_cast<double>(most), 1.0);
}

std::string bar(const Bar& bar, std::int64_t most) {
    const double length = length_of(bar.value, most);
    // What is more than nothing is seen.
    return fmt::format(
        "<span class=\"track\"><span class=\"bar {}\" style=\"width:{:.2f}%\"></span>"
        "<span class=\"figure\">{}</span></span>",
        bar.css_class, bar.value > 0 ? std::max(length, 0.3) : 0.0, escaped(bar.text));
}

std::string box_drawing(const Quantiles& q, const MoneyAxis& axis) {
    const auto x = [&](std::int64_t value) { return 1000 * axis.at(value); };
    // Stretched to its place by the page, so that a box needs no width beforehand.
    // Two quarters that fall together would give a width a little below zero.
    return fmt::format(
        "<svg class=\"box\" viewBox=\"0 0 1000 24\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\"><path class=\"whisker\" d=\"M{0:.1f} 12H{1:.1f}M{0:.1f} 7V17M{1:.1f} "
        "7V17\"/><rect class=\"half\" x=\"{2:.1f}\" y=\"3\" width=\"{3:.1f}\" height=\"18\"/>"
        "<path class=\"median\" d=\"M{4:.1f} 3V21\"/>"
        "<path class=\"rim\" d=\"M{5:.1f} 12h0.1M{6:.1f} 12h0.1\"/></svg>",
        x(q.p5), x(q.p95), x(q.p25), std::max(x(q.p75) - x(q.p25), 0.0), x(q.median), x(q.least),
        x(q.most));
}

}  // namespace

std::string bar_rows(const std::string& title, const std::vector<BarRow>& rows,
                     const std::optional<BarMark>& mark) {
    if (rows.empty()) return {};
    // The mark belongs to the scale: it must lie on the drawing.
    std::int64_t most = mark ? mark->value : 0;
    for (const BarRow& row : rows) {
        for (const Bar& bar : row.bars) most = std::max(most, bar.value);
    }
    std::string out = fmt::format(
        "<figure class=\"bars\"><figcaption>{}{}</figcaption><ul>", escaped(title),
        mark ? fmt::format(" <span class=\"mark-key\">{}</span>", escaped(mark->label)) : "");
    const std::string line =
        // Made once: it is the same for every row.
        mark && most > 0 ? fmt::format("<span class=\"mark\" style=\"left:{:.2f}%\"></span>",
                                       length_of(mark->value, most))
                         : "";
    for (const BarRow& row : rows) {
        out += "<li>" + row_head(row.name, row.note) +
               "<span class=\"tracks\"><span class=\"scale\">" + line + "</span>";
        for (const Bar& one : row.bars) out += bar(one, most);
        out += "</span></li>";
    }
    return out + "</ul></figure>\n";
}

Quantiles quantiles(std::vector<std::int64_t> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const auto rank = [&](std::size_t percent) {
        // By nearest rank, so that each figure is one that really occurred.
        return values[std::max<std::size_t>((values.size() * percent + 99) / 100, 1) - 1];
    };
    return {values.front(), rank(5), rank(25), rank(50), rank(75), rank(95), values.back()};
}

std::string box_rows(const std::string& title, const std::vector<BoxRow>& rows, Currency currency) {
    if (rows.empty()) return {};
    // From nothing, as in the text: a box far to the right then looks far.
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const BoxRow& row : rows) {
        least = std::min(least, row.quantiles.least);
        most = std::max(most, row.quantiles.most);
    }
    const MoneyAxis axis = MoneyAxis::around(least, most, 5);
    std::string ticks;
    std::string grid;
    for (const Tick& tick : axis.ticks(currency)) {
        ticks += fmt::format("<span style=\"{}\">{}</span>", label_style(tick.at), tick.label);
        grid += fmt::format("<span class=\"grid\" style=\"left:{:.2f}%\"></span>", 100 * tick.at);
    }
    // The line at nothing is drawn over the grid, because it is the one that counts.
    grid +=
        fmt::format("<span class=\"grid none\" style=\"left:{:.2f}%\"></span>", 100 * axis.at(0));
    std::string out =
        fmt::format("<figure class=\"boxes\"><figcaption>{}</figcaption><ul>", escaped(title));
    for (const BoxRow& row : rows) {
        out += fmt::format(
            "<li>{}<span class=\"track\">{}{}</span><span class=\"figure\">{}</span></li>",
            row_head(row.name, row.note), grid, box_drawing(row.quantiles, axis),
            escaped(row.text));
    }
    return out + fmt::format(
                     "<li class=\"axis\" aria-hidden=\"true\"><span></span><span class=\"ticks\">{}"
                     "</span><span></span></li></ul></figure>\n",
                     ticks);
}

}  // namespace tuma::replay
