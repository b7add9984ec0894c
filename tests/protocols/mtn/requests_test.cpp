// Requests from POST to callback: what is moved, what is told, what is refused.
#include "tests/protocols/mtn/momo.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::testing;
using namespace std::chrono_literals;

namespace json = boost::json;

namespace {

const std::string pay = "/collection/v1_0/requesttopay";
const std::string transfer = "/disbursement/v1_0/transfer";
const std::string refund = "/disbursement/v1_0/refund";
const std::string invoice = "/collection/v2_0/invoice";
const std::string preapproval = "/collection/v2_0/preapproval";

json::object party(const std::string& id) {
    return {{"partyIdType", "MSISDN"}, {"partyId", id}};
}
json::object refund_body(const std::string& of, const std::string& amount) {
    return {{"amount", amount},    {"currency", "EUR"}, {"externalId", "R-1"},
            {"payerMessage", "m"}, {"payeeNote", "n"},  {"referenceIdToRefund", of}};
}
json::object invoice_body() {
    return {{"externalId", "I-1"},
            {"amount", "20.50"},
            {"currency", "EUR"},
            {"validityDuration", "360"},
            {"intendedPayer", party(customer)},
            {"payee", party("46700000001")},
            {"description", "shoes"}};
}
json::object preapproval_body() {
    return {{"payer", party(customer)},
            {"payerCurrency", "EUR"},
            {"payerMessage", "every month"},
            {"validityTime", 3600}};
}

}  // namespace

TEST_CASE("mtn requests: what is taken and can only fail is logged as such") {
    mtn::Options options;
    options.opens_customers = false;
    Momo momo(options);
    const auto why = [&](int number, const std::string& path, const json::object& body) {
        const http::HttpReply taken = momo.post(path, reference(number), body);
        CHECK(taken.status == 202);
        return taken.note.code + ": " + taken.note.why;
    };
    CHECK(why(1, transfer, payment_body("payee", customer)) ==
          "PAYEE_NOT_FOUND: it was accepted, and will fail with PAYEE_NOT_FOUND (Payee does not "
          "exist.)");
    options.opens_customers = true;
    momo.store(options);
    CHECK(why(2, transfer, payment_body("payee", customer)) == ": ");
    CHECK(why(3, transfer, payment_body("payee", customer, "99000000"))
              .starts_with("NOT_ENOUGH_FUNDS: it was accepted, and will fail with "
                           "NOT_ENOUGH_FUNDS ("));
    CHECK(why(4, refund, refund_body(reference(2), "1")).starts_with("TRANSACTION_NOT_FOUND: "));
}

TEST_CASE("mtn requests: a request to pay is taken without a body, then paid and told once") {
    Momo momo;
    const http::HttpReply taken =
        momo.post(pay, reference(1), payment_body("payer", customer), shop);
    CHECK(taken.status == 202);
    CHECK(taken.body.empty());
    CHECK(taken.headers.empty());
    CHECK(json::serialize(momo.get(pay + "/" + reference(1))) ==
          R"({"externalId":"123","amount":"50","currency":"EUR",)"
          R"("payer":{"partyIdType":"MSISDN","partyId":"56733123453"},)"
          R"("payerMessage":"m","payeeNote":"n","status":"PENDING"})");
    momo.pass(1min);
    const std::string paid = json::serialize(momo.get(pay + "/" + reference(1)));
    CHECK(paid == R"({"financialTransactionId":"600000001","externalId":"123","amount":"50",)"
                  R"("currency":"EUR","payer":{"partyIdType":"MSISDN","partyId":"56733123453"},)"
                  R"("payerMessage":"m","payeeNote":"n","status":"SUCCESSFUL"})");
    REQUIRE(momo.arrived.size() == 1);
    const protocols::Callback& told = momo.arrived[0].callback;
    CHECK(told.method == "POST");
    CHECK(told.url == shop);
    CHECK(told.body == paid);
    CHECK(*http::find(told.headers, "Content-Type") == "application/json; charset=utf-8");
    CHECK(*http::find(told.headers, "User-Agent") == "LWAC Http Client 1.0");
    CHECK(momo.balance("mtn.collection") == 1'000'050'00);
    CHECK(momo.balance("mtn." + customer) == 100'000'00 - 50'00);
    momo.check_books();
}

TEST_CASE("mtn requests: a transfer goes the other way, and only by its own product") {
    Momo momo;
    CHECK(momo.post(transfer, reference(1), payment_body("payee", customer), shop).status == 202);
    momo.pass(1min);
    CHECK(at(momo.get(transfer + "/" + reference(1)), "status") == "SUCCESSFUL");
    CHECK(at(momo.arrived.at(0).json(), "payee/partyId") == customer);
    CHECK(momo.balance("mtn.disbursement") == 1'000'000'00 - 50'00);
    CHECK(momo.balance("mtn." + customer) == 100'000'00 + 50'00);
    check_error(momo.call("GET", "/remittance/v1_0/transfer/" + reference(1)), 404,
                "RESOURCE_NOT_FOUND");
    check_error(momo.call("GET", pay + "/" + reference(1)), 404, "RESOURCE_NOT_FOUND");
    CHECK(momo.call("POST", "/collection/v1_0/transfer", "{}").body ==
          R"({"statusCode":404,"message":"Resource not found"})");
    momo.check_books();
}

TEST_CASE("mtn requests: what a business has not is not paid out, and the reason says so") {
    Momo momo;
    const std::string reason = "/disbursement/v1_0/transfer/" + reference(1);
    CHECK(momo.post(transfer, reference(1), payment_body("payee", customer, "1000001"), shop)
              .status == 202);
    CHECK(momo.post(pay, reference(2), payment_body("payer", customer, "100001"), shop).status ==
          202);
    momo.pass(1min);
    CHECK(at(momo.get(reason), "status") == "FAILED");
    CHECK(at(momo.get(reason), "reason") == "NOT_ENOUGH_FUNDS");
    CHECK(at(momo.get(reason), "financialTransactionId") == "(nothing)");
    // Of a customer it is not told why.
    CHECK(at(momo.get(pay + "/" + reference(2)), "reason") == "INTERNAL_PROCESSING_ERROR");
    momo.check_books();
}

TEST_CASE("mtn requests: a reference is used once by a user, whatever it was for") {
    Momo momo;
    CHECK(momo.post(pay, reference(1), payment_body("payer", customer)).status == 202);
    check_error(momo.post(pay, reference(1), payment_body("payer", customer)), 409,
                "RESOURCE_ALREADY_EXIST");
    check_error(momo.post(transfer, reference(1), payment_body("payee", customer)), 409,
                "RESOURCE_ALREADY_EXIST");
    momo.pass(1min);
    check_error(momo.post(pay, reference(1), payment_body("payer", customer)), 409,
                "RESOURCE_ALREADY_EXIST");
    CHECK(momo.balance("mtn.collection") == 1'000'050'00);
    check_error(momo.call("GET", pay + "/" + reference(2)), 404, "RESOURCE_NOT_FOUND");
    check_error(momo.call("GET", pay + "/1234"), 400, "BAD_REQUEST");
}

TEST_CASE("mtn requests: a callback goes to the user's own host or not at all") {
    Momo momo;
    check_error(
        momo.post(pay, reference(1), payment_body("payer", customer), "http://127.0.0.2/cb"), 500,
        "INVALID_CALLBACK_URL_HOST");
    check_error(momo.post(pay, reference(1), payment_body("payer", customer), "null"), 400,
                "BAD_REQUEST");
    CHECK(momo.post(pay, reference(1), payment_body("payer", customer)).status == 202);
    momo.pass(1h);
    CHECK(momo.arrived.empty());
}

TEST_CASE("mtn requests: callbacks by PUT, repeated, with a reason that is an object") {
    mtn::Options options;
    options.callback_method = "PUT";
    options.callback_repeat_ms = 180'000;
    options.reason_object = true;
    Momo momo(options);
    momo.post(pay, reference(1), payment_body("payer", "46733123451"), shop);
    momo.pass(2s);
    REQUIRE(momo.arrived.size() == 1);
    CHECK(momo.arrived[0].callback.method == "PUT");
    CHECK(at(momo.arrived[0].json(), "reason/code") == "APPROVAL_REJECTED");
    CHECK(at(momo.arrived[0].json(), "referenceId") == "(nothing)");
    momo.pass(3min);
    REQUIRE(momo.arrived.size() == 2);
    CHECK(momo.arrived[1].callback.body == momo.arrived[0].callback.body);
    CHECK(momo.arrived[1].time - momo.arrived[0].time == 3min);
    momo.pass(1h);
    CHECK(momo.arrived.size() == 2);
}

TEST_CASE("mtn requests: an invoice has numbers and an end of its own, and can be cancelled") {
    Momo momo;
    CHECK(momo.post(invoice, reference(1), invoice_body(), shop).status == 202);
    const json::value open = momo.get(invoice + "/" + reference(1));
    CHECK(at(open, "status") == "PENDING");
    CHECK(at(open, "referenceId") == reference(1));
    CHECK(at(open, "invoiceId") == "600000001");
    CHECK(at(open, "expiryDateTime") == "2026-10-02T15:17:02");
    CHECK(at(open, "intendedPayer/partyId") == customer);
    CHECK(at(open, "validityDuration") == "(nothing)");
    CHECK(momo.call("DELETE", invoice + "/" + reference(1), R"({"externalId":"D-1"})",
                    {{"X-Reference-Id", reference(2)}})
              .status == 200);
    const json::value cancelled = momo.get(invoice + "/" + reference(1));
    CHECK(at(cancelled, "status") == "FAILED");
    CHECK(at(cancelled, "errorReason/code") == "TRANSACTION_CANCELED");
    CHECK(at(momo.arrived.at(0).json(), "errorReason/code") == "TRANSACTION_CANCELED");
    CHECK(at(momo.arrived.at(0).json(), "referenceId") == "(nothing)");

    momo.post(invoice, reference(3), invoice_body());
    momo.pass(10s);
    CHECK(at(momo.get(invoice + "/" + reference(3)), "status") == "SUCCESSFUL");
    CHECK(momo.balance("mtn.collection") == 1'000'020'50);
    check_error(momo.call("DELETE", invoice + "/" + reference(3), R"({"externalId":"D-2"})",
                          {{"X-Reference-Id", reference(4)}}),
                500, "COULD_NOT_PERFORM_TRANSACTION");
    momo.check_books();
}

TEST_CASE("mtn requests: a preapproval is approved, listed, and taken back or expires") {
    Momo momo;
    const std::string list = "/collection/v1_0/preapproval/MSISDN/" + customer;
    CHECK(momo.post(preapproval, reference(1), preapproval_body(), shop).status == 202);
    CHECK(at(momo.get(preapproval + "/" + reference(1)), "status") == "PENDING");
    CHECK(momo.get(list).as_array().empty());
    momo.post(preapproval, reference(2), preapproval_body());
    momo.pass(10s);
    CHECK(json::serialize(momo.get(preapproval + "/" + reference(1))) ==
          R"({"payer":{"partyIdType":"MSISDN","partyId":"56733123453"},"payerCurrency":"EUR",)"
          R"("payerMessage":"every month","expirationDateTime":"2026-10-02T16:11:02",)"
          R"("status":"SUCCESSFUL"})");
    CHECK(momo.arrived.size() == 1);
    CHECK(momo.get(list).as_array().size() == 2);
    CHECK(at(momo.get(list), "0/preApprovalId") == reference(1));
    CHECK(at(momo.get(list), "0/fromFri") == "FRI:56733123453/MSISDN");
    CHECK(momo.call("DELETE", "/collection/v1_0/preapproval/" + reference(1)).status == 200);
    CHECK(at(momo.get(preapproval + "/" + reference(1)), "status") == "CANCELLED");
    CHECK(at(momo.get(list), "0/preApprovalId") == reference(2));
    momo.pass(1h);
    CHECK(momo.get(list).as_array().empty());
    momo.check_books();
}

TEST_CASE("mtn requests: deposit, withdrawal and cash transfer move money as they say") {
    Momo momo;
    CHECK(momo.post("/disbursement/v2_0/deposit", reference(1), payment_body("payee", customer))
              .status == 202);
    CHECK(momo.post("/collection/v2_0/requesttowithdraw", reference(2),
                    payment_body("payer", customer, "10"))
              .status == 202);
    json::object cash = payment_body("payee", customer, "7");
    cash["orginatingCountry"] = "SE";
    cash["payerSurName"] = "Svensson";
    CHECK(momo.post("/remittance/v2_0/cashtransfer", reference(3), cash).status == 202);
    momo.pass(10s);
    CHECK(at(momo.get("/disbursement/v1_0/deposit/" + reference(1)), "status") == "SUCCESSFUL");
    CHECK(at(momo.get("/collection/v1_0/requesttowithdraw/" + reference(2)), "status") ==
          "SUCCESSFUL");
    const json::value told = momo.get("/remittance/v2_0/cashtransfer/" + reference(3));
    CHECK(at(told, "status") == "SUCCESSFUL");
    CHECK(at(told, "payerSurName") == "Svensson");
    CHECK(momo.balance("mtn." + customer) == 100'000'00 + 50'00 - 10'00 + 7'00);
    CHECK(momo.balance("mtn.remittance") == 1'000'000'00 - 7'00);
    momo.check_books();
}

TEST_CASE("mtn requests: a refund gives back what was paid, in parts and never more") {
    Momo momo;
    momo.post(pay, reference(1), payment_body("payer", customer));
    momo.pass(10s);
    momo.post(refund, reference(2), refund_body(reference(1), "20"), shop);
    momo.post(refund, reference(3), refund_body(reference(1), "30.01"));
    momo.post(refund, reference(4), refund_body(reference(1), "30"));
    momo.post(refund, reference(5), refund_body(reference(99), "1"));
    momo.pass(10s);
    CHECK(at(momo.get(refund + "/" + reference(2)), "status") == "SUCCESSFUL");
    CHECK(momo.arrived.size() == 1);
    CHECK(at(momo.get(refund + "/" + reference(3)), "reason") == "NOT_ALLOWED");
    CHECK(at(momo.get(refund + "/" + reference(4)), "status") == "SUCCESSFUL");
    CHECK(at(momo.get(refund + "/" + reference(5)), "reason") == "TRANSACTION_NOT_FOUND");
    CHECK(momo.balance("mtn." + customer) == 100'000'00);
    CHECK(momo.balance("mtn.collection") == 1'000'000'00);
    momo.check_books();
}

TEST_CASE("mtn requests: in Uganda the scheme's prices hold, and shillings have no decimals") {
    mtn::Options options;
    options.target_environment = "sandbox";
    options.currency = "UGX";
    options.scheme = "mtn-uganda";
    Momo momo(options);
    json::object body = payment_body("payer", "256772123456", "5000");
    body["currency"] = "UGX";
    CHECK(momo.post(pay, reference(1), body).status == 202);
    momo.pass(10s);
    CHECK(momo.balance("256772123456") == 100'000 - 5'000);
    CHECK(momo.balance("mtn.collection") == 1'000'000 + 5'000 - 100);
    CHECK(at(momo.get("/collection/v1_0/account/balance"), "availableBalance") == "1004900");
    body["amount"] = "5000.5";
    check_error(momo.post(pay, reference(2), body), 400, "BAD_REQUEST");
    check_error(momo.post(pay, reference(3), payment_body("payer", "256772123456")), 500,
                "INVALID_CURRENCY");
    // Somebody whose number the scheme does not know has no account there.
    body["amount"] = "5000";
    body["payer"] = party(customer);
    momo.post(pay, reference(4), body);
    momo.pass(10s);
    CHECK(at(momo.get(pay + "/" + reference(4)), "reason") == "PAYER_NOT_FOUND");
    momo.check_books();
}

TEST_CASE("mtn requests: a notification is delivered to who has paid, in a header") {
    Momo momo;
    const std::string path = pay + "/" + reference(1) + "/deliverynotification";
    momo.post(pay, reference(1), payment_body("payer", customer));
    check_error(momo.call("POST", path, "{}", {{"notificationMessage", "thanks"}}), 500,
                "NOT_ALLOWED");
    momo.pass(10s);
    CHECK(momo.call("POST", path, "{}", {{"notificationMessage", "thanks"}}).status == 200);
    check_error(momo.call("POST", path, "{}"), 400, "BAD_REQUEST");
    check_error(momo.call("POST", path, "{}", {{"notificationMessage", std::string(161, 'x')}}),
                400, "BAD_REQUEST");
}
