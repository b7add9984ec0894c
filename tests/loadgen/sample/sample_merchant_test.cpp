// Made-up merchants: exactly repeatable, and of the shape that their figures promise.
#include "loadgen/sample/sample_merchant.h"

#include "ledger/records/sha256.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

constexpr MerchantKind all_kinds[] = {MerchantKind::kiosk, MerchantKind::takeaway,
                                      MerchantKind::wholesale};

std::chrono::sys_days day_of(const SampleSale& sale) {
    return std::chrono::floor<std::chrono::days>(sale.local_time);
}

std::size_t weekday_of(const SampleSale& sale) {
    return std::chrono::weekday{day_of(sale)}.iso_encoding() - 1;
}

std::size_t hour_of(const SampleSale& sale) {
    return static_cast<std::size_t>(
        std::chrono::floor<std::chrono::hours>(sale.local_time - day_of(sale)).count());
}

std::string hash_of(const std::string& text) {
    ledger::Sha256 sha;
    sha.update(std::as_bytes(std::span(text)));
    std::string hex;
    for (const std::byte byte : sha.finish())
        hex += fmt::format("{:02x}", std::to_integer<int>(byte));
    return hex;
}

/// Ten years of each kind, made once.
const std::vector<SampleSale>& long_sample(MerchantKind kind) {
    static std::map<MerchantKind, std::vector<SampleSale>> samples;
    auto& sales = samples[kind];
    if (sales.empty()) sales = sample_sales({.kind = kind, .seed = 20, .days = 3'650});
    return sales;
}

double share(const std::vector<SampleSale>& sales,
             const std::function<bool(const SampleSale&)>& is) {
    const auto count = std::count_if(sales.begin(), sales.end(), is);
    return static_cast<double>(count) / static_cast<double>(sales.size());
}

std::int64_t quantile(std::vector<std::int64_t> amounts, double at) {
    std::sort(amounts.begin(), amounts.end());
    return amounts[static_cast<std::size_t>(static_cast<double>(amounts.size()) * at)];
}

std::vector<std::int64_t> positive_amounts(const std::vector<SampleSale>& sales) {
    std::vector<std::int64_t> amounts;
    for (const SampleSale& sale : sales)
        if (sale.amount > 0) amounts.push_back(sale.amount);
    return amounts;
}

double mean_day(const std::vector<SampleSale>& sales, double days) {
    double sum = 0;
    for (const SampleSale& sale : sales) sum += static_cast<double>(sale.amount);
    return sum / days;
}

}  // namespace

TEST_CASE("sample merchant: a seed makes the same file, byte for byte, on every machine") {
    struct Row {
        MerchantKind kind;
        const char* hash;
    };
    const Row rows[] = {
        {MerchantKind::kiosk, "be54398f0fea769ad4d6eaf4b9f52bc2663c1dec23b9e5f5f2d3b02be0a78b67"},
        {MerchantKind::takeaway,
         "d676e4ab339f954d27ab0478a7da08f1ef7b8c570929eb10d044a5cb27a3e904"},
        {MerchantKind::wholesale,
         "ac3301d40f56d7cbad7c16b83ea9bc4bb0c70017f35c3e37c60cc1dcc3e55ac5"},
    };
    for (const Row& row : rows) {
        CAPTURE(name(row.kind));
        const auto sales = sample_sales({.kind = row.kind, .seed = 1, .days = 90});
        CHECK(hash_of(sample_csv(sales)) == row.hash);
        CHECK(sample_sales({.kind = row.kind, .seed = 1, .days = 90}) == sales);
        CHECK(sample_sales({.kind = row.kind, .seed = 2, .days = 90}) != sales);
    }
}

TEST_CASE("sample merchant: a longer sample begins with the shorter one") {
    for (const MerchantKind kind : all_kinds) {
        CAPTURE(name(kind));
        const auto sales = sample_sales({.kind = kind, .seed = 5, .days = 40});
        const auto longer = sample_sales({.kind = kind, .seed = 5, .days = 70});
        REQUIRE(longer.size() > sales.size());
        CHECK(std::equal(sales.begin(), sales.end(), longer.begin()));
    }
}

TEST_CASE(
    "sample merchant: sales are in order of time, within the days asked for, buyers in order of "
    "their first") {
    for (const MerchantKind kind : all_kinds) {
        CAPTURE(name(kind));
        const auto from = std::chrono::sys_days{std::chrono::year{2023} / 12 / 30};
        const auto sales = sample_sales({.kind = kind, .seed = 9, .days = 400, .from = from});
        REQUIRE(!sales.empty());
        CHECK(std::is_sorted(sales.begin(), sales.end(), [](const auto& a, const auto& b) {
            return a.local_time < b.local_time;
        }));
        CHECK(day_of(sales.front()) >= from);
        CHECK(day_of(sales.back()) < from + std::chrono::days{400});
        CHECK(
            std::none_of(sales.begin(), sales.end(), [](const auto& s) { return s.amount == 0; }));
    }
}

TEST_CASE("sample merchant: the file has a header and ids that are unique and say SYN") {
    const SampleMerchant merchant{.kind = MerchantKind::kiosk, .seed = 1, .days = 30};
    const auto sales = sample_sales(merchant);
    const std::string csv = sample_csv(sales);

    REQUIRE(csv.starts_with("txn_id,ts,amount_minor,method,customer\nSYN-000001,2024-01-01T"));
    std::set<std::string> ids;
    std::size_t begin = csv.find('\n') + 1;
    while (begin < csv.size()) {
        ids.insert(csv.substr(begin, csv.find(',', begin) - begin));
        begin = csv.find('\n', begin) + 1;
    }
    CHECK(ids.size() == sales.size());
    CHECK(
        std::all_of(ids.begin(), ids.end(), [](const auto& id) { return id.starts_with("SYN-"); }));
    CHECK(sample_file_name(merchant) == "synthetic-kiosk-seed1.csv");
    CHECK(
        sample_summary(merchant, sales).starts_with("synthetic, no real merchant: kiosk, seed 1"));
}

TEST_CASE("sample merchant: rows say what is known of a sale and nothing else") {
    for (const SampleSale& sale : long_sample(MerchantKind::kiosk)) {
        const bool is_card = sale.method == "card";
        REQUIRE((is_card || sale.method == "cash"));
        REQUIRE((sale.customer != 0) == is_card);
        REQUIRE(sale.amount > 0);
    }
    for (const SampleSale& sale : long_sample(MerchantKind::takeaway)) {
        REQUIRE(sale.method.empty());
        REQUIRE(sale.customer == 0);
        REQUIRE(sale.amount > 0);
    }
    for (const SampleSale& sale : long_sample(MerchantKind::wholesale)) {
        REQUIRE(sale.method.empty());
        REQUIRE(sale.customer != 0);
    }
}

TEST_CASE("sample merchant: sales a day, their spread and the tickets are those published") {
    struct Row {
        MerchantKind kind;
        double mean_day;          // major units
        double variation;         // of a day
        double p10, median, p90;  // minor units
        std::int64_t most;
    };
    // Source: figures of three merchants, as published; means net of refunds.
    const Row rows[] = {
        {MerchantKind::kiosk, 297.5, 0.55, 2596, 3282, 3772, 4000},
        {MerchantKind::takeaway, 358, 0.73, 1780, 3000, 5160, 124'200},
        {MerchantKind::wholesale, 26'726, 0.77, 6960, 30'390, 94'080, 16'847'000},
    };
    for (const Row& row : rows) {
        CAPTURE(name(row.kind));
        const auto& sales = long_sample(row.kind);
        CHECK(mean_day(sales, 3'650) / 100 == doctest::Approx(row.mean_day).epsilon(0.03));

        std::map<std::chrono::sys_days, double> days;
        for (const SampleSale& sale : sales) days[day_of(sale)] += static_cast<double>(sale.amount);
        const double mean = mean_day(sales, 3'650);
        double squares = 0;
        for (const auto& [day, sum] : days) squares += (sum - mean) * (sum - mean);
        squares += static_cast<double>(3'650 - days.size()) * mean * mean;
        CHECK(std::sqrt(squares / 3'650) / mean == doctest::Approx(row.variation).epsilon(0.08));

        const auto amounts = positive_amounts(sales);
        CHECK(static_cast<double>(quantile(amounts, 0.1)) ==
              doctest::Approx(row.p10).epsilon(0.02));
        CHECK(static_cast<double>(quantile(amounts, 0.5)) ==
              doctest::Approx(row.median).epsilon(0.02));
        CHECK(static_cast<double>(quantile(amounts, 0.9)) ==
              doctest::Approx(row.p90).epsilon(0.02));
        CHECK(*std::max_element(amounts.begin(), amounts.end()) <= row.most);
    }
}

TEST_CASE("sample merchant: weekdays and hours have the published shares") {
    for (const MerchantKind kind : all_kinds) {
        CAPTURE(name(kind));
        const MerchantShape& shape = shape_of(kind);
        std::uint32_t hours = 0;
        for (const std::uint32_t permille : shape.hour_permille) hours += permille;
        CHECK(hours == 1'000);
        std::uint32_t weekdays = 0;
        for (const std::uint32_t percent : shape.weekday_percent) weekdays += percent;
        CHECK(weekdays == 100);

        const auto& sales = long_sample(kind);
        for (std::size_t weekday = 0; weekday < 7; ++weekday) {
            CAPTURE(weekday);
            const double got =
                share(sales, [&](const auto& s) { return weekday_of(s) == weekday; });
            CHECK(std::abs(got - shape.weekday_percent[weekday] / 100.0) < 0.012);
        }
        for (std::size_t hour = 0; hour < 24; ++hour) {
            CAPTURE(hour);
            const double got = share(sales, [&](const auto& s) { return hour_of(s) == hour; });
            CHECK(std::abs(got - shape.hour_permille[hour] / 1'000.0) < 0.006);
        }
    }
    const auto between = [](MerchantKind kind, std::size_t low, std::size_t high) {
        return share(long_sample(kind),
                     [&](const auto& s) { return hour_of(s) >= low && hour_of(s) <= high; });
    };
    CHECK(between(MerchantKind::kiosk, 10, 10) == doctest::Approx(0.10).epsilon(0.05));
    CHECK(between(MerchantKind::takeaway, 17, 20) == doctest::Approx(0.81).epsilon(0.01));
    CHECK(between(MerchantKind::wholesale, 9, 15) == doctest::Approx(0.84).epsilon(0.01));
    // A closed day has no refunds either.
    CHECK(share(long_sample(MerchantKind::wholesale),
                [](const auto& s) { return weekday_of(s) == 5; }) == 0);
}

TEST_CASE("sample merchant: buyers return, pay by card and are refunded as published") {
    CHECK(share(long_sample(MerchantKind::kiosk), [](const auto& s) {
              return s.method == "card";
          }) == doctest::Approx(0.976).epsilon(0.005));

    struct Row {
        MerchantKind kind;
        std::uint32_t days;
        double repeat_share;  // of sales with a known buyer, to buyers of more than one
        double top_share_most;
    };
    const Row rows[] = {{MerchantKind::kiosk, 388, 0.78, 0.05},
                        {MerchantKind::wholesale, 374, 0.94, 0.15}};
    for (const Row& row : rows) {
        CAPTURE(name(row.kind));
        std::map<std::uint32_t, std::uint32_t> bought;
        for (const SampleSale& sale : sample_sales({.kind = row.kind, .seed = 3, .days = row.days}))
            if (sale.customer != 0) ++bought[sale.customer];
        double all = 0;
        double repeated = 0;
        double top = 0;
        for (const auto& [customer, times] : bought) {
            all += times;
            if (times > 1) repeated += times;
            top = std::max<double>(top, times);
        }
        CHECK(std::abs(repeated / all - row.repeat_share) < 0.02);
        CHECK(top / all < row.top_share_most);
    }

    double sold = 0;
    double refunded = 0;
    for (const SampleSale& sale : long_sample(MerchantKind::wholesale))
        (sale.amount > 0 ? sold : refunded) += std::abs(static_cast<double>(sale.amount));
    CHECK(refunded / sold == doctest::Approx(0.061).epsilon(0.03));
}

TEST_CASE("sample merchant: a refund is a part of an earlier sale to the same buyer") {
    const auto sales = sample_sales({.kind = MerchantKind::wholesale, .seed = 4, .days = 120});
    std::map<std::uint32_t, std::int64_t> largest;
    std::size_t refunds = 0;
    for (const SampleSale& sale : sales) {
        std::int64_t& most = largest[sale.customer];
        if (sale.amount < 0) {
            ++refunds;
            REQUIRE(-sale.amount <= std::max<std::int64_t>(1, most * 6 / 10));
        }
        most = std::max(most, sale.amount);
    }
    CHECK(refunds > 500);
}

TEST_CASE("sample merchant: the first day is a date") {
    CHECK(*parse_sample_day("2024-02-29") ==
          std::chrono::sys_days{std::chrono::year{2024} / 2 / 29});
    CHECK(*parse_sample_day("1970-01-01") == std::chrono::sys_days{});
    for (const char* wrong : {"", "2024-1-1", "2023-02-29", "2024-01-01T", "1969-12-31",
                              "2200-01-01", "01-01-2024", "2024-01-01 "}) {
        CAPTURE(wrong);
        CHECK(!parse_sample_day(wrong));
    }
}
