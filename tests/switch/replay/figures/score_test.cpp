// The score of a small merchant from files to text and JSON.
#include "switch/replay/figures/score.h"

#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace tuma;
using namespace tuma::replay;

namespace {

constexpr const char* plan_text = R"(
[merchant]
currency = "KES"
from = 2024-01-01
to = 2024-07-18
[outgoings]
restock_bp = 10000
wages_bp = 0
draw_bp = 0
rent_bp = 0
[[rail]]
name = "till"
[[rail]]
name = "card"
fee_bp = 200
lag_days = 2
)";

/// 200 days with one sale of 10.00 each, two buyers in turn.
std::filesystem::path write_sales(const std::filesystem::path& folder) {
    const auto path = folder / "sales.csv";
    std::ofstream file(path);
    file << "txn_id,ts,amount_minor,customer\n";
    const auto first = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
    for (int i = 0; i < 200; ++i) {
        const std::chrono::year_month_day date{first + std::chrono::days{i}};
        file << "T" << i << ",2024-" << (static_cast<unsigned>(date.month()) < 10 ? "0" : "")
             << static_cast<unsigned>(date.month()) << '-'
             << (static_cast<unsigned>(date.day()) < 10 ? "0" : "")
             << static_cast<unsigned>(date.day()) << "T12:00:00,1000,B" << i % 2 << '\n';
    }
    return path;
}

Score score_on(std::size_t rail, const GridPlan& grid, const std::string& text = plan_text) {
    const TemporaryDirectory folder;
    const auto plan = parse_plan(text, "plan.toml", {});
    REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().text()));
    SalesFile::Options options;
    options.from = plan->merchant.from;
    options.to = plan->merchant.to;
    const auto sales = SalesFile::open(write_sales(folder.path()), options);
    REQUIRE(sales);
    auto score = make_score(*plan, rail, *sales, nullptr, grid);
    REQUIRE_MESSAGE(score, (score ? "" : score.error().text()));
    return std::move(score).value();
}

GridPlan one_offer(std::int64_t yield_bp = 0) {
    GridPlan grid;
    grid.yield_bp = yield_bp;
    grid.offers = {{10, 11'200, 1'000}};
    return grid;
}

bool is_without_fractions(const boost::json::value& value) {
    if (value.is_double()) return false;
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array)
            if (!is_without_fractions(element)) return false;
    }
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object)
            if (!is_without_fractions(member.value())) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("score: features and an advance on the till, through the switch") {
    const Score score = score_on(0, one_offer());

    CHECK(score.features.active_days == 180);
    CHECK(score.features.repeat_buyer_ppm == 1'000'000);
    CHECK(score.features.top_customer_sales_ppm == 500'000);
    CHECK(score.features.top_customer_value_ppm == 500'000);
    CHECK(score.average_day == 1'000);
    CHECK(score.base.opening == 2'000);
    // Each day's sale restocks the next day; the last one's is left.
    CHECK(score.base.closing_end == 3'000);
    REQUIRE(score.outcomes.size() == 1);
    const OfferOutcome& outcome = score.outcomes.front();
    CHECK(outcome.principal == 10'000);
    CHECK(outcome.due == 11'200);
    CHECK(outcome.days_to_repay == 112);
    CHECK(outcome.closing_end == 3'000 - 1'200);
    CHECK(outcome.days_short == 0);
}

TEST_CASE("score: a rail that pays later and takes a fee is another score") {
    const Score score = score_on(1, one_offer());
    CHECK(score.rail.name == "card");
    CHECK(score.features == score_on(0, one_offer()).features);
    // 20 of each sale that settled.
    CHECK(score.base.closing_end == 2'000 + 198 * 980 - 199 * 1'000);
    CHECK(score.base.days_short > 0);
    CHECK(score.outcomes.front().days_to_repay == 112);
    CHECK(score.outcomes.front().days_short < score.base.days_short);
}

TEST_CASE(
    "score: a month without an advance in the plan has its features, and says why no offers") {
    std::string month = plan_text;
    month.replace(month.find("2024-07-18"), 10, "2024-01-31");
    Score score = score_on(0, one_offer(), month);
    CHECK(score.features.days == 31);
    CHECK(score.features.active_days == 31);
    CHECK(score.outcomes.empty());
    score.sales_source = "sales.csv";
    const std::string text = score_text(score);
    CHECK(text.find("in the 31 days up to 2024-01-31") != std::string::npos);
    CHECK(
        text.ends_with("\nno advances: day 60 of the window, 2024-03-01, lies behind its end; "
                       "[advance] in the plan names another day\n"));
    const auto json = boost::json::parse(score_json(score, "9.9"));
    CHECK(json.at("advance").is_null());
    CHECK(json.at("features").at("active_days").as_int64() == 31);

    // Day 60 is the last of 61 days.
    month.replace(month.find("2024-01-31"), 10, "2024-03-01");
    CHECK(score_on(0, one_offer(), month).outcomes.size() == 1);
}

TEST_CASE("score: the JSON holds integers, names and dates") {
    const auto json = boost::json::parse(score_json(score_on(0, one_offer(3)), "9.9"));
    CHECK(is_without_fractions(json));
    CHECK(json.at("format").as_string() == "tuma-score-1");
    CHECK(json.at("version").as_string() == "9.9");
    CHECK(json.at("features").at("active_days_ppm").as_int64() == 1'000'000);
    CHECK(json.at("features").at("mean_day_minor").as_int64() == 1'000);
    CHECK(json.at("features").at("longest_gap_days").as_int64() == 0);
    CHECK(json.at("features").at("trend_90_days_ppm").as_int64() == 0);
    CHECK(json.at("rail").at("name").as_string() == "till");
    CHECK(json.at("advance").at("day").as_string() == "2024-03-01");
    CHECK(json.at("advance").at("yield_bp").as_int64() == 3);
    const auto& offer = json.at("advance").at("offers").at(0);
    CHECK(offer.at("cost").as_int64() == 1'200);
    CHECK(offer.at("earned").as_int64() == 3 * 112);
    CHECK(offer.at("repaid_on").as_string() == "2024-06-21");
    CHECK(offer.at("break_even_ppm_a_day").as_int64() == 1'071);
}

TEST_CASE("score: the text has a line a feature, a line an offer, and says what is assumed") {
    Score score = score_on(0, one_offer());
    score.sales_source = "sales.csv";
    const std::string text = score_text(score);
    for (const char* words :
         {"sales.csv: 180 payments, 0 of them refunds, in the 180 days up to 2024-07-18",
          "  active_days          100.00 %", "KES 10.00",
          "advances on 2024-03-01 on the rail till (the plan's first; --rail=NAME takes another)",
          "by the plan's rule, which is an assumption", "only left in the account", "  none  ",
          "  1.12  112.00   10.00 %        112"}) {
        CAPTURE(words);
        CHECK(text.find(words) != std::string::npos);
    }
    score.is_rail_chosen = true;
    score.grid.yield_bp = 25;
    const std::string chosen = score_text(score);
    CHECK(chosen.find("on the rail till: ") != std::string::npos);
    CHECK(chosen.find("earns 0.25 % of the principal a day") != std::string::npos);
}
