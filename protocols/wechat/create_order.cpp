#include "protocols/wechat/create_order.h"

#include "protocols/json_text.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/query_order.h"
#include "protocols/wechat/reversals.h"
#include "protocols/wechat/trades.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::size_t detail_bytes_max = 6'000;
constexpr std::chrono::minutes expiry_ahead_min{1};

// What all ways to pay have in common.
void read_common(BodyReader& body, const Call& call, Content& content) {
    content.appid = body.text("appid", {1, 32}, Need::required);
    content.mchid = body.text("mchid", {1, 32}, Need::required);
    content.description = body.text("description", {1, 127}, Need::required);
    content.number = body.order_number("out_trade_no", Need::required);
    content.attach = body.text("attach", {1, 128}, Need::optional);
    content.goods_tag = body.text("goods_tag", {1, 32}, Need::optional);
    content.detail = body.raw("detail", detail_bytes_max);
    body.ignore({"support_fapiao", "limit_pay"});
    BodyReader amount = body.object("amount", Need::required);
    content.total = amount.number("total", 1, fen_max, Need::required);
    amount.word("currency", {"CNY"}, Need::optional);
    amount.finish();
    BodyReader settle = body.object("settle_info", Need::optional);
    content.shares_profit = settle.flag("profit_sharing");
    settle.finish();
    check_merchant(body, call, content.appid, content.mchid, "mchid");
    content.is_probed = call.options->signature_probes;
}

ApiError trade_error(const TradeOutcome& outcome) {
    constexpr std::uint32_t repeated_differently = 268498688;
    switch (outcome.fate) {
        case TradeFate::differs:
            return {.code = "INVALID_REQUEST",
                    .message =
                        "请求重入时，参数与首次请求时不一致。请核实请求参数与首次请求是否"
                        "一致，若要变更请更换商户订单号",
                    .number = repeated_differently};
        case TradeFate::paid:
            return {.code = "OUT_TRADE_NO_USED", .message = "该订单已支付"};
        case TradeFate::closed:
            return {.code = "ORDER_CLOSED", .message = "该订单已关闭，请更换商户订单号"};
        case TradeFate::open:
        case TradeFate::refused:
            break;
    }
    if (outcome.refusal == Refusal::debit_account_not_found)
        return {.code = "PARAM_ERROR", .message = "openid不存在"};
    return {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.refusal))};
}

Answer create(const CallPtr& call, std::string_view trade_type) {
    BodyReader body(*call);
    TradeWish wish;
    Content& content = wish.content;
    content.trade_type = trade_type;
    read_common(body, *call, content);
    content.notify_url = body.url("notify_url", Need::required);
    wish.expires = read_expiry(body, *call, content);
    const bool is_h5 = trade_type == "MWEB";
    read_scene(body.object("scene_info", is_h5 ? Need::required : Need::optional), is_h5, content);
    BodyReader payer =
        body.object("payer", trade_type == "JSAPI" ? Need::required : Need::optional);
    content.openid = payer.name("openid", {1, 31}, "_-",
                                trade_type == "JSAPI" ? Need::required : Need::optional);
    payer.ignore({"identity"});
    payer.finish();
    body.finish();
    if (!body.is_good()) return body.refusal();
    if (content.openid.empty()) content.openid = call->options->payer;
    wish.script = script_of(call->request, content.openid);
    content.refund_code = wish.script.refund_code;
    return open_trade(
        call, std::move(wish), busy_reply(*call),
        [call, type = std::string(trade_type)](const TradeOutcome& outcome) -> Answer {
            if (outcome.fate != TradeFate::open) return error_reply(*call, trade_error(outcome));
            return reply(*call, payment_link(*call, type, outcome.order->terms.id));
        });
}

// What a payment by code that was decided, or waits for a password, is answered with.
Answer code_reply(const Call& call, const TradeOutcome& outcome) {
    if (outcome.order == nullptr || outcome.fate == TradeFate::differs)
        return error_reply(call, trade_error(outcome));
    const ledger::Order& order = *outcome.order;
    const Content content = read_content(order.content);
    if (order.state == ledger::OrderState::succeeded) {
        if (!outcome.is_new) return error_reply(call, trade_error(outcome));
        return reply(call, order_json(order, content, false));
    }
    if (!ledger::is_final(order.state)) return error_reply(call, {.code = "USERPAYING"});
    switch (order.code) {
        case reason::not_enough:
            return error_reply(call, {.code = "NOT_ENOUGH", .message = "用户余额不足"});
        case reason::account_abnormal:
            return error_reply(call, {.code = "USER_ACCOUNT_ABNORMAL"});
        case reason::bank_error:
            return error_reply(call, {.code = "BANK_ERROR"});
        case reason::code_expired:
        case reason::code_invalid:
            return error_reply(call, {.code = "TRADE_ERROR", .message = "付款码无效或已过期"});
        default:
            break;
    }
    if (order.refusal == Refusal::insufficient_funds)
        return error_reply(call, {.code = "NOT_ENOUGH", .message = "用户余额不足"});
    return error_reply(call, {.code = "TRADE_ERROR"});
}

}  // namespace

void check_merchant(BodyReader& body, const Call& call, std::string_view appid,
                    std::string_view mchid, std::string_view mchid_key) {
    if (!body.is_good()) return;
    const Merchant& merchant = call.profile();
    if (mchid != merchant.mchid)
        body.fail(mchid_key, "与请求头 Authorization 中的 mchid 不一致");
    else if (std::find(merchant.appids.begin(), merchant.appids.end(), appid) ==
             merchant.appids.end())
        body.fail(ApiError{.code = "APPID_MCHID_NOT_MATCH"});
}

void read_scene(BodyReader scene, bool needs_h5, Content& content) {
    scene.text("payer_client_ip", {1, 45}, needs_h5 ? Need::required : Need::optional);
    content.device_id = scene.text("device_id", {1, 32}, Need::optional);
    scene.ignore({"store_info", "device_ip"});
    BodyReader h5 = scene.object("h5_info", needs_h5 ? Need::required : Need::optional);
    if (needs_h5) h5.word("type", {"iOS", "Android", "Wap"}, Need::required);
    h5.ignore({"type", "app_name", "app_url", "bundle_id", "package_name"});
    h5.finish();
    scene.finish();
}

Timestamp read_expiry(BodyReader& body, const Call& call, Content& content) {
    const auto expires = body.instant("time_expire");
    if (!expires) return {};
    const Timestamp now = call.context.deadlines_from();
    if (*expires < now + expiry_ahead_min)
        body.fail("time_expire", "须晚于当前时间1分钟以上");
    else if (*expires > now + std::chrono::days{call.options->order_life_days})
        body.fail("time_expire", "超过订单的最长有效期");
    content.expires = text(*expires);
    return *expires;
}

std::string payment_link(const Call& call, std::string_view trade_type, OrderId order) {
    protocols::JsonText json;
    json.begin_object();
    if (trade_type == "NATIVE") {
        json.text("code_url", code_url(call.context.chance));
    } else {
        const std::string prepay = prepay_id(order, call.context.now, call.context.chance);
        if (trade_type == "MWEB")
            json.text("h5_url", h5_url(prepay, order));
        else
            json.text("prepay_id", prepay);
    }
    return json.end_object().take();
}

Answer create_jsapi(const CallPtr& call) {
    return create(call, "JSAPI");
}
Answer create_native(const CallPtr& call) {
    return create(call, "NATIVE");
}
Answer create_app(const CallPtr& call) {
    return create(call, "APP");
}
Answer create_h5(const CallPtr& call) {
    return create(call, "MWEB");
}

Answer create_by_code(const CallPtr& call) {
    BodyReader body(*call);
    TradeWish wish;
    Content& content = wish.content;
    content.trade_type = "MICROPAY";
    read_common(body, *call, content);
    read_scene(body.object("scene_info", Need::required), false, content);
    BodyReader payer = body.object("payer", Need::required);
    const std::string code = payer.text("auth_code", {18, 18}, Need::required);
    payer.finish();
    body.finish();
    if (body.is_good() && !is_payment_code(code))
        body.fail("payer", "付款码应为10-15开头的18位数字");
    if (!body.is_good()) return body.refusal();
    content.openid = call->options->payer;
    wish.script = script_of(call->request, code);
    content.refund_code = wish.script.refund_code;
    return open_trade(call, std::move(wish), busy_reply(*call),
                      [call](const TradeOutcome& outcome) { return code_reply(*call, outcome); });
}

}  // namespace tuma::wechat
