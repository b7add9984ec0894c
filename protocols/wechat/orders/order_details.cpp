#include "protocols/wechat/orders/order_details.h"

#include "protocols/kit/field_table.h"

#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

using MemberRows = protocols::Rows<MemberContent>;
using ContentRows = protocols::Rows<Content>;

ContentRows::Row short_text(std::string_view name, std::string Content::*member) {
    return ContentRows::sparse(ContentRows::text(name, member));
}

const std::array member_rows{
    MemberRows::required(MemberRows::text("m", &MemberContent::mchid)),
    MemberRows::sparse(MemberRows::text("sm", &MemberContent::sub_mchid)),
    MemberRows::required(MemberRows::text("n", &MemberContent::out_trade_no)),
    MemberRows::required(MemberRows::text("at", &MemberContent::attach)),
    MemberRows::number("tot", &MemberContent::total)};

// Short names: every order holds them.
const std::array content_rows{
    short_text("m", &Content::mchid),
    short_text("a", &Content::appid),
    short_text("n", &Content::number),
    short_text("o", &Content::out_trade_no),
    short_text("t", &Content::transaction_id),
    short_text("tt", &Content::trade_type),
    short_text("d", &Content::description),
    short_text("at", &Content::attach),
    short_text("u", &Content::notify_url),
    short_text("oi", &Content::openid),
    short_text("gt", &Content::goods_tag),
    short_text("dv", &Content::device_id),
    short_text("dt", &Content::detail),
    short_text("ex", &Content::expires),
    short_text("r", &Content::reason),
    short_text("fa", &Content::funds_account),
    short_text("sc", &Content::scene),
    short_text("v2", &Content::v2_sign),
    short_text("ty", &Content::type),
    short_text("pk", &Content::package),
    short_text("fi", &Content::first_id),
    short_text("ro", &Content::received_on),
    short_text("ck", &Content::callback_keys),
    short_text("wi", &Content::whole_id),
    short_text("sp", &Content::sp_mchid),
    short_text("sa", &Content::sub_appid),
    ContentRows::sparse(ContentRows::number("tot", &Content::total)),
    ContentRows::sparse(ContentRows::number("amt", &Content::amount)),
    ContentRows::sparse(ContentRows::flag("ps", &Content::shares_profit)),
    ContentRows::sparse(ContentRows::flag("uf", &Content::unfreezes)),
    ContentRows::sparse(ContentRows::flag("so", &Content::is_sub_openid)),
    ContentRows::sparse(ContentRows::flag("pr", &Content::is_probed)),
    ContentRows::sparse(ContentRows::number("rc", &Content::refund_code)),
    ContentRows::sparse(
        ContentRows::objects("ms", &Content::members,
                             std::span<const protocols::FieldRow<MemberContent>>{member_rows}))};

std::string key(std::string_view sort, std::string_view mchid, std::string_view number) {
    // The merchant stands in every key: numbers are unique only among a merchant's own. The letter
    // keeps one merchant's kinds of numbers apart.
    return "w/" + std::string(mchid) + "/" + std::string(sort) + "/" + std::string(number);
}

}  // namespace

bool is_same_request(Content a, const Content& b) {
    a.callback_keys = b.callback_keys;
    return a == b;
}

std::string to_json(const Content& content) {
    return protocols::record_json<Content>(content_rows, content);
}

Content read_content(std::string_view text) {
    Result<Content> content = protocols::read_record<Content>(content_rows, text, "content");
    // Only orders of this dialect's kinds are read, and members that were added later are not
    // required.
    ensure(content.has_value(), "an order's content is what to_json made");
    return std::move(content).value();
}

std::string payment_key(std::string_view mchid, std::string_view out_trade_no) {
    return key("n", mchid, out_trade_no);
}
std::string refund_key(std::string_view mchid, std::string_view out_refund_no) {
    return key("r", mchid, out_refund_no);
}
std::string refund_retry_key(std::string_view mchid, std::string_view out_refund_no) {
    return key("ra", mchid, out_refund_no);
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
std::string sharing_id_key(std::string_view mchid, std::string_view order_id) {
    return key("si", mchid, order_id);
}
std::string release_key(OrderId payment) {
    return "w/release/" + std::to_string(payment.value);
}
std::string unsharing_key(std::string_view mchid, std::string_view out_return_no) {
    return key("b", mchid, out_return_no);
}
std::string closing_key(std::string_view mchid, std::string_view out_trade_no) {
    return key("x", mchid, out_trade_no);
}
std::string combined_closing_key(std::string_view mchid, std::string_view combine_out_trade_no) {
    return key("xc", mchid, combine_out_trade_no);
}
std::string batch_key(std::string_view mchid, std::string_view out_batch_no) {
    return key("tb", mchid, out_batch_no);
}
std::string batch_place_key(std::string_view mchid, std::string_view out_batch_no,
                            std::size_t place) {
    return key("tp", mchid, out_batch_no) + "/" + std::to_string(place);
}
std::string batch_detail_key(std::string_view mchid, std::string_view out_batch_no,
                             std::string_view out_detail_no) {
    return key("td", mchid, out_batch_no) + "/" + std::string(out_detail_no);
}
std::string direct_transfer_key(std::string_view mchid, std::string_view partner_trade_no) {
    return key("pt", mchid, partner_trade_no);
}
std::string red_packet_key(std::string_view mchid, std::string_view mch_billno) {
    return key("hb", mchid, mch_billno);
}
std::string code_key(std::string_view auth_code) {
    return "w/-/code/" + std::string(auth_code);
}

}  // namespace tuma::wechat
