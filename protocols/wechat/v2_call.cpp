#include "protocols/wechat/v2_call.h"

#include "protocols/wechat/magic.h"
#include "protocols/wechat/v2_routes.h"

#include <algorithm>
#include <optional>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::string_view sign_sentence = "签名错误，请检查后再试";
constexpr std::size_t nonce_bytes_max = 32;

http::HttpReply xml_reply(std::string body, int status = 200) {
    return {.status = status,
            .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
            .body = std::move(body)};
}

// Nobody knows yet whose key could sign it.
http::HttpReply unsigned_failure(std::string_view sentence) {
    return xml_reply(
        write_v2_xml({{"return_code", "FAIL"}, {"return_msg", std::string(sentence)}}));
}

// The same for what is wrong before a sign can be looked at.
http::HttpReply unsigned_error(const V2Error& error) {
    const V2ErrorRow* const row = find_v2_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    std::string sentence = error.message.empty() ? std::string(row->chinese) : error.message;
    return xml_reply(write_v2_xml({{"return_code", "FAIL"},
                                   {"return_msg", sentence},
                                   {"result_code", "FAIL"},
                                   {"err_code", std::string(row->code)},
                                   {"err_code_des", sentence}}));
}

http::HttpReply not_found() {
    return xml_reply(write_v2_xml({{"return_code", "FAIL"}, {"return_msg", "接口不存在"}}), 404);
}

std::string_view code_of(V2XmlFault fault) {
    switch (fault) {
        case V2XmlFault::empty:
            return "POST_DATA_EMPTY";
        case V2XmlFault::not_utf8:
            return "NOT_UTF8";
        case V2XmlFault::too_large:
        case V2XmlFault::malformed:
            return "XML_FORMAT_ERROR";
    }
    unreachable("a fault of XML outside its enumeration");
}

http::HttpReply signed_reply(const V2Call& v2, std::string_view result, const V2List& results) {
    const Merchant& merchant = v2.call->profile();
    V2List fields{{"return_code", "SUCCESS"}, {"return_msg", "OK"}};
    if (const std::string_view appid = v2.field("appid"); !appid.empty())
        fields.emplace_back("appid", appid);
    fields.emplace_back("mch_id", merchant.mchid);
    fields.emplace_back("nonce_str", chance_hex(v2.call->context.chance, chance_nonce));
    fields.emplace_back("result_code", result);
    for (const auto& [key, value] : results) fields.emplace_back(key, v2_text(value));
    std::string sign = sign_v2(sorted(fields), merchant.v2_key, v2.sign_type);
    if (faults_of(v2.call->request).wrong_signature) std::reverse(sign.begin(), sign.end());
    fields.emplace_back("sign", std::move(sign));
    return xml_reply(write_v2_xml(fields));
}

// What every API wants besides the sign.
std::optional<V2Error> misfit(const V2Call& v2, const V2Route& route) {
    const std::string_view nonce = v2.field("nonce_str");
    if (nonce.empty()) return v2_missing("nonce_str");
    if (nonce.size() > nonce_bytes_max) return v2_invalid("nonce_str", "长度超过32");
    if (route.needs == V2Needs::sign) return std::nullopt;
    const std::string_view appid = v2.field("appid");
    const auto& appids = v2.call->profile().appids;
    if (appid.empty()) return v2_missing("appid");
    if (std::find(appids.begin(), appids.end(), appid) == appids.end())
        return V2Error{"APPID_MCHID_NOT_MATCH"};
    // A certificate is not asked for in the handshake, so that TLS stands for it.
    if (route.needs == V2Needs::certificate && v2.call->options->checks_v2_certificate &&
        !v2.call->request.is_tls)
        return V2Error{"CERT_ERROR"};
    return std::nullopt;
}

}  // namespace

Answer handle_v2(const std::shared_ptr<Call>& call) {
    const V2Route* const route = find_v2_route(call->request.path());
    if (route == nullptr) return not_found();
    if (call->request.method != "POST") return unsigned_error({"REQUIRE_POST_METHOD"});
    auto fields = read_v2_xml(call->request.body);
    if (!fields) return unsigned_error({code_of(fields.error())});
    auto v2 = std::make_shared<V2Call>(V2Call{call, std::move(fields).value()});
    const std::string_view mchid = v2->field("mch_id");
    if (mchid.empty()) return unsigned_error(v2_missing("mch_id"));
    call->merchant = call->keys->merchant(call->context.directory, mchid);
    if (call->merchant == nullptr) return unsigned_error({"MCHID_NOT_EXIST"});
    const std::string& key = call->profile().v2_key;
    // Without a key anybody could sign.
    if (key.empty() || verify_v2(v2->fields, key)) return unsigned_failure(sign_sentence);
    v2->sign_type = v2_sign_type(v2->fields).value_or(V2SignType::md5);
    if (const auto error = misfit(*v2, *route)) return v2_error_reply(*v2, *error);
    const std::string wanted = script_of(call->request, {}).error;
    if (find_v2_error(wanted) != nullptr) return v2_error_reply(*v2, {wanted});
    return route->answer(v2);
}

http::HttpReply v2_reply(const V2Call& v2, const V2List& results) {
    return signed_reply(v2, "SUCCESS", results);
}

http::HttpReply v2_error_reply(const V2Call& v2, const V2Error& error, const V2List& more) {
    const V2ErrorRow* const row = find_v2_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    V2List results{
        {"err_code", std::string(row->code)},
        {"err_code_des", error.message.empty() ? std::string(row->chinese) : error.message}};
    results.insert(results.end(), more.begin(), more.end());
    return signed_reply(v2, "FAIL", results);
}

http::HttpReply v2_busy_reply(const V2Call& v2) {
    return v2_error_reply(v2, {"SYSTEMERROR"});
}

std::string_view name(V2SignType type) {
    return type == V2SignType::md5 ? "MD5" : "HMAC-SHA256";
}

V2SignType v2_sign_type_named(std::string_view name) {
    return name == "HMAC-SHA256" ? V2SignType::hmac_sha256 : V2SignType::md5;
}

}  // namespace tuma::wechat
