#include "protocols/wechat/content.h"

#include "protocols/json_text.h"
#include "protocols/stored_json.h"

#include <array>

namespace tuma::wechat {
namespace {

struct TextMember {
    std::string_view name;
    std::string Content::*member;
};
constexpr std::array texts{
    TextMember{"m", &Content::mchid},          TextMember{"a", &Content::appid},
    TextMember{"n", &Content::number},         TextMember{"o", &Content::out_trade_no},
    TextMember{"t", &Content::transaction_id}, TextMember{"tt", &Content::trade_type},
    TextMember{"d", &Content::description},    TextMember{"at", &Content::attach},
    TextMember{"u", &Content::notify_url},     TextMember{"oi", &Content::openid},
    TextMember{"gt", &Content::goods_tag},     TextMember{"dv", &Content::device_id},
    TextMember{"dt", &Content::detail},        TextMember{"ex", &Content::expires},
    TextMember{"r", &Content::reason},         TextMember{"fa", &Content::funds_account},
    TextMember{"sc", &Content::scene},         TextMember{"v2", &Content::v2_sign},
    TextMember{"ty", &Content::type},          TextMember{"pk", &Content::package}};

struct NumberMember {
    std::string_view name;
    std::int64_t Content::*member;
};
constexpr std::array numbers{NumberMember{"tot", &Content::total},
                             NumberMember{"amt", &Content::amount}};

struct FlagMember {
    std::string_view name;
    bool Content::*member;
};
constexpr std::array flags{FlagMember{"ps", &Content::shares_profit},
                           FlagMember{"uf", &Content::unfreezes},
                           FlagMember{"pr", &Content::is_probed}};

std::string key(std::string_view sort, std::string_view mchid, std::string_view number) {
    return "w/" + std::string(mchid) + "/" + std::string(sort) + "/" + std::string(number);
}

}  // namespace

std::string to_json(const Content& content) {
    protocols::JsonText json;
    json.begin_object();
    for (const auto& [name, member] : texts)
        if (!(content.*member).empty()) json.text(name, content.*member);
    for (const auto& [name, member] : numbers)
        if (content.*member != 0) json.number(name, content.*member);
    for (const auto& [name, member] : flags)
        if (content.*member) json.flag(name, true);
    if (content.refund_code != 0) json.number("rc", content.refund_code);
    if (!content.members.empty()) {
        json.begin_array("ms");
        for (const MemberContent& one : content.members)
            json.begin_object()
                .text("m", one.mchid)
                .text("n", one.out_trade_no)
                .text("at", one.attach)
                .number("tot", one.total)
                .end_object();
        json.end_array();
    }
    return json.end_object().take();
}

Content read_content(std::string_view text) {
    protocols::StoredJson json(text, "content");
    Content content;
    for (const auto& [name, member] : texts) content.*member = json.text_or(name, {});
    for (const auto& [name, member] : numbers) content.*member = json.number_or(name, 0);
    for (const auto& [name, member] : flags) content.*member = json.flag_or(name, false);
    content.refund_code = static_cast<std::uint16_t>(json.number_or("rc", 0));
    if (json.has("ms")) {
        for (const boost::json::value& value : *json.array("ms")) {
            protocols::StoredJson one(value, "member");
            MemberContent member;
            member.mchid = one.text("m");
            member.out_trade_no = one.text("n");
            member.attach = one.text("at");
            member.total = one.number_or("tot", 0);
            content.members.push_back(std::move(member));
        }
    }
    ensure(!json.error(), "an order's content is what to_json made");
    return content;
}

std::string payment_key(std::string_view mchid, std::string_view out_trade_no) {
    return key("n", mchid, out_trade_no);
}
std::string refund_key(std::string_view mchid, std::string_view out_refund_no) {
    return key("r", mchid, out_refund_no);
}
std::string reversal_key(std::string_view mchid, std::string_view out_trade_no) {
    return key("v", mchid, out_trade_no);
}
std::string combined_key(std::string_view mchid, std::string_view combine_out_trade_no) {
    return key("c", mchid, combine_out_trade_no);
}
std::string transfer_key(std::string_view mchid, std::string_view out_bill_no) {
    return key("t", mchid, out_bill_no);
}
std::string sharing_key(std::string_view mchid, std::string_view out_order_no) {
    return key("s", mchid, out_order_no);
}
std::string unsharing_key(std::string_view mchid, std::string_view out_return_no) {
    return key("b", mchid, out_return_no);
}

}  // namespace tuma::wechat
