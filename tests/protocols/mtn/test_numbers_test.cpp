// The sandbox's published values, one by one, and the words of the switch's own headers.
#include "tests/protocols/mtn/momo.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

// What 46733123450 and those after it make of a request: its reason, or its status.
using Outcomes = std::vector<std::string>;
const Outcomes asked{"INTERNAL_PROCESSING_ERROR",
                     "APPROVAL_REJECTED",
                     "EXPIRED",
                     "PENDING",
                     "PENDING",
                     "PAYER_NOT_FOUND",
                     "PAYEE_NOT_ALLOWED_TO_RECEIVE",
                     "NOT_ALLOWED",
                     "NOT_ALLOWED_TARGET_ENVIRONMENT",
                     "INVALID_CALLBACK_URL_HOST",
                     "INVALID_CURRENCY",
                     "INTERNAL_PROCESSING_ERROR",
                     "SERVICE_UNAVAILABLE",
                     "COULD_NOT_PERFORM_TRANSACTION"};
const Outcomes paid{"INTERNAL_PROCESSING_ERROR",
                    "APPROVAL_REJECTED",
                    "EXPIRED",
                    "PENDING",
                    "PENDING",
                    "NOT_ENOUGH_FUNDS",
                    "PAYER_LIMIT_REACHED",
                    "PAYEE_NOT_FOUND",
                    "NOT_ALLOWED",
                    "NOT_ALLOWED_TARGET_ENVIRONMENT",
                    "INVALID_CALLBACK_URL_HOST",
                    "INVALID_CURRENCY",
                    "INTERNAL_PROCESSING_ERROR",
                    "SERVICE_UNAVAILABLE"};
const Outcomes preapproved{"INTERNAL_PROCESSING_ERROR",
                           "APPROVAL_REJECTED",
                           "EXPIRED",
                           "PENDING",
                           "PENDING",
                           "PAYER_NOT_FOUND",
                           "NOT_ALLOWED",
                           "NOT_ALLOWED_TARGET_ENVIRONMENT",
                           "INVALID_CALLBACK_URL_HOST",
                           "INVALID_CURRENCY",
                           "INTERNAL_PROCESSING_ERROR",
                           "SERVICE_UNAVAILABLE"};
const Outcomes refunded{"TRANSACTION_NOT_FOUND",
                        "INTERNAL_PROCESSING_ERROR",
                        "APPROVAL_REJECTED",
                        "EXPIRED",
                        "PENDING",
                        "PENDING",

                        "NOT_ALLOWED",
                        "NOT_ALLOWED_TARGET_ENVIRONMENT",
                        "INVALID_CALLBACK_URL_HOST",
                        "INVALID_CURRENCY",
                        "INTERNAL_PROCESSING_ERROR",
                        "SERVICE_UNAVAILABLE",
                        "COULD_NOT_PERFORM_TRANSACTION"};

std::string outcome_of(const json::value& told) {
    for (const char* place : {"reason", "errorReason/code"})
        if (at(told, place) != "(nothing)") return at(told, place);
    return at(told, "status");
}

// Sends one request for each value and compares, ten seconds later.
template <typename Body>
void check_numbers(const std::string& path, const std::string& status_path,
                   const Outcomes& outcomes, int first, const Body& body) {
    Momo momo;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const int value = first + static_cast<int>(i);
        CAPTURE(path);
        CAPTURE(value);
        CHECK(momo.post(path, reference(value), body(std::to_string(value)), shop).status == 202);
        momo.pass(std::chrono::seconds{10});
        CHECK(outcome_of(momo.get(status_path + "/" + reference(value))) == outcomes[i]);
    }
    momo.check_books();
}

json::object with_party(const std::string& role, const std::string& ending) {
    return payment_body(role, "46733123" + ending);
}

}  // namespace

TEST_CASE("mtn numbers: each published number, request by request") {
    const auto payer = [](const std::string& value) { return with_party("payer", value); };
    const auto payee = [](const std::string& value) { return with_party("payee", value); };
    const std::string collection = "/collection/v1_0/";
    check_numbers(collection + "requesttowithdraw", collection + "requesttowithdraw", asked, 450,
                  payer);
    for (const std::string product : {"/disbursement/v1_0/", "/remittance/v1_0/"})
        check_numbers(product + "transfer", product + "transfer", paid, 450, payee);
    check_numbers("/disbursement/v1_0/deposit", "/disbursement/v1_0/deposit", asked, 450, payee);
    check_numbers(
        "/collection/v2_0/invoice", "/collection/v2_0/invoice", asked, 450,
        [](const std::string& value) {
            return json::object{
                {"externalId", "I"},
                {"amount", "1"},
                {"currency", "EUR"},
                {"intendedPayer", {{"partyIdType", "MSISDN"}, {"partyId", "46733123" + value}}}};
        });
    check_numbers("/collection/v2_0/preapproval", "/collection/v2_0/preapproval", preapproved, 450,
                  [](const std::string& value) {
                      return json::object{
                          {"payer", {{"partyIdType", "MSISDN"}, {"partyId", "46733123" + value}}},
                          {"payerCurrency", "EUR"},
                          {"validityTime", 60}};
                  });
    check_numbers("/disbursement/v1_0/refund", "/disbursement/v1_0/refund", refunded, 1,
                  [](const std::string& value) {
                      return json::object{
                          {"amount", "1"}, {"currency", "EUR"}, {"referenceIdToRefund", value}};
                  });
    check_numbers("/remittance/v2_0/cashtransfer", "/remittance/v2_0/cashtransfer",
                  {"TRANSACTION_NOT_FOUND", "INTERNAL_PROCESSING_ERROR", "APPROVAL_REJECTED",
                   "EXPIRED", "PAYEE_NOT_FOUND", "PAYEE_NOT_ALLOWED_TO_RECEIVE", "NOT_ALLOWED"},
                  1, [](const std::string& value) { return payment_body("payee", value); });
}

TEST_CASE(
    "mtn numbers: a delayed request to pay is CREATED until it is paid, an ongoing one ends") {
    Momo momo;
    const std::string pay = "/collection/v1_0/requesttopay";
    momo.post(pay, reference(3), with_party("payer", "453"), shop);
    momo.post(pay, reference(4), with_party("payer", "454"), shop);
    momo.pass(std::chrono::seconds{40});
    CHECK(outcome_of(momo.get(pay + "/" + reference(3))) == "PENDING");
    CHECK(outcome_of(momo.get(pay + "/" + reference(4))) == "CREATED");
    CHECK(momo.arrived.empty());
    momo.pass(std::chrono::seconds{10});
    CHECK(outcome_of(momo.get(pay + "/" + reference(4))) == "SUCCESSFUL");
    momo.pass(std::chrono::minutes{5});
    CHECK(outcome_of(momo.get(pay + "/" + reference(3))) == "EXPIRED");
    REQUIRE(momo.arrived.size() == 2);
    CHECK(at(momo.arrived[1].json(), "status") == "FAILED");
}

TEST_CASE("mtn numbers: account holders who are not there, not active, not to be asked about") {
    Momo momo;
    const std::vector<std::pair<int, std::string>> rows{{404, "RESOURCE_NOT_FOUND"},
                                                        {200, ""},
                                                        {500, "NOT_ALLOWED"},
                                                        {500, "NOT_ALLOWED_TARGET_ENVIRONMENT"},
                                                        {500, "INTERNAL_PROCESSING_ERROR"},
                                                        {503, "SERVICE_UNAVAILABLE"}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const http::HttpReply reply =
            momo.call("GET", "/disbursement/v1_0/accountholder/msisdn/4673312345" +
                                 std::to_string(i) + "/active");
        if (rows[i].first == 200)
            CHECK(reply.body == R"({"result":false})");
        else
            check_error(reply, rows[i].first, rows[i].second);
    }
}

TEST_CASE("mtn numbers: words in headers say the same of any number, and misspelt ones are known") {
    Momo momo;
    const std::string pay = "/collection/v1_0/requesttopay";
    const auto post = [&](int number, const std::string& header, const std::string& words) {
        return momo.call(
            "POST", pay, json::serialize(payment_body("payer", customer)),
            {{"X-Reference-Id", reference(number)}, {"X-Callback-Url", shop}, {header, words}});
    };
    CHECK(post(1, "Tuma-Scenario", "reason:APPROVAL_REJECTED,delay=0ms").status == 202);
    momo.pass(std::chrono::microseconds{1});
    CHECK(outcome_of(momo.get(pay + "/" + reference(1))) == "APPROVAL_REJECTED");
    CHECK(post(2, "Tuma-Scenario", "reason:PAYER_LIMIT_REACHED").status == 202);
    CHECK(post(3, "Tuma-Fault", "callback-lost").status == 202);
    check_error(post(4, "Tuma-Fault", "error:SERVICE_UNAVAILABLE"), 503, "SERVICE_UNAVAILABLE");
    momo.arrived.clear();
    momo.pass(std::chrono::minutes{1});
    CHECK(outcome_of(momo.get(pay + "/" + reference(2))) == "PAYER_LIMIT_REACHED");
    CHECK(outcome_of(momo.get(pay + "/" + reference(3))) == "SUCCESSFUL");
    CHECK(momo.arrived.size() == 1);
    const auto misspelt = momo.adapter.misspelt_word(
        {.method = "POST", .target = pay, .headers = {{"Tuma-Scenario", "delaid"}}});
    REQUIRE(misspelt.has_value());
    CHECK(misspelt->reason.find("did you mean delayed?") != std::string::npos);
}
