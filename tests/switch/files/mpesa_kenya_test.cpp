// M-Pesa's published tables, row by row at both ends of each band, as the sources print them.
#include "ledger/words/csv.h"
#include "ledger/words/refusal.h"
#include "switch/core/rules/limits.h"
#include "switch/core/rules/pricing.h"
#include "switch/files/scheme_file.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

using namespace tuma;
using namespace std::chrono;

namespace {

constexpr core::LocalDay today = 2024y / March / 1;
constexpr std::int64_t shilling = 100;

const core::Scheme& kenya() {
    static const core::Scheme scheme = find_scheme("mpesa-kenya", {}).value().scheme;
    return scheme;
}

/// What a payment of this many cents costs, in cents; -1 for all when it is refused.
struct Cost {
    std::int64_t payer = 0;
    std::int64_t payee = 0;
    std::int64_t tax = 0;
    std::int64_t commission = 0;
};

Cost cost(const std::string& type, core::LocalDay day, std::int64_t cents) {
    const core::PaymentType* found = kenya().find_type(type, day);
    REQUIRE(found != nullptr);
    core::Price price;
    if (core::price_payment(*found, cents, 0, price)) return {-1, -1, -1, -1};
    Cost result{price.borne_by(core::Bearer::payer), price.borne_by(core::Bearer::payee), 0, 0};
    for (const core::Charge& charge : price.list()) {
        if (charge.purpose == ledger::Purpose::tax) result.tax += charge.amount;
        if (charge.purpose == ledger::Purpose::commission) result.commission += charge.amount;
    }
    return result;
}

Refusal refusal(const std::string& type, core::LocalDay day, std::int64_t cents) {
    core::Price price;
    const core::PaymentType* found = kenya().find_type(type, day);
    REQUIRE(found != nullptr);
    return core::price_payment(*found, cents, 0, price).value_or(Refusal::none);
}

/// One printed row: a band in shillings and the price for it.
struct Band {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::int64_t price = 0;
};

template <typename Price>
void check_bands(const std::string& type, core::LocalDay day, const std::vector<Band>& bands,
                 const Price& price_of) {
    for (std::size_t i = 0; i < bands.size(); ++i) {
        const Band& band = bands[i];
        CAPTURE(type);
        CAPTURE(band.from);
        CHECK(price_of(cost(type, day, band.from * shilling)) == band.price * shilling);
        CHECK(price_of(cost(type, day, band.to * shilling)) == band.price * shilling);
        // Between the shillings that are printed the next band begins.
        if (i + 1 < bands.size())
            CHECK(price_of(cost(type, day, band.to * shilling + 1)) ==
                  bands[i + 1].price * shilling);
    }
}

std::int64_t payer(const Cost& of) {
    return of.payer;
}
std::int64_t payee(const Cost& of) {
    return of.payee;
}
std::int64_t commission(const Cost& of) {
    return of.commission;
}

/// The columns of a table that share their bands, as one list each.
std::vector<Band> column(const std::vector<std::array<std::int64_t, 4>>& rows, std::size_t index) {
    std::vector<Band> bands;
    for (const auto& row : rows)
        if (row[index] >= 0) bands.push_back({row[0], row[1], row[index]});
    return bands;
}

}  // namespace

TEST_CASE("mpesa-kenya: sending and withdrawing since July 2023") {
    // bizmart.tech, December 2024: from, to, send, withdraw; -1: not offered.
    const std::vector<std::array<std::int64_t, 4>> rows{
        {1, 49, 0, -1},
        {50, 100, 0, 11},
        {101, 500, 7, 29},
        {501, 1'000, 13, 29},
        {1'001, 1'500, 23, 29},
        {1'501, 2'500, 33, 29},
        {2'501, 3'500, 53, 52},
        {3'501, 5'000, 57, 69},
        {5'001, 7'500, 78, 87},
        {7'501, 10'000, 90, 115},
        {10'001, 15'000, 100, 167},
        {15'001, 20'000, 105, 185},
        {20'001, 35'000, 108, 197},
        {35'001, 50'000, 108, 278},
        {50'001, 250'000, 108, 309},
    };
    check_bands("send", today, column(rows, 2), payer);
    check_bands("withdraw", today, column(rows, 3), payer);
    check_bands("send", 2023y / July / 1, column(rows, 2), payer);
    check_bands("withdraw", 2023y / July / 1, column(rows, 3), payer);
    CHECK(refusal("withdraw", today, 49 * shilling) == Refusal::below_minimum);
    CHECK(refusal("send", today, 250'000 * shilling + 1) == Refusal::not_offered);
    CHECK(refusal("withdraw", today, 250'000 * shilling + 1) == Refusal::not_offered);
}

TEST_CASE("mpesa-kenya: sending and withdrawing from July 2018 to June 2023") {
    // Withdrawals: press of July 2018. Sending: what July 2023 raised by 1.15 / 1.12.
    const std::vector<std::array<std::int64_t, 4>> rows{
        {1, 49, 0, -1},
        {50, 100, 0, 10},
        {101, 500, 6, 28},
        {501, 1'000, 12, 28},
        {1'001, 1'500, 22, 28},
        {1'501, 2'500, 32, 28},
        {2'501, 3'500, 51, 50},
        {3'501, 5'000, 55, 67},
        {5'001, 7'500, 75, 84},
        {7'501, 10'000, 87, 112},
        {10'001, 15'000, 97, 162},
        {15'001, 20'000, 102, 180},
        {20'001, 35'000, 105, 191},
        {35'001, 50'000, 105, 270},
        {50'001, 250'000, 105, 300},
    };
    for (const core::LocalDay day :
         {core::LocalDay{2018y / July / 1}, core::LocalDay{2023y / June / 30}}) {
        check_bands("send", day, column(rows, 2), payer);
        check_bands("withdraw", day, column(rows, 3), payer);
    }
    CHECK(kenya().find_type("send", 2018y / June / 30) == nullptr);
    CHECK(kenya().find_type("withdraw", 2018y / June / 30) == nullptr);
}

TEST_CASE("mpesa-kenya: each price of July 2023 is the one before x 1.15 / 1.12, rounded up") {
    for (const std::string type : {"send", "withdraw"}) {
        const auto& now = kenya().find_type(type, today)->fees[0].bands;
        const auto& before = kenya().find_type(type, 2023y / June / 30)->fees[0].bands;
        REQUIRE(now.size() == before.size());
        for (std::size_t i = 0; i < now.size(); ++i) {
            CAPTURE(type);
            CAPTURE(now[i].up_to);
            CHECK(now[i].up_to == before[i].up_to);
            CHECK(now[i].fee / shilling == (before[i].fee / shilling * 115 + 111) / 112);
        }
    }
}

TEST_CASE("mpesa-kenya: PayBill, shared and paid by one side") {
    // money.ke, 2024: from, to, total, customer's part of Mgao, business's part.
    const std::vector<std::array<std::int64_t, 5>> rows{
        {1, 100, 0, 0, 0},
        {101, 500, 5, 5, 0},
        {501, 1'000, 10, 10, 0},
        {1'001, 1'500, 15, 10, 5},
        {1'501, 2'500, 20, 13, 7},
        {2'501, 3'500, 25, 16, 9},
        {3'501, 5'000, 34, 16, 18},
        {5'001, 7'500, 42, 17, 25},
        {7'501, 10'000, 48, 18, 30},
        {10'001, 15'000, 57, 18, 39},
        {15'001, 20'000, 62, 19, 43},
        {20'001, 25'000, 67, 20, 47},
        {25'001, 30'000, 72, 20, 52},
        {30'001, 35'000, 83, 21, 62},
        {35'001, 40'000, 99, 23, 76},
        {40'001, 45'000, 103, 23, 80},
        {45'001, 250'000, 108, 24, 84},
    };
    std::vector<Band> total;
    std::vector<Band> customer;
    std::vector<Band> business;
    std::vector<Band> nothing;
    for (const auto& [from, to, all, of_customer, of_business] : rows) {
        CHECK(of_customer + of_business == all);
        total.push_back({from, to, all});
        customer.push_back({from, to, of_customer});
        business.push_back({from, to, of_business});
        nothing.push_back({from, to, 0});
    }
    check_bands("pay-bill-mgao", today, customer, payer);
    check_bands("pay-bill-mgao", today, business, payee);
    check_bands("pay-bill-customer-pays", today, total, payer);
    check_bands("pay-bill-customer-pays", today, nothing, payee);
    check_bands("pay-bill-business-pays", today, nothing, payer);
    check_bands("pay-bill-business-pays", today, total, payee);
    for (const std::string who : {"mgao", "customer-pays", "business-pays"}) {
        CHECK(refusal("pay-bill-" + who, today, 250'000 * shilling + 1) == Refusal::not_offered);
        CHECK(kenya().find_class("paybill-" + who).has_value());
    }
}

TEST_CASE("mpesa-kenya: businesses paying customers, Safaricom's form of August 2023") {
    check_bands("disburse", today,
                {{10, 100, 0},
                 {101, 1'500, 5},
                 {1'501, 5'000, 9},
                 {5'001, 20'000, 11},
                 {20'001, 150'000, 13}},
                payer);
    CHECK(refusal("disburse", today, 10 * shilling - 1) == Refusal::below_minimum);
    CHECK(kenya().find_type("disburse", 2023y / July / 31) == nullptr);
}

TEST_CASE("mpesa-kenya: the agent's commission on deposits and withdrawals") {
    // infomania, 2024.
    const std::vector<Band> deposits{
        {50, 100, 4},          {101, 510, 8},          {511, 1'010, 9},       {1'011, 1'510, 10},
        {1'511, 2'510, 11},    {2'511, 3'510, 12},     {3'511, 5'010, 14},    {5'011, 7'510, 20},
        {7'511, 10'010, 28},   {10'011, 15'010, 40},   {15'011, 20'020, 55},  {20'021, 25'020, 71},
        {25'021, 30'020, 87},  {30'021, 35'020, 103},  {35'021, 40'020, 119}, {40'021, 45'020, 135},
        {45'021, 50'020, 150}, {50'021, 150'000, 190},
    };
    check_bands("deposit", today, deposits, commission);
    CHECK(refusal("deposit", today, 49 * shilling) == Refusal::below_minimum);
    CHECK(cost("deposit", today, 150'000 * shilling + 1).commission == 0);
    for (const Band& band : deposits) {
        CHECK(cost("deposit", today, band.to * shilling).payer == 0);
        CHECK(cost("deposit", today, band.to * shilling).payee == 0);
    }
    const std::vector<Band> withdrawals{
        {50, 100, 5},        {101, 500, 8},        {501, 1'000, 10},     {1'001, 1'500, 12},
        {1'501, 2'500, 15},  {2'501, 3'500, 20},   {3'501, 5'000, 25},   {5'001, 7'500, 30},
        {7'501, 10'000, 35}, {10'001, 15'000, 45}, {15'001, 20'000, 60}, {20'001, 25'000, 65},
    };
    check_bands("withdraw", today, withdrawals, commission);
    check_bands("withdraw", 2019y / March / 1, withdrawals, commission);
    CHECK(cost("withdraw", today, 25'001 * shilling).commission == 0);
}

TEST_CASE("mpesa-kenya: Buy Goods is free to KSh 200, then a rate, and never above KSh 200") {
    const struct {
        core::LocalDay day;
        std::int64_t cents;
        std::int64_t fee;
    } rows[] = {
        {2023y / July / 1, 1, 0},
        {2023y / July / 1, 200'00, 0},
        {2023y / July / 1, 200'01, 1'10},  // 110.0055
        {2023y / July / 1, 1'000'00, 5'50},
        {2023y / July / 1, 1'234'50, 6'79},     // 678.975
        {2023y / July / 1, 36'363'63, 200'00},  // 199.999965
        {2023y / July / 1, 36'362'72, 199'99},  // 199.99496
        {2023y / July / 1, 250'000'00, 200'00},
        {2023y / June / 30, 200'00, 0},
        {2023y / June / 30, 1'000'00, 5'00},
        {2023y / June / 30, 40'000'00, 200'00},
        {2023y / June / 30, 250'000'00, 200'00},
        {2018y / July / 1, 1'000'00, 5'00},
        {2018y / June / 30, 1'000'00, 5'00},
        {2017y / January / 1, 100'00, 0},
        {2016y / December / 31, 100'00, 1'00},
        {2016y / December / 31, 100'000'00, 1'000'00},
    };
    for (const auto& row : rows) {
        CAPTURE(row.cents);
        CHECK(cost("pay-merchant", row.day, row.cents).payee == row.fee);
        CHECK(cost("pay-merchant", row.day, row.cents).payer == 0);
    }
}

TEST_CASE("mpesa-kenya: excise is part of every price, at the rate of its day") {
    const struct {
        std::string type;
        core::LocalDay day;
        std::int64_t cents;
        std::int64_t tax;
    } rows[] = {
        {"send", 2023y / July / 1, 250'000'00, 14'09},          // 108 x 15 / 115 = 14.087
        {"send", 2023y / June / 30, 250'000'00, 11'25},         // 105 x 12 / 112
        {"withdraw", 2023y / July / 1, 2'500'00, 3'78},         // 29 x 15 / 115 = 3.783
        {"withdraw", 2018y / July / 1, 2'500'00, 3'00},         // 28 x 12 / 112
        {"pay-merchant", 2023y / July / 1, 40'000'00, 26'09},   // 200 x 15 / 115 = 26.087
        {"pay-merchant", 2023y / June / 30, 40'000'00, 21'43},  // 200 x 12 / 112 = 21.429
        {"pay-merchant", 2018y / June / 30, 40'000'00, 18'18},  // 200 x 10 / 110 = 18.182
        {"pay-bill-customer-pays", today, 45'000'00, 13'43},    // 103 x 15 / 115 = 13.435
        {"disburse", today, 150'000'00, 1'70},                  // 13 x 15 / 115 = 1.696
        {"deposit", today, 150'000'00, 0},
        {"send", today, 100'00, 0},
    };
    for (const auto& row : rows) {
        CAPTURE(row.type);
        CAPTURE(row.cents);
        CHECK(cost(row.type, row.day, row.cents).tax == row.tax);
    }
}

TEST_CASE("mpesa-kenya: limits of a customer on each day") {
    const core::AccountClass& customer = kenya().classes[kenya().find_class("customer").value()];
    const struct {
        core::LocalDay day;
        std::int64_t per_transaction, daily, ceiling;
    } rows[] = {
        {2019y / January / 1, 70'000, 140'000, 140'000},
        {2020y / March / 16, 70'000, 140'000, 140'000},
        {2020y / March / 17, 150'000, 300'000, 300'000},
        {2023y / August / 14, 150'000, 300'000, 300'000},
        {2023y / August / 15, 150'000, 500'000, 500'000},
        {2023y / September / 7, 150'000, 500'000, 500'000},
        {2023y / September / 8, 250'000, 500'000, 500'000},
        {2026y / January / 1, 250'000, 500'000, 500'000},
    };
    for (const auto& row : rows) {
        const core::Limits* limits = core::limits_on(customer, row.day);
        REQUIRE(limits != nullptr);
        CHECK(limits->per_transaction == row.per_transaction * shilling);
        CHECK(limits->daily == row.daily * shilling);
        CHECK(limits->ceiling == row.ceiling * shilling);
        CHECK(limits->yearly == core::no_limit);
    }
    CHECK(core::fits(customer, "254708374149"));
    CHECK(core::fits(customer, "254110000000"));
    CHECK(!core::fits(customer, "0708374149"));
    CHECK(!core::fits(customer, "254208374149"));
}

TEST_CASE("mpesa-kenya: the transcribed tables of the data folder, where it is there") {
    const std::string folder = TUMA_SOURCE_DIR "/../shared/data/";
    const struct {
        std::string file;
        std::string column;
        std::string type;
        std::int64_t least;  ///< what is below is refused for another reason
    } rows[] = {
        {"f_ke_mpesa_customer_tariff_2023_25.csv", "send_money_kes", "send", 1},
        {"f_ke_mpesa_customer_tariff_2023_25.csv", "agent_withdrawal_kes", "withdraw", 50},
        {"f_ke_mpesa_b2c_tariff_2023_08.csv", "business_pays_kes", "disburse", 10},
        {"f_ke_mpesa_b2c_tariff_2023_08.csv", "customer_withdrawal_kes", "withdraw", 50},
    };
    for (const auto& row : rows) {
        std::ifstream file(folder + row.file, std::ios::binary);
        if (!file) {
            MESSAGE("SKIPPED: no ", row.file, " in the data folder beside the tree");
            continue;
        }
        CsvReader csv(file, row.file);
        REQUIRE(csv.next().value());
        const auto from = find_column(csv.fields(), "min_kes").value();
        const auto to = find_column(csv.fields(), "max_kes").value();
        const auto price = find_column(csv.fields(), row.column).value();
        std::size_t count = 0;
        while (csv.next().value()) {
            const auto number = [&](std::size_t index) {
                return std::stoll(std::string(csv.fields()[index]));
            };
            if (csv.fields()[price].empty() || number(to) < row.least) continue;
            const std::int64_t expected = number(price) * shilling;
            CAPTURE(csv.place());
            CHECK(cost(row.type, today, std::max<std::int64_t>(number(from), row.least) * shilling)
                      .payer == expected);
            CHECK(cost(row.type, today, number(to) * shilling).payer == expected);
            ++count;
        }
        CHECK(count >= 14);
    }
}
