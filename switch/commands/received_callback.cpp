#include "switch/commands/received_callback.h"

#include "protocols/wechat/v2/v2_xml.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/response_signature.h"
#include "switch/commands/pretty_text.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace tuma {
namespace {

namespace json = boost::json;

std::string file_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string member(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains({name.data(), name.size()});
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string{};
}

std::optional<json::object> read_object(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    return value.as_object();
}

// Read for each callback: the platform may renew its certificate, and the switch its files.
std::optional<json::object> wechat_facts(const std::filesystem::path& clients) {
    if (clients.empty()) return std::nullopt;
    return read_object(file_text(clients / "wechat.json"));
}

constexpr std::string_view no_keys =
    "not checked: there are no keys; give --data=DIR, the data directory of a switch that was "
    "started with --http";

http::HttpReply json_answer(int status, std::string body) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}},
            .body = std::move(body)};
}

std::string header(const http::HttpRequest& request, std::string_view name) {
    const std::string* const value = request.find(name);
    return value == nullptr ? std::string{} : *value;
}

// What is wrong with the signature of a message of API v3; empty: nothing.
std::string v3_signature_fault(const http::HttpRequest& request, const json::object& facts) {
    const wechat::ResponseSignature signature{
        header(request, "Wechatpay-Timestamp"), header(request, "Wechatpay-Nonce"),
        header(request, "Wechatpay-Signature"), header(request, "Wechatpay-Serial")};
    for (const auto& [serial, file] : {std::pair{"platform_serial", "platform_certificate_file"},
                                       std::pair{"public_key_id", "public_key_file"}}) {
        if (member(facts, serial) != signature.serial) continue;
        const Result<crypto::PublicKey> key =
            crypto::PublicKey::read(file_text(member(facts, file)));
        if (!key) return fmt::format("{} cannot be read: {}", file, key.error().text());
        if (wechat::verify_response(*key, signature, request.body)) return {};
        return "Wechatpay-Signature differs from one by the platform's key over timestamp, nonce "
               "and body as they came";
    }
    return "Wechatpay-Serial is neither platform_serial nor public_key_id of wechat.json";
}

std::string opened_resource(const json::object& body, const json::object& facts) {
    const json::value* const value = body.if_contains("resource");
    const json::object* const resource = value == nullptr ? nullptr : value->if_object();
    if (resource == nullptr) return "no resource\n";
    const auto key = wechat::read_apiv3_key(member(facts, "apiv3_key"));
    if (!key) return fmt::format("resource not opened: {}\n", key.error().text());
    const auto plain = wechat::decrypt_resource(
        *key, {member(*resource, "nonce"), member(*resource, "associated_data"),
               member(*resource, "ciphertext")});
    if (!plain) return "resource not opened: it was encrypted with another apiv3_key\n";
    return "resource, decrypted:\n" + pretty_json(*plain) + "\n";
}

ReceivedCallback of_wechat_v3(const http::HttpRequest& request, const json::object& body,
                              const std::filesystem::path& clients) {
    ReceivedCallback received{pretty_json(request.body) + "\n",
                              json_answer(200, R"({"code":"SUCCESS","message":"成功"})")};
    const auto facts = wechat_facts(clients);
    if (!facts) {
        received.text += fmt::format("signature: {}\n", no_keys);
        return received;
    }
    const std::string fault = v3_signature_fault(request, *facts);
    received.text += fmt::format("signature: {}\n", fault.empty() ? "good" : "WRONG: " + fault);
    received.text += opened_resource(body, *facts);
    // A merchant who took such a message could be told anything by anybody.
    if (!fault.empty())
        received.reply = json_answer(401, R"({"code":"FAIL","message":"签名错误"})");
    return received;
}

ReceivedCallback of_wechat_v2(const http::HttpRequest& request, const wechat::V2Fields& fields,
                              const std::filesystem::path& clients) {
    bool is_good = true;
    std::string text = pretty_xml(request.body) + "\n";
    const auto facts = wechat_facts(clients);
    const std::string key = facts ? member(*facts, "v2_key") : std::string{};
    const auto sealed = fields.find("req_info");
    if (!facts) {
        text += fmt::format("sign: {}\n", no_keys);
    } else if (sealed != fields.end()) {
        // A refund's message has no sign; that it can be opened says who has sent it.
        const Result<std::string> plain = wechat::decrypt_req_info(sealed->second, key);
        is_good = plain.has_value();
        text += plain ? "req_info, decrypted:\n" + pretty_xml(*plain) + "\n"
                      : "req_info not opened: it was encrypted with another v2_key\n";
    } else {
        is_good = !wechat::verify_v2(fields, key);
        text += is_good
                    ? "sign: good\n"
                    : "sign: WRONG: it differs from the sign of the other fields under v2_key\n";
    }
    return {std::move(text),
            {.headers = {{"Content-Type", "text/xml; charset=utf-8"}},
             .body = wechat::write_v2_xml({{"return_code", is_good ? "SUCCESS" : "FAIL"},
                                           {"return_msg", is_good ? "OK" : "签名错误"}})}};
}

}  // namespace

ReceivedCallback received_callback(const http::HttpRequest& request,
                                   const std::filesystem::path& clients) {
    if (const auto fields = wechat::read_v2_xml(request.body))
        return of_wechat_v2(request, *fields, clients);
    const auto body = read_object(request.body);
    if (body && request.find("Wechatpay-Signature") != nullptr)
        return of_wechat_v3(request, *body, clients);
    ReceivedCallback received{pretty_json(request.body) + "\n", {}};
    if (request.body.empty()) received.text = "(no body)\n";
    // Of MTN's callbacks nothing but the status is looked at.
    if (body && (body->contains("financialTransactionId") || body->contains("externalId")))
        return received;
    received.reply = json_answer(200, R"({"ResultCode":0,"ResultDesc":"Accepted"})");
    return received;
}

}  // namespace tuma
