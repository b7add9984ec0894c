// When things happen that nobody asks for twice: the options that are times, and callbacks that
// are tried again.
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace json = boost::json;

namespace {

constexpr const char* validation_url = "http://127.0.0.1:9/v";

mpesa::Options timed() {
    mpesa::Options options;
    options.customer_delay_ms = 700;
    options.stk_timeout_ms = 9'000;
    options.result_delay_ms = 1'300;
    options.c2b_delay_ms = 400;
    options.validation_ms = 3'000;
    options.queue_timeout_ms = 2'500;
    options.late_result_ms = 6'000;
    return options;
}

// How long after the request each callback came.
std::vector<milliseconds> told_after(Daraja& daraja, const std::string& path,
                                     const std::string& body) {
    daraja.arrived.clear();
    const Timestamp asked = daraja.world.now;
    CHECK(daraja.post(path, body).status == 200);
    daraja.pass(minutes{2});
    std::vector<milliseconds> times;
    for (const Arrived& one : daraja.arrived)
        times.push_back(std::chrono::duration_cast<milliseconds>(one.time - asked));
    return times;
}

std::string to_person(const char* msisdn) {
    return json::serialize(to_customer({{"PartyB", msisdn}}));
}

using Times = std::vector<milliseconds>;

}  // namespace

TEST_CASE("mpesa timing: customers, results and timeouts take as long as the options say") {
    Daraja daraja(timed());
    CHECK(told_after(daraja, stk_push, stk_body(sandbox_customer, 1)) == Times{milliseconds{700}});
    CHECK(told_after(daraja, stk_push, stk_body("254700001037", 1)) == Times{seconds{9}});
    CHECK(told_after(daraja, b2c_v1, to_person(sandbox_customer)) == Times{milliseconds{1'300}});
    CHECK(told_after(daraja, b2c_v1, to_person("254700001064")) == Times{milliseconds{2'500}});
    CHECK(told_after(daraja, b2c_v1, to_person("254700001065")) ==
          Times{milliseconds{2'500}, milliseconds{8'500}});
    daraja.check_books();
}

TEST_CASE("mpesa timing: a payment unasked, and how long its merchant may think") {
    Daraja daraja(timed());
    mpesa::Shortcode business = mpesa::find_shortcode(daraja.directory, "600984").value();
    business.external_validation = true;
    daraja.store(business);
    json::object urls{{"ShortCode", "600984"},
                      {"ResponseType", "Completed"},
                      {"ConfirmationURL", "http://127.0.0.1:9/c"},
                      {"ValidationURL", validation}};
    daraja.post("/mpesa/c2b/v2/registerurl", json::serialize(urls));
    const std::string payment = json::serialize(json::object{{"ShortCode", "600984"},
                                                             {"CommandID", "CustomerPayBillOnline"},
                                                             {"Amount", 1},
                                                             {"Msisdn", sandbox_customer},
                                                             {"BillRefNumber", "INV1"}});
    daraja.receiver = [](const Arrived& told) {
        return protocols::CallbackResult{told.callback.url == validation_url ? 0 : 200, {}, {}};
    };
    const Times silent = told_after(daraja, "/mpesa/c2b/v2/simulate", payment);
    REQUIRE(silent.size() == 2);
    CHECK(silent[1] - silent[0] == seconds{3});
    business.external_validation = false;
    daraja.store(business);
    CHECK(told_after(daraja, "/mpesa/c2b/v2/simulate", payment) == Times{milliseconds{400}});
    daraja.check_books();
}

TEST_CASE("mpesa timing: what nobody acknowledges is told once, or again by option") {
    Daraja daraja(timed());
    daraja.receiver = [&](const Arrived&) {
        const int status = daraja.arrived.size() < 3 ? 500 : 200;
        return protocols::CallbackResult{status, {}, {}};
    };
    CHECK(told_after(daraja, stk_push, stk_body(sandbox_customer, 1)).size() == 1);
    mpesa::Options options = timed();
    options.retries_callbacks = true;
    daraja.store(options);
    CHECK(told_after(daraja, stk_push, stk_body(sandbox_customer, 1)) ==
          Times{milliseconds{700}, milliseconds{15'700}, milliseconds{30'700}});
    CHECK(daraja.arrived[0].callback.body == daraja.arrived[2].callback.body);
    CHECK(told_after(daraja, b2c_v1, to_person(sandbox_customer)).size() == 3);
    daraja.check_books();
}

TEST_CASE("mpesa timing: what a request that timed out is told") {
    for (const std::int64_t type : {0, 1}) {
        mpesa::Options options;
        options.queue_timeout_result_type = type;
        Daraja daraja(options);
        CHECK(told_after(daraja, b2c_v1, to_person("254700001064")) == Times{seconds{5}});
        CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/t");
        const json::value result = daraja.arrived[0].json().at("Result");
        CHECK(result.at("ResultType") == json::value(type));
        CHECK(code_of(result) == "1");
        CHECK(!result.get_object().contains("ResultParameters"));
    }
}

TEST_CASE("mpesa timing: a process that stops in between tells everything, and pays once") {
    Daraja daraja;
    CHECK(daraja.post(stk_push, stk_body(sandbox_customer, 1)).status == 200);
    CHECK(daraja.post(b2c_v1, to_person("254711111111")).status == 200);
    daraja.restart();
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.size() == 2);
    daraja.restart();
    daraja.pass(minutes{1});
    CHECK(daraja.arrived.size() == 2);
    CHECK(daraja.balance(sandbox_customer) == 5'000'000 - 100);
    CHECK(daraja.balance("254711111111") == 5'000'000 + 10'000);
    daraja.check_books();
}
