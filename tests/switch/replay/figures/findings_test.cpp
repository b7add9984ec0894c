// Sentences about a replay: each is computed, and none is said of what is not there.
#include "switch/replay/figures/findings.h"

#include "switch/replay/figures/causes.h"
#include "switch/replay/figures/variant_words.h"
#include "switch/replay/run/measures.h"
#include "tests/switch/replay/report/sample_result.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace tuma;
using namespace tuma::replay;
using tuma::testing::rail_of;
using tuma::testing::result_of;
using tuma::testing::sample_result;

namespace {

std::string finding(const ReplayResult& result, std::string_view topic) {
    for (const Finding& one : findings(result)) {
        if (one.topic == topic) return one.text;
    }
    return "";
}

/// Gives the rail fees and money in transit on each of its days.
RailResult charged(RailResult rail, const std::vector<std::int64_t>& fees,
                   const std::vector<std::int64_t>& receivables) {
    for (std::size_t i = 0; i < rail.base.days.size(); ++i) {
        rail.base.days[i].fees = fees[i];
        rail.base.days[i].receivable = receivables[i];
        rail.fees += fees[i];
    }
    rail.fees_settled = rail.fees;
    rail.fee_share_micro = fee_share_micro(rail.fees, rail.gross);
    rail.base.measures = measure(rail.base.days, 100, {});
    return rail;
}

}  // namespace

TEST_CASE("findings: the headline counts the rails that are never short") {
    const auto never = [] { return rail_of("a", {5, 0, 5}); };
    const auto once = [] { return rail_of("b", {5, -1, 5}); };
    const auto often = [] { return rail_of("c", {-5, -1, -7}); };
    struct Row {
        std::vector<RailResult> rails;
        const char* words;
    };
    const Row rows[] = {
        {{}, "No rail was replayed."},
        {{never()}, "a never leaves the till short in 3 days."},
        {{rail_of("a", {7})}, "a never leaves the till short in 1 day."},
        {{once()}, "b leaves the till short on 1 of 3 days."},
        {{often()}, "c leaves the till short on 3 of 3 days, all in a row."},
        {{rail_of("d", {-1, 0, -1, -1})},
         "d leaves the till short on 3 of 4 days, up to 2 in a row."},
        {{never(), never()}, "None of the 2 rails ever leaves the till short."},
        {{once(), often()}, "Each of the 2 rails leaves the till short at times."},
        {{never(), once()}, "Of 2 rails, 1 never leaves the till short."},
        {{never(), never(), once()}, "Of 3 rails, 2 never leave the till short."},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.words));
        CHECK(headline(result_of(row.rails)) == row.words);
    }
}

TEST_CASE("findings: who is short is told by name and by range") {
    const RailResult a = rail_of("a", {1, 1, 1, 1});
    const RailResult b = rail_of("b", {1, -1, 1, 1});
    const RailResult c = rail_of("c", {-1, -1, -1, 1});
    CHECK(finding(result_of({a, b, c}), "Days short") ==
          "Never short: a. The other 2 are short on 1 to 3 of 4 days.");
    CHECK(finding(result_of({a, b}), "Days short") ==
          "Never short: a. The other one is short on 1 of 4 days.");
    CHECK(finding(result_of({c, b}), "Days short") ==
          "They are short on 1 to 3 of 4 days; fewest on b.");
    CHECK(finding(result_of({a, a}), "Days short") == "");
    CHECK(finding(result_of({a, a}), "Hardest on the cash") == "");
}

TEST_CASE("findings: the hardest rail has the most days short, then the deepest") {
    const RailResult shallow = rail_of("shallow", {-1, -1});
    const RailResult deep = rail_of("deep", {-9'999'900, -1});
    const RailResult rare = rail_of("rare", {-88'888'800, 1});
    const std::string words = finding(result_of({rare, shallow, deep}), "Hardest on the cash");
    CHECK(
        words.starts_with("deep (terms of deep) is short on 2 of 2 days, all in a row, at worst "
                          "GBP 99,999.00 below zero on 1\u00A0Jan\u00A02024."));
}

TEST_CASE("findings: the cause of being short is what would have undone it") {
    struct Row {
        std::vector<std::int64_t> closings, fees, receivables;
        const char* words;
    };
    const std::vector<std::int64_t> ten_short(10, -100);
    const std::vector<std::int64_t> none(10, 0);
    const std::vector<std::int64_t> much(10, 1'000);
    const std::vector<std::int64_t> little(10, 1);
    // Each day's fees are taken for good: 60 a day make up for 100 from the second day on.
    const std::vector<std::int64_t> some(10, 60);
    const Row rows[] = {
        {{5}, {0}, {0}, ""},
        {ten_short, none, none, "No fee was taken and its money comes on the day of the sale"},
        {ten_short, much, none, "without its fee it would never have been short"},
        {ten_short, little, none, "without its fee it would still have been short on 10 days"},
        {ten_short, none, much,
         "had its money come on the day of the sale, it would never have been"},
        {ten_short, much, much, "it would never have been short: it takes both."},
        {ten_short, some, much, "It takes both, fee and delay."},
        {ten_short, little, much, "It is the delay, not the fee."},
        {ten_short, much, little, "It is the fee, not the delay."},
        {ten_short, little, little,
         "With neither fee nor delay it would still be short on 10 days"},
        {ten_short,
         little,
         {0, 0, 0, 0, 0, 200, 200, 200, 200, 200},
         "still have been short on 5 days. The delay weighs more than the fee."},
        {{-1, -1, -1, -1, -1, -1, -1, -1, -9, -11},
         little,
         none,
         "would still have been short on 1 day."},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.words));
        const RailResult rail = charged(rail_of("x", row.closings), row.fees, row.receivables);
        const std::string words = cause_words(rail);
        CAPTURE(words);
        CHECK(words.find(row.words) != std::string::npos);
        CHECK(words.empty() == (std::string_view(row.words).empty()));
    }
}

TEST_CASE("findings: without fees or delay a rail is never short more often") {
    CHECK(rc::check(
        [](const std::vector<std::int16_t>& closings, const std::vector<std::uint8_t>& extra) {
            Variant variant;
            for (std::size_t i = 0; i < closings.size(); ++i) {
                DayRow row;
                row.closing_balance = closings[i];
                row.fees = extra.empty() ? 0 : extra[i % extra.size()];
                row.receivable = extra.empty() ? 0 : 30 * extra[(i + 1) % extra.size()];
                variant.days.push_back(row);
            }
            const auto days_short = static_cast<std::int64_t>(std::count_if(
                closings.begin(), closings.end(), [](auto closing) { return closing < 0; }));
            const ShortWithout without = short_without(variant);
            RC_ASSERT(without.fees <= days_short);
            RC_ASSERT(without.delay <= days_short);
            RC_ASSERT(without.both <= std::min(without.fees, without.delay));
        }));
}

TEST_CASE("findings: fees are told from the least to the most") {
    const std::vector<std::int64_t> no(2, 0);
    const auto rail = [&](const char* name, std::int64_t fee,
                          const std::vector<std::int64_t>& closings) {
        return charged(rail_of(name, closings), {fee, 0}, no);
    };
    const RailResult free = rail("free", 0, {1, 1});
    const RailResult cheap = rail("cheap", 5'000, {-1, -1});
    const RailResult dear = rail("dear", 17'500, {1, -1});
    CHECK(finding(result_of({free, dear}), "Fees") ==
          "From nothing (free) to GBP 175.00, 1.75 % of sales (dear).");
    CHECK(finding(result_of({free, free}), "Fees") == "No rail takes a fee.");
    CHECK(finding(result_of({free}), "Fees") == "It takes no fee.");
    CHECK(finding(result_of({dear}), "Fees") == "It takes GBP 175.00, 1.75 % of sales.");
    CHECK(finding(result_of({dear, dear}), "Fees") ==
          "Every rail takes GBP 175.00, 1.75 % of sales.");
    CHECK(finding(result_of({dear, cheap}), "Fees") ==
          "From GBP 50.00 (cheap) to GBP 175.00, 1.75 % of sales (dear). The dearest is not the "
          "hardest on the cash: dear takes GBP 125.00 more than cheap, and is short on 1 day "
          "against 2.");
}

TEST_CASE("findings: two rails of the same fee are compared by when the money comes") {
    const std::vector<std::int64_t> no(3, 0);
    const auto rail = [&](const char* name, const std::vector<std::int64_t>& closings) {
        return charged(rail_of(name, closings), {700, 0, 0}, no);
    };
    const ReplayResult result = result_of(
        {rail("a", {-1, 1, 1}), rail("b", {1, 1, 1}), rail("c", {-1, -1, 1}),
         rail_of("free", {1, 1, 1}), charged(rail_of("dear", {-1, -1, -1}), {800, 0, 0}, no)});
    CHECK(
        finding(result, "Same fee, other day") ==
        "b (terms of b) and c (terms of c) take the same, GBP 7.00; what differs is when the money "
        "comes. The first is never short, the second on 2 days.");
    CHECK(finding(result_of({rail_of("x", {-1}), rail_of("y", {1})}), "Same fee, other day") == "");
}

TEST_CASE("findings: opening cash and money in transit are in money and in days of sales") {
    const RailResult none = rail_of("none", {200, 150});
    const RailResult needs = charged(rail_of("needs", {200, -1'150}), {0, 0}, {400, 1'600});
    const ReplayResult both = result_of({none, needs});
    CHECK(finding(both, "Opening cash") ==
          "On 1 of 2 rails the merchant could have begun with nothing. Never to be short, the most "
          "is "
          "needed on needs: GBP 12.50 (2.5 average days of sales). Here it begins with GBP 1.00.");
    CHECK(finding(both, "Money in transit") ==
          "Sold but not yet paid out, most on needs: GBP 10.00 (2.0 average days of sales) on "
          "average, GBP 16.00 at most. Nothing on 1 of 2 rails.");
    CHECK(finding(result_of({none}), "Opening cash") ==
          "It could have begun with nothing. Here it begins with GBP 1.00.");
    CHECK(finding(result_of({none}), "Money in transit") == "");

    ReplayResult no_sales = result_of({needs});
    no_sales.average_day = 0;
    CHECK(finding(no_sales, "Opening cash") ==
          "Never to be short it would have to begin with GBP 12.50. Here it begins with GBP 1.00.");
}

TEST_CASE("findings: the advance is told with its cost, its repayment and what it changed") {
    const ReplayResult result = sample_result({});
    std::int64_t soonest = result.plan.merchant.to.time_since_epoch().count();
    for (const RailResult& rail : result.rails) {
        soonest = std::min(soonest, rail.with_advance->measures.advance->days_to_repay.value());
    }
    const std::string words = finding(result, "The advance");
    CHECK(words.find("12.00 % of what was lent") != std::string::npos);
    CHECK(words.find("1\u00A0Mar\u00A02024") != std::string::npos);
    CHECK(words.find("repaid after " + std::to_string(soonest) + " days") != std::string::npos);
    CHECK(advance_shortness_words(result).find("days short on") != std::string::npos);

    const ReplayResult open = sample_result({.days = 70});
    CHECK(advance_words(open).find("not repaid on any rail by the last day") != std::string::npos);
    const ReplayResult late = sample_result({.days = 30});
    CHECK(finding(late, "The advance") ==
          "It would have been lent on 1\u00A0Mar\u00A02024, after the last day.");
    const ReplayResult poor = sample_result({.sales_a_day = 0});
    CHECK(finding(poor, "The advance") ==
          "There was nothing to lend: an average day comes to nothing.");
    CHECK(finding(sample_result({.has_advance = false}), "The advance") == "");
}

TEST_CASE("findings: fixed outgoings are set beside the rule, with what no rail is to blame for") {
    ReplayResult result = result_of({rail_of("plain", {1, 1, 1}), rail_of("other", {-1, -1, -1})});
    result.rails[0].fixed_outgoings = rail_of("", {-1, -1, 1}).base;
    result.rails[1].fixed_outgoings = rail_of("", {1, 1, 1}).base;
    CHECK(
        fixed_outgoings_words(result) ==
        "Wages, draw and rent paid in equal instalments of the same totals, rather than as shares "
        "of sales, mean more days short on 1 rail (plain, from 0 to 2 days) and fewer on 1 rail "
        "(other, from 3 to 0 days). plain, which neither charges nor delays, is short on 2 days "
        "then: that much is no rail's doing.");
    CHECK(fixed_outgoings_words(result_of({rail_of("a", {1})})) == "");
}

TEST_CASE("findings: no sales, refunds that take up all sales, and refusals are said") {
    const auto said = [](const ReplayResult& result, const char* topic, const char* part) {
        return finding(result, topic).find(part) != std::string::npos;
    };
    CHECK(said(sample_result({.sales_a_day = 0}), "Sales", "There are none from 1\u00A0Jan"));
    CHECK(said(sample_result({.sales_a_day = -500}), "Sales", "Refunds take up all sales"));
    CHECK(finding(sample_result({}), "Sales") == "");
    CHECK(finding(sample_result({}), "Attention") == "");
    ReplayResult refusing = sample_result({});
    refusing.rails[1].refused = 1;
    CHECK(said(refusing, "Attention", "refused 1 payment (on till)"));
}
