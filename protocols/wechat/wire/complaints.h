// What is wrong with a field, in the sentences of the real service; v3 and v2 have the same ones.
#pragma once

#include "protocols/kit/request_fields.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// A field of a request as a complaint names it.
struct FieldPlace {
    std::string path;      ///< "/body/amount/total", "/body/xml/total_fee"
    std::string_view key;  ///< "total"
    bool is_json = true;   ///< JSON has types, and its sentences name them
};

/// "输入源“/body/attach”映射到值字段“附加数据”字符串规则校验失败，字节数 203，大于最大值 128".
/// `length` is the field's; `is_characters` says in what it was counted.
/// Source: WeChat Pay API v3, error codes of its endpoints.
std::string complaint_sentence(const FieldPlace& place, const protocols::Complaint& said,
                               std::size_t length = 0, bool is_characters = false);
/// The same where no rule above says what is wrong.
std::string complaint_sentence(const FieldPlace& place, std::string_view issue);

/// Whether every character has at most three bytes: the service takes no others.
bool has_short_characters(std::string_view text);
inline constexpr std::string_view long_character_issue = "只能包含1到3字节的UTF-8字符";

/// An address of IPv4 or IPv6.
bool is_ip_address(std::string_view text);
inline constexpr std::string_view ip_issue = "应为合法的IPv4或IPv6地址";

}  // namespace tuma::wechat
