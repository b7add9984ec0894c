// The report's page: complete, safe whatever the names, and the same every time.
#include "switch/replay/report/report_html.h"
#include "tests/support/markup.h"
#include "tests/switch/replay/report/sample_result.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace tuma;
using namespace tuma::replay;
using tuma::testing::Element;
using tuma::testing::Markup;
using tuma::testing::read_markup;
using tuma::testing::sample_result;
using tuma::testing::SampleRail;
using tuma::testing::SampleReplay;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::size_t count(const Markup& markup, std::string_view name) {
    return static_cast<std::size_t>(
        std::count_if(markup.elements.begin(), markup.elements.end(),
                      [&](const Element& element) { return element.name == name; }));
}

/// The page within its own words: no number that is none, no size below zero, nothing from outside.
void check_elements(const Markup& markup) {
    for (const Element& element : markup.elements) {
        for (const auto& attribute : element.attributes) {
            const std::string& key = attribute.first;
            const std::string& value = attribute.second;
            CAPTURE(element.name);
            CAPTURE(key);
            CAPTURE(value);
            const bool is_drawn = key == "d" || key == "style" || key == "x" || key == "y";
            if (is_drawn) CHECK((!contains(value, "nan") && !contains(value, "inf")));
            if (key == "width" || key == "height") CHECK(!contains(value, "-"));
            if (key == "d")
                CHECK(value.find_first_not_of("MLHVhvz-. 0123456789") == std::string::npos);
            if (key == "href") CHECK(value.starts_with("#"));
            CHECK(key != "src");
            CHECK(!key.starts_with("on"));
        }
    }
}

/// What holds for every page; gives the page's visible text.
std::string checked_text(const ReplayResult& result) {
    const std::string page = report_html(result);
    const Markup markup = read_markup(page);
    CHECK(markup.fault == "");
    CHECK(page.starts_with("<!doctype html>"));
    CHECK(page.ends_with("</html>\n"));
    check_elements(markup);
    for (const char* foreign : {"http://", "https://", "@import", "url(", "{}"}) {
        CAPTURE(std::string(foreign));
        CHECK(!contains(page, foreign));
    }
    for (const char* number : {" nan", "-nan", " inf", "-inf "})
        CHECK(!contains(markup.text, number));
    return markup.text;
}

std::vector<SampleRail> many_rails(std::size_t n) {
    std::vector<SampleRail> out;
    out.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        out.push_back({"rail_" + std::to_string(i), static_cast<std::int64_t>(10 * i),
                       static_cast<std::int64_t>(i % 31)});
    }
    return out;
}

}  // namespace

TEST_CASE("report: pages of all kinds of replays are well-formed and name every rail") {
    struct Row {
        const char* what;
        SampleReplay sample;
    };
    SampleReplay usual;
    SampleReplay one_rail{.rails = {{"only", 175, 2}}};
    SampleReplay one_day{.days = 1};
    SampleReplay calm{
        .rails = {{"cash", 0, 0}, {"till", 10, 0}}, .opening_days = 90, .outgoings_bp = 0};
    SampleReplay no_sales{.sales_a_day = 0};
    SampleReplay refunds{.sales_a_day = -500};
    SampleReplay bare{.has_advance = false, .has_fixed = false};
    SampleReplay yen{.currency = Currency::jpy};
    SampleReplay long_ago{.rails = many_rails(5), .days = 20'000};
    SampleReplay wide{.rails = many_rails(64), .days = 100};
    const Row rows[] = {{"usual", usual},      {"one rail", one_rail}, {"one day", one_day},
                        {"never short", calm}, {"no sales", no_sales}, {"refunds only", refunds},
                        {"bare", bare},        {"no decimals", yen},   {"54 years", long_ago},
                        {"64 rails", wide}};
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        const std::string text = checked_text(sample_result(row.sample));
        for (const SampleRail& rail : row.sample.rails) {
            CAPTURE(rail.name);
            // Table cells can be broken behind an underscore.
            std::string cell = rail.name;
            for (std::size_t at = cell.find('_'); at != std::string::npos;
                 at = cell.find('_', at + 2)) {
                cell.insert(at + 1, " ");
            }
            CHECK(contains(text, " " + cell));
        }
    }
}

TEST_CASE("report: a result without rails or days still makes a page") {
    ReplayResult nothing;
    CHECK(contains(checked_text(nothing), "No rail was replayed."));

    ReplayResult no_days = sample_result({});
    for (RailResult& rail : no_days.rails) {
        rail.base.days.clear();
        rail.with_advance->days.clear();
        rail.fixed_outgoings->days.clear();
    }
    const std::string text = checked_text(no_days);
    CHECK(contains(text, "The rails beside each other"));
    CHECK(!contains(text, "Cash with and without it"));
}

TEST_CASE("report: names and file names cannot become markup") {
    const std::string hostile[] = {
        "</script><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onload='alert(1)",
        "]]>--><!--",
        "&lt;b&gt; & co",
        std::string("zero\0byte", 9),
        "not UTF-8: \xC3\x28 \xED\xA0\x80 \xF8\x88 \xE2\x82",
        "turned \u202Earound\u202C",
        "</style><style>*{display:none}",
        "{0} {} %s",
    };
    const Markup usual = read_markup(report_html(sample_result({})));
    for (const std::string& name : hostile) {
        CAPTURE(name);
        ReplayResult result = sample_result({});
        result.sales_source = "dir/" + name;
        result.plan.source = name;
        result.sales_sha256 = name;
        result.sales.rows_bad = 1;
        result.sales.bad_rows = {{.line = 3, .reason = name}};
        result.plan.merchant.calendar = core::Calendar(name, {});
        for (std::size_t i = 0; i < result.rails.size(); ++i) {
            result.rails[i].name = name;
            result.rails[i].sentence = name;
            result.rails[i].head_hash = name;
            result.plan.rails[i].name = name;
            result.plan.rails[i].sentence = name;
            result.plan.rails[i].applies_to = name;
        }
        const std::string page = report_html(result);
        const Markup markup = read_markup(page);
        CHECK(markup.fault == "");
        check_elements(markup);
        CHECK(count(markup, "script") == count(usual, "script"));
        CHECK(count(markup, "style") == count(usual, "style"));
        CHECK(count(markup, "img") == 0);
        CHECK(!contains(page, "\u202E"));
    }
}

TEST_CASE("report: the same result gives the same bytes, whatever the time it took") {
    ReplayResult result = sample_result({});
    const std::string page = report_html(result);
    CHECK(report_html(sample_result({})) == page);

    result.seconds = 12.5;
    result.threads = 2;
    for (RailResult& rail : result.rails) rail.seconds = 1.25;
    CHECK(report_html(result) == page);
}

TEST_CASE("report: a page stays small") {
    struct Row {
        std::size_t rails;
        std::int64_t days;
        std::size_t bytes_max;
    };
    // Three years and a half on 15 rails; the largest plan there may be.
    const Row rows[] = {
        {15, 1'251, 800'000}, {rails_max, 2'000, 3'500'000}, {8, 20'000, 2'000'000}};
    for (const Row& row : rows) {
        CAPTURE(row.rails);
        CAPTURE(row.days);
        const std::string page =
            report_html(sample_result({.rails = many_rails(row.rails), .days = row.days}));
        CHECK(page.size() < row.bytes_max);
    }
}

TEST_CASE("report: calendars that would make the page too large are named instead") {
    const ReplayResult result = sample_result(
        {.rails = {{"a", 300, 0}, {"b", 310, 0}, {"c", 320, 0}}, .days = 9'000, .opening_days = 0});
    const std::string text = checked_text(result);
    REQUIRE(result.rails[2].base.measures.days_short > 7'000);
    CHECK(contains(text, "Not drawn, to keep the page small: c."));
}

TEST_CASE("report: sections come and go with what there is to show") {
    const std::string all = checked_text(sample_result({}));
    const std::string bare =
        checked_text(sample_result({.has_advance = false, .has_fixed = false}));
    for (const char* heading :
         {"What the advance did", "The same outgoings in equal instalments"}) {
        CAPTURE(std::string(heading));
        CHECK(contains(all, heading));
        CHECK(!contains(bare, heading));
    }
    for (const char* heading :
         {"The rails beside each other", "Cash in bank and till, day by day",
          "What the rails charge", "Days short", "Money in transit", "Working capital needed",
          "What is given and what is assumed", "How to check it"}) {
        CAPTURE(std::string(heading));
        CHECK(contains(all, heading));
        CHECK(contains(bare, heading));
    }
    const std::string calm = checked_text(
        sample_result({.rails = {{"cash", 0, 0}}, .opening_days = 90, .outgoings_bp = 0}));
    CHECK(contains(calm, "No rail leaves the till short on any day."));
}

TEST_CASE("report: the table has every measure of a rail with the currency's decimals") {
    ReplayResult result = sample_result({.rails = {{"card", 175, 2}}});
    RailResult& rail = result.rails[0];
    rail.fees = 1'234'567;
    rail.fee_share_micro = 17'498;
    Measures& measures = rail.base.measures;
    measures.days_short = 1'228;
    measures.longest_short_run = 1'108;
    measures.peak_financing = 9'876'543;
    measures.closing_end = -1'457'312;
    rail.with_advance->measures.advance->days_to_repay = 197;
    CHECK(contains(report_html(result), "<td class=\"n\" data-key=\"1234567\">12,345.67</td>"));
    struct Row {
        Currency currency;
        std::vector<const char*> texts;
    };
    const Row rows[] = {
        {Currency::gbp,
         {"12,345.67", "1.75 %", "1,228 (1,108)", "98,765.43", "−14,573.12", " 197 ", "GBP"}},
        {Currency::jpy, {"1,234,567", "9,876,543", "−1,457,312", "JPY"}},
        {Currency::kwd, {"1,234.567", "9,876.543", "−1,457.312", "KWD"}}};
    for (const Row& row : rows) {
        result.plan.merchant.currency = row.currency;
        const std::string text = checked_text(result);
        for (const char* part : row.texts) {
            CAPTURE(std::string(part));
            CHECK(contains(text, part));
        }
    }
}

TEST_CASE("report: what is wrong with the input is said") {
    ReplayResult result = sample_result({});
    CHECK(contains(checked_text(result), "No bad rows, no txn_id twice, in order of time."));
    CHECK(contains(checked_text(result), "A rule, as shares of sales: restock 60.00 %"));

    result.sales.rows_bad = 150;
    result.sales.bad_rows.assign(100, {.line = 1'234, .reason = "amount_minor: found \"x\""});
    result.sales.txn_ids_repeated = 1;
    result.sales.was_sorted = false;
    result.sales.rows_outside = 29;
    result.outgoings_are_real = true;
    result.rails[1].refused = 4;
    const std::string text = checked_text(result);
    for (const char* part :
         {"150 rows could not be used and were skipped", "The first 100 rows skipped", "line 1,234",
          "1 row with the txn_id of an earlier row", "put in order of time here",
          "29 rows outside the window", "The merchant's own, by date", "refused 4 payments"}) {
        CAPTURE(std::string(part));
        CHECK(contains(text, part));
    }
    CHECK(!contains(text, "restock"));
}
