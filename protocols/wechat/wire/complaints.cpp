#include "protocols/wechat/wire/complaints.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

// What the service calls its fields, as far as replies that were published show it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 33> labels{{
    {"account", "分账接收方帐号"},
    {"appid", "应用ID"},
    {"attach", "附加数据"},
    {"auth_code", "付款码"},
    {"bill_date", "账单日期"},
    {"body", "商品描述"},
    {"currency", "货币类型"},
    {"description", "商品描述"},
    {"detail", "商品详情"},
    {"device_id", "商户端设备号"},
    {"goods_tag", "订单优惠标记"},
    {"limit", "最大资源条数"},
    {"mchid", "直连商户号"},
    {"notify_url", "通知地址"},
    {"openid", "用户标识"},
    {"out_bill_no", "商户单号"},
    {"out_order_no", "商户分账单号"},
    {"out_refund_no", "商户退款单号"},
    {"out_trade_no", "商户订单号"},
    {"payer_client_ip", "用户终端IP"},
    {"reason", "退款原因"},
    {"refund", "退款金额"},
    {"refund_fee", "退款金额"},
    {"refund_id", "微信支付退款单号"},
    {"spbill_create_ip", "终端IP"},
    {"tar_type", "压缩类型"},
    {"time_expire", "支付结束时间"},
    {"total", "总金额"},
    {"total_fee", "标价金额"},
    {"transaction_id", "微信支付订单号"},
    {"transfer_amount", "转账金额"},
    {"transfer_remark", "转账备注"},
    {"transfer_scene_id", "转账场景ID"},
}};

std::string_view label_of(std::string_view key) {
    const auto* const found = std::find_if(labels.begin(), labels.end(),
                                           [&](const auto& row) { return row.first == key; });
    // A name in English is better than a wrong one.
    return found == labels.end() ? key : found->second;
}

// "^[0-9a-zA-Z_\-\|\*]+$", as the service writes it.
std::string pattern_of(std::string_view marks) {
    std::string escaped;
    for (const char mark : marks) {
        if (mark != '_' && mark != '@') escaped += '\\';
        escaped += mark;
    }
    return fmt::format("^[0-9a-zA-Z{}]+$", escaped);
}

std::string wrong_type(const FieldPlace& place, std::string_view wanted) {
    return fmt::format("无法将{}输入源“{}”映射到目标字段“{}”中，此字段需要一个{}",
                       place.is_json ? " JSON " : "", place.path, label_of(place.key), wanted);
}

std::string broken_rule(const FieldPlace& place, std::string_view sort, std::string_view rule,
                        std::string_view how) {
    return fmt::format("输入源“{}”映射到{}“{}”{}校验失败，{}", place.path, sort,
                       label_of(place.key), rule, how);
}

std::string wrong_text(const FieldPlace& place, std::string_view how) {
    return broken_rule(place, "值字段", "字符串规则", how);
}

}  // namespace

std::string complaint_sentence(const FieldPlace& place, const protocols::Complaint& said,
                               std::size_t length, bool is_characters) {
    using protocols::Issue;
    const std::string_view unit = is_characters ? "字符数" : "字节数";
    switch (said.issue) {
        case Issue::missing:
            return broken_rule(place, "字段", "必填性规则", "此字段为必填项");
        case Issue::not_text:
            return wrong_type(place, " string 类型的 Json 值");
        case Issue::not_number:
            return wrong_type(place, "合法的 64 位有符号整数");
        case Issue::not_flag:
            return wrong_type(place, " bool 类型的 Json 值");
        case Issue::too_short:
            return wrong_text(place, fmt::format("{} {}，小于最小值 {}", unit, length, said.least));
        case Issue::too_long:
            return wrong_text(place, fmt::format("{} {}，大于最大值 {}", unit, length, said.most));
        case Issue::too_small:
            return broken_rule(place, "数值字段", "规则",
                               fmt::format("值低于最小值 {}", said.least));
        case Issue::too_large:
            return broken_rule(place, "数值字段", "规则",
                               fmt::format("值高于最大值 {}", said.most));
        case Issue::control:
            return wrong_text(place, "字符串不能含有控制字符");
        case Issue::letters:
            return wrong_text(place,
                              fmt::format("字符串必须匹配正则表达式“{}”", pattern_of(said.marks)));
        case Issue::no_word:
            return wrong_text(place,
                              fmt::format("枚举值须为 {} 之一", fmt::join(said.words, "、")));
        case Issue::misshapen:
            return wrong_text(place, "格式错误");
    }
    unreachable("an issue outside its table");
}

std::string complaint_sentence(const FieldPlace& place, std::string_view issue) {
    return broken_rule(place, "值字段", "规则", issue);
}

bool has_short_characters(std::string_view text) {
    // The first byte of four-byte characters; what follows it is never that large.
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) >= 0xF0; });
}

bool is_ip_address(std::string_view text) {
    const std::string address(text);
    in6_addr bytes{};
    // The larger of the two, which holds either.
    return address.find('\0') == std::string::npos &&
           (inet_pton(AF_INET, address.c_str(), &bytes) == 1 ||
            inet_pton(AF_INET6, address.c_str(), &bytes) == 1);
}

}  // namespace tuma::wechat
