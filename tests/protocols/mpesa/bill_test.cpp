// Bill Manager: who sends invoices, what is paid on them and told, and what is said of it.
#include "protocols/mpesa/orders/bills.h"
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"
#include "tests/protocols/mpesa/results.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::hours;
using std::chrono::minutes;

namespace json = boost::json;

namespace {

constexpr const char* other_customer = "254712345678";

std::string bill_path(const std::string& name) {
    return "/v1/billmanager-invoice/" + name;
}

json::object opt_in_body(const json::object& changes = {}) {
    return changed({{"shortcode", "174379"},
                    {"email", "youremail@gmail.com"},
                    {"officialContact", "0710123456"},
                    {"sendReminders", "1"},
                    {"logo", "image"},
                    {"callbackurl", "http://127.0.0.1:9/bills"}},
                   changes);
}

json::object invoice(const char* external, const json::object& changes = {}) {
    return changed({{"externalReference", external},
                    {"billedFullName", "John Doe"},
                    {"billedPhoneNumber", "0722000000"},
                    {"billedPeriod", "August 2021"},
                    {"invoiceName", "Jentrys"},
                    {"dueDate", "2026-10-12"},
                    {"accountReference", "A1"},
                    {"amount", "800"},
                    {"invoiceItems", json::array{{{"itemName", "food"}, {"amount", "700"}},
                                                 {{"itemName", "water"}, {"amount", "100"}}}}},
                   changes);
}

// Somebody who has opted in.
struct Billing {
    Daraja daraja;
    std::string key;

    explicit Billing(const mpesa::Options& options = {}) : daraja(options) {
        key = at(daraja.post_json(bill_path("optin"), json::serialize(opt_in_body())), "app_key");
    }

    http::HttpReply post(const std::string& name, const json::value& body) {
        return daraja.post(bill_path(name), json::serialize(body), {{"appKey", key}});
    }
    /// rescode, resmsg and Status_Message.
    std::string said(const std::string& name, const json::value& body) {
        const http::HttpReply reply = post(name, body);
        INFO(reply.body);
        CHECK(reply.status == 200);
        const json::value told = json::parse(reply.body);
        return at(told, "rescode") + " " + at(told, "resmsg") + " " + at(told, "Status_Message");
    }
    /// Pays without being asked; what callbackurl was told.
    std::vector<json::value> paid(std::int64_t amount, const char* reference) {
        daraja.arrived.clear();
        daraja.post("/mpesa/c2b/v2/simulate",
                    json::serialize(json::object{{"ShortCode", "174379"},
                                                 {"CommandID", "CustomerPayBillOnline"},
                                                 {"Amount", amount},
                                                 {"Msisdn", sandbox_customer},
                                                 {"BillRefNumber", reference}}));
        return told();
    }
    /// Is asked to pay.
    std::vector<json::value> prompted(const char* msisdn, std::int64_t amount,
                                      const char* reference) {
        daraja.arrived.clear();
        daraja.post("/mpesa/stkpush/v1/processrequest",
                    stk_body(msisdn, amount, {{"AccountReference", reference}}));
        return told();
    }
    std::vector<json::value> told() {
        daraja.pass(minutes{1});
        std::vector<json::value> bills;
        for (const Arrived& one : daraja.arrived)
            if (one.callback.url == "http://127.0.0.1:9/bills") bills.push_back(one.json());
        return bills;
    }
    /// The business says what a payment was for.
    std::string acknowledged(const json::value& payment, const char* external,
                             const json::object& changes = {}) {
        return said("reconciliation", changed({{"paymentDate", payment.at("dateCreated")},
                                               {"paidAmount", payment.at("paidAmount")},
                                               {"accountReference", payment.at("accountReference")},
                                               {"transactionId", payment.at("transactionId")},
                                               {"phoneNumber", "0722000000"},
                                               {"fullName", "John Doe"},
                                               {"invoiceName", "Jentrys"},
                                               {"externalReference", external}},
                                              changes));
    }
    std::string cancelled(const char* external) {
        return said("cancel-single-invoice", json::object{{"externalReference", external}});
    }
};

constexpr const char* sent = "200 Success Invoice sent successfully";
constexpr const char* cancelled_well = "200 Success Invoice cancelled successfuly.";
constexpr const char* is_paid =
    "409 Conflict partially or fully paid invoices cannot be cancelled.";
constexpr const char* unknown = "409 Conflict Invoice does not exist.";
constexpr const char* twice =
    "409 Action Forbidden Another entry exists with the same externalReference number";
constexpr const char* acknowledged_well = "200 Success (nothing)";

}  // namespace

TEST_CASE("mpesa bills: a business opts in once, and changes its details") {
    Daraja daraja;
    const auto said = [&](const char* name, const json::object& body) {
        return daraja.post(bill_path(name), json::serialize(body)).body;
    };
    const std::string answer = said("optin", opt_in_body());
    const std::string key = at(json::parse(answer), "app_key");
    CHECK(answer == R"({"app_key":")" + key + R"(","resmsg":"Success","rescode":"200"})");
    REQUIRE(key.size() == 25);
    CHECK(key.substr(0, 3) + key.substr(13, 1) == "AG__");
    CHECK(said("optin", opt_in_body()) ==
          R"({"Status_Message":"Biller already Registered","resmsg":"Action Forbidden",)"
          R"("rescode":"409"})");
    const std::string stranger =
        R"({"Status_Message":"Invalid consumerkey/shortcode","resmsg":"Action Forbidden",)"
        R"("rescode":"409"})";
    CHECK(said("optin", opt_in_body({{"shortcode", "9999999"}})) == stranger);
    CHECK(said("change-optin-details", opt_in_body({{"shortcode", "600984"}})) == stranger);
    json::object change = opt_in_body({{"email", "new@example.com"}, {"sendReminders", 0}});
    change.erase("callbackurl");
    change.erase("logo");
    CHECK(said("change-optin-details", change) == stranger);
    CHECK(daraja.post(bill_path("change-optin-details"), json::serialize(change), {{"appKey", key}})
              .body == R"({"resmsg":"Success","rescode":"200"})");
    const auto biller = mpesa::find_biller(daraja.directory, "174379");
    REQUIRE(biller);
    CHECK(biller->app_key == key);
    CHECK(biller->email == "new@example.com");
    CHECK_FALSE(biller->has_reminders);
    CHECK(biller->logo == "image");
    CHECK(biller->url == "http://127.0.0.1:9/bills");
    mpesa::Options options;
    options.bill_refusal_status = 409;
    daraja.store(options);
    CHECK(daraja.post(bill_path("optin"), json::serialize(opt_in_body())).status == 409);
}

TEST_CASE("mpesa bills: each wrong detail is refused by its name") {
    Daraja daraja;
    const std::vector<std::pair<const char*, json::value>> rows{
        {"shortcode", "17"},
        {"shortcode", nullptr},
        {"email", "nobody"},
        {"email", "a@b@c"},
        {"email", ""},
        {"officialContact", "12345"},
        {"officialContact", nullptr},
        {"sendReminders", "2"},
        {"sendReminders", nullptr},
        {"callbackurl", "/bills"},
        {"callbackurl", nullptr},
        {"logo", json::string(10'001, 'x')}};
    for (const auto& row : rows) {
        const http::HttpReply reply = daraja.post(
            bill_path("optin"), json::serialize(opt_in_body({{row.first, row.second}})));
        check_error(reply);
        CHECK(at(json::parse(reply.body), "errorMessage").ends_with(row.first));
    }
    for (const json::value& value : {json::value(true), json::value(json::array{1})})
        check_error(
            daraja.post(bill_path("optin"), json::serialize(opt_in_body({{"email", value}}))));
    CHECK(mpesa::read_biller("{}").error().field == "app_key");
}

TEST_CASE(
    "mpesa bills: a payment by an invoice's account is told, and the invoice is no more free") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("955")) == sent);
    CHECK(billing.said("single-invoicing", invoice("955")) == twice);
    CHECK(billing.paid(800, "A2").empty());
    const auto told = billing.paid(800, "A1");
    REQUIRE(told.size() == 1);
    const std::string receipt = at(told[0], "transactionId");
    CHECK(receipt.starts_with("UJ2"));
    CHECK(json::serialize(told[0]) == R"({"transactionId":")" + receipt +
                                          R"(","paidAmount":"800","msisdn":"254708374149",)"
                                          R"("dateCreated":"2026-10-02",)"
                                          R"("accountReference":"A1","shortCode":"174379"})");
    CHECK(billing.cancelled("955") == is_paid);
    CHECK(billing.acknowledged(told[0], "955") == acknowledged_well);
    CHECK(billing.acknowledged(told[0], "955") == acknowledged_well);
    CHECK(billing.cancelled("955") == is_paid);
    // What is paid and said to be is no reference to a payment any more.
    CHECK(billing.paid(800, "A1").empty());
    const auto order = billing.daraja.ask(core::QueryOrder{.key = "m/bm/174379/e/955"}).order;
    REQUIRE(order);
    CHECK(order->state == ledger::OrderState::succeeded);
    CHECK(order->answer == receipt);
    CHECK(order->terms.kind == 110);
    billing.daraja.check_books();
}

TEST_CASE("mpesa bills: a customer who is asked on the handset pays the same invoice, in parts") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    // One that is declined is no payment.
    CHECK(billing.prompted("254700001032", 500, "A1").empty());
    CHECK(billing.prompted(sandbox_customer, 500, "A1").size() == 1);
    CHECK(billing.daraja.arrived.size() == 2);
    const auto rest = billing.prompted(other_customer, 300, "A1");
    REQUIRE(rest.size() == 1);
    CHECK(at(rest[0], "paidAmount") == "300");
    CHECK(at(rest[0], "msisdn") == other_customer);
    CHECK(billing.cancelled("1") == is_paid);
    CHECK(billing.acknowledged(rest[0], "1") == acknowledged_well);
    const auto order = billing.daraja.ask(core::QueryOrder{.key = "m/bm/174379/e/1"}).order;
    CHECK(order->state == ledger::OrderState::succeeded);
    billing.daraja.check_books();
}

TEST_CASE("mpesa bills: the oldest invoice of an account is paid first; in part it waits on") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    CHECK(billing.said("single-invoicing", invoice("2")) == sent);
    const auto part = billing.paid(300, "A1");
    REQUIRE(part.size() == 1);
    CHECK(billing.acknowledged(part[0], "1") == acknowledged_well);
    CHECK(billing.cancelled("1") == is_paid);
    CHECK(billing.cancelled("2") == cancelled_well);
    CHECK(billing.cancelled("2") == unknown);
    // A cancelled one cannot be acknowledged, and its reference stays taken.
    CHECK(billing.acknowledged(part[0], "2") == unknown);
    CHECK(billing.said("single-invoicing", invoice("2")) == twice);
    const auto rest = billing.paid(500, "A1");
    REQUIRE(rest.size() == 1);
    CHECK(billing.acknowledged(rest[0], "1") == acknowledged_well);
    CHECK(billing.paid(1, "A1").empty());
}

TEST_CASE("mpesa bills: after a restart invoices wait, and a payment under way is told") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    billing.daraja.restart();
    billing.daraja.arrived.clear();
    billing.daraja.post("/mpesa/stkpush/v1/processrequest",
                        stk_body(sandbox_customer, 800, {{"AccountReference", "A1"}}));
    // It may be paid at any moment.
    CHECK(billing.cancelled("1") == is_paid);
    billing.daraja.restart();
    CHECK(billing.told().size() == 1);
    billing.daraja.check_books();
}

TEST_CASE("mpesa bills: a receiver that does not answer is told five times") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    billing.daraja.receiver = [](const Arrived&) { return protocols::CallbackResult{500, "", {}}; };
    billing.paid(800, "A1");
    billing.daraja.pass(hours{24});
    CHECK(billing.told().size() == 5);
}

TEST_CASE("mpesa bills: many invoices at once, all or none") {
    Billing billing;
    CHECK(billing.said("bulk-invoicing",
                       json::array{invoice("1"), invoice("2", {{"accountReference", "B"}}),
                                   invoice("3", {{"amount", 2000}, {"invoiceItems", nullptr}})}) ==
          sent);
    CHECK(billing.said("bulk-invoicing", json::array{invoice("4"), invoice("1")}) == twice);
    CHECK(billing.said("bulk-invoicing", json::array{invoice("4"), invoice("4")}) == twice);
    CHECK(billing.cancelled("4") == unknown);
    const http::HttpReply wrong = billing.post(
        "bulk-invoicing", json::array{invoice("4"), invoice("5", {{"amount", "1,000"}})});
    check_error(wrong);
    CHECK(billing.cancelled("4") == unknown);
    const auto cancel = [&](std::initializer_list<const char*> references) {
        json::array list;
        for (const char* one : references)
            list.emplace_back(json::object{{"externalReference", one}});
        return billing.said("cancel-bulk-invoices", list);
    };
    CHECK(billing.paid(10, "B").size() == 1);
    CHECK(cancel({"1", "2"}) == is_paid);
    CHECK(cancel({"1", "9"}) == unknown);
    CHECK(cancel({"1", "3", "1"}) == cancelled_well);
    CHECK(billing.post("cancel-single-invoice", json::object{{"externalReference", "2"}}).body ==
          R"({"Status_Message":"partially or fully paid invoices cannot be cancelled.",)"
          R"("resmsg":"Conflict","rescode":"409","errors":[]})");
    json::array many;
    for (int i = 0; i < 1'000; ++i)
        many.push_back(invoice(("many" + std::to_string(i)).c_str(),
                               {{"accountReference", "acc" + std::to_string(i)}}));
    CHECK(billing.said("bulk-invoicing", many) == sent);
    many.push_back(invoice("one more"));
    check_error(billing.post("bulk-invoicing", many));
}

TEST_CASE("mpesa bills: nobody sends invoices in another's name") {
    mpesa::Options options;
    Billing billing(options);
    const std::string body = json::serialize(invoice("1"));
    const auto rescode = [&](http::Fields headers) {
        return at(billing.daraja.post_json(bill_path("single-invoicing"), body, std::move(headers)),
                  "rescode");
    };
    CHECK(rescode({}) == "409");
    CHECK(rescode({{"appKey", ""}}) == "409");
    CHECK(rescode({{"appKey", billing.key + "0"}}) == "409");
    CHECK(rescode({{"appKey", "AG_2376487236_126732989KJ"}}) == "409");
    CHECK(rescode({{"app_key", billing.key}}) == "200");
    // Without the header where it is no question whose they are.
    options.bills_without_app_key = true;
    billing.daraja.store(options);
    CHECK(at(billing.daraja.post_json(bill_path("single-invoicing"), json::serialize(invoice("2"))),
             "rescode") == "200");
    billing.daraja.post(bill_path("optin"),
                        json::serialize(opt_in_body({{"shortcode", "600984"}})));
    CHECK(at(billing.daraja.post_json(bill_path("single-invoicing"), json::serialize(invoice("3"))),
             "rescode") == "409");
    // An app that may act for another number only.
    mpesa::App app;
    app.consumer_key = "foreign";
    app.consumer_secret = "secret";
    app.shortcodes = {"600984"};
    billing.daraja.directory.store(mpesa::app_profile("foreign"), mpesa::to_json(app));
    const http::HttpReply reply = billing.daraja.send(
        {.method = "POST",
         .target = bill_path("single-invoicing"),
         .headers = {{"Authorization", "Bearer " + billing.daraja.token_of("foreign")},
                     {"Content-Type", "application/json"},
                     {"appKey", billing.key}},
         .body = json::serialize(invoice("4"))});
    CHECK(at(json::parse(reply.body), "Status_Message") == "Invalid consumerkey/shortcode");
}

TEST_CASE("mpesa bills: each wrong member of an invoice is refused, two of them in words") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1", {{"billedPhoneNumber", "12345"}})) ==
          "409 Action Forbidden Incorrect phone number format");
    CHECK(billing.said("single-invoicing", invoice("1", {{"dueDate", "12/10/2026"}})) ==
          "409 Action Forbidden Incorrect due date format");
    for (const char* day : {"2026-10-12", "2026-10-12 00:00:00.00", "2026-10-12T09:00:00Z"})
        CHECK(billing.said("single-invoicing",
                           invoice(day, {{"dueDate", day},
                                         {"billedPhoneNumber", sandbox_customer}})) == sent);
    for (const char* member :
         {"externalReference", "billedFullName", "billedPhoneNumber", "billedPeriod", "invoiceName",
          "dueDate", "accountReference", "amount"})
        for (const json::value& value :
             {json::value(nullptr), json::value(""), json::value(true), json::value(json::array{1}),
              json::value(json::string(20'000, 'x'))}) {
            json::object bad = invoice("bad");
            bad[member] = value;
            const http::HttpReply reply = billing.post("single-invoicing", bad);
            INFO(member << " " << reply.body.substr(0, 100));
            check_error(reply);
        }
    for (const json::value& amount : {json::value("1,000"), json::value(-1), json::value(0),
                                      json::value(0.5), json::value("1e3")})
        check_error(billing.post("single-invoicing", invoice("bad", {{"amount", amount}})));
    check_error(billing.post("single-invoicing", invoice("bad", {{"invoiceItems", "food"}})));
    CHECK(billing.cancelled("bad") == unknown);
    // A list where one is wanted, and one where a list is.
    check_error(billing.post("single-invoicing", json::array{invoice("bad")}));
    check_error(billing.post("bulk-invoicing", invoice("bad")));
    for (const char* body : {"[]", "[1]", "[{}", "[{},]", "[{}]x", "[[{}]]", "[{\"a\":1,\"a\":2}]",
                             "null", "[{}] [{}]"})
        check_error(
            billing.daraja.post(bill_path("bulk-invoicing"), body, {{"appKey", billing.key}}));
}

TEST_CASE("mpesa bills: what is acknowledged has to be a payment of that invoice") {
    Billing billing;
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    CHECK(billing.said("single-invoicing", invoice("2", {{"accountReference", "B"}})) == sent);
    const json::value told = billing.paid(800, "A1").at(0);
    constexpr const char* no_payment = "409 Conflict No payment fits the acknowledgement.";
    CHECK(billing.acknowledged(told, "1", {{"transactionId", "UJ20000000"}}) == no_payment);
    CHECK(billing.acknowledged(told, "1", {{"transactionId", "nothing"}}) == no_payment);
    CHECK(billing.acknowledged(told, "1", {{"paidAmount", "801"}}) == no_payment);
    CHECK(billing.acknowledged(told, "1", {{"accountReference", "B"}}) == unknown);
    CHECK(billing.acknowledged(told, "2", {{"accountReference", "B"}}) == no_payment);
    CHECK(billing.acknowledged(told, "3") == unknown);
    CHECK(billing.acknowledged(told, "1") == acknowledged_well);
    for (const char* member : {"paymentDate", "paidAmount", "accountReference", "transactionId",
                               "phoneNumber", "fullName", "invoiceName", "externalReference"}) {
        json::object bad{{"paymentDate", "2026-10-02"}, {"paidAmount", "800"},
                         {"accountReference", "A1"},    {"transactionId", "UJ20000000"},
                         {"phoneNumber", "0722000000"}, {"fullName", "John Doe"},
                         {"invoiceName", "Jentrys"},    {"externalReference", "1"}};
        bad.erase(member);
        const http::HttpReply reply = billing.post("reconciliation", bad);
        check_error(reply);
        CHECK(at(json::parse(reply.body), "errorMessage").ends_with(member));
    }
}

TEST_CASE("mpesa bills: of two payments that want one place the second takes the next") {
    std::optional<mpesa::Bill> bill = mpesa::Bill{OrderId{5}, 1};
    core::Outcome outcome;
    CHECK_FALSE(mpesa::moved_on(bill, outcome));
    outcome.code = Refusal::order_exists;
    CHECK_FALSE(mpesa::moved_on(bill, outcome));
    ledger::Order other;
    other.keys = {"m/stk/ws_CO_1"};
    outcome.order = std::make_shared<const ledger::Order>(other);
    CHECK_FALSE(mpesa::moved_on(bill, outcome));
    other.keys.push_back("m/bm/p/5/1");
    outcome.order = std::make_shared<const ledger::Order>(other);
    CHECK(mpesa::moved_on(bill, outcome));
    CHECK(bill->place == 2);
    CHECK_FALSE(mpesa::moved_on(bill, outcome));
    bill.reset();
    CHECK_FALSE(mpesa::moved_on(bill, outcome));
}

TEST_CASE("mpesa bills: paths with their first part twice, apps without the product") {
    Billing billing;
    const std::string doubled = "/v1/billmanager-invoice" + bill_path("single-invoicing");
    const auto post = [&](const char* external) {
        return billing.daraja.post(doubled, json::serialize(invoice(external)),
                                   {{"appKey", billing.key}});
    };
    CHECK(post("1").status == 200);
    mpesa::Options options;
    options.bill_doubled_paths = false;
    billing.daraja.store(options);
    CHECK(post("2").status == 404);
    mpesa::App app;
    app.consumer_key = "narrow";
    app.consumer_secret = "secret";
    app.products = {"stk"};
    billing.daraja.directory.store(mpesa::app_profile("narrow"), mpesa::to_json(app));
    const http::HttpReply reply = billing.daraja.send(
        {.method = "POST",
         .target = bill_path("optin"),
         .headers = {{"Authorization", "Bearer " + billing.daraja.token_of("narrow")},
                     {"Content-Type", "application/json"}},
         .body = json::serialize(opt_in_body())});
    CHECK(at(json::parse(reply.body), "errorCode") == "401.003.01");
}

TEST_CASE("mpesa bills: reminders that a customer would get can be seen until their day comes") {
    Billing billing;
    const auto state = [&](const char* external, int days) {
        const auto order = billing.daraja
                               .ask(core::QueryOrder{.key = std::string("m/bm/174379/r/") +
                                                            external + "/" + std::to_string(days)})
                               .order;
        if (order == nullptr) return std::string("none");
        return std::string(name(order->state)) + " " +
               text(Timestamp{Duration{order->terms.expires_at}}).substr(0, 13);
    };
    CHECK(billing.said("single-invoicing", invoice("1")) == sent);
    CHECK(state("1", 7) == "awaiting_customer 2026-10-05T05");
    CHECK(state("1", 3) == "awaiting_customer 2026-10-09T05");
    CHECK(state("1", 0) == "awaiting_customer 2026-10-12T05");
    // Days that are past are left out.
    CHECK(billing.said("single-invoicing", invoice("2", {{"accountReference", "B"},
                                                         {"dueDate", "2026-10-04"}})) == sent);
    CHECK(state("2", 7) + state("2", 3) == "nonenone");
    CHECK(state("2", 0) == "awaiting_customer 2026-10-04T05");
    billing.daraja.arrived.clear();
    billing.daraja.pass(hours{24 * 4});
    CHECK(state("1", 7) == "expired 2026-10-05T05");
    CHECK(state("2", 0) == "expired 2026-10-04T05");
    CHECK(billing.daraja.arrived.empty());
    CHECK(billing.cancelled("1") == cancelled_well);
    CHECK(state("1", 3) == "closed 2026-10-09T05");
    CHECK(state("1", 0) == "closed 2026-10-12T05");
    // What is paid is no more reminded of.
    CHECK(billing.said("single-invoicing", invoice("3", {{"accountReference", "C"}})) == sent);
    const json::value told = billing.paid(800, "C").at(0);
    CHECK(state("3", 0).starts_with("awaiting"));
    CHECK(billing.acknowledged(told, "3") == acknowledged_well);
    CHECK(state("3", 0).starts_with("closed"));
    // A business that does not want them has none.
    billing.post("change-optin-details", opt_in_body({{"sendReminders", "0"}}));
    CHECK(billing.said("single-invoicing", invoice("4", {{"accountReference", "D"}})) == sent);
    CHECK(state("4", 0) == "none");
    billing.daraja.check_books();
}
