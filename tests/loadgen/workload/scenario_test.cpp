// Scenario files: what is built in, and what is refused with file, line, key and bound.
#include "loadgen/workload/scenario.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

using namespace tuma;
using namespace tuma::loadgen;

TEST_CASE("scenario: all that are built in can be loaded under their names") {
    std::vector<std::string> names;
    for (const BuiltInScenario& built_in : built_in_scenarios()) {
        CAPTURE(built_in.name);
        const auto scenario = load_scenario(std::string(built_in.name));
        REQUIRE(scenario.has_value());
        CHECK(scenario->name == built_in.name);
        CHECK(!scenario->description.empty());
        CHECK(scenario->currency == Currency::kes);
        names.emplace_back(built_in.name);
    }
    CHECK(names == std::vector<std::string>{"p2p", "kenya-day", "hot-merchant", "two-phase"});
}

TEST_CASE("scenario: kenya-day has the published mix, ratios and hours") {
    const auto scenario = load_scenario("kenya-day");
    REQUIRE(scenario.has_value());

    CHECK(scenario->mix == std::array<std::uint64_t, action_count>{200, 365, 350, 80, 5, 0});
    CHECK(scenario->amount_permille ==
          std::array<std::uint32_t, action_count>{13'000, 13'400, 1'000, 67'900, 400, 1'000});
    REQUIRE(scenario->hours.size() == 24);
    CHECK(std::accumulate(scenario->hours.begin(), scenario->hours.end(), 0U) == 1000);
    CHECK(*std::max_element(scenario->hours.begin(), scenario->hours.end()) == 130);
    CHECK(scenario->zipf_permille == 1000);
    CHECK(scenario->customers_zipf_permille == 0);
}

TEST_CASE("scenario: two-phase leaves five in a hundred reservations to expire") {
    const auto scenario = load_scenario("two-phase");
    REQUIRE(scenario.has_value());
    CHECK(scenario->settle_percent == 80);
    CHECK(scenario->release_percent == 15);
    CHECK(scenario->reserve_timeout == std::chrono::seconds{5});
}

TEST_CASE("scenario: some wallets are more popular than others where it says so") {
    const auto scenario =
        parse_scenario("name = \"a\"\n[mix]\ntransfer = 1\n[customers]\nzipf = 0.9\n", "f.toml");
    REQUIRE(scenario.has_value());
    CHECK(scenario->customers_zipf_permille == 900);
    CHECK(scenario->zipf_permille == 0);
}

TEST_CASE("scenario: errors name file, line, key and bound") {
    const std::string head = "name = \"a\"\n";
    const std::string mix = "[mix]\ntransfer = 1\n";
    const struct {
        std::string toml;
        std::string field;
        std::string reason;
    } rows[] = {
        {mix, "f.toml:1: name", "must be 1 to 16 characters of a-z, 0-9 and -"},
        {"name = \"Big Name\"\n" + mix, "f.toml:1: name",
         "must be 1 to 16 characters of a-z, 0-9 and -"},
        {head, "f.toml:1: mix", "must be there: a table with the weight of each action"},
        {head + mix + "[accounts]\ncustomer = 5\n", "f.toml:5: accounts.customer",
         "unknown key; known here: customers, merchants, agents"},
        {head + mix + "[accounts]\ncustomers = 1\n", "f.toml:5: accounts.customers",
         "must be a whole number of 2 to 10000000"},
        {head + mix + "[accounts]\ncustomers = \"ten\"\n", "f.toml:5: accounts.customers",
         "must be a whole number of 2 to 10000000"},
        {head + mix + "[customers]\nzipf = 11\n", "f.toml:5: customers.zipf",
         "must be a number of 0 to 10"},
        {head + mix + "[customers]\nhot_share = 1\n", "f.toml:5: customers.hot_share",
         "unknown key; known here: zipf"},
        {head + "[mix]\ntransfer = 0\n", "f.toml:2: mix", "needs at least one weight above 0"},
        {head + "[mix]\npay_merchant = 1\n", "f.toml:2: mix",
         "pay_merchant and reserve need accounts.merchants of at least 1"},
        {head + "[mix]\ndeposit = 1\n", "f.toml:2: mix",
         "deposit and withdraw need accounts.agents of at least 1"},
        {head + "currency = \"XYZ\"\n" + mix, "f.toml:2: currency", ""},
        {head + mix + "[amounts]\nshape = \"round\"\n", "f.toml:5: amounts.shape",
         "must be \"fixed\", \"uniform\" or \"exponential\""},
        {head + mix + "[amounts.ratio]\ntransfer = -1\n", "f.toml:5: amounts.ratio.transfer",
         "must be a number of 0 to 1000"},
        {head + mix + "[two_phase]\nsettle_percent = 60\nrelease_percent = 60\n",
         "f.toml:4: two_phase", "settle_percent and release_percent must not pass 100 together"},
        {head + mix + "[two_phase]\ntimeout = \"soon\"\n", "f.toml:5: two_phase.timeout",
         "must be a duration of \"1ms\" to \"90d\""},
        {head + mix + "[day]\nhours = [1, 2]\n", "f.toml:5: day.hours",
         "must be 24 whole numbers of 0 to 1000000, one above 0, from midnight on"},
        {head + "mix = 3\n", "f.toml:2: mix", "must be a table, [mix]"},
        {head + "[mix\n", "f.toml:2: TOML", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.toml);
        const auto scenario = parse_scenario(row.toml, "f.toml");
        REQUIRE(!scenario.has_value());
        CHECK(scenario.error().field == row.field);
        if (!row.reason.empty()) CHECK(scenario.error().reason == row.reason);
        CHECK(!scenario.error().reason.empty());
    }
}

TEST_CASE("scenario: an unknown name lists the known ones") {
    const auto scenario = load_scenario("rush-hour");
    REQUIRE(!scenario.has_value());
    CHECK(scenario.error().text() ==
          "--scenario: \"rush-hour\" is none of p2p, kenya-day, hot-merchant, two-phase, no "
          "FILE.toml and no trace:FILE.csv");
    const auto missing = load_scenario("/nowhere/x.toml");
    REQUIRE(!missing.has_value());
    CHECK(missing.error().text() == "/nowhere/x.toml: cannot be opened for reading");
}
