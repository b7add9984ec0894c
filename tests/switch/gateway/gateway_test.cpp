// From a request to its reply, its notices and its faults, with the administrator's hand on time.
#include "protocols/kit/scenario_words.h"
#include "tests/switch/gateway/dialect_world.h"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using tuma::testing::DialectWorld;

namespace {

boost::json::value parsed(const http::HttpReply& reply) {
    return boost::json::parse(reply.body);
}

}  // namespace

TEST_CASE("gateway: a dialect asks twice, its order runs in virtual time, the notice arrives") {
    DialectWorld world;
    CHECK(world.get("POST", "/shop/a").status == 201);
    CHECK(world.directory.account("alice") == AccountId{2});
    CHECK(world.get("POST", "/shop/a").body == "order_exists");
    CHECK(world.received_count() == 0);

    const auto advanced = world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(advanced.status == 200);
    REQUIRE(world.received_count() == 1);
    CHECK(world.received[0].url == "http://shop/a");
    CHECK(world.received[0].body == "succeeded");
    CHECK(world.get("GET", "/admin/orders?key=a").body.find(R"("state":"succeeded")") !=
          std::string::npos);
}

TEST_CASE("gateway: operations are requests that asked the engine and were accepted") {
    DialectWorld world;
    const net::OperationTimes& sums = world.metrics.http_operations;
    const double before = world.metrics.decide.sum_s();
    CHECK(world.get("POST", "/shop/a").status == 201);
    const double decided = world.metrics.decide.sum_s() - before;
    CHECK(sums.operations.value() == 1);
    // It asked twice, and nothing else was decided meanwhile.
    CHECK(static_cast<double>(sums.decide.value()) * 1e-9 == doctest::Approx(decided));
    CHECK(sums.fsync.value() > 0);
    CHECK(sums.http.value() > 0);

    // Refused, not asked, and thrown.
    CHECK(world.get("POST", "/shop/a").body == "order_exists");
    CHECK(world.get("GET", "/nothing").status == 404);
    CHECK(world.get("GET", "/shop/throw").status == 500);
    world.get("GET", "/admin/orders?key=a");
    CHECK(sums.operations.value() == 1);
    // What is decided for a dialect is no operation of the native listener.
    CHECK(world.metrics.native_operations.operations.value() == 0);
}

TEST_CASE("gateway: an advance is kept before it is told, also one that changes nothing") {
    DialectWorld world;
    const Timestamp before = world.clock.now();
    CHECK(world.get("POST", "/admin/clock/advance?by=3d").status == 200);
    CHECK(world.kept_time == before + std::chrono::days{3});
    const auto clock = parsed(world.get("GET", "/admin/clock"));
    CHECK(clock.at("now").as_string() == text(world.kept_time));
    CHECK(clock.at("is_virtual").as_bool());

    world.is_disk_full = true;
    CHECK(world.get("POST", "/admin/clock/advance?by=1d").status == 503);
}

TEST_CASE("gateway: what no dialect owns is not found, what a dialect throws is an error") {
    DialectWorld world;
    CHECK(world.get("GET", "/nothing").status == 404);
    CHECK(world.get("GET", "/shop/throw").status == 500);
    CHECK(world.get("POST", "/shop/b").status == 201);
}

TEST_CASE(
    "gateway: a ladder of a day runs while a receiver refuses, and ends when it is given up") {
    DialectWorld world;
    world.answer_status = 500;
    world.get("POST", "/shop/a");
    world.get("POST", "/admin/clock/advance", R"({"by": "25h"})");
    CHECK(world.received_count() == 16);
    const auto attempts = parsed(world.get("GET", "/admin/notices?order=1")).as_array();
    REQUIRE(attempts.size() == 16);
    CHECK(attempts[0].at("attempt").as_int64() == 16);
    CHECK(attempts[0].at("delivered").as_bool() == false);
    CHECK(attempts[15].at("status").as_int64() == 500);
}

TEST_CASE("gateway: a notice without an address is an attempt that failed") {
    DialectWorld world;
    world.get("POST", "/shop/nowhere");
    world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(world.received_count() == 0);
    const auto attempts = parsed(world.get("GET", "/admin/notices")).as_array();
    REQUIRE(attempts.size() == 1);
    CHECK(attempts[0].at("failure").as_string() == "there is no address to send it to");
}

TEST_CASE("notices: what a dialect does itself is done in place of telling, until it says so") {
    DialectWorld world;
    world.get("POST", "/shop/deal");
    world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(world.received_count() == 0);
    CHECK(world.get("GET", "/admin/orders?key=deal-2").status == 200);
    CHECK(world.metrics.notices_delivered.value() == 1);
    world.get("POST", "/admin/clock/advance?by=3s");
    REQUIRE(world.received_count() == 1);
    CHECK(world.received[0].url == "http://shop/deal-2");

    // The order is there already: what was asked for is refused, and asked for again.
    world.get("POST", "/shop/deal-3-2");
    world.get("POST", "/shop/deal-3");
    world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(world.metrics.notices_delivered.value() == 3);
    CHECK(world.metrics.notice_attempts_failed.value() == 1);
    CHECK(world.metrics.notices_under_way.value() == 0);
}

TEST_CASE("notices: a full queue takes how an attempt ended nevertheless") {
    class Silent final : public net::Submission {
    public:
        void durable(std::unique_ptr<net::Submission>, net::Steady::time_point) override {}
    };
    core::Switch core(ledger::State(ledger::StateLimits{100, 1'000}));
    ledger::MemoryJournal journal;
    net::VirtualClock clock(Timestamp{});
    net::Metrics metrics;
    net::Engine engine(core, journal, clock, metrics, {.queue_commands_max = 0},
                       [](const std::string&) {});
    const auto ending = [] {
        auto submission = std::make_unique<Silent>();
        submission->requests.emplace_back().command = core::EndAttempt{};
        return submission;
    };
    CHECK(engine.submit(ending()) != nullptr);
    CHECK(engine.submit_result(ending()) == nullptr);
}

TEST_CASE("notices: every attempt is counted, and what became of it") {
    DialectWorld world;
    world.get("POST", "/shop/a");
    world.get("POST", "/admin/clock/advance?by=3s");
    CHECK(world.metrics.notice_attempts.value() == 1);
    CHECK(world.metrics.notices_delivered.value() == 1);

    world.answer_status = 302;
    world.get("POST", "/shop/b");
    world.get("POST", "/admin/clock/advance?by=25h");
    CHECK(world.metrics.notice_attempts.value() == 17);
    CHECK(world.metrics.notices_delivered.value() == 1);
    CHECK(world.metrics.notice_attempts_failed.value() == 15);
    CHECK(world.metrics.notices_given_up.value() == 1);

    world.get("POST", "/shop/nowhere");
    world.get("POST", "/admin/clock/advance?by=25h");
    CHECK(world.metrics.notice_attempts.value() == 33);
    CHECK(world.metrics.notices_given_up.value() == 2);
    CHECK(world.metrics.notices_under_way.value() == 0);
}

TEST_CASE("notices: a question goes first, and only as long as its order waits for the answer") {
    DialectWorld world;
    const auto before = net::Steady::now();
    world.get("POST", "/shop/ask-a");
    world.get("POST", "/admin/clock/advance?by=0s");
    REQUIRE(world.outgoings.size() == 2);
    const net::Outgoing& question = world.outgoings[0];
    CHECK(question.goes_first);
    REQUIRE(question.useless_at);
    CHECK(*question.useless_at >= before + std::chrono::seconds{2});
    CHECK(*question.useless_at <= net::Steady::now() + std::chrono::seconds{2});
    CHECK_FALSE(world.outgoings[1].goes_first);
    CHECK_FALSE(world.outgoings[1].useless_at);
    CHECK(world.received[0].body == "awaiting_merchant");
    CHECK(world.received[1].body == "succeeded");
}

TEST_CASE("notices: open ones and those given up are listed, the newest first") {
    DialectWorld world;
    world.answer_status = 302;
    for (const char* path : {"/shop/a", "/shop/b"}) world.get("POST", path);
    world.get("POST", "/admin/clock/advance?by=10s");
    auto open = parsed(world.get("GET", "/admin/notices?state=open")).as_array();
    REQUIRE(open.size() == 2);
    CHECK(open[0].at("order").as_int64() == 2);
    CHECK(open[0].at("state").as_string() == "waiting");
    CHECK(open[0].at("attempts").as_int64() == 1);
    CHECK(open[0].at("status").as_int64() == 302);
    CHECK(open[0].at("next_at").is_string());
    CHECK(parsed(world.get("GET", "/admin/notices?state=open&order=1")).as_array().size() == 1);
    CHECK(world.get("GET", "/admin/notices?state=given_up").body == "[]\n");

    world.get("POST", "/shop/nowhere");
    world.get("POST", "/admin/clock/advance?by=25h");
    CHECK(world.get("GET", "/admin/notices?state=open").body == "[]\n");
    const auto gone = parsed(world.get("GET", "/admin/notices?state=given_up")).as_array();
    REQUIRE(gone.size() == 3);
    CHECK(gone[0].at("order").as_int64() == 3);
    CHECK(gone[0].at("why").as_string() == "there is no address to send it to");
    CHECK(gone[2].at("order").as_int64() == 1);
    CHECK(gone[2].at("attempts").as_int64() == 16);
    CHECK(gone[2].at("dialect").as_string() == "small");
    CHECK(gone[2].at("host").as_string() == "shop:80");
    CHECK(gone[2].at("why").as_string() == "302 was answered; no redirect is followed");
    const auto one = parsed(world.get("GET", "/admin/notices?state=given_up&order=2")).as_array();
    REQUIRE(one.size() == 1);
    CHECK(one[0].at("order").as_int64() == 2);
}

TEST_CASE("gateway: faults come from the request's own field or from rules that run out") {
    DialectWorld world;
    CHECK(world.get("POST", "/shop/a", {}, {{"Tuma-Fault", "html-503"}}).status == 503);
    // In the dialect's own words.
    const auto often = world.get("POST", "/shop/a", {}, {{"Tuma-Fault", "429,latency:7"}});
    CHECK(often.status == 429);
    CHECK(often.body == "the shop is full");
    CHECK(often.delay == std::chrono::milliseconds{7});
    CHECK(world.get("POST", "/shop/a", {}, {{"Tuma-Fault", "drop"}}).drop);
    const auto lost = world.get("POST", "/shop/a", {}, {{"tuma-fault", "commit-then-drop"}});
    CHECK(lost.drop);
    CHECK(world.get("POST", "/shop/a").body == "order_exists");
    CHECK(world.get("POST", "/shop/b", {}, {{"Tuma-Fault", "latency:250"}}).delay ==
          std::chrono::milliseconds{250});
    // With the unit, as a delay may have it.
    CHECK(world.get("POST", "/shop/b", {}, {{"Tuma-Fault", "latency:250ms"}}).delay ==
          std::chrono::milliseconds{250});
    CHECK(world.get("POST", "/shop/c", {}, {{"Tuma-Fault", "commit-then-timeout"}}).status == 504);

    const auto added =
        world.get("POST", "/admin/faults", R"({"fault":"status:418","path":"/shop/","count":2})");
    CHECK(added.status == 201);
    CHECK(world.get("POST", "/shop/d").status == 418);
    CHECK(world.get("POST", "/shop/d").status == 418);
    CHECK(world.get("POST", "/shop/d").status == 201);
    CHECK(world.get("GET", "/admin/faults").body == "[]\n");
    CHECK(world.get("POST", "/admin/faults", R"({"fault":"status:9"})").status == 400);
    CHECK(world.get("POST", "/admin/faults", R"({"fault":"drop","count":0})").status == 400);
    CHECK(world.get("POST", "/admin/faults", R"({})").status == 400);
}

TEST_CASE("gateway: what the switch could not decide is told as busy, and no dialect sees it") {
    ledger::State state(ledger::StateLimits{
        .accounts_max = 100, .request_keys_max = 4, .key_filter_bytes = 1 << 14U});
    // Nobody takes the keys over, and the world's own four are all that fit.
    state.keys.keep(0);
    DialectWorld world(std::move(state));
    protocols::Asking asking;
    auto& request = asking.requests.emplace_back();
    // With 1 it would have the hash of one of the world's keys, and be looked for on disk.
    request.key = {ParticipantId{2}, Reference{std::byte{9}}};
    request.command = core::OpenAccount{.identity = *ledger::make_identity("bob"), .scheme = {}};
    asking.then = [](const std::vector<core::Outcome>&) -> protocols::Answer {
        return http::HttpReply{.status = 404, .body = "there is no bob"};
    };
    asking.overloaded = {.status = 503};
    std::promise<int> status;
    world.gateway.carry_on(std::move(asking), [&status](const http::HttpReply& reply) {
        status.set_value(reply.status);
    });
    CHECK(status.get_future().get() == 503);
}

TEST_CASE("gateway: a misspelt word is refused with the list, and nothing is executed") {
    DialectWorld world;
    struct Row {
        http::Fields headers;
        const char* field;
        const char* part;
    };
    const Row rows[] = {
        {{{"Tuma-Scenario", "aprove"}}, "Tuma-Scenario", "did you mean approve?"},
        {{{"Tuma-Scenario", "approve"}, {"Tuma-Fault", "nonsense"}}, "Tuma-Fault", "apigee-404"},
        {{{"Tuma-Fault", "drop,nonsense"}}, "Tuma-Fault", "wrong-signature"},
        {{{"Tuma-Fault", "latncy:5"}}, "Tuma-Fault", "did you mean latency:MS?"},
        {{{"Tuma-Fault", "latency:soon"}}, "Tuma-Fault", "0 to 600000"},
        {{{"Tuma-Fault", "status:42"}}, "Tuma-Fault", "100 to 599"},
        {{{"Tuma-Fault", "Drop"}}, "Tuma-Fault", "did you mean drop?"},
        {{{"tuma-fualt", "drop"}}, "tuma-fualt", "did you mean Tuma-Fault?"},
        {{{"Tuma-Fault", "429"}, {"Tuma-Fault", "drop"}}, "Tuma-Fault", "there twice"},
        {{{"Tuma-Scenario", ""}}, "Tuma-Scenario", "is none of approve"},
        {{{"Tuma-Fault", " "}}, "Tuma-Fault", "is none of latency:MS"},
        {{{"Tuma-Scenario", "approve,"}}, "Tuma-Scenario", "is none of approve"},
        {{{"Tuma-Fault", "drop,,latency:5"}}, "Tuma-Fault", "is none of latency:MS"},
        {{{"Tuma_Scenario", "approve"}}, "Tuma_Scenario", "did you mean Tuma-Scenario?"},
        {{{"TumaFault", "drop"}}, "TumaFault", "did you mean Tuma-Fault?"},
        {{{"Tuma-Fault", "status:418,html-503"}},
         "Tuma-Fault",
         R"(\"html-503\" contradicts \"status:418\")"},
        {{{"Tuma-Fault", "drop,commit-then-drop"}}, "Tuma-Fault", R"(contradicts \"drop\")"},
        {{{"Tuma-Fault", "latency:5, latency:10"}}, "Tuma-Fault", R"(\"latency:10\" contradicts)"},
        {{{"Tuma-Fault", "drop,drop"}}, "Tuma-Fault", R"(\"drop\" is there twice)"},
    };
    for (const Row& row : rows) {
        const http::HttpReply reply = world.get("POST", "/shop/a", {}, row.headers);
        CAPTURE(reply.body);
        CHECK(reply.status == 400);
        CHECK(parsed(reply).at("field").as_string() == row.field);
        CHECK(reply.body.find(row.part) != std::string::npos);
    }
    CHECK(world.get("POST", "/shop/a", {}, {{"Tuma-Scenario", "approve"}}).status == 201);
}

TEST_CASE("gateway: every word that no dialect sees does something") {
    for (const std::string_view shown : protocols::gateway_words()) {
        std::string word(shown);
        for (const auto& [name, value] : {std::pair{"MS", "5"}, {"CODE", "418"}})
            if (const auto at = word.find(std::string(":") + name); at != std::string::npos)
                word.replace(at + 1, std::string::npos, value);
        CAPTURE(word);
        CHECK(protocols::is_gateway_word(word));
        const Result<net::Fault> fault = net::parse_fault(word);
        REQUIRE(fault.has_value());
        CHECK((fault->latency > Duration{} || fault->instead || fault->drops_before ||
               fault->drops_after || fault->hides_reply || fault->is_too_many));
    }
}

TEST_CASE("gateway: a fault rule with a word or a member that is none is refused") {
    DialectWorld world;
    struct Row {
        const char* body;
        const char* field;
    };
    const Row rows[] = {
        {R"({"fault":"nonsense"})", "fault"},
        {R"({"fault":"drop,nonsense","path":"/shop/"})", "fault"},
        {R"({"fault":"scenario:approve"})", "fault"},
        {R"({"fault":"drop,"})", "fault"},
        {R"({"fault":" "})", "fault"},
        {R"({"fault":"drop,429"})", "fault"},
        {R"({"fault":"drop","cuont":3})", "cuont"},
        {R"({"fault":"drop","count":1.5})", "count"},
        {R"({"fault":"drop","count":"few"})", "count"},
        {R"({"fault":"drop","path":"shop"})", "path"},
        {R"({"fault":"drop","path":"/shpo/a"})", "path"},
        {R"({"fault":"drop","path":"/shops"})", "path"},
        {R"({"fault":["drop"]})", "fault"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.body);
        const http::HttpReply reply = world.get("POST", "/admin/faults", row.body);
        CHECK(reply.status == 400);
        CHECK(parsed(reply).at("field").as_string() == row.field);
    }
    CHECK(world.get("GET", "/admin/faults").body == "[]\n");
    CHECK(world.get("POST", "/admin/faults", R"({"fault":"wrong-signature"})").status == 201);
}

TEST_CASE("admin api: orders are moved by hand, accounts and profiles are shown") {
    DialectWorld world;
    world.get("POST", "/shop/a");
    CHECK(world.get("POST", "/admin/orders/1/ignore").status == 200);
    world.get("POST", "/admin/clock/advance?by=1h");
    CHECK(world.get("GET", "/admin/orders/1").body.find("awaiting_customer") != std::string::npos);
    CHECK(world.get("POST", "/admin/orders/1/approve").status == 200);
    CHECK(world.get("POST", "/admin/orders/1/approve").status == 409);
    CHECK(world.get("POST", "/admin/orders/2/approve").status == 404);
    CHECK(parsed(world.get("GET", "/admin/accounts/shop")).at("balance").as_int64() == 4'000);
    CHECK(world.get("GET", "/admin/accounts/nobody").status == 404);

    world.get("POST", "/shop/b");
    const auto declined = world.get("POST", "/admin/orders/2/decline", R"({"code": 1032})");
    CHECK(parsed(declined).at("code").as_int64() == 1032);
    // Without a code the customer just says no, as the dialect puts it.
    world.get("POST", "/shop/c");
    const auto said_no = world.get("POST", "/admin/orders/3/decline");
    CHECK(said_no.status == 200);
    CHECK(parsed(said_no).at("code").as_int64() == 1033);
    CHECK(world.get("POST", "/admin/orders/3/decline").status == 409);
    CHECK(world.get("POST", "/admin/orders/9/decline").status == 404);

    CHECK(world.get("PUT", "/admin/profiles?name=x/y", "{}").status == 200);
    CHECK(*world.directory.find("x/y") == "{}");
    CHECK(world.get("GET", "/admin/profiles?prefix=x/").body == "[\"x/y\"]\n");
    CHECK(world.get("PUT", "/admin/profiles?name=x/y", "").status == 200);
    CHECK(world.directory.find("x/y") == nullptr);
}

TEST_CASE("admin api: bad calls name what is wrong with them") {
    DialectWorld world;
    struct Row {
        const char* method;
        const char* target;
        const char* body;
        int status;
    };
    const Row rows[] = {
        {"GET", "/admin/what", "", 404},
        {"GET", "/admin/orders?count=0", "", 400},
        {"GET", "/admin/orders/x", "", 400},
        {"GET", "/admin/orders/0", "", 400},
        {"GET", "/admin/orders/99", "", 404},
        {"POST", "/admin/orders/1/dance", "", 400},
        {"POST", "/admin/orders/1/decline", R"({"code":70000})", 400},
        {"POST", "/admin/orders/1/decline", "{", 400},
        {"POST", "/admin/orders/1/approve", R"({"payer":"nobody"})", 404},
        {"POST", "/admin/orders/1/notify", R"({"channel":3})", 400},
        {"POST", "/admin/handsets/nobody/approve", "", 404},
        {"POST", "/admin/handsets/alice/approve", "", 404},
        {"POST", "/admin/clock/advance", R"({"by":"soon"})", 400},
        {"POST", "/admin/clock/advance", R"({"by":"400d"})", 400},
        {"GET", "/admin/notices?order=x", "", 400},
        {"GET", "/admin/notices?state=opened", "", 400},
        {"PUT", "/admin/profiles", "x", 400},
        {"PUT", "/admin/profiles?name=y/z", "{}", 400},
        {"PUT", "/admin/profiles?name=x/", "{}", 400},
        {"PUT", "/admin/profiles?name=x/z", R"({"a":1})", 400},
        {"PUT", "/admin/profiles?name=x/z&nmae=x/y", "{}", 400},
        {"GET", "/admin/profiles?prefx=x", "", 400},
        {"GET", "/admin/order/1", "", 404},
        {"GET", "/admin/clock?at=1", "", 400},
        {"POST", "/admin/orders/1/approve", R"({"code":1})", 400},
        {"POST", "/admin/orders/1/decline", R"({"code":1033})", 400},
        {"POST", "/admin/orders/1/decline", R"({"code":true})", 400},
        {"POST", "/admin/orders/1/decline?code=1", R"({"code":1})", 400},
        {"POST", "/admin/handsets/alice/aprove", "", 400},
    };
    for (const Row& row : rows) {
        CAPTURE(row.target);
        CAPTURE(row.body);
        const auto reply = world.get(row.method, row.target, row.body);
        CHECK(reply.status == row.status);
        CHECK(parsed(reply).at("error").is_string());
    }
    CHECK(parsed(world.get("GET", "/admin/help")).as_array().size() == net::admin_routes().size());
    CHECK(world.get("GET", "/admin/routes").body ==
          R"({"routes":[{"dialect":"small","method":"","path":"/shop/{}"}]})"
          "\n");
}
