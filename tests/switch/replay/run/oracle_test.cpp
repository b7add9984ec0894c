// The takeaway's sales on fifteen rails, against the reference answers: every day, every column.
#include "switch/replay/report/summary.h"
#include "tests/switch/replay/run/small_replay.h"

#include <boost/json.hpp>

#include <iterator>

using namespace tuma;
using namespace tuma::replay;

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string file_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Whether the data is there; says so where it is not.
bool has_data(const fs::path& path) {
    if (fs::exists(path)) return true;
    MESSAGE("SKIPPED: " << path.string()
                        << " is not there, so nothing was compared; set TUMA_SHARED");
    return false;
}

ReplayResult replay_file(const Plan& plan, const fs::path& path) {
    SalesFile::Options window;
    window.from = plan.merchant.from;
    window.to = plan.merchant.to;
    const Result<SalesFile> sales = SalesFile::open(path, window);
    if (!sales) FAIL(sales.error().text());
    Result<ReplayResult> result = replay::replay(plan, *sales, nullptr, {});
    if (!result) FAIL(result.error().text());
    ReplayResult played = std::move(result).value();
    played.sales_source = path.string();
    return played;
}

// The first line that differs says more than two texts of a thousand.
void check_same_lines(const std::string& found, const std::string& expected) {
    std::istringstream a(found);
    std::istringstream b(expected);
    std::string x;
    std::string y;
    while (std::getline(b, y)) {
        std::getline(a, x);
        REQUIRE(x == y);
    }
    CHECK(found.size() == expected.size());
}

// Every member of `expected` is in `found`; `found` may have more.
void check_members(const json::object& found, const json::object& expected,
                   const std::string& path) {
    for (const auto& [key, value] : expected) {
        const std::string here = path + "/" + std::string(key);
        CAPTURE(here);
        REQUIRE(found.contains(key));
        if (value.is_object())
            check_members(found.at(key).as_object(), value.as_object(), here);
        else
            CHECK(json::serialize(found.at(key)) == json::serialize(value));
    }
}

}  // namespace

TEST_CASE("oracle: the takeaway's fifteen rails agree to the penny on every day and column") {
    const fs::path oracle = shared_data() / "oracle" / "gb_takeaway";
    if (!has_data(oracle) || !has_data(shared_data() / "cal_holidays_2010_2027.csv")) return;
    const Result<Plan> plan = read_plan(TUMA_SOURCE_DIR "/tests/switch/replay/run/oracle-plan.toml",
                                        shared_data() / "cal_holidays_2010_2027.csv");
    if (!plan) FAIL(plan.error().text());
    const ReplayResult result = replay_file(*plan, shared_data() / "m_gb_takeaway.csv");

    REQUIRE(result.rails.size() == 15);
    for (const RailResult& rail : result.rails) {
        CAPTURE(rail.name);
        check_same_lines(daily_csv(rail.base), file_text(oracle / (rail.name + ".csv")));
        check_same_lines(daily_csv(*rail.with_advance),
                         file_text(oracle / (rail.name + ".loan.csv")));
    }
    check_same_lines(summary_csv(result), file_text(oracle / "summary.csv"));
    json::object expected = json::parse(file_text(oracle / "summary.json")).as_object();
    // What the merchant is called is not in the sales file.
    expected.erase("merchant");
    check_members(json::parse(summary_json(result, "test")).as_object(), expected, "");
}

TEST_CASE("oracle: the coffee machine agrees with the published table") {
    const fs::path sales = shared_data() / "m_ua_coffee_vending.csv";
    if (!has_data(sales)) return;
    const Plan plan = plan_of(R"(
merchant = { currency = "UAH", from = 2024-03-01, to = 2025-03-23 }
advance = {}
rail = [
{ name = "pix22", fee_bp = 22 },
{ name = "mpesa55_till", fee_bp = 55, fee_cap_minor = 6272, free_up_to_minor = 6272 },
{ name = "card175_t2_bus", fee_bp = 175, lag_days = 2, lag_unit = "business" },
{ name = "as_paid", fee_bp = 175, lag_days = 2, lag_unit = "business", applies_to = "card" },
{ name = "card175_t2_bus_roll", fee_bp = 175, lag_days = 2, lag_unit = "business", roll = true },
{ name = "card220_d30_cal", fee_bp = 220, lag_days = 30 },
{ name = "swish_flat", fee_flat_minor = 768 },
])");

    const ReplayResult result = replay_file(plan, sales);

    const struct {
        std::int64_t fees, days_short, longest, peak, needed, in_transit, interest, end;
        std::int64_t loan_days, loan_short, loan_peak;
    } rows[] = {
        {25'535, 0, 0, 0, 0, 0, 0, 424'330, 129, 0, 0},
        {0, 0, 0, 0, 0, 0, 0, 449'865, 129, 0, 0},
        {202'095, 6, 2, 34'150, 93'650, 80'492, 38, 70'473, 132, 23, 63'909},
        {196'514, 2, 1, 22'628, 82'128, 78'300, 20, 76'054, 132, 16, 58'328},
        {202'095, 7, 2, 34'150, 93'650, 87'830, 39, 70'473, 129, 30, 63'909},
        {254'107, 385, 385, 1'269'323, 1'328'823, 842'833, 128'813, -1'083'489, 133, 385,
         1'305'023},
        {2'792'448, 357, 357, 2'342'583, 2'402'083, 0, 190'160, -2'342'583, 129, 332, 2'378'283},
    };
    CHECK(result.average_day == 29'750);
    for (std::size_t i = 0; i < result.rails.size(); ++i) {
        const RailResult& rail = result.rails[i];
        const Measures& base = rail.base.measures;
        const Measures& loan = rail.with_advance->measures;
        CAPTURE(rail.name);
        CHECK(rail.payments == 3'636);
        CHECK(rail.gross == 11'543'158);
        CHECK(rail.fees == rows[i].fees);
        CHECK(base.days_short == rows[i].days_short);
        CHECK(base.longest_short_run == rows[i].longest);
        CHECK(base.peak_financing == rows[i].peak);
        CHECK(base.opening_needed == rows[i].needed);
        CHECK(base.mean_receivable == rows[i].in_transit);
        CHECK(base.interest == rows[i].interest);
        CHECK(base.closing_end == rows[i].end);
        CHECK(loan.advance->days_to_repay == rows[i].loan_days);
        CHECK(loan.days_short == rows[i].loan_short);
        CHECK(loan.peak_financing == rows[i].loan_peak);
    }
    CHECK(result.rails.front().fees_if_rounded_daily == 25'392);
}
