#include "protocols/wechat/wire/body_reader.h"

#include "protocols/http/url.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/wire/plain_words.h"
#include "protocols/wechat/wire/sensitive_field.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

// An echoed value is no longer.
constexpr std::size_t shown_bytes = 256;
constexpr std::size_t sealed_max = 1'024;

std::string shown(const boost::json::value* value) {
    if (value == nullptr) return "null";
    // The digits of the wire: "0.01" and not "1E-2".
    if (value->is_double()) return fmt::format("{}", value->get_double());
    // Echoed so that a developer sees what arrived. Cut inside its quotes: a text that was cut
    // outside is no JSON any more.
    if (value->is_string())
        return protocols::quoted(std::string_view{value->get_string()}.substr(0, shown_bytes));
    std::string text = boost::json::serialize(*value);
    if (text.size() <= shown_bytes) return text;
    return protocols::quoted(std::string_view{text}.substr(0, shown_bytes));
}

// Source: WeChat Pay API v3, error codes of its endpoints: where, and what stood there.
ApiError param_error(std::string message, std::string_view location, std::string_view value) {
    protocols::JsonText detail;
    detail.begin_object().text("location", location).json("value", value);
    return {
        .code = "PARAM_ERROR", .message = std::move(message), .detail = detail.end_object().take()};
}

ApiError explained(ApiError error, std::string why) {
    error.why = std::move(why);
    return error;
}

FieldPlace place_in(std::string_view location, std::string_view field) {
    return {fmt::format("/{}{}{}", location, field.empty() ? "" : "/", field), field};
}

}  // namespace

ApiError parameter_error(std::string_view field, std::string_view value, std::string_view issue,
                         std::string_view location) {
    const FieldPlace place = place_in(location, field);
    return explained(param_error(complaint_sentence(place, issue), location,
                                 protocols::quoted(value.substr(0, shown_bytes))),
                     place.path + " " + plain_words(issue));
}

ApiError undefined_error(const std::vector<std::string>& pointers) {
    constexpr std::uint32_t unknown_parameter = 270924358;
    protocols::JsonText detail;
    detail.begin_object().null("location").texts("value", pointers);
    return {
        .code = "PARAM_ERROR",
        .message = "请求中含有未在API文档中定义的参数",
        .detail = detail.end_object().take(),
        .number = unknown_parameter,
        .why = fmt::format("the documentation of this API has no {}", fmt::join(pointers, ", "))};
}

ApiError length_error(std::string_view field, std::size_t length, std::size_t most,
                      std::string_view location) {
    const FieldPlace place = place_in(location, field);
    const protocols::Complaint said{.issue = protocols::Issue::too_long,
                                    .label = place.path,
                                    .most = static_cast<std::int64_t>(most)};
    return explained(
        param_error(complaint_sentence(place, said, length), location, std::to_string(length)),
        protocols::complaint_words(said));
}

const boost::json::value* JsonFields::member(std::string_view key) {
    taken.emplace(key);
    const auto* const value = object.if_contains({key.data(), key.size()});
    return value == nullptr || value->is_null() ? nullptr : value;
}

protocols::FieldValue JsonFields::find(std::string_view key) {
    taken.emplace(key);
    return protocols::find_member(object, key);
}

ApiError JsonFields::error(std::string_view key, std::string_view issue) const {
    // A pointer, so that a member deep inside can be found.
    return explained(param_error(complaint_sentence({place(key), key}, issue), "body",
                                 shown(object.if_contains({key.data(), key.size()}))),
                     place(key) + " " + plain_words(issue));
}

std::string JsonFields::place(std::string_view key) const {
    return fmt::format("/body{}/{}", pointer, key);
}

ApiError JsonFields::complaint(const protocols::Complaint& said) const {
    using protocols::Issue;
    const auto* const value = object.if_contains({said.key.data(), said.key.size()});
    const FieldPlace place{this->place(said.key), said.key};
    // With what it is in: "/body/amount/total is missing".
    protocols::Complaint placed = said;
    placed.label = place.path;
    const std::string why = protocols::complaint_words(placed);
    if (said.issue != Issue::too_short && said.issue != Issue::too_long)
        return explained(param_error(complaint_sentence(place, said), "body", shown(value)), why);
    // Of a wrong length the length is told, not the text.
    const std::string_view text = value->get_string();
    const std::size_t length = counts_characters ? protocols::characters_of(text) : text.size();
    return explained(
        param_error(complaint_sentence(place, said, length, counts_characters), "body",
                    std::to_string(length)),
        fmt::format("{}: it has {} {}", why, length, counts_characters ? "characters" : "bytes"));
}

// A request without a body is read as an empty object: what is required is then missing.
BodyReader::BodyReader(const Call& call)
    : RequestFields(
          {call, call.body.is_object() ? call.body.get_object() : boost::json::object{}}) {}

bool BodyReader::has(std::string_view key) const {
    const auto* const value = policy().object.if_contains({key.data(), key.size()});
    return value != nullptr && !value->is_null();
}

const boost::json::value* BodyReader::find(std::string_view key, Need need) {
    const auto* const value = policy().member(key);
    if (value == nullptr && need == Need::required) complain({protocols::Issue::missing, key, key});
    return value;
}

std::string BodyReader::order_number(std::string_view key, Need need) {
    const auto least = static_cast<std::size_t>(policy().call.options->order_number_least);
    // How few are allowed is an option: the service wants 6, some clients' tests have fewer.
    return name(key, {least, 32}, order_number_marks, need);
}

std::string BodyReader::text(std::string_view key, TextBounds bounds, Need need) {
    std::string value = RequestFields::text(key, bounds, need);
    if (!has_short_characters(value)) fail(key, long_character_issue);
    return value;
}

std::string BodyReader::sealed(std::string_view key, Need need) {
    const std::string value = text(key, {1, sealed_max}, need);
    if (value.empty()) return {};
    const Call& call = policy().call;
    const std::string* const serial = call.request.find("Wechatpay-Serial");
    const SigningKey* const opener = serial == nullptr ? nullptr : call.platform->find(*serial);
    if (opener == nullptr) {
        fail(ApiError{.code = "PARAM_ERROR",
                      .message = "请求头 Wechatpay-Serial 缺失或不是有效的平台证书"
                                 "序列号或公钥ID"});
        return {};
    }
    // Nobody here has a true name to compare it with.
    auto read = decrypt_sensitive_field(opener->key, value);
    if (read) return std::move(read).value();
    fail(key, "敏感信息解密失败");
    return {};
}

std::string BodyReader::ip(std::string_view key, Need need) {
    std::string value = text(key, {1, 45}, need);
    if (!value.empty() && !is_ip_address(value)) fail(key, ip_issue);
    return value;
}

void BodyReader::texts(std::string_view key, TextBounds bounds) {
    const auto* const value = find(key, Need::optional);
    if (value == nullptr) return;
    const auto is_good = [&](const boost::json::value& one) {
        return one.is_string() && one.get_string().size() >= bounds.least &&
               one.get_string().size() <= bounds.most;
    };
    if (!value->is_array() ||
        !std::all_of(value->get_array().begin(), value->get_array().end(), is_good))
        fail(key, fmt::format("应为字符串数组，每个长度 {} 到 {}", bounds.least, bounds.most));
}

std::int64_t BodyReader::number(std::string_view key, std::int64_t least, std::int64_t most,
                                Need need, std::int64_t otherwise) {
    return RequestFields::number(key, {least, most}, need, otherwise);
}

std::string BodyReader::word(std::string_view key, std::initializer_list<std::string_view> words,
                             Need need) {
    // The first word is the usual one.
    return RequestFields::word(key, words, need, *words.begin(), {1, 64});
}

std::optional<Timestamp> BodyReader::instant(std::string_view key) {
    const std::string value = text(key, {1, 64}, Need::optional);
    if (value.empty()) return std::nullopt;
    // With an offset: a time without one could be anywhere.
    const Result<Timestamp> time = parse_timestamp(value);
    if (time) return *time;
    fail(key, "时间格式应为 RFC 3339，例如 2018-06-08T10:34:56+08:00");
    return std::nullopt;
}

std::string BodyReader::url(std::string_view key, Need need) {
    std::string value = text(key, {1, 255}, need);
    if (value.empty()) return value;
    if (!http::parse_url(value)) fail(key, "应为 http 或 https 的完整地址");
    // The service refuses it, and a merchant who tests without would fail in production.
    if (policy().call.options->refuses_query_in_notify_url && value.find('?') != std::string::npos)
        fail(key, "地址不能携带参数");
    return value;
}

BodyReader BodyReader::object(std::string_view key, Need need) {
    const auto* const value = find(key, need);
    const bool is_object = value != nullptr && value->is_object();
    if (value != nullptr && !is_object) fail(key, "类型错误，应为对象");
    // Empty where it is missing, so that callers read on without a case for it: optional members
    // are missing, and a required object was complained about already.
    return {*this, is_object ? value->get_object() : boost::json::object{},
            policy().pointer + "/" + std::string(key)};
}

std::vector<BodyReader> BodyReader::objects(std::string_view key, std::size_t least,
                                            std::size_t most, Need need) {
    std::vector<BodyReader> list;
    const auto* const value = find(key, need);
    if (value == nullptr) return list;
    if (!value->is_array()) {
        fail(key, "类型错误，应为数组");
        return list;
    }
    const auto& array = value->get_array();
    // No readers at all then: a list of a million objects must not be walked through.
    if (array.size() < least || array.size() > most) {
        fail(key, fmt::format("数组长度应为 {} 到 {}", least, most));
        return list;
    }
    for (std::size_t i = 0; i < array.size(); ++i) {
        const std::string pointer = fmt::format("{}/{}/{}", policy().pointer, key, i);
        // The list keeps its length, so that places in it stay those of the request.
        if (!array[i].is_object()) fail(key, "数组元素应为对象");
        list.push_back(BodyReader(
            *this, array[i].is_object() ? array[i].get_object() : boost::json::object{}, pointer));
    }
    return list;
}

std::string BodyReader::raw(std::string_view key, std::size_t bytes_max) {
    const auto* const value = find(key, Need::optional);
    if (value == nullptr) return {};
    std::string text = boost::json::serialize(*value);
    if (text.size() > bytes_max) fail(key, fmt::format("长度大于最大值 {}", bytes_max));
    return text;
}

void BodyReader::ignore(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) policy().taken.emplace(key);
}

void BodyReader::finish() {
    // Misspelt members would be taken here and refused in production.
    if (!policy().call.options->refuses_unknown_members) return;
    std::vector<std::string> unknown;
    for (const auto& member : policy().object) {
        const std::string_view name{member.key().data(), member.key().size()};
        if (!policy().taken.contains(name)) unknown.push_back(policy().place(name));
    }
    if (!unknown.empty()) fail(undefined_error(unknown));
}

}  // namespace tuma::wechat
