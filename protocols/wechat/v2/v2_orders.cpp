#include "protocols/wechat/v2/v2_orders.h"

#include "protocols/wechat/orders/closings.h"
#include "protocols/wechat/orders/reversals.h"
#include "protocols/wechat/v3/create_order.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

http::HttpReply query_reply(const V2Call& v2, const ledger::Order& order, bool is_ended) {
    const Content content = read_content(order.content);
    const std::string_view state = trade_state(order, content, is_ended);
    V2List results;
    if (order.state == OrderState::succeeded) {
        // A payment that was refunded or reversed was made nevertheless, and all of it is told.
        results = v2_paid_fields(order, content);
    } else {
        // Source: WeChat Pay API v2, orderquery: of other states no more than this is told.
        if (!content.device_id.empty()) results.emplace_back("device_info", content.device_id);
        results.emplace_back("out_trade_no", content.number);
        if (!content.attach.empty()) results.emplace_back("attach", content.attach);
    }
    results.emplace_back("trade_state", state);
    results.emplace_back("trade_state_desc", trade_state_text(state));
    return v2_reply(v2, results);
}

http::HttpReply closed_reply(const V2Call& v2, ClosingFate fate) {
    switch (fate) {
        case ClosingFate::closed:
            return v2_reply(v2, {{"result_msg", "OK"}});
        case ClosingFate::was_closed:
            return v2_error_reply(v2, {"ORDERCLOSED"});
        case ClosingFate::unknown:
            return v2_error_reply(v2, {"ORDERNOTEXIST"});
        case ClosingFate::paid:
            return v2_error_reply(v2, {"ORDERPAID"});
        case ClosingFate::by_code:
            return v2_error_reply(v2, {"INVALID_REQUEST", "付款码支付的订单请使用撤销接口"});
    }
    unreachable("a fate of closings outside its enumeration");
}

// Under the appid of who has signed, or of the merchant for whom it acts.
void read_v2_payer(V2Reader& reader, const V2Call& v2, Content& content, Need need) {
    std::string sub_openid;
    if (v2.call->partner != nullptr)
        sub_openid = reader.name("sub_openid", {1, 31}, "_-", Need::optional);
    content.is_sub_openid = !sub_openid.empty();
    content.openid =
        reader.name("openid", {1, 31}, "_-", content.is_sub_openid ? Need::optional : need);
    if (content.is_sub_openid) content.openid = sub_openid;
}

}  // namespace

http::HttpReply v2_prepay_reply(const V2Call& v2, const ledger::Order& order) {
    const std::string type = read_content(order.content).trade_type;
    const protocols::Context& context = v2.call->context;
    // A new one in every answer, also for the same order: it is a ticket for a while, and the order
    // stands.
    const std::string prepay = prepay_id(order.terms.id, context.now, context.entropy);
    V2List results{{"prepay_id", prepay}, {"trade_type", type}};
    if (type == "NATIVE") results.emplace_back("code_url", code_url(context.entropy));
    if (type == "MWEB") results.emplace_back("mweb_url", h5_url(prepay, order.terms.id));
    return v2_reply(v2, results);
}

Timestamp read_v2_expiry(V2Reader& reader, const V2Call& v2, Content& content) {
    const auto expiry = reader.instant("time_expire");
    if (!expiry) return {};
    // By the clock by which the merchant has reckoned it.
    const Timestamp now = v2.call->context.deadlines_from();
    if (*expiry < now + expiry_ahead_min)
        reader.fail(v2_invalid("time_expire", "时间过短，至少1分钟"));
    if (*expiry > now + std::chrono::days{v2.call->options->order_life_days})
        reader.fail(v2_invalid("time_expire", "超过订单的最长有效期"));
    // Kept as a text, so that a repeated request is compared with it.
    content.expires = tuma::text(*expiry);
    return *expiry;
}

void read_v2_order(V2Reader& reader, const V2Call& v2, Content& content, Timestamp& expires) {
    content.appid = v2.field("appid");
    content.mchid = v2.call->profile().mchid;
    content.sp_mchid = v2.call->sp_mchid();
    if (v2.call->partner != nullptr) content.sub_appid = v2.field("sub_appid");
    // Kept with the order: its notice is signed in the same way, and v3 never tells of it.
    content.v2_sign = name(v2.sign_type);
    content.description = reader.text("body", {1, 128}, Need::required);
    content.number = reader.order_number(Need::required);
    content.total = reader.number("total_fee", 1, fen_max, Need::required);
    // Checked and dropped: there is one currency.
    reader.word("fee_type", {"CNY"}, Need::optional);
    reader.ip("spbill_create_ip");
    content.attach = reader.text("attach", {1, 127}, Need::optional);
    content.device_id = reader.text("device_info", {1, 32}, Need::optional);
    content.goods_tag = reader.text("goods_tag", {1, 32}, Need::optional);
    content.detail = reader.text("detail", {1, detail_bytes_max}, Need::optional);
    if (content.detail.size() > detail_bytes_max) reader.fail(v2_invalid("detail", "长度超过6000"));
    content.shares_profit = reader.word("profit_sharing", {"Y", "N"}, Need::optional) == "Y";
    // Checked for its form. Orders begin when they are asked for.
    reader.instant("time_start");
    reader.ignore({"product_id", "limit_pay", "receipt", "scene_info"});
    expires = read_v2_expiry(reader, v2, content);
}

V2Error v2_trade_error(const TradeOutcome& outcome) {
    switch (outcome.fate) {
        // The number is the merchant's to choose; this one is in use, for something else or from
        // v3.
        case TradeFate::differs:
            return {"INVALID_REQUEST", "201 商户订单号重复"};
        case TradeFate::paid:
            return {"ORDERPAID"};
        case TradeFate::closed:
            return {"ORDERCLOSED"};
        case TradeFate::code_used:
            return {"AUTH_CODE_INVALID", "付款码已被使用（AUTH_CODE used）"};
        case TradeFate::open:
        case TradeFate::refused:
            break;
    }
    if (outcome.refusal == Refusal::debit_account_not_found) return v2_invalid("openid", "不存在");
    return {"TRADE_ERROR", std::string(sentence(outcome.refusal))};
}

V2List v2_paid_fields(const ledger::Order& order, const Content& content) {
    V2List fields;
    if (!content.device_id.empty()) fields.emplace_back("device_info", content.device_id);
    fields.emplace_back(content.is_sub_openid ? "sub_openid" : "openid", payer_of(order, content));
    fields.emplace_back(content.is_sub_openid ? "sub_is_subscribe" : "is_subscribe", "N");
    fields.emplace_back("trade_type", content.trade_type);
    fields.emplace_back("bank_type", "OTHERS");
    fields.emplace_back("total_fee", std::to_string(content.total));
    // Without vouchers all of it is paid in money.
    fields.emplace_back("cash_fee", std::to_string(content.total));
    fields.emplace_back("fee_type", "CNY");
    fields.emplace_back("transaction_id", transaction_id(order));
    fields.emplace_back("out_trade_no", content.number);
    if (!content.attach.empty()) fields.emplace_back("attach", content.attach);
    fields.emplace_back("time_end", compact_beijing_time(order.moved_at));
    return fields;
}

Answer v2_unified_order(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    TradeWish wish;
    Content& content = wish.content;
    // First, because it decides whether an openid is needed.
    content.trade_type =
        reader.word("trade_type", {"JSAPI", "NATIVE", "APP", "MWEB"}, Need::required);
    read_v2_order(reader, *v2, content, wish.expires);
    content.notify_url = reader.url("notify_url", Need::required);
    const bool is_jsapi = content.trade_type == "JSAPI";
    read_v2_payer(reader, *v2, content, is_jsapi ? Need::required : Need::optional);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    // Before the script: who pays without being named is a test customer like others.
    if (content.openid.empty()) content.openid = v2->call->options->payer;
    wish.script = script_of(v2->call->request, content.openid);
    // What the customer does to refunds has to be known when they come, perhaps days later.
    content.refund_code = wish.script.refund_code;
    return open_trade(v2->call, std::move(wish), v2_busy_reply(*v2),
                      [v2](const TradeOutcome& outcome) -> Answer {
                          if (outcome.fate != TradeFate::open)
                              return v2_error_reply(*v2, v2_trade_error(outcome));
                          return v2_prepay_reply(*v2, *outcome.order);
                      });
}

Answer v2_query_order(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const TradeRef ref = reader.trade();
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return find_trade_and_reversal(v2->call, ref, v2_busy_reply(*v2),
                                   [v2](const OrderPtr& order, bool is_ended) -> Answer {
                                       if (order == nullptr)
                                           return v2_error_reply(*v2, {"ORDERNOTEXIST"});
                                       return query_reply(*v2, *order, is_ended);
                                   });
}

Answer v2_close_order(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string number = reader.order_number(Need::required);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return close_trade(v2->call, number, false, v2_busy_reply(*v2),
                       [v2](ClosingFate fate) -> Answer { return closed_reply(*v2, fate); });
}

}  // namespace tuma::wechat
