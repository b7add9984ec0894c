// Sweeps: their axes, their order, the knee, and what they show.
#include "loadgen/drive/trials/sweep.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

CurvePoint point(double at, double ok) {
    return {.at = at,
            .offered_per_s = 0,
            .ok_per_s = ok,
            .refused_per_s = 1,
            .p50 = {100, 120},
            .p99 = {900, 1100},
            .is_held = at < 2000,
            .note = "held"};
}

}  // namespace

TEST_CASE("sweep: axes are read with their bounds, in rising order") {
    const auto rates = parse_rates("5k,1k,2.5k");
    REQUIRE(rates.has_value());
    CHECK(rates->name == "rate");
    CHECK(rates->values == std::vector<double>{1000, 2500, 5000});
    CHECK(parse_rates("auto")->values.empty());
    const auto zipf = parse_vary("merchants.zipf=1.4,0,0.7");
    REQUIRE(zipf.has_value());
    CHECK(zipf->values == std::vector<double>{0, 0.7, 1.4});
    struct Row {
        const char* text;
        const char* says;
    };
    for (const Row& row :
         {Row{"zipf=1,2", "batch, connections, customers, customers.zipf, in-flight"},
          Row{"batch", "AXIS=VALUE"}, Row{"batch=1", "2 to 50"}, Row{"batch=1,1", "2 to 50"},
          Row{"batch=0,1", "1 to 8190"}, Row{"batch=1,1.5", "whole number"},
          Row{"batch=1,x", "\"x\" of batch"}, Row{"merchants.zipf=0,11", "0 to 10"},
          Row{"batch=1,", "\"\" of batch"}}) {
        CAPTURE(row.text);
        const auto wrong = parse_vary(row.text);
        REQUIRE(!wrong.has_value());
        CHECK(wrong.error().field == "--vary");
        CHECK(wrong.error().reason.find(row.says) != std::string::npos);
    }
    CHECK(parse_rates("1k,max").error().reason.find("closed loops") != std::string::npos);
    CHECK(!parse_rates("1k").has_value());
    CHECK(!parse_rates("1k,fast").has_value());
}

TEST_CASE("sweep: a value goes where its axis says") {
    const LoadOptions load;
    CHECK(at_value(load, *parse_rates("1,2"), 1.5).rate == Rate{1500});
    CHECK(at_value(load, *parse_vary("batch=1,8"), 8).batch == 8);
    CHECK(at_value(load, *parse_vary("connections=1,8"), 8).connections == 8);
    CHECK(at_value(load, *parse_vary("in-flight=1,8"), 8).in_flight == 8U);
    CHECK(at_value(load, *parse_vary("customers=2,8"), 8).customers == 8U);
    CHECK(at_value(load, *parse_vary("merchants.zipf=0,0.7"), 0.7).zipf_permille == 700U);
    CHECK(at_value(load, *parse_vary("customers.zipf=0,0.7"), 0.7).customers_zipf_permille == 700U);
    CHECK(at_value(load, *parse_vary("users=5,50"), 50).users == 50U);
    CHECK(at_value(load, *parse_vary("merchants.hot_share=0,0.5"), 0.5).hot_merchant_permille ==
          500U);
}

TEST_CASE("sweep: the runs go up and come down again") {
    CHECK(sweep_order({1, 2, 3}, 3) == std::vector<double>{1, 2, 3, 3, 2, 1, 1, 2, 3});
}

TEST_CASE("sweep: the knee is found to a tenth, and ten rates lie around it") {
    for (const double limit : {700.0, 12'345.0, 4'000'000.0}) {
        CAPTURE(limit);
        int runs = 0;
        const auto knee =
            find_knee(Rate::per_second(500), Rate::per_second(10'000'000), [&](Rate rate) {
                ++runs;
                // Every fifth run is spoilt by something else.
                return rate.per_second() <= limit && runs % 5 != 0;
            });
        REQUIRE(knee.has_value());
        CHECK(knee->per_second() <= limit);
        CHECK(knee->per_second() * 1.101 >= limit);
    }
    CHECK(find_knee(Rate::per_second(500), Rate::per_second(900), [](Rate) { return true; }) ==
          Rate::per_second(900));
    CHECK(!find_knee(Rate::per_second(500), Rate::per_second(900), [](Rate) { return false; }));
    const auto rates = rates_around(Rate::per_second(1000));
    CHECK(rates.size() == 10);
    CHECK(rates.front() == 120);
    CHECK(rates.back() == 1200);
}

TEST_CASE("sweep: runs are told as text, CSV, JSON and page, and a closed loop is fitted") {
    SweepResult result{
        .axis = *parse_vary("in-flight=1,2,4,8"), .points = {}, .fit = {}, .cut_short = {}};
    for (const double at : {1.0, 2.0, 4.0, 8.0, 8.0, 4.0, 2.0, 1.0})
        result.points.push_back(point(at, 1000 * at / (1 + 0.1 * (at - 1))));
    LoadOptions load;
    load.connections = 1;
    fit_sweep(result, load);
    REQUIRE(result.fit.has_value());
    CHECK(result.fit->contention.value == doctest::Approx(0.1).epsilon(0.01));
    CHECK(sweep_text(result).find("Most was done at in-flight 8: 4 706/s") != std::string::npos);
    const std::string csv = sweep_csv(result);
    CHECK(csv.starts_with("run,in-flight,offered_per_s,"));
    CHECK(csv.find("\n8,1,0.000,1000.000,1.000,100,120,900,1100\n") != std::string::npos);
    const auto json = boost::json::parse(sweep_json(result));
    CHECK(json.at("runs").as_array().size() == 8);
    CHECK(json.at("scalability").at("contention").at("low").to_number<double>() <= 0.1001);
    const std::string page = sweep_html(result);
    CHECK(page.find("class=\"band response\"") != std::string::npos);
    CHECK(page.find("Universal Scalability Law") != std::string::npos);

    SweepResult rates{.axis = *parse_rates("1k,2k"),
                      .points = {point(1000, 1000), point(2000, 1500)},
                      .fit = {},
                      .cut_short = {}};
    CHECK(sweep_text(rates).ends_with("Every run was held up to 1000.\n"));
    // An offered rate is an input, and no law of what is at work.
    load.rate = Rate::per_second(100);
    result.fit.reset();
    fit_sweep(result, load);
    CHECK(!result.fit.has_value());
    result.points.clear();
    result.cut_short = "it was stopped";
    CHECK(sweep_text(result).ends_with("Nothing was run. it was stopped\n"));
}
