#include "tests/protocols/mpesa/results.h"

#include "tests/protocols/mpesa/good_bodies.h"

#include <doctest/doctest.h>

#include <chrono>
#include <regex>
#include <utility>

namespace tuma::testing {

namespace json = boost::json;

json::object changed(json::object body, const json::object& changes) {
    for (const auto& change : changes)
        if (change.value().is_null())
            body.erase(change.key());
        else
            body[change.key()] = change.value();
    return body;
}

json::value result_of(Daraja& daraja, const char* path, const json::object& body) {
    daraja.arrived.clear();
    const http::HttpReply reply = daraja.post(path, json::serialize(body));
    INFO(path << " " << reply.body);
    REQUIRE(reply.status == 200);
    const json::value ack = json::parse(reply.body);
    CHECK(at(ack, "ResponseCode") == "0");
    CHECK(std::regex_match(at(ack, "ConversationID"), std::regex("AG_[0-9]{8}_[0-9a-f]{20}")));
    CHECK(daraja.arrived.empty());
    daraja.pass(std::chrono::minutes{1});
    REQUIRE(daraja.arrived.size() == 1);
    CHECK(daraja.arrived[0].callback.url == "http://127.0.0.1:9/r");
    json::value result = daraja.arrived[0].json().at("Result");
    for (const char* id : {"ConversationID", "OriginatorConversationID"})
        CHECK(at(result, id) == at(ack, id));
    return result;
}

std::vector<std::string> keys_of(const json::value& result) {
    std::vector<std::string> keys;
    for (const json::value& one :
         result.at_pointer("/ResultParameters/ResultParameter").get_array())
        keys.push_back(at(one, "Key"));
    return keys;
}

json::value parameter(const json::value& result, std::string_view key) {
    for (const json::value& one :
         result.at_pointer("/ResultParameters/ResultParameter").get_array())
        if (at(one, "Key") == key)
            return one.get_object().contains("Value") ? one.at("Value") : nullptr;
    FAIL_CHECK("no " << std::string(key));
    return nullptr;
}

std::string said(const json::value& result, std::string_view key) {
    const json::value value = parameter(result, key);
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

json::object to_customer(const json::object& changes) {
    json::object body = b2c_body("", "BusinessPayment", "600000", Takes::maybe).body;
    body.erase("OriginatorConversationID");
    return changed(std::move(body), changes);
}

std::string code_of(const json::value& result) {
    return at(result, "ResultCode");
}

}  // namespace tuma::testing
