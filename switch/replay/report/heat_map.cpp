#include "switch/replay/report/heat_map.h"

#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tuma::replay {
namespace {

constexpr std::int64_t cell = 10;
constexpr std::int64_t weeks_a_year = 54;  // a leap year from Sunday to Sunday touches so many

/// Monday of the week that 1 January of the year is in.
core::LocalDay first_monday(std::chrono::year year) {
    // ISO weeks begin on Monday, as the columns do.
    const core::LocalDay new_year{year / std::chrono::January / 1};
    const std::chrono::weekday weekday{new_year};
    return new_year - std::chrono::days{weekday.iso_encoding() - 1};
}

/// Column and row of a day in its year's block.
struct Place {
    std::int64_t week;
    std::int64_t weekday;
};
Place place_of(core::LocalDay day, core::LocalDay monday) {
    const std::int64_t index = (day - monday).count();
    return {index / 7, index % 7};
}

/// A column of cells as one piece of a path; the gaps between them are drawn over it.
std::string cells(Place from, std::int64_t count) {
    return fmt::format("M{} {}h9v{}h-9z", from.week * cell, from.weekday * cell, count * cell - 1);
}

/// The days of one year as paths: one for each level, and one for every day there is.
class YearPaths {
public:
    explicit YearPaths(std::chrono::year year) : monday_(first_monday(year)) {}

    void add(const DayRow& row, const DepthScale& scale) {
        const Place place = place_of(row.date, monday_);
        // Every day there is has a cell, short or not, so that a hole is a day without data.
        extend(all_, place);
        if (const int level = scale.level(row.closing_balance); level > 0) {
            extend(levels_[static_cast<std::size_t>(level - 1)], place);
        }
    }

    std::string svg() {
        // One path for each level instead of an element for each day: a browser draws thousands of
        // cells at once.
        std::string out = fmt::format(
            "<svg viewBox=\"0 0 {} 70\" aria-hidden=\"true\"><path class=\"there\" d=\"{}\"/>",
            weeks_a_year * cell, closed(all_));
        for (std::size_t i = 0; i < levels_.size(); ++i) {
            const std::string path = closed(levels_[i]);
            if (!path.empty()) out += fmt::format("<path class=\"d{}\" d=\"{}\"/>", i + 1, path);
        }
        out += "<path class=\"gaps\" d=\"";
        // The gaps are lines over the cells, which costs six lines and no cell.
        for (int row = 1; row < 7; ++row) out += fmt::format("M0 {}.5H540", row * cell - 1);
        return out + "\"/></svg>";
    }

private:
    /// Cells that follow each other down a column are one piece.
    struct Pieces {
        std::string path;
        Place from{};
        std::int64_t count = 0;
    };

    static void extend(Pieces& pieces, Place place) {
        if (pieces.count > 0 && place.week == pieces.from.week &&
            place.weekday == pieces.from.weekday + pieces.count) {
            ++pieces.count;
            return;
        }
        // The piece that was open is closed by the first cell that does not follow it.
        if (pieces.count > 0) pieces.path += cells(pieces.from, pieces.count);
        pieces.from = place;
        pieces.count = 1;
    }

    static std::string closed(const Pieces& pieces) {
        return pieces.count > 0 ? pieces.path + cells(pieces.from, pieces.count) : "";
    }

    core::LocalDay monday_;
    Pieces all_;
    std::array<Pieces, DepthScale::levels> levels_;
};

std::string month_labels() {
    std::string out = "<div class=\"months\" aria-hidden=\"true\">";
    for (unsigned month = 1; month <= 12; ++month) {
        // A month is 4.35 weeks; good enough for a label over many years at once.
        out += fmt::format("<span style=\"left:{:.1f}%\">{}</span>",
                           100 * (month - 1) * 4.35 / static_cast<double>(weeks_a_year),
                           month_name(std::chrono::month{month}));
    }
    return out + "</div>";
}

/// The largest of 1, 2, 5 x 10^n that is at most `size`, which is at least 1.
std::int64_t round_below(std::int64_t size) {
    std::int64_t power = 1;
    while (power <= size / 10) power *= 10;
    for (const int factor : {5, 2}) {
        if (power <= size / factor) return power * factor;
    }
    return power;
}

std::string data(std::span<const DayRow> rows) {
    std::string indexes;
    std::string balances;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        // Days that were not short need no figure; the script says so.
        if (rows[i].closing_balance >= 0) continue;
        const char* comma = indexes.empty() ? "" : ",";
        indexes += fmt::format("{}{}", comma, i);
        balances += fmt::format("{}{}", comma, rows[i].closing_balance);
    }
    return fmt::format(
        "<script type=\"application/json\">{{\"first\":{},\"days\":{},\"at\":[{}],\"v\":[{}]}}"
        "</script>",
        rows.front().date.time_since_epoch().count(), rows.size(), indexes, balances);
}

}  // namespace

DepthScale DepthScale::to(std::int64_t deepest) {
    DepthScale scale;
    // A scale that ends at nothing would divide by it.
    scale.deepest = std::max<std::int64_t>(deepest, 1);
    std::int64_t bound = scale.deepest;
    for (std::size_t i = scale.bounds.size(); i-- > 0;) {
        // A third each time: depths differ by orders of size, and equal steps would show the
        // deepest days only.
        bound = bound > 4 ? round_below(bound / 3) : 1;
        scale.bounds[i] = bound;
    }
    return scale;
}

int DepthScale::level(std::int64_t closing) const {
    if (closing >= 0) return 0;
    // The first bound that is deep enough.
    const auto above = std::find_if(bounds.begin(), bounds.end(),
                                    [&](std::int64_t bound) { return closing >= -bound; });
    return static_cast<int>(above - bounds.begin()) + 1;
}

std::string depth_legend(const DepthScale& scale, Currency currency) {
    std::string out = "<ul class=\"depths\"><li><span class=\"key there\"></span>not short</li>";
    std::int64_t before = 0;
    for (std::size_t i = 0; i < scale.bounds.size(); ++i) {
        // Bounds of a shallow scale meet at 1; their levels have no days.
        if (scale.bounds[i] == before || scale.bounds[i] >= scale.deepest) continue;
        before = scale.bounds[i];
        out += fmt::format("<li><span class=\"key d{}\"></span>to {}</li>", i + 1,
                           amount_text(-scale.bounds[i], currency));
    }
    return out + fmt::format("<li><span class=\"key d{}\"></span>to {}</li></ul>",
                             scale.level(-scale.deepest), amount_text(-scale.deepest, currency));
}

std::string heat_map(std::span<const DayRow> rows, const DepthScale& scale, Currency currency) {
    if (rows.empty()) return {};
    std::string out =
        fmt::format("<div class=\"heat\" data-decimals=\"{}\">{}",
                    find_currency(static_cast<std::uint16_t>(currency))->decimals, month_labels());
    for (std::size_t i = 0; i < rows.size();) {
        const std::chrono::year year = std::chrono::year_month_day{rows[i].date}.year();
        YearPaths paths(year);
        // A block for each year, since a year is what people compare.
        for (; i < rows.size() && std::chrono::year_month_day{rows[i].date}.year() == year; ++i) {
            paths.add(rows[i], scale);
        }
        out += fmt::format("<div class=\"year\" data-monday=\"{}\"><span>{}</span>{}</div>",
                           first_monday(year).time_since_epoch().count(), static_cast<int>(year),
                           paths.svg());
    }
    return out + data(rows) + "</div>";
}

}  // namespace tuma::replay
