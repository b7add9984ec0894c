// The drawing is stretched to whatever room there is, 1000 x 1000 units without its own
// proportions, so that text around it keeps its size on a telephone as on a wall.
#include "switch/replay/report/cash_chart.h"

#include "switch/replay/report/axis.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::replay {
namespace {

/// A chart with what is computed from it once.
struct Layout {
    const CashChart& chart;
    std::int64_t days;
    std::int64_t bucket;
    std::vector<std::vector<CashPoint>> points;  ///< by line
    MoneyAxis axis;
};

Layout laid_out(const CashChart& chart) {
    Layout layout{chart, static_cast<std::int64_t>(chart.lines[0].days.size()), 1, {}, {}};
    // How many days share a point depends on all lines together: the page has one size for all.
    layout.bucket = days_a_point(layout.days, chart.lines.size());
    std::int64_t least = 0;
    std::int64_t most = 0;
    layout.points.reserve(chart.lines.size());
    for (const CashLine& line : chart.lines) {
        // Scaled by what is drawn, and not by what was left out.
        layout.points.push_back(lowest_points(line.days, layout.bucket));
        for (const CashPoint& point : layout.points.back()) {
            least = std::min(least, point.closing);
            most = std::max(most, point.closing);
        }
    }
    layout.axis = MoneyAxis::around(least, most, 6);
    return layout;
}

double top_of(const MoneyAxis& axis, std::int64_t minor) {
    return 1 - axis.at(minor);
}

std::string grid(const Layout& layout, const std::vector<Tick>& day_ticks) {
    std::string out;
    if (layout.chart.shaded) {
        const core::LocalDay first = layout.chart.lines[0].days.front().date;
        const auto at = [&](core::LocalDay day) {
            // An advance can begin before the drawn part and end behind it.
            return 1000 * std::clamp(day_at((day - first).count(), layout.days), 0.0, 1.0);
        };
        const double from = at(layout.chart.shaded->first);
        const double to = std::max(at(layout.chart.shaded->second), from);
        // Much higher than the drawing: the script changes its height when lines are hidden.
        out += fmt::format(
            "<rect class=\"shade\" x=\"{:.1f}\" y=\"-100000\" width=\"{:.1f}\" height=\"200000\"/>",
            from, to - from);
    }
    for (const Tick& tick : day_ticks) {
        out += fmt::format("<path class=\"grid\" d=\"M{:.1f} -100000V100000\"/>", 1000 * tick.at);
    }
    out += "<g class=\"levels\">";
    for (const Tick& tick : layout.axis.ticks(layout.chart.currency)) {
        out += fmt::format("<path class=\"grid\" d=\"M0 {:.1f}H1000\"/>", 1000 * (1 - tick.at));
    }
    return out + fmt::format("</g><path class=\"zero\" d=\"M0 {:.1f}H1000\"/>",
                             1000 * top_of(layout.axis, 0));
}

std::string line_path(const Layout& layout, std::size_t line) {
    std::string path;
    for (const CashPoint& point : layout.points[line]) {
        // One decimal of a thousandth is finer than a screen.
        path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L",
                            1000 * day_at(point.index, layout.days),
                            1000 * top_of(layout.axis, point.closing));
    }
    // A line of one point would not be seen; its round cap is.
    const bool is_point = layout.points[line].size() == 1;
    if (is_point) path += "h0.1";
    const CashLine& data = layout.chart.lines[line];
    return fmt::format(
        "<path class=\"line {}{}\" data-line=\"{}\" d=\"{}\"><title>{}{}{}</title></path>",
        line_classes(data.style), is_point ? " point" : "", line, path, escaped(data.name),
        data.note.empty() ? "" : ": ", escaped(data.note));
}

std::string level_labels(const Layout& layout) {
    std::string out = "<div class=\"levels\" aria-hidden=\"true\">";
    for (const Tick& tick : layout.axis.ticks(layout.chart.currency)) {
        out +=
            fmt::format("<span style=\"top:{:.2f}%\">{}</span>", 100 * (1 - tick.at), tick.label);
    }
    return out + "</div>";
}

std::string day_labels(const std::vector<Tick>& ticks) {
    std::string out = "<div class=\"days\" aria-hidden=\"true\">";
    for (const Tick& tick : ticks) {
        out += fmt::format("<span style=\"{}\">{}</span>", label_style(tick.at), tick.label);
    }
    return out + "</div>";
}

/// Names at the ends of the lines, moved apart where they would cover each other.
std::string end_labels(const Layout& layout) {
    constexpr double apart = 0.034;  // a line of small text in the drawing's least height
    const std::size_t lines = layout.chart.lines.size();
    // Too many names would cover each other, whatever is done; the legend has them.
    if (!layout.chart.labels_lines || static_cast<double>(lines) * apart > 1) return {};
    std::vector<std::pair<double, std::size_t>> places;
    places.reserve(lines);
    for (std::size_t i = 0; i < lines; ++i) {
        places.emplace_back(top_of(layout.axis, layout.points[i].back().closing), i);
    }
    // Stable, so that lines with equal ends keep the order of the plan.
    std::stable_sort(places.begin(), places.end());
    std::vector<double> shown;
    shown.reserve(lines);
    for (const auto& place : places) {
        // Downwards first: each name below the one before.
        shown.push_back(shown.empty() ? std::max(place.first, 0.0)
                                      : std::max(place.first, shown.back() + apart));
    }
    for (std::size_t i = lines; i-- > 0;) {
        // Then upwards, for those that were pushed out of the drawing.
        const double most = i + 1 == lines ? 1.0 : shown[i + 1] - apart;
        shown[i] = std::min(shown[i], most);
    }
    std::string leaders;
    std::string labels;
    for (std::size_t i = 0; i < lines; ++i) {
        const CashLine& line = layout.chart.lines[places[i].second];
        leaders +=
            fmt::format("<path class=\"leader c{}\" data-line=\"{}\" d=\"M0 {:.1f}L100 {:.1f}\"/>",
                        line.style % 8, places[i].second, 1000 * places[i].first, 1000 * shown[i]);
        // Long names would reach into the next column; the legend has them whole.
        labels += fmt::format(
            "<span class=\"c{}\" data-line=\"{}\" style=\"top:{:.2f}%\">{}</span>", line.style % 8,
            places[i].second, 100 * shown[i], escaped(shortened(line.name, 20)));
    }
    return fmt::format(
        "<div class=\"ends\" aria-hidden=\"true\"><svg viewBox=\"0 0 100 1000\" "
        "preserveAspectRatio=\"none\">{}</svg>{}</div>",
        leaders, labels);
}

std::string legend(const Layout& layout) {
    std::string out = "<ul class=\"legend\">";
    for (std::size_t i = 0; i < layout.chart.lines.size(); ++i) {
        const CashLine& line = layout.chart.lines[i];
        // Pressed and title are there without the script too: they say what is shown.
        out += fmt::format(
            "<li><button type=\"button\" data-line=\"{}\" aria-pressed=\"true\" title=\"{}\">{}"
            "<span class=\"name\">{}</span><span class=\"value\">{}</span></button></li>",
            i, escaped(line.note), swatch(line.style), escaped(line.name),
            amount_text(line.days.back().closing_balance, layout.chart.currency));
    }
    return out + "</ul>";
}

/// Balances, and where within its points each was lowest, for the script.
std::string data(const Layout& layout) {
    std::string balances;
    std::string offsets;
    for (const std::vector<CashPoint>& points : layout.points) {
        std::string line;
        std::string days;
        for (const CashPoint& point : points) {
            line += fmt::format("{}{}", line.empty() ? "" : ",", point.closing);
            // Only the offset within the point: the script knows the rest, and the page stays
            // smaller.
            days += fmt::format("{}{}", days.empty() ? "" : ",", point.index % layout.bucket);
        }
        balances += fmt::format("{}[{}]", balances.empty() ? "" : ",", line);
        offsets += fmt::format("{}[{}]", offsets.empty() ? "" : ",", layout.bucket > 1 ? days : "");
    }
    // The script has to write amounts as the rest of the page does.
    const int decimals = find_currency(static_cast<std::uint16_t>(layout.chart.currency))->decimals;
    return fmt::format(
        "<script type=\"application/json\">{{\"decimals\":{},\"first\":{},\"days\":{},"
        "\"bucket\":{},\"low\":{},\"high\":{},\"v\":[{}],\"d\":[{}]}}</script>",
        decimals, layout.chart.lines[0].days.front().date.time_since_epoch().count(), layout.days,
        layout.bucket, layout.axis.low, layout.axis.high, balances, offsets);
}

}  // namespace

std::int64_t days_a_point(std::int64_t days, std::size_t lines) {
    // What a page can show, and what a browser draws without a pause.
    constexpr std::int64_t points_max = 400;
    constexpr std::int64_t points_in_all_max = 12'000;
    constexpr std::int64_t steps[] = {1, 7, 28, 91, 364};
    for (const std::int64_t step : steps) {
        const std::int64_t points = (days + step - 1) / step;
        if (points <= points_max &&
            points * static_cast<std::int64_t>(lines) <= points_in_all_max) {
            return step;
        }
    }
    return steps[4];
}

std::vector<CashPoint> lowest_points(std::span<const DayRow> days, std::int64_t days_a_point) {
    std::vector<CashPoint> out;
    out.reserve(days.size() / static_cast<std::size_t>(days_a_point) + 1);
    for (std::size_t i = 0; i < days.size(); ++i) {
        const CashPoint point{days[i].closing_balance, static_cast<std::int64_t>(i)};
        // The lowest of its days, never the mean: one short day must stay visible.
        if (point.index % days_a_point == 0) {
            out.push_back(point);
        } else if (point.closing < out.back().closing) {
            out.back() = point;
        }
    }
    return out;
}

std::string cash_chart(const CashChart& chart) {
    if (chart.lines.empty() || chart.lines[0].days.empty()) return {};
    const Layout layout = laid_out(chart);
    const core::LocalDay first = chart.lines[0].days.front().date;
    const std::vector<Tick> ticks = day_ticks(first, layout.days, 9);
    std::string drawing = grid(layout, ticks);
    for (std::size_t i = 0; i < chart.lines.size(); ++i) drawing += line_path(layout, i);
    std::size_t widest = 0;
    for (const Tick& tick : layout.axis.ticks(chart.currency))
        // The axis's width is set by its longest label, before anything is drawn.
        widest = std::max(widest, tick.label.size());
    const std::string ends = end_labels(layout);
    const std::string shade = chart.shaded ? fmt::format("<span class=\"shade-key\">{}</span>",
                                                         escaped(chart.shade_label))
                                           : "";
    // Bounded, because the width comes from amounts.
    return fmt::format(
        "<figure class=\"cash{}\" style=\"--levels:{}ch\"><figcaption>{} {}<output>{}</output>"
        "</figcaption><div class=\"plot\">{}<div class=\"field\" tabindex=\"0\" role=\"img\" "
        "aria-label=\"{}\"><svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" "
        "aria-hidden=\"true\">{}</svg></div>{}{}</div>{}{}</figure>\n",
        ends.empty() ? "" : " labelled", std::clamp<std::size_t>(widest, 2, 24),
        escaped(chart.title), shade, "at the end, " + prose_day(chart.lines[0].days.back().date),
        level_labels(layout), escaped(chart.title), drawing, ends, day_labels(ticks),
        legend(layout), data(layout));
}

}  // namespace tuma::replay
