// Everything that can be wrong with a request: the gateway's own error, or an acknowledgement whose
// result is a failure; no money moves.
#include "tests/protocols/mpesa/daraja.h"
#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

// Nothing that is sent may be any of these: they are no text and no number, or too long.
json::array no_values() {
    return {json::array{1}, json::array{}, json::object{{"a", 1}}, true, json::string(20'000, 'x')};
}

// Text or numbers, but never the right ones.
json::array wrong_values() {
    return {"\x01",
            json::string(1, '\0'),
            "a\nb",
            "'; --",
            "\xF0\x9F\x92\xB8",
            "<b>",
            -1,
            0,
            UINT64_MAX,
            INT64_MIN,
            1.5,
            1e300,
            "1e3",
            "-5",
            "0x10",
            "+254708374149",
            "254208374149"};
}

json::array blanks() {
    return {nullptr, "", " \t\r\n "};
}

json::object with(const json::object& body, const char* name, const json::value& value) {
    json::object changed = body;
    changed[name] = value;
    return changed;
}

json::object without(const json::object& body, const char* name) {
    json::object changed = body;
    changed.erase(name);
    return changed;
}

// Every request has an id of its own, so that none is refused as a duplicate.
json::object fresh(json::object body) {
    static int counter = 0;
    if (const json::value* id = body.if_contains("OriginatorConversationID"))
        if (*id == json::value("mine"))
            body["OriginatorConversationID"] = "mine-" + std::to_string(++counter);
    return body;
}

std::string text_of(const json::object& body) {
    return json::serialize(fresh(body));
}

class Prepared {
public:
    Daraja daraja;
    std::string receipt;

    Prepared() {
        // Every account that a request may name is opened, and a receipt is there.
        daraja.post("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10));
        daraja.pass(std::chrono::minutes{1});
        receipt = at(daraja.arrived.at(0).json(), "Body/stkCallback/CallbackMetadata/Item/1/Value");
        for (const GoodBody& one : good_bodies(receipt)) {
            const std::string& path = one.path;
            if (path.find("reversal") != std::string::npos) continue;
            const http::HttpReply reply = daraja.post(path, text_of(one.body));
            INFO(path << " " << reply.body);
            CHECK(reply.status == 200);
            daraja.pass(std::chrono::minutes{1});
        }
        forget();
    }

    /// What can be moved, with all that the requests above name.
    std::vector<std::int64_t> money() {
        std::vector<std::int64_t> all;
        for (const char* identity :
             {sandbox_customer, "174379", "600000", "600000.working", "600000.charges", "600984",
              "572572", "600966", "600966.charges", "600980", "600980.charges", "600981",
              "600981.charges"})
            all.push_back(daraja.balance(identity));
        return all;
    }
    void forget() {
        daraja.arrived.clear();
        money_ = money();
    }
    void check_no_money_moved() {
        daraja.pass(std::chrono::minutes{1});
        CHECK(money() == money_);
    }

    /// The envelope of errors under a status that its code begins with; nothing is told later.
    void check_refused(const std::string& path, const std::string& body, const std::string& what) {
        const http::HttpReply reply = daraja.post(path, body);
        INFO(path << " " << what << " → " << reply.status << " " << reply.body);
        check_error(reply);
        check_no_money_moved();
        CHECK(daraja.arrived.empty());
        forget();
    }
    /// Acknowledged, and the result is a failure.
    void check_told(const std::string& path, const std::string& body, const std::string& what) {
        const http::HttpReply reply = daraja.post(path, body);
        INFO(path << " " << what << " → " << reply.status << " " << reply.body);
        CHECK(reply.status == 200);
        CHECK(at(json::parse(reply.body), "ResponseCode") == "0");
        check_no_money_moved();
        REQUIRE(daraja.arrived.size() == 1);
        CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/r");
        const json::value told = daraja.arrived[0].json();
        CHECK(at(told, "Result/ResultCode") != "0");
        CHECK(at(told, "Result/ResultCode") != "17");
        CHECK(at(told, "Result/ConversationID") == at(json::parse(reply.body), "ConversationID"));
        forget();
    }

private:
    std::vector<std::int64_t> money_;
};

std::string shown(const Member& member, const json::value& value) {
    return std::string(member.name) + " = " + json::serialize(value).substr(0, 40);
}

bool may_be_missing(Takes takes) {
    return takes == Takes::maybe || takes == Takes::maybe_exactly;
}

// What is taken freely is taken whatever it says.
void check_taken(Prepared& prepared, const GoodBody& one, const Member& member,
                 const json::value& value) {
    const http::HttpReply reply =
        prepared.daraja.post(one.path, text_of(with(one.body, member.name, value)));
    INFO(one.path << " " << shown(member, value) << " → " << reply.status << " " << reply.body);
    CHECK(reply.status == 200);
    prepared.daraja.pass(std::chrono::minutes{1});
    // Whatever the words are, what is told is JSON.
    for (const Arrived& told : prepared.daraja.arrived) CHECK(told.json().is_object());
    prepared.forget();
}

}  // namespace

TEST_CASE("mpesa hostile: the table names every member of every body") {
    for (const GoodBody& one : good_bodies("X")) {
        std::set<std::string> named;
        for (const Member& member : one.members) named.insert(member.name);
        std::set<std::string> sent;
        for (const auto& member : one.body) sent.insert(std::string(member.key()));
        CHECK_MESSAGE(named == sent, one.path);
    }
}

TEST_CASE("mpesa hostile: each member missing, blank, of another type, too long") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies(prepared.receipt))
        for (const Member& member : one.members) {
            for (const json::value& value : no_values())
                prepared.check_refused(one.path, text_of(with(one.body, member.name, value)),
                                       shown(member, value));
            if (may_be_missing(member.takes)) continue;
            prepared.check_refused(one.path, text_of(without(one.body, member.name)),
                                   std::string(member.name) + " missing");
            for (const json::value& value : blanks())
                prepared.check_refused(one.path, text_of(with(one.body, member.name, value)),
                                       shown(member, value));
        }
    prepared.daraja.check_books();
}

TEST_CASE("mpesa hostile: each member negative, fractional, huge, with control characters") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        // A receipt can be given back once only.
        const bool is_reversal = one.path.find("reversal") != std::string::npos;
        for (const Member& member : one.members)
            for (const json::value& value : wrong_values()) {
                const std::string body = text_of(with(one.body, member.name, value));
                if (member.takes == Takes::for_told)
                    prepared.check_told(one.path, body, shown(member, value));
                else if (member.takes == Takes::exactly || member.takes == Takes::maybe_exactly)
                    prepared.check_refused(one.path, body, shown(member, value));
                else if (!is_reversal)
                    check_taken(prepared, one, member, value);
            }
    }
    prepared.daraja.check_books();
}

TEST_CASE("mpesa hostile: numbers of businesses that are nobody's") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies(prepared.receipt))
        for (const char* name : {"BusinessShortCode", "ShortCode", "PartyA", "ReceiverParty"}) {
            if (!one.body.contains(name)) continue;
            const std::string body = text_of(with(one.body, name, "9999999"));
            // An initiator of nobody is told of by the result.
            if (one.body.contains("SecurityCredential"))
                prepared.check_told(one.path, body, name);
            else
                prepared.check_refused(one.path, body, name);
        }
    const GoodBody paybill =
        b2b_body("/mpesa/b2b/v1/paymentrequest", "BusinessPayBill", "9999999", Takes::maybe);
    prepared.check_told(paybill.path, text_of(paybill.body), "PartyB");
    prepared.daraja.check_books();
}

TEST_CASE("mpesa hostile: amounts that nobody has or may pay") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        const std::string& path = one.path;
        const bool is_prompt = path.find("stkpush/v1/process") != std::string::npos;
        const bool is_c2b = path.find("simulate") != std::string::npos;
        // A code is no payment, and a standing order moves nothing before its first day.
        const bool moves_none = path.find("qrcode") != std::string::npos ||
                                path.find("standingorder") != std::string::npos;
        if (!one.body.contains("Amount") || moves_none) continue;
        for (const json::value& amount : {json::value(250'001), json::value("999999999")}) {
            // Businesses pay each other as much as they have.
            if (path.find("/b2b/") != std::string::npos && amount.is_number()) continue;
            const std::string body = text_of(with(one.body, "Amount", amount));
            if (!is_prompt && !is_c2b) {
                prepared.check_told(path, body, "Amount");
                continue;
            }
            CHECK(prepared.daraja.post(path, body).status == 200);
            prepared.check_no_money_moved();
            // The failure of a payment unasked is nobody's to be told.
            CHECK(prepared.daraja.arrived.size() == (is_prompt ? 1 : 0));
            if (is_prompt)
                CHECK(at(prepared.daraja.arrived.at(0).json(), "Body/stkCallback/ResultCode") ==
                      "1");
            prepared.forget();
        }
    }
    for (const char* path : {"/mpesa/b2c/v1/paymentrequest", "/mpesa/b2c/v3/paymentrequest"}) {
        const GoodBody one = b2c_body(path, "BusinessPayment", "600966", Takes::maybe);
        prepared.check_told(path, text_of(with(one.body, "Amount", 9)), "Amount 9");
    }
    prepared.daraja.check_books();
}

TEST_CASE("mpesa hostile: bodies that are no JSON object") {
    Prepared prepared;
    const std::string deep(100, '[');
    std::string nested = "{\"a\":";
    for (int i = 0; i < 40; ++i) nested += "{\"a\":";
    nested += "1" + std::string(41, '}');
    const std::string long_body = "{\"a\":\"" + std::string(70'000, 'x') + "\"}";
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        const std::string good = json::serialize(one.body);
        for (const std::string& body :
             {std::string{}, std::string("{"), std::string("null"), std::string("[]"),
              std::string("\"x\""), std::string("{}x"), std::string("\xFF\xFE"), deep, nested,
              std::string("{\"Amount\":\"\xC3\x28\"}"), std::string("<xml></xml>"), long_body,
              std::string("Amount=1&PartyA=1"), good + good, good.substr(0, good.size() - 1),
              "[" + good + "]", std::string("{\"Amount\":01}"), std::string("{\"Amount\":NaN}"),
              std::string(1, '\0')}) {
            prepared.check_refused(one.path, body, body.substr(0, 20));
            const http::HttpReply reply = prepared.daraja.post(one.path, body);
            CHECK(at(json::parse(reply.body), "errorCode") == "400.002.05");
            CHECK(reply.close);
        }
        // An object, but an empty one.
        prepared.check_refused(one.path, "{}", "{}");
    }
}

TEST_CASE("mpesa hostile: a body with a member twice is refused, at any depth") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        const std::string good = json::serialize(one.body);
        const std::string first = good.substr(1, good.find(',') - 1);
        for (const std::string& more :
             {first + ",", std::string(R"("a":1,"\u0061":2,)"),
              std::string(R"("a":{"b":1,"b":2},)"), std::string(R"("a":[{"b":1,"b":1}],)")}) {
            std::string body = good;
            body.insert(1, more);
            prepared.check_refused(one.path, body, more);
            CHECK(at(json::parse(prepared.daraja.post(one.path, body).body), "errorCode") ==
                  "400.002.05");
        }
    }
}

TEST_CASE("mpesa hostile: members that nobody knows are passed over") {
    Prepared prepared;
    Daraja& daraja = prepared.daraja;
    const auto before = daraja.balance("174379");
    const std::string body =
        stk_body(sandbox_customer, 10, {{"Nonsense", json::object{{"a", json::array{1}}}}});
    CHECK(daraja.post("/mpesa/stkpush/v1/processrequest", body).status == 200);
    daraja.pass(std::chrono::minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(at(daraja.arrived[0].json(), "Body/stkCallback/ResultCode") == "0");
    CHECK(daraja.balance("174379") - before < 1'001);
}

TEST_CASE("mpesa hostile: passwords and credentials that are no base64, or of nothing") {
    Prepared prepared;
    const std::string good = stk_password("174379", "20261002181102");
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        const bool has_password = one.body.contains("Password");
        if (!has_password && !one.body.contains("SecurityCredential")) continue;
        for (const std::string& bad :
             {std::string("!!!!"), std::string("===="), good.substr(1), good + "=",
              good + "\n" + "x", std::string("MTc0Mzc5"), std::string(344, 'A'),
              std::string(1'024, '/'), std::string("\xF0\x9F\x92\xB8"),
              credential("Safaricom999!*"), credential("x")}) {
            const json::object body =
                with(one.body, has_password ? "Password" : "SecurityCredential", json::string(bad));
            if (has_password) {
                const http::HttpReply reply = prepared.daraja.post(one.path, text_of(body));
                CHECK(at(json::parse(reply.body), "errorMessage") == "Wrong credentials");
                prepared.check_refused(one.path, text_of(body), bad.substr(0, 20));
            } else {
                prepared.check_told(one.path, text_of(body), bad.substr(0, 20));
            }
        }
    }
    prepared.daraja.check_books();
}

TEST_CASE("mpesa hostile: an initiator that is locked, may not do this, is somebody else's") {
    Prepared prepared;
    mpesa::Shortcode business = mpesa::find_shortcode(prepared.daraja.directory, "600000").value();
    const auto told = [&](const GoodBody& one) {
        prepared.daraja.post(one.path, text_of(one.body));
        prepared.check_no_money_moved();
        const std::string code = at(prepared.daraja.arrived.at(0).json(), "Result/ResultCode");
        prepared.forget();
        return code;
    };
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        if (!one.body.contains("SecurityCredential")) continue;
        const std::string number =
            at(json::value(one.body), one.body.contains("PartyA") ? "PartyA" : "ReceiverParty");
        business.number = number;
        business.initiators = {{"testapi", "Safaricom999!*!", {}, true}};
        prepared.daraja.store(business);
        CHECK_MESSAGE(told(one) == "8006", one.path);
        business.initiators = {{"testapi", "Safaricom999!*!", {"nothing"}, false}};
        prepared.daraja.store(business);
        CHECK_MESSAGE(told(one) == "21", one.path);
        business.initiators = {{"somebody", "Safaricom999!*!", {}, false}};
        prepared.daraja.store(business);
        CHECK_MESSAGE(told(one) == "2001", one.path);
    }
}

TEST_CASE("mpesa hostile: another business sees and moves nothing of the first") {
    Prepared prepared;
    Daraja& daraja = prepared.daraja;
    const auto ack =
        daraja.post_json("/mpesa/stkpush/v1/processrequest", stk_body(sandbox_customer, 10));
    daraja.pass(std::chrono::minutes{1});
    prepared.forget();
    json::object query = query_body("/mpesa/stkpushquery/v1/query").body;
    query["CheckoutRequestID"] = at(ack, "CheckoutRequestID");
    CHECK(daraja.post("/mpesa/stkpushquery/v1/query", json::serialize(query)).status == 200);
    query["BusinessShortCode"] = "600000";
    query["Password"] = stk_password("600000", "20261002181102");
    prepared.check_refused("/mpesa/stkpushquery/v1/query", json::serialize(query), "query");
    for (const GoodBody& one : good_bodies(prepared.receipt)) {
        if (!one.body.contains("TransactionID")) continue;
        const char* party = one.body.contains("PartyA") ? "PartyA" : "ReceiverParty";
        prepared.check_told(one.path, text_of(with(one.body, party, "600000")), party);
    }
    daraja.check_books();
}

TEST_CASE("mpesa hostile: the longest words that are taken come back as they were") {
    Prepared prepared;
    Daraja& daraja = prepared.daraja;
    // Six bytes each when they are written as JSON.
    const auto longest = [](std::size_t size) { return json::string(size, '\x01'); };
    GoodBody one =
        b2b_body("/mpesa/b2b/v1/paymentrequest", "BusinessPayBill", "600984", Takes::maybe);
    one.body["AccountReference"] = longest(256);
    one.body["Requester"] = longest(256);
    one.body["Remarks"] = longest(200);
    one.body["Occasion"] = longest(200);
    for (const char* url : {"ResultURL", "QueueTimeOutURL"})
        one.body[url] = "http://127.0.0.1:9/" + std::string(481, 'a');
    CHECK(daraja.post(one.path, text_of(one.body)).status == 200);
    daraja.pass(std::chrono::minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    const json::value told = daraja.arrived[0].json();
    CHECK(at(told, "Result/ResultCode") == "0");
    CHECK(at(told, "Result/ReferenceData/ReferenceItem/0/Value") == std::string(256, '\x01'));
    CHECK(at(told, "Result/ReferenceData/ReferenceItem/2/Value") == std::string(200, '\x01'));

    prepared.forget();
    GoodBody paid =
        b2c_body("/mpesa/b2c/v3/paymentrequest", "SalaryPayment", "600980", Takes::freely);
    paid.body["OriginatorConversationID"] = longest(128);
    CHECK(daraja.post(paid.path, text_of(paid.body)).status == 200);
    daraja.pass(std::chrono::minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(at(daraja.arrived[0].json(), "Result/OriginatorConversationID") ==
          std::string(128, '\x01'));
    daraja.restart();
    daraja.check_books();
}
