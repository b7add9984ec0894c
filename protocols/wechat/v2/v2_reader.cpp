#include "protocols/wechat/v2/v2_reader.h"

#include "protocols/http/url.h"
#include "protocols/kit/local_time.h"

#include <fmt/format.h>

namespace tuma::wechat {

protocols::FieldValue FlatFields::find(std::string_view key) {
    taken.emplace(key);
    const std::string_view value = v2.field(key);
    // An empty element is as good as none: empty values are not signed either.
    if (value.empty()) return {};
    return {protocols::FieldValue::Type::text, std::string(value)};
}

V2Error FlatFields::complaint(const protocols::Complaint& said) const {
    using protocols::Issue;
    if (said.issue == Issue::missing) return v2_missing(said.key);
    // The only shape that is asked for in v2 is a time's.
    if (said.issue == Issue::misshapen) return v2_invalid(said.key, "格式应为yyyyMMddHHmmss");
    const FieldPlace place{"/body/xml/" + std::string(said.key), said.key, false};
    V2Error error = v2_unreadable(complaint_sentence(place, said, v2.field(said.key).size()));
    error.why = protocols::complaint_words(said);
    if (said.issue == Issue::too_short || said.issue == Issue::too_long)
        error.why += fmt::format(": it has {} bytes", v2.field(said.key).size());
    return error;
}

std::string V2Reader::text(std::string_view key, TextBounds bounds, Need need) {
    std::string value = RequestFields::text(key, bounds, need);
    if (!has_short_characters(value)) fail(v2_invalid(key, long_character_issue));
    return value;
}

std::string V2Reader::ip(std::string_view key) {
    std::string value = text(key, {1, 64}, Need::required);
    if (!value.empty() && !is_ip_address(value)) fail(v2_invalid(key, ip_issue));
    return value;
}

void V2Reader::ignore(std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys) policy().taken.emplace(key);
}

void V2Reader::finish() {
    const V2Call& v2 = policy().v2;
    // Misspelt fields would be taken here and refused in production.
    if (!v2.call->options->refuses_unknown_members) return;
    // Those of every request.
    ignore({"appid", "mch_id", "nonce_str", "sign", "sign_type", "version"});
    if (v2.call->partner != nullptr) ignore({"sub_mch_id", "sub_appid"});
    for (const auto& [name, value] : v2.fields)
        if (!policy().taken.contains(name)) fail(v2_undefined(name));
}

std::int64_t V2Reader::number(std::string_view key, std::int64_t least, std::int64_t most,
                              Need need) {
    return RequestFields::number(key, {least, most}, need);
}

std::optional<Timestamp> V2Reader::instant(std::string_view key) {
    return read(
        key,
        [](std::string_view text) {
            return protocols::read_compact_time(text, protocols::beijing);
        },
        {.most = 256}, Need::optional);
}

std::string V2Reader::url(std::string_view key, Need need) {
    std::string value = text(key, {1, 256}, need);
    if (value.empty()) return value;
    if (!http::parse_url(value)) fail(v2_invalid(key, "应为http或https的完整地址"));
    if (policy().v2.call->options->refuses_query_in_notify_url &&
        value.find('?') != std::string::npos)
        fail(v2_invalid(key, "地址不能携带参数"));
    return value;
}

std::string V2Reader::order_number(Need need) {
    const auto least = static_cast<std::size_t>(policy().v2.call->options->order_number_least);
    return name("out_trade_no", {least, 32}, order_number_marks, need);
}

TradeRef V2Reader::trade() {
    TradeRef ref;
    ref.transaction_id = text("transaction_id", {1, 32}, Need::optional);
    // Read even if the first number is there: a wrong one is a wrong field.
    ref.out_trade_no = order_number(Need::optional);
    if (ref.transaction_id.empty() && ref.out_trade_no.empty())
        fail({"LACK_PARAMS", "缺少参数transaction_id或out_trade_no", true,
              "transaction_id and out_trade_no are missing; one of them is needed"});
    return ref;
}

}  // namespace tuma::wechat
