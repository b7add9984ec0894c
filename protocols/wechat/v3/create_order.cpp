#include "protocols/wechat/v3/create_order.h"

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/reversals.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/v3/query_order.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::size_t goods_max = 6'000;
constexpr std::int64_t quantity_max = 1'000'000'000;

// Nothing follows from goods, but what is wrong in them is refused like anything else.
void check_detail(BodyReader detail) {
    detail.number("cost_price", 0, fen_max, Need::optional);
    detail.text("invoice_id", {1, 32}, Need::optional);
    for (BodyReader& one : detail.objects("goods_detail", 1, goods_max, Need::optional)) {
        one.text("merchant_goods_id", {1, 32}, Need::required);
        one.text("wechatpay_goods_id", {1, 32}, Need::optional);
        one.text("goods_name", {1, 256}, Need::optional);
        one.number("quantity", 1, quantity_max, Need::required);
        one.number("unit_price", 0, fen_max, Need::required);
        one.finish();
    }
    detail.finish();
}

void check_store(BodyReader store, Scene scene) {
    store.text("id", {1, 32}, scene == Scene::code ? Need::optional : Need::required);
    if (scene == Scene::code) {
        store.text("out_id", {1, 32}, Need::optional);
    } else {
        store.text("name", {1, 256}, Need::optional);
        store.text("area_code", {1, 32}, Need::optional);
        store.text("address", {1, 512}, Need::optional);
    }
    store.finish();
}

void check_identity(BodyReader identity) {
    identity.text("type", {1, 32}, Need::optional);
    identity.text("number", {1, 1'024}, Need::optional);
    identity.text("name", {1, 1'024}, Need::optional);
    identity.finish();
}

// Who sells: the merchant that has signed, or one for whom its service provider has.
void read_seller(BodyReader& body, const Call& call, Content& content) {
    const bool is_partners = call.partner != nullptr;
    content.appid = body.text(is_partners ? "sp_appid" : "appid", {1, 32}, Need::required);
    content.mchid = body.text(is_partners ? "sp_mchid" : "mchid", {1, 32}, Need::required);
    if (!is_partners) return;
    content.sp_mchid = content.mchid;
    content.mchid = body.text("sub_mchid", {1, 32}, Need::required);
    content.sub_appid = body.text("sub_appid", {1, 32}, Need::optional);
}

void check_seller(BodyReader& body, const Call& call, const Content& content) {
    if (call.partner == nullptr)
        return check_merchant(body, call.profile(), {content.appid, content.mchid, "mchid"});
    check_merchant(body, call.signer(), {content.appid, content.sp_mchid, "sp_mchid"});
    if (!content.sub_appid.empty())
        check_merchant(body, call.profile(), {content.sub_appid, content.mchid, "sub_mchid"});
}

// Who pays: under the appid of who has signed, or of the merchant that sells.
std::string read_payer(BodyReader payer, const Call& call, Content& content) {
    std::string openid;
    if (call.partner == nullptr) {
        openid = payer.name("openid", {1, 31}, "_-", Need::required);
    } else {
        openid = payer.name("sp_openid", {1, 31}, "_-", Need::optional);
        const std::string sub_openid = payer.name("sub_openid", {1, 31}, "_-", Need::optional);
        if (openid.empty() == sub_openid.empty())
            payer.fail("sp_openid", "sp_openid和sub_openid须二选一");
        if (!sub_openid.empty() && content.sub_appid.empty())
            payer.fail("sub_openid", "传入sub_openid时sub_appid必填");
        content.is_sub_openid = openid.empty();
        if (openid.empty()) openid = sub_openid;
    }
    check_identity(payer.object("identity", Need::optional));
    payer.finish();
    return openid;
}

// What all ways to pay have in common.
void read_common(BodyReader& body, const Call& call, Content& content) {
    read_seller(body, call, content);
    content.description = body.text("description", {1, 127}, Need::required);
    content.number = body.order_number("out_trade_no", Need::required);
    content.attach = body.text("attach", {1, 128}, Need::optional);
    content.goods_tag = body.text("goods_tag", {1, 32}, Need::optional);
    content.detail = body.raw("detail", detail_bytes_max);
    check_detail(body.object("detail", Need::optional));
    // Known members that nothing follows from.
    body.flag("support_fapiao");
    body.texts("limit_pay", {1, 40});
    BodyReader amount = body.object("amount", Need::required);
    content.total = amount.number("total", 1, fen_max, Need::required);
    amount.word("currency", {"CNY"}, Need::optional);
    amount.finish();
    BodyReader settle = body.object("settle_info", Need::optional);
    content.shares_profit = settle.flag("profit_sharing");
    settle.finish();
    // Behind the members: a wrong member is told before a wrong merchant.
    check_seller(body, call, content);
    // Decided when the order is opened, so that changing the option does not change what is under
    // way.
    content.is_probed = call.options->signature_probes;
    content.callback_keys = callback_keys(call);
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
        // Other codes than a query's: here the number cannot be used again.
        case TradeFate::paid:
            return {.code = "OUT_TRADE_NO_USED", .message = "该订单已支付"};
        case TradeFate::closed:
            return {.code = "ORDER_CLOSED", .message = "该订单已关闭，请更换商户订单号"};
        case TradeFate::code_used:
            return {.code = "TRADE_ERROR", .message = "付款码已被使用（AUTH_CODE used）"};
        case TradeFate::open:
        case TradeFate::refused:
            break;
    }
    // The customer is in the request, so that it is a wrong parameter.
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
    // A page outside WeChat has to say where it is opened.
    const bool is_h5 = trade_type == "MWEB";
    read_scene(body.object("scene_info", is_h5 ? Need::required : Need::optional),
               is_h5 ? Scene::h5 : Scene::usual, content);
    // Only JSAPI says who pays; for the others the member does not exist.
    if (trade_type == "JSAPI")
        content.openid = read_payer(body.object("payer", Need::required), *call, content);
    body.finish();
    if (!body.is_good()) return body.refusal();
    // Whoever scans a code is known to the service alone.
    if (content.openid.empty()) content.openid = call->options->payer;
    wish.script = script_of(call->request, content.openid);
    content.refund_code = wish.script.refund_code;
    return open_trade(
        call, std::move(wish), busy_reply(*call),
        [call, type = std::string(trade_type)](const TradeOutcome& outcome) -> Answer {
            if (outcome.fate != TradeFate::open) return error_reply(*call, trade_error(outcome));
            // A repeated request gets a new link to the same order.
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
        // A repeated request must not look like a second payment.
        if (!outcome.is_new) return error_reply(call, trade_error(outcome));
        return reply(call, order_json(order, content, false));
    }
    // An error in form only, with status 202: the merchant asks again until the password was
    // entered.
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
    // The customer was to pay by the script, and the wallet has too little: the same to the
    // merchant.
    if (order.refusal == Refusal::insufficient_funds)
        return error_reply(call, {.code = "NOT_ENOUGH", .message = "用户余额不足"});
    return error_reply(call, {.code = "TRADE_ERROR"});
}

}  // namespace

void check_merchant(BodyReader& body, const Merchant& merchant, const NamedMerchant& named) {
    if (!body.is_good()) return;
    // Who it has to be is known for sure; what the body says has to agree.
    if (named.mchid != merchant.mchid)
        body.fail(named.key, "与请求头 Authorization 中的 mchid 不一致");
    else if (!merchant.may_use(named.appid))
        body.fail(ApiError{.code = "APPID_MCHID_NOT_MATCH"});
}

void read_scene(BodyReader body, Scene scene, Content& content) {
    content.device_id = body.text("device_id", {1, 32}, Need::optional);
    if (scene == Scene::code)
        body.ip("device_ip", Need::optional);
    else
        body.ip("payer_client_ip", scene == Scene::h5 ? Need::required : Need::optional);
    BodyReader store = body.object("store_info", Need::optional);
    // What it has to have it has to have only where it is there.
    if (body.has("store_info")) check_store(std::move(store), scene);
    if (scene == Scene::h5) {
        BodyReader h5 = body.object("h5_info", Need::required);
        h5.word("type", {"iOS", "Android", "Wap"}, Need::required);
        h5.text("app_name", {1, 64}, Need::optional);
        for (const char* key : {"app_url", "bundle_id", "package_name"})
            h5.text(key, {1, 128}, Need::optional);
        h5.finish();
    }
    body.finish();
}

Timestamp read_expiry(BodyReader& body, const Call& call, Content& content) {
    const auto expires = body.instant("time_expire");
    if (!expires) return {};
    // By the clock by which the merchant has reckoned it.
    const Timestamp now = call.context.deadlines_from();
    // Kept as it was given, so that a repeated request is compared with that.
    content.expires = tuma::text(*expires);
    // Too near and too far are moved, not refused.
    return std::clamp(*expires, now + expiry_ahead_min, now + expiry_ahead_max);
}

std::string payment_link(const Call& call, std::string_view trade_type, OrderId order) {
    protocols::JsonText json;
    json.begin_object();
    if (trade_type == "NATIVE") {
        // What the merchant shows as a QR code. It leads nowhere: the customer is played here.
        json.text("code_url", code_url(call.context.entropy));
    } else {
        const std::string prepay = prepay_id(order, call.context.now, call.context.entropy);
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
    read_scene(body.object("scene_info", Need::required), Scene::code, content);
    BodyReader payer = body.object("payer", Need::required);
    const std::string code = payer.text("auth_code", {18, 18}, Need::required);
    payer.finish();
    body.finish();
    // Only where everything else is good: this error names the object around the code.
    if (body.is_good() && !is_payment_code(code))
        body.fail("payer", "付款码应为10-15开头的18位数字");
    if (!body.is_good()) return body.refusal();
    content.openid = call->options->payer;
    // For payments by code the code takes the place of the openid in the table of test customers.
    wish.script = script_of(call->request, code);
    wish.auth_code = code;
    content.refund_code = wish.script.refund_code;
    return open_trade(call, std::move(wish), busy_reply(*call),
                      [call](const TradeOutcome& outcome) { return code_reply(*call, outcome); });
}

}  // namespace tuma::wechat
