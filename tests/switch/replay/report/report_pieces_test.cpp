// Numbers as text, axes, points and scales that the report is drawn with.
#include "ledger/words/time.h"
#include "switch/replay/report/axis.h"
#include "switch/replay/report/bars.h"
#include "switch/replay/report/cash_chart.h"
#include "switch/replay/report/heat_map.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <string>

using namespace tuma;
using namespace tuma::replay;

namespace {

std::vector<DayRow> rows_of(const std::vector<std::int64_t>& closings) {
    std::vector<DayRow> out(closings.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i].closing_balance = closings[i];
    return out;
}

}  // namespace

TEST_CASE("number text: groups, signs, decimals and plurals") {
    using Bounds = std::numeric_limits<std::int64_t>;
    CHECK(count_text(std::int64_t{0}) == "0");
    CHECK(count_text(std::int64_t{-1'000}) == "−1,000");
    CHECK(count_text(std::uint64_t{999}) == "999");
    CHECK(count_text(Bounds::min()) == "−9,223,372,036,854,775,808");
    CHECK(counted(1, "day") == "1 day");
    CHECK(counted(0, "day") == "0 days");
    CHECK(counted(1'251, "day") == "1,251 days");
    CHECK(counted(2, "entry", "entries") == "2 entries");
    CHECK(amount_text(-5, Currency::gbp) == "−0.05");
    CHECK(amount_text(123'456'789, Currency::gbp) == "1,234,567.89");
    CHECK(amount_text(1'234, Currency::jpy) == "1,234");
    CHECK(amount_text(1'234'567, Currency::kwd) == "1,234.567");
    CHECK(money_text(100, Currency::kes) == "KES 1.00");
}

TEST_CASE("number text: shares and tenths are rounded half-up, dates are two kinds of text") {
    CHECK(share_text(17'498) == "1.75 %");
    CHECK(share_text(0) == "0.00 %");
    CHECK(share_text(49) == "< 0.01 %");
    CHECK(share_text(50) == "0.01 %");
    CHECK(share_text(-50) == "−0.01 %");
    CHECK(share_text(1'000'000'000) == "100,000.00 %");
    CHECK(tenths_text(1'645'894, 35'659) == "46.2");
    CHECK(tenths_text(5, 100) == "0.1");
    CHECK(tenths_text(4, 100) == "0.0");
    CHECK(tenths_text(-4, 100) == "0.0");
    CHECK(tenths_text(-250, 100) == "−2.5");
    CHECK(tenths_text(1, 0) == std::nullopt);
    CHECK(tenths_text(1, -7) == std::nullopt);
    const core::LocalDay day{std::chrono::year{2016} / 2 / 29};
    CHECK(tuma::text(day) == "2016-02-29");
    CHECK(prose_day(day) == "29\u00A0Feb\u00A02016");
}

TEST_CASE("html: text of any kind is made harmless") {
    CHECK(escaped("a & <b> \"c\" 'd'") == "a &amp; &lt;b&gt; &quot;c&quot; &#39;d&#39;");
    CHECK(escaped("übung 中 €") == "übung 中 €");
    CHECK(escaped(std::string("\0\x01\x1B\x7F\u0085ok", 8)) == "ok");
    CHECK(escaped("\xC3") == "\uFFFD");
    CHECK(escaped("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80") ==
          "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    CHECK(escaped("a\u202Eb\u2066c\u200Fd\u061Ce\uFEFFf") == "abcdef");
    CHECK(breakable("a_b<") == "a_<wbr/>b&lt;");
    CHECK(prose("GBP 1.00, 2.00 % of it") == "GBP\u00A01.00, 2.00\u00A0% of it");
    CHECK(shortened("äöü", 3) == "äöü");
    CHECK(shortened("äöüß", 3) == "äöü…");
    CHECK(listed({}, 3) == "");
    CHECK(listed({"a", "b"}, 3) == "a and b");
    CHECK(listed({"a", "b", "c"}, 3) == "a, b and c");
    CHECK(listed({"a", "b", "c", "d"}, 2) == "a, b and 2 more");
    CHECK(file_name("a/b.csv") == "b.csv");
    CHECK(file_name("b.csv") == "b.csv");
    CHECK(file_name("a/") == "a/");
}

TEST_CASE("axis: holds zero and both ends on round steps, whatever they are") {
    CHECK(rc::check([](std::int64_t a, std::int64_t b) {
        const MoneyAxis axis = MoneyAxis::around(std::min(a, b), std::max(a, b), 6);
        RC_ASSERT(axis.low <= std::min<std::int64_t>(0, std::min(a, b)));
        RC_ASSERT(axis.high >= std::max<std::int64_t>(0, std::max(a, b)));
        RC_ASSERT(axis.low < axis.high);
        for (const std::int64_t value : {a, b, std::int64_t{0}}) {
            RC_ASSERT(axis.at(value) >= 0);
            RC_ASSERT(axis.at(value) <= 1);
        }
        const std::vector<Tick> ticks = axis.ticks(Currency::gbp);
        RC_ASSERT(ticks.size() >= 2u);
        RC_ASSERT(ticks.size() <= 9u);
    }));
    const MoneyAxis flat = MoneyAxis::around(0, 0, 6);
    CHECK(flat.low < flat.high);
    const MoneyAxis usual = MoneyAxis::around(-1'574'576, 1'069'168, 6);
    CHECK(usual.low == -2'000'000);
    CHECK(usual.high == 1'500'000);
    CHECK(usual.ticks(Currency::gbp).front().label == "−20,000");
    CHECK(MoneyAxis::around(0, 120, 6).ticks(Currency::gbp).back().label == "1.20");
}

TEST_CASE("axis: ticks of days are few, ascending and inside") {
    for (const std::int64_t days : {1, 2, 7, 30, 61, 365, 366, 1'251, 3'653, 20'000}) {
        CAPTURE(days);
        const auto ticks = day_ticks(core::LocalDay{std::chrono::year{2016} / 3 / 1}, days, 9);
        CHECK(!ticks.empty());
        CHECK(ticks.size() <= 12);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            CHECK(ticks[i].at >= 0);
            CHECK(ticks[i].at <= 1);
            if (i > 0) CHECK(ticks[i].at > ticks[i - 1].at);
        }
    }
    const auto years = day_ticks(core::LocalDay{std::chrono::year{2010} / 1 / 1}, 3'653, 10);
    CHECK(years.front().label == "2010");
    CHECK(years[1].label == "2011");
}

TEST_CASE("cash chart: a point is the lowest balance of its days, on the first day that had it") {
    const std::vector<DayRow> rows = rows_of({3, 1, 1, 5, 4, 6, 7, 9, -2, 8});
    const std::vector<CashPoint> weekly = {{1, 1}, {-2, 8}};
    CHECK(lowest_points(rows, 7) == weekly);
    CHECK(lowest_points(rows, 1).size() == rows.size());
    CHECK(lowest_points({}, 7).empty());

    CHECK(rc::check([](const std::vector<std::int64_t>& closings) {
        const std::vector<DayRow> days = rows_of(closings);
        for (const std::int64_t bucket : {1, 7, 28}) {
            const std::vector<CashPoint> points = lowest_points(days, bucket);
            RC_ASSERT(points.size() == (days.size() + static_cast<std::size_t>(bucket) - 1) /
                                           static_cast<std::size_t>(bucket));
            for (std::size_t i = 0; i < points.size(); ++i) {
                RC_ASSERT(points[i].index / bucket == static_cast<std::int64_t>(i));
                RC_ASSERT(points[i].closing == closings[static_cast<std::size_t>(points[i].index)]);
            }
            for (std::size_t i = 0; i < closings.size(); ++i) {
                RC_ASSERT(points[i / static_cast<std::size_t>(bucket)].closing <= closings[i]);
            }
        }
    }));
}

TEST_CASE("cash chart: days share a point as soon as there would be too many") {
    CHECK(days_a_point(1, 1) == 1);
    CHECK(days_a_point(400, 15) == 1);
    CHECK(days_a_point(401, 15) == 7);
    CHECK(days_a_point(1'251, 15) == 7);
    CHECK(days_a_point(400, 64) == 7);
    CHECK(days_a_point(20'000, 64) == 364);
}

TEST_CASE("heat map: deeper days never have a lower level") {
    CHECK(rc::check([](std::uint32_t deepest, std::uint32_t a, std::uint32_t b) {
        const DepthScale scale = DepthScale::to(deepest);
        RC_ASSERT(std::is_sorted(scale.bounds.begin(), scale.bounds.end()));
        RC_ASSERT(scale.bounds.front() >= 1);
        const std::int64_t shallow = std::min(a, b);
        const std::int64_t deep = std::max(a, b);
        RC_ASSERT(scale.level(-shallow) <= scale.level(-deep));
        RC_ASSERT((scale.level(-deep) == 0) == (deep == 0));
        RC_ASSERT(scale.level(-deep) <= DepthScale::levels);
    }));
    const DepthScale scale = DepthScale::to(1'574'576);
    CHECK(scale.bounds == std::array<std::int64_t, 4>{5'000, 20'000, 100'000, 500'000});
    CHECK(scale.level(0) == 0);
    CHECK(scale.level(-5'000) == 1);
    CHECK(scale.level(-5'001) == 2);
    CHECK(scale.level(-500'001) == 5);
    CHECK(depth_legend(DepthScale::to(1), Currency::gbp).find("to −0.01") != std::string::npos);
}

TEST_CASE("heat map: every day has a cell in its year's block, and short ones a colour") {
    std::vector<DayRow> rows(800);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].date = core::LocalDay{std::chrono::year{2023} / 12 / 30} + std::chrono::days{i};
        rows[i].closing_balance = i % 2 == 0 ? -500 : 5;
    }
    const std::string map = heat_map(rows, DepthScale::to(500), Currency::gbp);
    for (const char* part : {">2023<", ">2024<", ">2025<", ">2026<", "\"days\":800", "class=\"d5\"",
                             "M520 50h9v9h-9z"}) {
        CAPTURE(std::string(part));
        CHECK(map.find(part) != std::string::npos);
    }
    CHECK(map.find("class=\"d1\"") == std::string::npos);
    // Days that follow each other down a column are one piece.
    for (DayRow& row : rows) row.closing_balance = -500;
    CHECK(heat_map(rows, DepthScale::to(500), Currency::gbp).find("M10 0h9v69h-9zM20 0h9v69h-9z") !=
          std::string::npos);
    // Days that follow each other down a column are one piece.
    for (DayRow& row : rows) row.closing_balance = -500;
    CHECK(heat_map(rows, DepthScale::to(500), Currency::gbp).find("M10 0h9v69h-9zM20 0h9v69h-9z") !=
          std::string::npos);
    CHECK(heat_map({}, DepthScale::to(1), Currency::gbp) == "");
}

TEST_CASE("bars: quantiles are values by nearest rank") {
    CHECK(quantiles({}) == Quantiles{});
    CHECK(quantiles({7}) == Quantiles{7, 7, 7, 7, 7, 7, 7});
    CHECK(quantiles({50, 10, 40, 20, 30}) == Quantiles{10, 10, 20, 30, 40, 50, 50});
    CHECK(quantiles({50, 10, 40, 20, 30}) == Quantiles{10, 10, 20, 30, 40, 50, 50});
    std::vector<std::int64_t> hundred(100);
    for (std::size_t i = 0; i < hundred.size(); ++i)
        hundred[99 - i] = static_cast<std::int64_t>(i) + 1;
    CHECK(quantiles(hundred) == Quantiles{1, 5, 25, 50, 75, 95, 100});
}
