#include "protocols/wechat/body_reader.h"

#include "protocols/http/url.h"
#include "protocols/json_text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

// An echoed value is no longer.
constexpr std::size_t shown_bytes = 256;

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string shown(const boost::json::value* value) {
    if (value == nullptr) return "null";
    std::string text = boost::json::serialize(*value);
    if (text.size() <= shown_bytes) return text;
    return protocols::quoted(std::string_view{text}.substr(0, shown_bytes));
}

ApiError param_error(std::string_view field, const std::string& value, std::string_view issue,
                     std::string_view location) {
    protocols::JsonText detail;
    detail.begin_object()
        .text("field", field)
        .json("value", value)
        .text("issue", issue)
        .text("location", location);
    return {.code = "PARAM_ERROR",
            .message = fmt::format("输入源“/{}{}”规则校验失败，{}", location, field, issue),
            .detail = detail.end_object().take()};
}

}  // namespace

ApiError parameter_error(std::string_view field, std::string_view value, std::string_view issue,
                         std::string_view location) {
    return param_error(field, protocols::quoted(value.substr(0, shown_bytes)), issue, location);
}

BodyReader::BodyReader(const Call& call)
    : state_(std::make_shared<State>(State{call})),
      object_(call.body.is_object() ? call.body.get_object() : boost::json::object{}) {}

void BodyReader::fail(ApiError error) {
    if (!state_->error) state_->error = std::move(error);
}

void BodyReader::fail(std::string_view key, std::string_view issue) {
    const std::string field = pointer_ + "/" + std::string(key);
    fail(param_error(field, shown(object_.if_contains({key.data(), key.size()})), issue, "body"));
}

bool BodyReader::has(std::string_view key) const {
    const auto* const value = object_.if_contains({key.data(), key.size()});
    return value != nullptr && !value->is_null();
}

const boost::json::value* BodyReader::find(std::string_view key, Need need) {
    taken_.emplace(key);
    const auto* const value = object_.if_contains({key.data(), key.size()});
    if (value != nullptr && !value->is_null()) return value;
    if (need == Need::required) fail(key, "必填字段缺失");
    return nullptr;
}

std::string BodyReader::text(std::string_view key, TextBounds bounds, Need need) {
    const auto* const value = find(key, need);
    if (value == nullptr) return {};
    if (!value->is_string()) {
        fail(key, "类型错误，应为字符串");
        return {};
    }
    std::string text(value->get_string());
    // An optional text that is empty is as good as none.
    if (text.empty() && need == Need::optional) return {};
    const std::size_t length = characters(text);
    if (length < bounds.least)
        fail(key, fmt::format("字符串长度小于最小值 {}", bounds.least));
    else if (length > bounds.most)
        fail(key, fmt::format("字符串长度大于最大值 {}", bounds.most));
    else if (std::any_of(text.begin(), text.end(), is_control))
        fail(key, "含有控制字符");
    return text;
}

std::string BodyReader::name(std::string_view key, TextBounds bounds, std::string_view marks,
                             Need need) {
    std::string value = text(key, bounds, need);
    const bool is_name = std::all_of(value.begin(), value.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
    if (!is_name) fail(key, fmt::format("只能是数字、字母{}", marks));
    return value;
}

std::string BodyReader::order_number(std::string_view key, Need need) {
    const auto least = static_cast<std::size_t>(state_->call.options->order_number_least);
    return name(key, {least, 32}, "_-|*@", need);
}

std::int64_t BodyReader::number(std::string_view key, std::int64_t least, std::int64_t most,
                                Need need, std::int64_t otherwise) {
    const auto* const value = find(key, need);
    if (value == nullptr) return otherwise;
    if (!value->is_int64()) {
        fail(key, "类型错误，应为整数");
        return otherwise;
    }
    const std::int64_t number = value->get_int64();
    if (number < least) fail(key, fmt::format("值低于最小值 {}", least));
    if (number > most) fail(key, fmt::format("值高于最大值 {}", most));
    // What is out of bounds is not reckoned with.
    return number < least || number > most ? otherwise : number;
}

bool BodyReader::flag(std::string_view key) {
    const auto* const value = find(key, Need::optional);
    if (value == nullptr) return false;
    if (!value->is_bool()) fail(key, "类型错误，应为布尔值");
    return value->is_bool() && value->get_bool();
}

std::string BodyReader::word(std::string_view key, std::initializer_list<std::string_view> words,
                             Need need) {
    std::string value = text(key, {1, 64}, need);
    if (value.empty()) return std::string(*words.begin());
    if (std::find(words.begin(), words.end(), value) != words.end()) return value;
    std::string list;
    for (const std::string_view word : words)
        list += (list.empty() ? "" : "、") + std::string(word);
    fail(key, "枚举值不在范围内：" + list);
    return value;
}

std::optional<Timestamp> BodyReader::instant(std::string_view key) {
    const std::string value = text(key, {1, 64}, Need::optional);
    if (value.empty()) return std::nullopt;
    const Result<Timestamp> time = parse_timestamp(value);
    if (time) return *time;
    fail(key, "时间格式应为 RFC 3339，例如 2018-06-08T10:34:56+08:00");
    return std::nullopt;
}

std::string BodyReader::url(std::string_view key, Need need) {
    std::string value = text(key, {1, 255}, need);
    if (value.empty()) return value;
    if (!http::parse_url(value)) fail(key, "应为 http 或 https 的完整地址");
    if (state_->call.options->refuses_query_in_notify_url && value.find('?') != std::string::npos)
        fail(key, "地址不能携带参数");
    return value;
}

BodyReader BodyReader::object(std::string_view key, Need need) {
    const auto* const value = find(key, need);
    const bool is_object = value != nullptr && value->is_object();
    if (value != nullptr && !is_object) fail(key, "类型错误，应为对象");
    return {state_, is_object ? value->get_object() : boost::json::object{},
            pointer_ + "/" + std::string(key)};
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
    if (array.size() < least || array.size() > most) {
        fail(key, fmt::format("数组长度应为 {} 到 {}", least, most));
        return list;
    }
    for (std::size_t i = 0; i < array.size(); ++i) {
        const std::string pointer = fmt::format("{}/{}/{}", pointer_, key, i);
        if (!array[i].is_object()) fail(key, "数组元素应为对象");
        list.push_back(BodyReader(
            state_, array[i].is_object() ? array[i].get_object() : boost::json::object{}, pointer));
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
    for (const std::string_view key : keys) taken_.emplace(key);
}

void BodyReader::finish() {
    if (!state_->call.options->refuses_unknown_members) return;
    constexpr std::uint32_t unknown_parameter = 270924358;
    for (const auto& member : object_) {
        const std::string_view name{member.key().data(), member.key().size()};
        if (taken_.contains(name)) continue;
        ApiError error = param_error(pointer_ + "/" + std::string(name), shown(&member.value()),
                                     "未知参数", "body");
        error.number = unknown_parameter;
        fail(std::move(error));
    }
}

http::HttpReply BodyReader::refusal() const {
    return error_reply(state_->call, *state_->error);
}

}  // namespace tuma::wechat
