#include "protocols/wechat/v2/v2_call.h"

#include "protocols/crypto/certificate.h"
#include "protocols/kit/route_table.h"
#include "protocols/wechat/v2/v2_routes.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/test_customers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::string_view sign_sentence = "签名错误，请检查后再试";
// Shorter where nobody has the mch_id: WeChat Pay API v2, error codes of its endpoints.
constexpr std::string_view unknown_sentence = "签名错误";
constexpr std::size_t nonce_bytes_max = 32;

http::HttpReply xml_reply(std::string body, int status = 200) {
    return {.status = status,
            .headers = {{"Content-Type", "text/xml; charset=utf-8"}},
            .body = std::move(body)};
}

// Nobody knows yet whose key could sign it.
http::HttpReply unsigned_failure(std::string_view code, std::string_view sentence,
                                 std::string_view why) {
    http::HttpReply reply =
        xml_reply(write_v2_xml({{"return_code", "FAIL"}, {"return_msg", std::string(sentence)}}));
    reply.note.code = code;
    reply.note.why = why;
    return reply;
}

// For the log.
std::string_view words_of(std::optional<V2SignFailure> failure) {
    if (!failure) return "the merchant has no v2_key, so no sign is right";
    switch (*failure) {
        case V2SignFailure::sign_missing:
            return "the field sign is missing";
        case V2SignFailure::sign_type_unknown:
            return "sign_type is neither MD5 nor HMAC-SHA256";
        case V2SignFailure::sign_mismatch:
            return "sign differs from the sign of the other fields under the merchant's v2_key";
    }
    unreachable("a failure of a sign outside its enumeration");
}

// The same for what is wrong before a sign can be looked at.
http::HttpReply unsigned_error(const V2Error& error) {
    const V2ErrorRow* const row = find_v2_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    // Told twice: some clients look at return_msg alone, because return_code says FAIL.
    std::string sentence = error.message.empty() ? std::string(row->chinese) : error.message;
    http::HttpReply reply = xml_reply(write_v2_xml({{"return_code", "FAIL"},
                                                    {"return_msg", sentence},
                                                    {"result_code", "FAIL"},
                                                    {"err_code", std::string(row->code)},
                                                    {"err_code_des", sentence}}));
    reply.note.code = row->code;
    reply.note.why = words_of(error);
    return reply;
}

http::HttpReply not_found() {
    http::HttpReply reply =
        xml_reply(write_v2_xml({{"return_code", "FAIL"}, {"return_msg", "接口不存在"}}), 404);
    reply.note.why = "no API of v2 has this path, to the letter; GET /admin/routes lists them";
    return reply;
}

V2Error error_of(V2XmlFault fault) {
    switch (fault) {
        case V2XmlFault::empty:
            return {.code = "POST_DATA_EMPTY", .why = "the body is empty"};
        case V2XmlFault::not_utf8:
            return {.code = "NOT_UTF8", .why = "the body is not UTF-8"};
        case V2XmlFault::too_large:
            return {.code = "XML_FORMAT_ERROR",
                    .why = fmt::format("the body has more than {} bytes", v2_xml_bytes_max)};
        case V2XmlFault::malformed:
            return {.code = "XML_FORMAT_ERROR",
                    .why =
                        "the body is no XML with the root <xml>, each field once in it and "
                        "nothing else"};
    }
    unreachable("a fault of XML outside its enumeration");
}

V2List result_fields(const V2Call& v2, std::string_view result, const V2List& results) {
    // return_code is about the message, which was understood. That the wish has failed is
    // result_code's to say.
    V2List fields{{"return_code", "SUCCESS"}, {"return_msg", "OK"}};
    if (const std::string_view appid = v2.field(v2.appid_field); !appid.empty())
        fields.emplace_back(v2.appid_field, appid);
    fields.emplace_back(v2.mchid_field, v2.call->signer().mchid);
    if (v2.call->partner != nullptr) {
        if (const std::string_view appid = v2.field("sub_appid"); !appid.empty())
            fields.emplace_back("sub_appid", appid);
        fields.emplace_back("sub_mch_id", v2.call->profile().mchid);
    }
    fields.emplace_back("nonce_str", entropy_hex(v2.call->context.entropy, entropy_nonce));
    fields.emplace_back("result_code", result);
    // Merchants' texts come back, and what XML cannot carry is replaced before a sign is made: it
    // covers what is sent.
    for (const auto& [key, value] : results) fields.emplace_back(key, v2_text(value));
    return fields;
}

http::HttpReply signed_reply(const V2Call& v2, std::string_view result, const V2List& results) {
    V2List fields = result_fields(v2, result, results);
    std::string sign = sign_v2(sorted(fields), v2.call->signer().v2_key, v2.sign_type);
    // It still looks like a signature, so that a client fails at comparing and not at reading it.
    if (faults_of(v2.call->request).wrong_signature) std::reverse(sign.begin(), sign.end());
    fields.emplace_back("sign", std::move(sign));
    return xml_reply(write_v2_xml(fields));
}

V2List error_fields(const V2Error& error) {
    const V2ErrorRow* const row = find_v2_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    return {{"err_code", std::string(row->code)},
            {"err_code_des", error.message.empty() ? std::string(row->chinese) : error.message}};
}

// Whether the client has shown the merchant's certificate where it could.
bool has_certificate(const Call& call) {
    const Options& options = *call.options;
    // Without TLS there is no handshake in which it could be shown.
    if (!call.request.is_tls) return !options.checks_v2_certificate;
    if (!options.requires_v2_certificate) return true;
    const auto shown = crypto::Certificate::read(call.request.client_certificate);
    if (!shown) return false;
    const auto& own = call.signer().certificates;
    return std::any_of(own.begin(), own.end(), [&](const std::string& pem) {
        const auto known = crypto::Certificate::read(pem);
        return known && known->pem() == shown->pem();
    });
}

// What every API wants besides the sign.
std::optional<V2Error> violation(const V2Call& v2, const V2Route& route) {
    const std::string_view nonce = v2.field("nonce_str");
    // These are told signed: the sign was good, so that the key is known.
    if (nonce.empty()) return v2_missing("nonce_str");
    if (nonce.size() > nonce_bytes_max) return v2_invalid("nonce_str", "长度超过32");
    // The sandbox's key is asked for without an appid.
    if (route.needs == V2Needs::sign) return std::nullopt;
    const bool is_shown = has_certificate(*v2.call);
    if (route.needs == V2Needs::only_certificate)
        return is_shown ? std::nullopt : std::optional<V2Error>{{"CERT_ERROR"}};
    const std::string_view appid = v2.field(v2.appid_field);
    if (appid.empty()) return v2_missing(v2.appid_field);
    if (!v2.call->profile().may_use(appid)) return V2Error{"APPID_MCHID_NOT_MATCH"};
    if (route.needs == V2Needs::certificate && !is_shown) return V2Error{"CERT_ERROR"};
    return std::nullopt;
}

// Puts the merchant into the call for whom a service provider acts. Whoever is none does not know
// the field.
std::optional<V2Error> act_for_named(const V2Call& v2, Call& call, SubMerchant sub) {
    const bool may_name = sub != SubMerchant::unknown && call.profile().is_service_provider();
    if (!may_name) return std::nullopt;
    const std::string_view named = v2.field("sub_mch_id");
    if (named.empty() && sub == SubMerchant::optional) return std::nullopt;
    // Source: WeChat Pay API v2, service providers.
    if (named.empty()) return v2_unreadable(std::string(missing_sub_merchant));
    if (!act_for(call, named)) return V2Error{"NOAUTH", std::string(unknown_sub_merchant)};
    const std::string_view appid = v2.field("sub_appid");
    if (!appid.empty() && !call.profile().may_use(appid)) return V2Error{"APPID_MCHID_NOT_MATCH"};
    return std::nullopt;
}

Answer answer_of(const std::shared_ptr<Call>& call, const V2Route& route) {
    // Up to the sign the order is that of the README's table: method, body, merchant, sign.
    if (call->request.method != "POST") return unsigned_error({"REQUIRE_POST_METHOD"});
    auto fields = read_v2_xml(call->request.body);
    if (!fields) return unsigned_error(error_of(fields.error()));
    auto v2 = std::make_shared<V2Call>(
        V2Call{call, std::move(fields).value(), {}, route.appid_field, route.mchid_field});
    const std::string_view mchid = v2->field(v2->mchid_field);
    if (mchid.empty()) return unsigned_error(v2_missing(v2->mchid_field));
    // The merchant is named in the body, which is read before its sign can be checked.
    call->merchant = call->keys->merchant(call->context.directory, mchid);
    // Nobody learns which merchants there are.
    if (call->merchant == nullptr)
        return unsigned_failure("MCHID_NOT_EXIST", unknown_sentence, "no merchant has this mch_id");
    const std::string& key = call->profile().v2_key;
    // Without a key anybody could sign.
    const auto failure = key.empty() ? std::nullopt : verify_v2(v2->fields, key);
    if (key.empty() || failure)
        return unsigned_failure("SIGNERROR", sign_sentence, words_of(failure));
    // The answer is signed as the request was; the type is a good one, because the sign was.
    v2->sign_type = v2_sign_type(v2->fields).value_or(V2SignType::md5);
    auto error = violation(*v2, route);
    if (!error) error = act_for_named(*v2, *call, route.sub);
    if (error) return v2_error_reply(*v2, *error);
    // Behind the sign: a test of error codes still has to sign its requests.
    const std::string wanted = script_of(call->request, {}).error;
    // v3's codes are not for v2, and are left to v3's paths.
    if (find_v2_error(wanted) != nullptr) return v2_error_reply(*v2, {wanted});
    return route.answer(v2);
}

}  // namespace

Answer handle_v2(const std::shared_ptr<Call>& call) {
    const V2Route* const route = find_v2_route(call->request.path());
    if (route == nullptr) return not_found();
    return protocols::noted(answer_of(call, *route),
                            [call, path = route->path](http::ReplyNote& note) {
                                protocols::fill_in(note.route, path);
                                if (call->merchant != nullptr)
                                    protocols::fill_in(note.merchant, call->signer().mchid);
                            });
}

http::HttpReply v2_reply(const V2Call& v2, const V2List& results) {
    return signed_reply(v2, "SUCCESS", results);
}

http::HttpReply v2_error_reply(const V2Call& v2, const V2Error& error, const V2List& more) {
    if (error.is_of_message) return unsigned_failure(error.code, error.message, words_of(error));
    V2List results = error_fields(error);
    // Fields that an API tells with a failure too, like `recall`.
    results.insert(results.end(), more.begin(), more.end());
    http::HttpReply reply = signed_reply(v2, "FAIL", results);
    reply.note.code = error.code;
    reply.note.why = words_of(error);
    return reply;
}

http::HttpReply v2_unsigned_reply(const V2Call& v2, const V2List& results) {
    return xml_reply(write_v2_xml(result_fields(v2, "SUCCESS", results)));
}

http::HttpReply v2_unsigned_error(const V2Call& v2, const V2Error& error) {
    http::HttpReply reply = xml_reply(write_v2_xml(result_fields(v2, "FAIL", error_fields(error))));
    reply.note.code = error.code;
    reply.note.why = words_of(error);
    return reply;
}

http::HttpReply v2_busy_reply(const V2Call& v2) {
    return v2_error_reply(v2, {"SYSTEMERROR"});
}

std::string_view name(V2SignType type) {
    return type == V2SignType::md5 ? "MD5" : "HMAC-SHA256";
}

V2SignType v2_sign_type_named(std::string_view name) {
    // Orders hold no other names than those that name() has written.
    return name == "HMAC-SHA256" ? V2SignType::hmac_sha256 : V2SignType::md5;
}

}  // namespace tuma::wechat
