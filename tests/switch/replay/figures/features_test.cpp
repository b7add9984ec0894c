// The features of a merchant's sales, by hand, by property, and against published values.
#include "switch/replay/figures/features.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

using namespace tuma;
using namespace tuma::replay;
using core::LocalDay;
using std::chrono::days;

namespace {

constexpr LocalDay first_day = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

/// A row of a test: day of the window, amount, buyer (0: unknown).
struct Row {
    int day;
    std::int64_t amount;
    std::uint64_t customer;
};

Features features_of(const std::vector<Row>& rows, int length) {
    std::map<int, std::vector<Sale>> by_day;
    for (const Row& row : rows) {
        Sale sale;
        sale.local_time = first_day + days{row.day};
        sale.amount = row.amount;
        sale.customer = row.customer;
        by_day[row.day].push_back(sale);
    }
    FeatureCounter counter(first_day, first_day + days{length - 1});
    for (const auto& [day, sales] : by_day) counter.add(first_day + days{day}, sales);
    return counter.features();
}

std::filesystem::path data_folder() {
    return std::filesystem::path(TUMA_SOURCE_DIR) / ".." / "shared" / "data";
}

}  // namespace

TEST_CASE("features: a week by hand") {
    // Days 0 to 6: 100, 0, 300, 0, 0, 100 - 50, 150; 600 in all.
    const Features features = features_of(
        {{0, 100, 7}, {2, 200, 7}, {2, 100, 8}, {5, 100, 9}, {5, -50, 9}, {6, 150, 0}}, 7);

    CHECK(features.from == first_day);
    CHECK(features.to == first_day + days{6});
    CHECK(features.days == 7);
    CHECK(features.payments == 6);
    CHECK(features.refunds == 1);
    CHECK(features.active_days == 4);
    CHECK(features.active_days_ppm == 571'429);
    CHECK(features.mean_day == 86);
    // 7 x (10,000 + 90,000 + 2,500 + 22,500) - 360,000 = 515,000; sqrt(515,000) / 600 = 1.19605…
    CHECK(features.variation_ppm == 1'196'058);
    CHECK(features.trend_ppm == std::nullopt);
    CHECK(features.longest_gap_days == 2);
    CHECK(features.top_day_ppm == 500'000);
    CHECK(features.refund_ppm == 76'923);
    // Buyer 7 bought twice, 8 and 9 once; what 9 gave back is no visit.
    CHECK(features.repeat_buyer_ppm == 500'000);
    CHECK(features.top_customer_sales_ppm == 400'000);
    CHECK(features.top_customer_value_ppm == 500'000);
}

TEST_CASE("features: a refund is no visit, and the top customer is one by number and by value") {
    // One buyer returned everything, one bought once.
    const Features returned = features_of({{0, 100, 1}, {1, -100, 1}, {2, 70, 2}}, 7);
    CHECK(returned.repeat_buyer_ppm == 0);
    CHECK(returned.top_customer_sales_ppm == 500'000);
    CHECK(returned.top_customer_value_ppm == 1'000'000);

    // Who comes often spends little.
    const Features often =
        features_of({{0, 10, 1}, {1, 10, 1}, {2, 10, 1}, {3, -10, 1}, {4, 980, 2}, {5, 10, 0}}, 7);
    CHECK(often.repeat_buyer_ppm == 750'000);
    CHECK(often.top_customer_sales_ppm == 600'000);
    CHECK(often.top_customer_value_ppm == 970'297);
}

TEST_CASE("features: the look-back is 180 days, up to and with the last of the window") {
    const Features features = features_of({{0, 5'000, 1}, {20, 7'000, 1}, {199, 100, 2}}, 200);

    CHECK(features.days == 180);
    CHECK(features.from == first_day + days{20});
    CHECK(features.to == first_day + days{199});
    CHECK(features.payments == 2);
    CHECK(features.active_days == 2);
    CHECK(features.longest_gap_days == 178);
    CHECK(features.mean_day == 39);
    CHECK(features.repeat_buyer_ppm == 0);
}

TEST_CASE("features: the trend compares 90 days with the 90 before, and needs both") {
    const auto trend = [](std::int64_t before, std::int64_t latest, int length) {
        return features_of({{length - 91, before, 0}, {length - 90, latest, 0}}, length).trend_ppm;
    };
    CHECK(trend(100, 150, 180) == 500'000);
    CHECK(trend(100, 150, 400) == 500'000);
    CHECK(trend(100, 150, 179) == std::nullopt);
    CHECK(trend(300, 100, 180) == -666'667);
    CHECK(trend(-100, 100, 180) == std::nullopt);
    // 1 / 2,000,000 is half a millionth: away from zero on both sides.
    CHECK(trend(2'000'000, 2'000'001, 180) == 1);
    CHECK(trend(2'000'000, 1'999'999, 180) == -1);
}

TEST_CASE("features: what has no meaning is absent") {
    const Features none = features_of({}, 30);
    CHECK(none.active_days_ppm == 0);
    CHECK(none.mean_day == 0);
    CHECK(none.longest_gap_days == 30);
    CHECK(!none.variation_ppm);
    CHECK(!none.top_day_ppm);
    CHECK(!none.refund_ppm);
    CHECK(!none.repeat_buyer_ppm);
    CHECK(!none.top_customer_sales_ppm);
    CHECK(!none.top_customer_value_ppm);

    const Features only_refunds = features_of({{3, -100, 1}}, 30);
    CHECK(only_refunds.active_days == 0);
    CHECK(only_refunds.mean_day == -3);
    CHECK(!only_refunds.variation_ppm);
    CHECK(!only_refunds.refund_ppm);
    CHECK(!only_refunds.repeat_buyer_ppm);
    CHECK(!only_refunds.top_customer_sales_ppm);
    CHECK(!only_refunds.top_customer_value_ppm);
}

TEST_CASE("features: sums near the end of 64 bits do not overflow") {
    const std::int64_t most = 9'000'000'000'000'000'000;
    const Features features = features_of({{0, most, 1}, {1, -1, 1}, {2, 1, 2}}, 3);
    CHECK(features.mean_day == most / 3);
    CHECK(features.top_day_ppm == 1'000'000);
    CHECK(features.variation_ppm == 1'414'213);
}

TEST_CASE("features: variation is the largest root that is not too large; shares lie in 0 to 1") {
    CHECK(
        rc::check("any sales", [](const std::vector<std::pair<std::uint8_t, std::int32_t>>& given) {
            std::vector<Row> rows;
            for (const auto& [day, amount] : given)
                if (amount != 0)
                    rows.push_back({day, amount, static_cast<std::uint64_t>(amount) % 5});
            const Features features = features_of(rows, 200);

            std::map<int, std::int64_t> sums;
            __extension__ typedef __int128 Wide;
            Wide total = 0;
            Wide squares = 0;
            for (const Row& row : rows)
                if (row.day >= 20 && row.day < 200) sums[row.day] += row.amount;
            for (const auto& [day, sum] : sums) {
                total += sum;
                squares += Wide{sum} * sum;
            }
            RC_ASSERT(features.variation_ppm.has_value() == (total > 0));
            RC_ASSERT(features.active_days_ppm >= 0 && features.active_days_ppm <= 1'000'000);
            RC_ASSERT(features.repeat_buyer_ppm.value_or(0) >= 0);
            RC_ASSERT(features.repeat_buyer_ppm.value_or(0) <= 1'000'000);
            RC_ASSERT(features.longest_gap_days + features.active_days <= 180);
            if (total <= 0) return;
            const Wide root = *features.variation_ppm;
            const Wide scaled = (180 * squares - total * total) * 1'000'000'000'000;
            // (root / 10^6)^2 <= (L x squares - total^2) / total^2 < ((root + 1) / 10^6)^2
            RC_ASSERT(root * root <= scaled / (total * total));
            RC_ASSERT((root + 1) * (root + 1) > scaled / (total * total));
        }));
}

TEST_CASE("features: the order of the days does not matter") {
    CHECK(
        rc::check("any order", [](const std::vector<std::pair<std::uint8_t, std::int32_t>>& given) {
            std::map<int, std::vector<Sale>> by_day;
            for (const auto& [day, amount] : given) {
                Sale sale;
                sale.amount = amount == 0 ? 1 : amount;
                sale.customer = static_cast<std::uint64_t>(day) % 3;
                by_day[day].push_back(sale);
            }
            FeatureCounter forward(first_day, first_day + days{199});
            FeatureCounter backward(first_day, first_day + days{199});
            for (const auto& [day, sales] : by_day) forward.add(first_day + days{day}, sales);
            for (auto day = by_day.rbegin(); day != by_day.rend(); ++day)
                backward.add(first_day + days{day->first}, day->second);
            RC_ASSERT(forward.features() == backward.features());
        }));
}

TEST_CASE("features: a table has a line a feature, with words") {
    const auto rows = feature_rows(features_of({{0, 100, 1}}, 1));
    REQUIRE(rows.size() == 10);
    for (const FeatureRow& row : rows) {
        CAPTURE(row.key);
        CHECK(!row.meaning.empty());
        CHECK(!row.source.empty());
    }
    CHECK(rows[1].key == "mean_day");
    CHECK(rows[1].value == 100);
    CHECK(rows[3].value == std::nullopt);
}

TEST_CASE("features: real merchants have the values that were published of them") {
    struct Case {
        const char* file;
        std::chrono::year_month_day from;
        std::chrono::year_month_day to;
        std::optional<std::int64_t> active, variation, trend, repeat, refunds;
    };
    using std::chrono::year;
    // Source: cash-flow reference, section 5; what was not published there is nothing here.
    const Case cases[] = {
        {"m_ua_coffee_vending.csv", year{2024} / 3 / 1, year{2025} / 3 / 23, 977'778, 511'834,
         34'851, 780'388, std::nullopt},
        {"m_gb_online_gifts.csv", year{2010} / 12 / 1, year{2011} / 12 / 9, std::nullopt,
         std::nullopt, 825'644, std::nullopt, 59'069},
    };
    for (const Case& row : cases) {
        CAPTURE(row.file);
        const auto path = data_folder() / row.file;
        if (!std::filesystem::exists(path)) {
            MESSAGE("SKIPPED: no data folder beside the tree: " << path.string());
            continue;
        }
        SalesFile::Options options;
        options.from = row.from;
        options.to = row.to;
        const auto file = SalesFile::open(path, options);
        REQUIRE(file);
        FeatureCounter counter(options.from, options.to);
        file->for_each_day(
            [&](LocalDay day, std::span<const Sale> sales) { counter.add(day, sales); });
        const Features features = counter.features();
        if (row.active) CHECK(features.active_days_ppm == row.active);
        if (row.variation) CHECK(features.variation_ppm == row.variation);
        if (row.trend) CHECK(features.trend_ppm == row.trend);
        if (row.repeat) CHECK(features.repeat_buyer_ppm == row.repeat);
        if (row.refunds) CHECK(features.refund_ppm == row.refunds);
    }
}
