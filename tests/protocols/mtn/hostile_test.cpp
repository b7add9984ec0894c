// Everything that can be wrong with a body: 400 with the member's name, nothing kept, no money
// moved.
#include "tests/protocols/mtn/momo.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

/// What a member may be beside its good value.
enum class Takes { text, note, amount, currency, party, seconds, seconds_text };
struct Member {
    std::string name;
    Takes takes;
    bool is_required = true;
};
struct GoodBody {
    std::string path;
    json::object body;
    std::vector<Member> members;
};

json::object with(json::object body, const std::string& name, const json::value& value) {
    body[name] = value;
    return body;
}

std::vector<GoodBody> good_bodies() {
    const json::object party{{"partyIdType", "MSISDN"}, {"partyId", customer}};
    const std::vector<Member> common{{"externalId", Takes::text, false},
                                     {"amount", Takes::amount},
                                     {"currency", Takes::currency},
                                     {"payerMessage", Takes::note, false},
                                     {"payeeNote", Takes::note, false}};
    const auto and_more = [&](std::vector<Member> more) {
        more.insert(more.begin(), common.begin(), common.end());
        return more;
    };
    std::vector<GoodBody> all;
    for (const char* path : {"/collection/v1_0/requesttopay", "/collection/v1_0/requesttowithdraw"})
        all.push_back({path, payment_body("payer", customer), and_more({{"payer", Takes::party}})});
    for (const char* path :
         {"/disbursement/v1_0/transfer", "/remittance/v1_0/transfer", "/disbursement/v1_0/deposit"})
        all.push_back({path, payment_body("payee", customer), and_more({{"payee", Takes::party}})});
    all.push_back({"/collection/v2_0/invoice",
                   {{"externalId", "I"},
                    {"amount", "1"},
                    {"currency", "EUR"},
                    {"validityDuration", "360"},
                    {"intendedPayer", party},
                    {"payee", party},
                    {"description", "d"}},
                   {{"externalId", Takes::text},
                    {"amount", Takes::amount},
                    {"currency", Takes::currency},
                    {"validityDuration", Takes::seconds_text, false},
                    {"intendedPayer", Takes::party},
                    {"payee", Takes::party, false},
                    {"description", Takes::note, false}}});
    all.push_back({"/collection/v2_0/preapproval",
                   {{"payer", party},
                    {"payerCurrency", "EUR"},
                    {"payerMessage", "m"},
                    {"validityTime", 3600}},
                   {{"payer", Takes::party},
                    {"payerCurrency", Takes::currency},
                    {"payerMessage", Takes::note, false},
                    {"validityTime", Takes::seconds}}});
    json::object cash = payment_body("payee", customer);
    std::vector<Member> cash_members = and_more({{"payee", Takes::party}});
    for (const char* name :
         {"orginatingCountry", "originalAmount", "originalCurrency", "payerIdentificationType",
          "payerIdentificationNumber", "payerIdentity", "payerFirstName", "payerSurName",
          "payerLanguageCode", "payerEmail", "payerMsisdn", "payerGender"}) {
        cash[name] = "x";
        cash_members.push_back({name, Takes::text, false});
    }
    all.push_back({"/remittance/v2_0/cashtransfer", cash, cash_members});
    json::object refund = payment_body("payee", customer);
    refund.erase("payee");
    refund["referenceIdToRefund"] = reference(1);
    all.push_back(
        {"/disbursement/v1_0/refund", refund, and_more({{"referenceIdToRefund", Takes::text}})});
    return all;
}

// What no member may be.
json::array no_values() {
    return {nullptr, true, 1.5, json::array{}, json::object{{"a", 1}}, json::string(20'000, 'x')};
}

// What a member of this sort may not be either.
json::array wrong_values(Takes takes) {
    switch (takes) {
        case Takes::text:
            return {1, "\x01", "a\nb"};
        case Takes::note:
            return {1, "\x01", "it's", json::string(161, 'x')};
        case Takes::amount:
            return {50,     0,     "",         "0",
                    "0.00", "-5",  "+5",       "1e3",
                    "0x5",  "5,0", "5.001",    " 5",
                    "5 ",   "NaN", "'; --",    "99999999999999999999",
                    ".5",   "5.",  "\xD9\xA5", "1000000000000001.00"};
        case Takes::currency:
            return {978, "", "eur", "EURO", "\x01\x01\x01"};
        case Takes::party:
            return {"56733123453",
                    json::object{},
                    json::object{{"partyIdType", "MSISDN"}},
                    json::object{{"partyIdType", "msisdn"}, {"partyId", customer}},
                    json::object{{"partyIdType", "ALIAS"}, {"partyId", customer}},
                    json::object{{"partyIdType", 1}, {"partyId", customer}},
                    json::object{{"partyIdType", "MSISDN"}, {"partyId", 56733123453}},
                    json::object{{"partyIdType", "MSISDN"}, {"partyId", ""}},
                    json::object{{"partyIdType", "MSISDN"}, {"partyId", "+56733123453"}},
                    json::object{{"partyIdType", "MSISDN"}, {"partyId", "1234567890123456"}},
                    json::object{{"partyIdType", "EMAIL"}, {"partyId", customer}},
                    json::object{{"partyIdType", "EMAIL"}, {"partyId", json::string(300, '@')}},
                    json::object{{"partyIdType", "PARTY_CODE"}, {"partyId", customer}}};
        case Takes::seconds:
            return {"3600", 0, -1, 31'536'001, UINT64_MAX};
        case Takes::seconds_text:
            return {3600, "", "0", "-1", "1h", "31536001"};
    }
    return {};
}

class Prepared {
public:
    Momo momo;

    Prepared() {
        // All accounts that the bodies name are opened.
        for (const GoodBody& one : good_bodies()) {
            const http::HttpReply reply = momo.post(one.path, reference(++last_), one.body, shop);
            INFO(one.path << " " << reply.body);
            CHECK(reply.status == 202);
        }
        momo.pass(std::chrono::hours{1});
        momo.arrived.clear();
        money_ = money();
    }

    void check_refused(const GoodBody& one, const std::string& name, const json::value& value,
                       const json::object& body) {
        const http::HttpReply reply = momo.post(one.path, reference(++last_), body, shop);
        INFO(one.path << " " << name << " = " << json::serialize(value).substr(0, 40) << " → "
                      << reply.body);
        const bool is_other_currency = reply.status == 500;
        check_error(reply, is_other_currency ? 500 : 400,
                    is_other_currency ? "INVALID_CURRENCY" : "BAD_REQUEST");
        momo.pass(std::chrono::minutes{10});
        check_error(momo.call("GET", one.path + "/" + reference(last_)), 404, "RESOURCE_NOT_FOUND");
        CHECK(momo.arrived.empty());
        CHECK(money() == money_);
    }

private:
    std::vector<std::int64_t> money() {
        std::vector<std::int64_t> all;
        for (const std::string identity :
             {"mtn.collection", "mtn.disbursement", "mtn.remittance", "mtn.56733123453"})
            all.push_back(momo.balance(identity));
        return all;
    }

    int last_ = 1'000;
    std::vector<std::int64_t> money_;
};

}  // namespace

TEST_CASE("mtn hostile: the table names every member of every body") {
    for (const GoodBody& one : good_bodies()) {
        std::set<std::string> named;
        for (const Member& member : one.members) named.insert(member.name);
        std::set<std::string> sent;
        for (const auto& member : one.body) sent.insert(std::string(member.key()));
        CHECK_MESSAGE(named == sent, one.path);
    }
}

TEST_CASE("mtn hostile: each member missing, of another type, too long, out of bounds") {
    Prepared prepared;
    for (const GoodBody& one : good_bodies())
        for (const Member& member : one.members) {
            json::array values = no_values();
            for (const json::value& value : wrong_values(member.takes)) values.push_back(value);
            for (const json::value& value : values) {
                // What is optional and null is not there.
                if (!member.is_required && value.is_null()) continue;
                prepared.check_refused(one, member.name, value, with(one.body, member.name, value));
            }
            if (!member.is_required) continue;
            json::object body = one.body;
            body.erase(member.name);
            prepared.check_refused(one, member.name, "missing", body);
        }
    prepared.momo.check_books();
}

TEST_CASE("mtn hostile: what is optional may be missing or null") {
    Momo momo;
    int last = 0;
    for (const GoodBody& one : good_bodies())
        for (const Member& member : one.members) {
            if (member.is_required) continue;
            CAPTURE(one.path);
            CAPTURE(member.name);
            const json::object null = with(one.body, member.name, nullptr);
            CHECK(momo.post(one.path, reference(++last), null).status == 202);
            json::object without = one.body;
            without.erase(member.name);
            CHECK(momo.post(one.path, reference(++last), without).status == 202);
            CHECK(at(momo.get(one.path + "/" + reference(last)), member.name) == "(nothing)");
        }
}

TEST_CASE("mtn hostile: bodies that are no JSON object, or say something twice") {
    Momo momo;
    const std::string good = json::serialize(payment_body("payer", customer));
    for (const std::string& body :
         {std::string(), std::string("null"), std::string("[]"), std::string("\"a\""),
          good.substr(0, good.size() - 1), good + "{}", "\xEF\xBB\xBF" + good,
          R"({"amount":"1",)" + good.substr(1), std::string(10'000, '['),
          std::string("{\"amount\":\"\xFF\"}")}) {
        const http::HttpReply reply = momo.call("POST", "/collection/v1_0/requesttopay", body,
                                                {{"X-Reference-Id", reference(1)}});
        INFO(body.substr(0, 60));
        check_error(reply, 400, "BAD_REQUEST");
    }
}

TEST_CASE("mtn hostile: a body whose members are all as long as they may be is too long") {
    Momo momo;
    for (const GoodBody& one : good_bodies()) {
        if (one.path.find("cashtransfer") == std::string::npos) continue;
        json::object body = one.body;
        std::string longest;
        for (int i = 0; i < 255; ++i) longest += "\xF0\x9F\x92\xB8";
        for (const Member& member : one.members)
            if (member.takes == Takes::text) body[member.name] = longest;
        check_error(momo.post(one.path, reference(1), body, shop), 400, "BAD_REQUEST");
        // Half of them are good, however they are written down.
        for (std::size_t i = 0; i < one.members.size(); ++i)
            if (one.members[i].takes == Takes::text)
                body[one.members[i].name] = i % 3 == 0 ? std::string(255, '"') : "x";
        CHECK(momo.post(one.path, reference(2), body, shop).status == 202);
    }
}

TEST_CASE("mtn hostile: references that are none, paths that lead nowhere") {
    Momo momo;
    const std::string body = json::serialize(payment_body("payer", customer));
    for (const std::string id :
         {"", "1", "a77b4233-0dd6-1f5a-87b6-84edff4d1122", "a77b4233-0dd6-4f5a-c7b6-84edff4d1122",
          "a77b42330dd64f5a87b684edff4d1122", "{a77b4233-0dd6-4f5a-87b6-84e}"})
        check_error(
            momo.call("POST", "/collection/v1_0/requesttopay", body, {{"X-Reference-Id", id}}), 400,
            "BAD_REQUEST");
    check_error(momo.call("POST", "/collection/v1_0/requesttopay", body), 400, "BAD_REQUEST");
    for (const std::string path : {"/collection/", "/collection/v1_0/", "/collection/v1_0/nothing",
                                   "/disbursement/v1_0/requesttopay", "/remittance/v2_0/invoice",
                                   "/collection/v1_0/requesttopay/%zz", "/collection/v3_0/invoice"})
        for (const std::string method : {"GET", "POST", "PUT", "DELETE"})
            CHECK(momo.call(method, path, "{}").status == 404);
}
