// Advances against a rail's days: by hand, by property, and against the reference calculation.
#include "switch/replay/figures/advance_grid.h"

#include "ledger/state/books.h"
#include "switch/replay/figures/effective_rate.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace tuma;
using namespace tuma::replay;
using core::LocalDay;
using std::chrono::days;

namespace {

constexpr LocalDay first_day = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

/// `count` days of `settled` each, less fees and outgoings.
std::vector<DayRow> steady_days(int count, std::int64_t settled, std::int64_t fees,
                                std::int64_t outgoings) {
    std::vector<DayRow> rows(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].date = first_day + days{i};
        rows[i].settled_gross = settled;
        rows[i].fees = fees;
        rows[i].outgoings = outgoings;
    }
    return rows;
}

MerchantPlan merchant_from(LocalDay from, std::size_t count) {
    MerchantPlan merchant;
    merchant.currency = Currency::gbp;
    merchant.from = from;
    merchant.to = from + days{count - 1};
    return merchant;
}

GridPlan one_offer(std::int64_t day, AdvanceOffer offer, std::int64_t yield_bp = 0) {
    GridPlan grid;
    grid.day = day;
    grid.yield_bp = yield_bp;
    grid.offers = {offer};
    return grid;
}

OfferOutcome play_one(const GridPlan& grid, const std::vector<DayRow>& rows, std::int64_t opening,
                      std::int64_t average_day) {
    const auto outcomes = play_offers(merchant_from(rows.front().date, rows.size()), grid, rows,
                                      opening, average_day);
    REQUIRE(outcomes);
    REQUIRE(outcomes->size() == 1);
    return outcomes->front();
}

/// The model set of the data notes.
std::vector<AdvanceOffer> model_offers() {
    const std::int64_t sizes[] = {10, 20, 30};
    const std::int64_t factors[] = {11'000, 11'200, 11'600};
    const std::int64_t holdbacks[] = {500, 1'000, 1'500, 2'000};
    return combine(sizes, factors, holdbacks);
}

std::filesystem::path oracle_folder() {
    return std::filesystem::path(TUMA_SOURCE_DIR) / ".." / "shared" / "data" / "oracle" /
           "gb_takeaway";
}

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The days of one of the reference calculation's files; dates follow one another.
std::vector<DayRow> reference_days(const std::filesystem::path& path, LocalDay from) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    REQUIRE(line ==
            "date,gross_sales,settled_gross,fees,loan_advance,loan_repayment,outgoings,"
            "closing_balance,receivable,interest_accrued");
    std::vector<DayRow> rows;
    while (std::getline(file, line)) {
        std::int64_t values[9] = {};
        const char* at = line.data() + line.find(',');
        for (std::int64_t& value : values)
            at = std::from_chars(at + 1, line.data() + line.size(), value).ptr;
        DayRow row;
        row.date = from + days{rows.size()};
        row.settled_gross = values[1];
        row.fees = values[2];
        row.outgoings = values[5];
        rows.push_back(row);
    }
    return rows;
}

}  // namespace

TEST_CASE("advance grid: a merchant of a hundred a day, by hand") {
    const auto rows = steady_days(200, 100, 2, 98);
    const OfferOutcome outcome = play_one(one_offer(60, {10, 11'200, 1'000}), rows, 300, 100);

    CHECK(outcome.principal == 1'000);
    CHECK(outcome.due == 1'120);
    CHECK(outcome.cost() == 120);
    CHECK(outcome.repaid == 1'120);
    // Ten a day, from the day after the advance.
    CHECK(outcome.days_to_repay == 112);
    CHECK(outcome.repaid_on == first_day + days{172});
    CHECK(outcome.days_short == 0);
    CHECK(outcome.peak_financing == 0);
    CHECK(outcome.closing_end == 300 - 120);
    CHECK(outcome.earned == 0);
    // 120 / (1,000 x 112) = 0.00107142…
    CHECK(outcome.break_even_ppm == 1'071);

    std::vector<Repayment> repayments;
    for (std::int64_t day = 1; day <= 112; ++day) repayments.push_back({day, 10});
    CHECK(outcome.effective_rate_ppm == effective_rate_ppm(1'000, repayments));
    CHECK(*outcome.effective_rate_ppm > 1'000'000);
}

TEST_CASE("advance grid: what the money earns is paid each day until it is repaid") {
    const auto rows = steady_days(200, 100, 0, 100);
    // 1,000 x 15 / 10,000 = 1.5, so 2 a day.
    const OfferOutcome outcome = play_one(one_offer(60, {10, 11'200, 1'000}, 15), rows, 0, 100);
    CHECK(outcome.earned == 2 * 112);
    CHECK(outcome.closing_end == 2 * 112 - 120);
    CHECK(outcome.days_to_repay == 112);
}

TEST_CASE("advance grid: the holdback makes days short, and what is owed at the end is said") {
    const auto rows = steady_days(100, 100, 0, 100);
    const OfferOutcome outcome = play_one(one_offer(0, {10, 11'600, 500}), rows, 0, 100);
    CHECK(outcome.repaid == 99 * 5);
    CHECK(!outcome.days_to_repay);
    CHECK(!outcome.repaid_on);
    CHECK(!outcome.effective_rate_ppm);
    CHECK(!outcome.break_even_ppm);
    CHECK(outcome.closing_end == 1'000 - 495);

    // Spent at once, the same holdback leaves nothing.
    auto spent = rows;
    spent[0].outgoings += 1'000;
    const OfferOutcome poor = play_one(one_offer(0, {10, 11'600, 500}), spent, 0, 100);
    CHECK(poor.days_short == 99);
    CHECK(poor.peak_financing == 495);
}

TEST_CASE("advance grid: days on which more goes back than comes in are days without a repayment") {
    auto rows = steady_days(30, 100, 0, 0);
    rows[3].settled_gross = -500;
    rows[4].settled_gross = 0;
    const OfferOutcome outcome = play_one(one_offer(0, {1, 11'000, 2'000}), rows, 0, 100);
    CHECK(outcome.due == 110);
    // Days 1, 2, 5, 6, 7 at 20 and day 8 at 10.
    CHECK(outcome.days_to_repay == 8);
}

TEST_CASE("advance grid: every combination, the holdback changing fastest") {
    const auto offers = model_offers();
    REQUIRE(offers.size() == 36);
    CHECK(offers.front() == AdvanceOffer{10, 11'000, 500});
    CHECK(offers[1] == AdvanceOffer{10, 11'000, 1'000});
    CHECK(offers[4] == AdvanceOffer{10, 11'200, 500});
    CHECK(offers.back() == AdvanceOffer{30, 11'600, 2'000});
}

TEST_CASE("advance grid: what cannot be played is refused with the bound") {
    const auto rows = steady_days(60, 100, 0, 0);
    const MerchantPlan merchant = merchant_from(first_day, rows.size());
    const auto reason = [&](const GridPlan& grid, std::int64_t average_day) {
        const auto outcomes = play_offers(merchant, grid, rows, 0, average_day);
        return outcomes ? std::string() : outcomes.error().text();
    };
    GridPlan grid;
    grid.offers = model_offers();
    CHECK(reason(grid, 100) ==
          "advance.day: 60 is not in the window of 60 days; 0 to 59 are possible");
    grid.day = 59;
    CHECK(reason(grid, 100).empty());
    CHECK(reason(grid, 0) == "advance: the average day's sales are 0, and so would the advance be");
    CHECK(reason(grid, 1'000'000'000'000'000).ends_with("take fewer"));
    grid.offers.resize(101, grid.offers.front());
    CHECK(reason(grid, 100) == "advance: 101 offers; 1 to 100 can be compared at a time");
    grid.offers.clear();
    CHECK(reason(grid, 100) == "advance: 0 offers; 1 to 100 can be compared at a time");

    auto huge = rows;
    huge[5].settled_gross = ledger::amount_max + 1;
    grid.offers = model_offers();
    const auto outcomes = play_offers(merchant, grid, huge, 0, 100);
    REQUIRE(!outcomes);
    CHECK(
        outcomes.error().text().starts_with("advance: the switch refused a posting of 2024-01-06"));
}

TEST_CASE("advance grid: money is neither made nor lost") {
    CHECK(rc::check("any days", [] {
        const auto count = *rc::gen::inRange<std::size_t>(61, 120);
        std::vector<DayRow> rows(count);
        std::int64_t closing = 500;
        for (std::size_t i = 0; i < count; ++i) {
            rows[i].date = first_day + days{i};
            rows[i].settled_gross = *rc::gen::inRange<std::int64_t>(-200, 1'000);
            rows[i].fees = *rc::gen::inRange<std::int64_t>(0, 20);
            rows[i].outgoings = *rc::gen::inRange<std::int64_t>(0, 500);
            closing += rows[i].settled_gross - rows[i].fees - rows[i].outgoings;
        }
        GridPlan grid;
        grid.offers = model_offers();
        grid.day = *rc::gen::inRange<std::int64_t>(0, 60);
        grid.yield_bp = *rc::gen::inRange<std::int64_t>(0, 100);
        const auto outcomes = play_offers(merchant_from(first_day, count), grid, rows, 500, 400);
        RC_ASSERT(outcomes.has_value());
        RC_ASSERT(outcomes->size() == 36U);
        for (const OfferOutcome& outcome : *outcomes) {
            RC_ASSERT(outcome.closing_end ==
                      closing + outcome.principal + outcome.earned - outcome.repaid);
            RC_ASSERT(outcome.repaid <= outcome.due);
            RC_ASSERT(outcome.days_to_repay.has_value() == (outcome.repaid == outcome.due));
        }
    }));
}

TEST_CASE("advance grid: all rails of the reference calculation") {
    const auto folder = oracle_folder();
    if (!std::filesystem::exists(folder / "summary.json")) {
        MESSAGE("SKIPPED: no data folder beside the tree: " << folder.string());
        return;
    }
    const auto summary = boost::json::parse(text_of(folder / "summary.json"));
    const LocalDay from = std::chrono::sys_days{std::chrono::year{2016} / 3 / 1};
    for (const auto& entry : summary.at("rails").as_object()) {
        const std::string name(entry.key());
        CAPTURE(name);
        const auto rows = reference_days(folder / (name + ".csv"), from);
        REQUIRE(rows.size() == 1'251);
        const OfferOutcome outcome =
            play_one(one_offer(60, {10, 11'200, 1'000}), rows, summary.at("opening").as_int64(),
                     summary.at("avg_day").as_int64());
        const auto& expected = entry.value().at("with_loan");
        CHECK(outcome.principal == summary.at("loan").at("principal").as_int64());
        CHECK(outcome.due == summary.at("loan").at("due").as_int64());
        CHECK(outcome.days_to_repay == expected.at("days_to_repay").as_int64());
        CHECK(outcome.days_short == expected.at("days_short").as_int64());
        CHECK(outcome.peak_financing == expected.at("peak_financing").as_int64());
        CHECK(outcome.closing_end == expected.at("closing_end").as_int64());
        CHECK(outcome.repaid == expected.at("repaid").as_int64());
    }
}
