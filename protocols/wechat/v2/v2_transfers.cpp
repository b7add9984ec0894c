#include "protocols/wechat/v2/v2_transfers.h"

#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/v2/v2_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

constexpr std::int64_t transfer_most = 2'000'000;  // 20,000 yuan
constexpr std::int64_t packet_least = 100;
constexpr std::int64_t packet_most = 20'000;

// What tells the two ways to pay_person apart.
struct DirectWay {
    Kind kind;
    std::string_view number;  ///< the field with the merchant's number
    std::string (*key)(std::string_view mchid, std::string_view number);
    V2List (*told)(const ledger::Order& order, const Content& content);
};

V2List told_transfer(const ledger::Order& order, const Content& content) {
    return {{"partner_trade_no", content.number},
            {"payment_no", transfer_bill_no(order)},
            {"payment_time", bill_time(order.moved_at)}};
}

V2List told_packet(const ledger::Order& order, const Content& content) {
    return {{"mch_billno", content.number},
            {"re_openid", content.openid},
            {"total_amount", std::to_string(content.amount)},
            {"send_listid", transfer_bill_no(order)}};
}

const DirectWay direct_transfers{Kind::direct_transfer, "partner_trade_no", direct_transfer_key,
                                 told_transfer};
const DirectWay red_packets{Kind::red_packet, "mch_billno", red_packet_key, told_packet};

// Why somebody was not paid.
V2Error refusal_error(Refusal refusal) {
    if (refusal == Refusal::insufficient_funds) return {"NOTENOUGH", "帐号余额不足"};
    return {"SEND_FAILED", "付款错误"};
}

V2Error direct_failure(const ledger::Order& order) {
    return refusal_error(order.refusal);
}

http::HttpReply paid_reply(const V2Call& v2, const DirectWay& way, const ledger::Order& order) {
    if (order.state != OrderState::succeeded) return v2_unsigned_error(v2, direct_failure(order));
    return v2_unsigned_reply(v2, way.told(order, read_content(order.content)));
}

core::OrderRequest direct_order(const Call& call, const DirectWay& way, const Content& content,
                                const protocols::Accounts& accounts) {
    const Script script = script_of(call.request, content.openid);
    core::OrderRequest wish = protocols::wish_of(number(way.kind), to_json(content));
    put_payout(wish, content, accounts[0], accounts[1]);
    wish.terms.action = script.action;
    wish.terms.decline_code = script.code;
    // Nobody is asked: the person has it when the request is answered.
    wish.decides_now = true;
    // What the merchant does not have is asked for again under the same number.
    wish.refuses_openly = true;
    wish.keys = {way.key(content.mchid, content.number)};
    return wish;
}

Answer pay_person(const V2CallPtr& v2, const DirectWay& way, const Content& content) {
    const Call& call = *v2->call;
    return protocols::with_accounts(
        call.context.directory, v2_busy_reply(*v2),
        {operating_account(*call.options, call.profile()),
         customer_account(*call.options, content.openid)},
        [v2, &way, content](const protocols::Accounts& accounts) -> Answer {
            if (!accounts[1])
                return v2_unsigned_error(*v2, {"OPENID_ERROR", "openid与商户appid不匹配"});
            return protocols::open_order(
                direct_order(*v2->call, way, content, accounts), v2_busy_reply(*v2),
                [v2, &way, content](const core::Outcome& outcome) -> Answer {
                    const auto repeat =
                        protocols::repeat_of(outcome, [&](const ledger::Order& order) {
                            return is_same_request(read_content(order.content), content);
                        });
                    if (repeat == protocols::Repeat::differs)
                        return v2_unsigned_error(*v2, {"FATAL_ERROR", "两次请求参数不一致"});
                    if (repeat == protocols::Repeat::refused)
                        return v2_unsigned_error(*v2, refusal_error(outcome.code));
                    return paid_reply(*v2, way, *outcome.order);
                });
        });
}

// The order with the merchant's number, or NOT_FOUND.
Answer query_payment(const V2CallPtr& v2, const DirectWay& way, const std::string& number,
                     V2List (*fields)(const ledger::Order& order, const Content& content)) {
    return ask(core::QueryOrder{.key = way.key(v2->call->profile().mchid, number)},
               v2_busy_reply(*v2), [v2, fields](const core::Outcome& outcome) -> Answer {
                   if (outcome.order == nullptr)
                       return v2_unsigned_error(*v2, {"NOT_FOUND", "指定单号数据不存在"});
                   const ledger::Order& order = *outcome.order;
                   return v2_unsigned_reply(*v2, fields(order, read_content(order.content)));
               });
}

bool was_paid(const ledger::Order& order) {
    return order.state == OrderState::succeeded;
}

V2List transfer_facts(const ledger::Order& order, const Content& content) {
    V2List fields{{"partner_trade_no", content.number},
                  {"detail_id", transfer_bill_no(order)},
                  {"status", was_paid(order) ? "SUCCESS" : "FAILED"},
                  {"openid", content.openid},
                  {"payment_amount", std::to_string(content.amount)},
                  {"transfer_time", bill_time(order.opened_at)},
                  {"payment_time", bill_time(order.moved_at)},
                  {"desc", content.reason}};
    if (!was_paid(order)) fields.emplace_back("reason", direct_failure(order).message);
    return fields;
}

V2List packet_facts(const ledger::Order& order, const Content& content) {
    return {{"mch_billno", content.number},
            {"detail_id", transfer_bill_no(order)},
            {"status", was_paid(order) ? "RECEIVED" : "FAILED"},
            {"send_type", "API"},
            {"hb_type", "NORMAL"},
            {"total_num", "1"},
            {"total_amount", std::to_string(content.amount)},
            {"send_time", bill_time(order.opened_at)},
            {"openid", content.openid},
            {"amount", std::to_string(content.amount)},
            {"rcv_time", bill_time(order.moved_at)}};
}

}  // namespace

Answer v2_transfer(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    Content content;
    content.mchid = v2->call->profile().mchid;
    content.appid = v2->field("mch_appid");
    content.number = reader.name("partner_trade_no", {1, 32}, "", Need::required);
    content.openid = reader.name("openid", {1, 31}, "_-", Need::required);
    const std::string check =
        reader.word("check_name", {"NO_CHECK", "FORCE_CHECK"}, Need::required);
    // Nobody here has a true name to compare it with.
    reader.text("re_user_name", {1, 64}, check == "FORCE_CHECK" ? Need::required : Need::optional);
    content.amount = reader.number("amount", 1, transfer_most, Need::required);
    content.reason = reader.text("desc", {1, 100}, Need::required);
    if (reader.has("spbill_create_ip")) reader.ip("spbill_create_ip");
    reader.ignore({"mch_appid", "mchid", "device_info", "scene", "brand_id"});
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return pay_person(v2, direct_transfers, content);
}

Answer v2_query_transfer(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string number = reader.name("partner_trade_no", {1, 32}, "", Need::required);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return query_payment(v2, direct_transfers, number, transfer_facts);
}

Answer v2_send_red_packet(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    Content content;
    content.mchid = v2->call->profile().mchid;
    content.appid = v2->field("wxappid");
    content.number = reader.name("mch_billno", {1, 28}, "", Need::required);
    content.openid = reader.name("re_openid", {1, 31}, "_-", Need::required);
    content.amount = reader.number("total_amount", packet_least, packet_most, Need::required);
    reader.number("total_num", 1, 1, Need::required);
    reader.text("send_name", {1, 32}, Need::required);
    reader.text("act_name", {1, 32}, Need::required);
    reader.text("wishing", {1, 128}, Need::required);
    content.reason = reader.text("remark", {1, 256}, Need::required);
    reader.ip("client_ip");
    reader.ignore({"wxappid", "scene_id", "risk_info", "consume_mch_id", "amt_type"});
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return pay_person(v2, red_packets, content);
}

Answer v2_query_red_packet(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string number = reader.name("mch_billno", {1, 28}, "", Need::required);
    reader.word("bill_type", {"MCHT"}, Need::required);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return query_payment(v2, red_packets, number, packet_facts);
}

}  // namespace tuma::wechat
