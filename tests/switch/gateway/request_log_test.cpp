// What became of requests: kept within bounds, told to the administrator.
#include "switch/gateway/request_log.h"

#include "tests/switch/gateway/dialect_world.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using tuma::testing::DialectWorld;

namespace {

boost::json::value asked(DialectWorld& world, const std::string& target) {
    return boost::json::parse(world.get("GET", target).body);
}

}  // namespace

TEST_CASE("request log: the newest are kept, bounded by count and by bytes") {
    net::RequestLog log(3, 10'000);
    for (int i = 0; i < 5; ++i) log.keep({.target = "/" + std::to_string(i), .status = 200});
    CHECK(log.total() == 5);
    const auto kept = log.newest(10, false);
    REQUIRE(kept.size() == 3);
    CHECK(kept[0].target == "/4");
    CHECK(kept[0].number == 5);
    CHECK(log.newest(10, true).empty());

    for (int i = 0; i < 3; ++i)
        log.keep(
            {.status = 400, .body = std::string(9'000, 'x'), .answer = std::string(9'000, 'y')});
    const auto large = log.newest(10, true);
    REQUIRE(large.size() == 2);
    CHECK(large[0].body.size() == net::RequestLog::body_max);
}

TEST_CASE("request log: the administrator sees each request with what was wrong, newest first") {
    DialectWorld world;
    CHECK(world.get("POST", "/shop/a", R"({"Password":"secret","PhoneNumber":"254700000001"})")
              .status == 201);
    CHECK(world.get("GET", "/nothing?msisdn=254700000001").status == 404);
    CHECK(world.get("POST", "/shop/b", {}, {{"Tuma-Fault", "status:429"}}).status == 429);
    CHECK(world.get("POST", "/shop/b", {}, {{"Tuma-Scenario", "aprove"}}).status == 400);

    const auto all = asked(world, "/admin/requests");
    CHECK(all.at("total").as_int64() == 4);
    const auto& list = all.at("requests").as_array();
    REQUIRE(list.size() == 4);
    CHECK(list[0].at("status").as_int64() == 400);
    CHECK(list[0].at("dialect").as_string() == "small");
    CHECK(list[0].at("why").as_string().find("aprove") != boost::json::string::npos);
    CHECK(list[1].at("fault").as_string() == "status:429");
    CHECK(list[1].at("why").as_string() == "it was asked for with Tuma-Fault");
    CHECK(list[2].at("target").as_string() == "/nothing?msisdn=***");
    CHECK(list[2].at("why").as_string() == "no dialect has this path");
    CHECK(list[3].at("body").as_string() == R"({"Password":***,"PhoneNumber":"***"})");
    CHECK(list[3].at("why").as_string().empty());
    CHECK(asked(world, "/admin/requests?refused=yes").at("requests").as_array().size() == 3);
    CHECK(asked(world, "/admin/requests?count=1").at("requests").as_array().size() == 1);
    for (const char* bad : {"?count=0", "?count=201", "?count=x", "?refused=maybe"})
        CHECK(world.get("GET", std::string("/admin/requests") + bad).status == 400);
}

TEST_CASE("request log: what a fault makes of an answer is what is kept") {
    DialectWorld world;
    CHECK(world.get("POST", "/shop/a", {}, {{"Tuma-Fault", "commit-then-timeout"}}).status == 504);
    CHECK(world.get("POST", "/shop/b", {}, {{"Tuma-Fault", "drop"}}).drop);
    const auto list = asked(world, "/admin/requests").at("requests").as_array();
    CHECK(list[0].at("status").as_int64() == 0);
    CHECK(list[1].at("status").as_int64() == 504);
    // Some services refuse with 200.
    CHECK(world.get("POST", "/shop/c", {}, {{"Tuma-Fault", "status:200"}}).status == 200);
    const auto refused = asked(world, "/admin/requests?refused=yes").at("requests").as_array();
    CHECK(refused[0].at("why").as_string() == "it was asked for with Tuma-Fault");
}

TEST_CASE("admin lists: orders come newest first, with how many there are") {
    DialectWorld world;
    CHECK(asked(world, "/admin/orders").at("total").as_int64() == 0);
    for (int i = 0; i < 3; ++i) world.get("POST", "/shop/k" + std::to_string(i));
    const auto list = asked(world, "/admin/orders?count=2");
    CHECK(list.at("total").as_int64() == 3);
    REQUIRE(list.at("orders").as_array().size() == 2);
    CHECK(list.at("orders").at(0).at("id").as_int64() == 3);
    CHECK(list.at("orders").at(1).at("id").as_int64() == 2);
    const auto one = asked(world, "/admin/orders?key=k0");
    CHECK(one.at("id").as_int64() == 1);
    // In the dialect's word, and by the number that the SQL tables have.
    CHECK(one.at("dialect").as_string() == "small");
    CHECK(one.at("kind").as_string() == "sale");
    CHECK(one.at("kind_number").as_int64() == 9);
}

TEST_CASE(
    "admin lists: an order of a dialect that is not served has the number of its kind alone") {
    DialectWorld world;
    world.get("POST", "/shop/a");
    world.translation.adapters.clear();
    const auto one = asked(world, "/admin/orders/1");
    CHECK(one.at("dialect").is_null());
    CHECK(one.at("kind").is_null());
    CHECK(one.at("kind_number").as_int64() == 9);
}

TEST_CASE("admin lists: how many are asked for is bounded, and the bound is said") {
    DialectWorld world;
    for (int i = 0; i < 3; ++i) world.get("POST", "/shop/k" + std::to_string(i));
    world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(asked(world, "/admin/notices?count=2").as_array().size() == 2);
    for (const char* list : {"orders", "notices", "requests"})
        for (const char* count : {"", "0", "201", "-1", "x", "1.5"}) {
            const std::string target = std::string("/admin/") + list + "?count=" + count;
            const http::HttpReply reply = world.get("GET", target);
            CAPTURE(target);
            CHECK(reply.status == 400);
            CHECK(reply.body == R"({"error":"must be a number from 1 to 200","field":"count"})"
                                "\n");
        }
}

TEST_CASE("admin lists: notices say how many there ever were") {
    DialectWorld world;
    for (int i = 0; i < 3; ++i) world.get("POST", "/shop/k" + std::to_string(i));
    world.get("POST", "/admin/clock/advance?by=3s");
    for (const char* state : {"", "?state=open", "?state=given_up", "?order=1"}) {
        const http::HttpReply reply = world.get("GET", std::string("/admin/notices") + state);
        CHECK(reply.status == 200);
        CHECK(*http::find(reply.headers, "Total-Count") == "3");
    }
}
