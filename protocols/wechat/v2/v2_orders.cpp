#include "protocols/wechat/v2_orders.h"

#include "protocols/wechat/create_order.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/reversals.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

constexpr std::chrono::minutes expiry_ahead_min{1};
constexpr std::size_t detail_bytes_max = 6'000;

http::HttpReply unified_reply(const V2Call& v2, const ledger::Order& order) {
    const std::string type = read_content(order.content).trade_type;
    const protocols::Context& context = v2.call->context;
    const std::string prepay = prepay_id(order.terms.id, context.now, context.chance);
    V2List results{{"prepay_id", prepay}, {"trade_type", type}};
    if (type == "NATIVE") results.emplace_back("code_url", code_url(context.chance));
    if (type == "MWEB") results.emplace_back("mweb_url", h5_url(prepay, order.terms.id));
    return v2_reply(v2, results);
}

http::HttpReply query_reply(const V2Call& v2, const ledger::Order& order, bool is_revoked) {
    const Content content = read_content(order.content);
    const std::string_view state = trade_state(order, content, is_revoked);
    V2List results;
    if (order.state == OrderState::succeeded) {
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

http::HttpReply closed_reply(const V2Call& v2, const core::Outcome& outcome) {
    if (outcome.code == Refusal::none) return v2_reply(v2, {{"result_msg", "OK"}});
    const bool is_paid = outcome.order->state == OrderState::succeeded;
    return v2_error_reply(v2, {is_paid ? "ORDERPAID" : "ORDERCLOSED"});
}

}  // namespace

void read_v2_order(V2Reader& reader, const V2Call& v2, Content& content, Timestamp& expires) {
    content.appid = v2.field("appid");
    content.mchid = v2.call->profile().mchid;
    content.v2_sign = name(v2.sign_type);
    content.description = reader.text("body", {1, 128}, Need::required);
    content.number = reader.order_number(Need::required);
    content.total = reader.number("total_fee", 1, fen_max, Need::required);
    reader.word("fee_type", {"CNY"}, Need::optional);
    reader.text("spbill_create_ip", {1, 64}, Need::required);
    content.attach = reader.text("attach", {1, 127}, Need::optional);
    content.device_id = reader.text("device_info", {1, 32}, Need::optional);
    content.goods_tag = reader.text("goods_tag", {1, 32}, Need::optional);
    content.detail = reader.text("detail", {1, detail_bytes_max}, Need::optional);
    if (content.detail.size() > detail_bytes_max) reader.fail(v2_invalid("detail", "长度超过6000"));
    content.shares_profit = reader.word("profit_sharing", {"Y", "N"}, Need::optional) == "Y";
    reader.instant("time_start");
    const auto expiry = reader.instant("time_expire");
    if (!expiry) return;
    const Timestamp now = v2.call->context.deadlines_from();
    if (*expiry < now + expiry_ahead_min)
        reader.fail(v2_invalid("time_expire", "时间过短，至少1分钟"));
    if (*expiry > now + std::chrono::days{v2.call->options->order_life_days})
        reader.fail(v2_invalid("time_expire", "超过订单的最长有效期"));
    content.expires = text(*expiry);
    expires = *expiry;
}

V2Error v2_trade_error(const TradeOutcome& outcome) {
    switch (outcome.fate) {
        case TradeFate::differs:
            return {"OUT_TRADE_NO_USED", "商户订单号重复，且参数与首次请求时不一致"};
        case TradeFate::paid:
            return {"ORDERPAID"};
        case TradeFate::closed:
            return {"ORDERCLOSED"};
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
    fields.emplace_back("openid", payer_of(order, content));
    fields.emplace_back("is_subscribe", "N");
    fields.emplace_back("trade_type", content.trade_type);
    fields.emplace_back("bank_type", "OTHERS");
    fields.emplace_back("total_fee", std::to_string(content.total));
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
    content.trade_type =
        reader.word("trade_type", {"JSAPI", "NATIVE", "APP", "MWEB"}, Need::required);
    read_v2_order(reader, *v2, content, wish.expires);
    content.notify_url = reader.url("notify_url", Need::required);
    const bool is_jsapi = content.trade_type == "JSAPI";
    content.openid =
        reader.name("openid", {1, 31}, "_-", is_jsapi ? Need::required : Need::optional);
    if (!reader.is_good()) return reader.refusal();
    if (content.openid.empty()) content.openid = v2->call->options->payer;
    wish.script = script_of(v2->call->request, content.openid);
    content.refund_code = wish.script.refund_code;
    return open_trade(v2->call, std::move(wish), v2_busy_reply(*v2),
                      [v2](const TradeOutcome& outcome) -> Answer {
                          if (outcome.fate != TradeFate::open)
                              return v2_error_reply(*v2, v2_trade_error(outcome));
                          return unified_reply(*v2, *outcome.order);
                      });
}

Answer v2_query_order(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const TradeRef ref = reader.trade();
    if (!reader.is_good()) return reader.refusal();
    return find_trade_and_reversal(v2->call, ref, v2_busy_reply(*v2),
                                   [v2](const OrderPtr& order, bool is_revoked) -> Answer {
                                       if (order == nullptr)
                                           return v2_error_reply(*v2, {"ORDERNOTEXIST"});
                                       return query_reply(*v2, *order, is_revoked);
                                   });
}

Answer v2_close_order(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const TradeRef ref{.transaction_id = {}, .out_trade_no = reader.order_number(Need::required)};
    if (!reader.is_good()) return reader.refusal();
    return find_trade(v2->call, ref, v2_busy_reply(*v2), [v2](const OrderPtr& order) -> Answer {
        if (order == nullptr) return v2_error_reply(*v2, {"ORDERNOTEXIST"});
        if (read_content(order->content).trade_type == "MICROPAY")
            return v2_error_reply(*v2, {"INVALID_REQUEST", "付款码支付的订单请使用撤销接口"});
        core::OrderAct act{.order = order->terms.id};
        act.step = core::OrderStep::close;
        act.code = reason::merchant_cancelled;
        return ask(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))},
                   v2_busy_reply(*v2), [v2](const core::Outcome& outcome) -> Answer {
                       return closed_reply(*v2, outcome);
                   });
    });
}

}  // namespace tuma::wechat
