#include "protocols/wechat/v2_reader.h"

#include "protocols/http/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tuma::wechat {
namespace {

constexpr std::chrono::hours beijing{8};

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_all_digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

template <typename Number>
Number number_of(std::string_view digits) {
    Number value{};
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::optional<Timestamp> read_compact_time(std::string_view text) {
    if (text.size() != 14 || !is_all_digits(text)) return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t size) {
        return number_of<unsigned>(text.substr(at, size));
    };
    const std::chrono::year_month_day day{std::chrono::year{number_of<int>(text.substr(0, 4))},
                                          std::chrono::month{part(4, 2)},
                                          std::chrono::day{part(6, 2)}};
    const unsigned hour = part(8, 2);
    const unsigned minute = part(10, 2);
    const unsigned second = part(12, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return Timestamp{std::chrono::sys_days{day}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second} - beijing;
}

}  // namespace

void V2Reader::fail(V2Error error) {
    if (!error_) error_ = std::move(error);
}

std::string V2Reader::text(std::string_view key, TextBounds bounds, Need need) {
    std::string value(v2_.field(key));
    if (value.empty()) {
        if (need == Need::required) fail(v2_missing(key));
        return value;
    }
    const std::size_t length = characters(value);
    if (length < bounds.least) fail(v2_invalid(key, fmt::format("长度小于{}", bounds.least)));
    if (length > bounds.most) fail(v2_invalid(key, fmt::format("长度超过{}", bounds.most)));
    return value;
}

std::string V2Reader::name(std::string_view key, TextBounds bounds, std::string_view marks,
                           Need need) {
    std::string value = text(key, bounds, need);
    const bool is_name = std::all_of(value.begin(), value.end(), [&](char c) {
        return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
    if (!is_name) fail(v2_invalid(key, fmt::format("只能是数字、字母{}", marks)));
    return value;
}

std::int64_t V2Reader::number(std::string_view key, std::int64_t least, std::int64_t most,
                              Need need) {
    const std::string value(v2_.field(key));
    if (value.empty()) {
        if (need == Need::required) fail(v2_missing(key));
        return 0;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (!is_all_digits(value) || error != std::errc{} || end != value.data() + value.size()) {
        fail(v2_invalid(key, "应为整数"));
        return 0;
    }
    if (number < least || number > most)
        fail(v2_invalid(key, fmt::format("应在{}到{}之间", least, most)));
    return number;
}

std::string V2Reader::word(std::string_view key, std::initializer_list<std::string_view> words,
                           Need need) {
    std::string value(v2_.field(key));
    if (value.empty()) {
        if (need == Need::required) fail(v2_missing(key));
    } else if (std::find(words.begin(), words.end(), value) == words.end()) {
        fail(v2_invalid(key, "不在可选值之内"));
    }
    return value;
}

std::optional<Timestamp> V2Reader::instant(std::string_view key) {
    const std::string_view value = v2_.field(key);
    if (value.empty()) return std::nullopt;
    const auto time = read_compact_time(value);
    if (!time) fail(v2_invalid(key, "格式应为yyyyMMddHHmmss"));
    return time;
}

std::string V2Reader::url(std::string_view key, Need need) {
    std::string value = text(key, {1, 256}, need);
    if (value.empty()) return value;
    if (!http::parse_url(value)) fail(v2_invalid(key, "应为http或https的完整地址"));
    if (v2_.call->options->refuses_query_in_notify_url && value.find('?') != std::string::npos)
        fail(v2_invalid(key, "地址不能携带参数"));
    return value;
}

std::string V2Reader::order_number(Need need) {
    const auto least = static_cast<std::size_t>(v2_.call->options->order_number_least);
    return name("out_trade_no", {least, 32}, v2_number_marks, need);
}

TradeRef V2Reader::trade() {
    TradeRef ref;
    ref.transaction_id = text("transaction_id", {1, 32}, Need::optional);
    ref.out_trade_no = order_number(Need::optional);
    if (ref.transaction_id.empty() && ref.out_trade_no.empty())
        fail(v2_missing("transaction_id或out_trade_no"));
    return ref;
}

http::HttpReply V2Reader::refusal() const {
    ensure(error_.has_value(), "a refusal of a request that is good");
    return v2_error_reply(v2_, *error_);
}

}  // namespace tuma::wechat
