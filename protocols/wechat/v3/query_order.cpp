#include "protocols/wechat/v3/query_order.h"

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/closings.h"
#include "protocols/wechat/orders/reversals.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

ApiError not_exist() {
    return {.code = "ORDER_NOT_EXIST"};
}

// What names who has signed in a query or a body.
const char* signer_key(const Call& call) {
    return call.partner == nullptr ? "mchid" : "sp_mchid";
}

// The mchid of the query names who asks; the platform wants it there.
std::optional<http::HttpReply> refused_mchid(const Call& call) {
    const std::string_view key = signer_key(call);
    const std::string_view mchid = call.parameter(key);
    // The signature says already who asks. The service wants the same in the query.
    if (mchid == call.signer().mchid) return std::nullopt;
    if (mchid.empty())
        return error_reply(call, parameter_error(key, mchid, "必填参数缺失", "query"));
    constexpr std::uint32_t not_owner = 268447843;
    return error_reply(call,
                       {.code = "NO_AUTH", .message = "商户号不拥有该订单", .number = not_owner});
}

Answer query(const CallPtr& call, const TradeRef& ref) {
    // Before the order is looked for, so that nobody can tell by the answer whether it is there.
    if (auto refused = refused_mchid(*call)) return *std::move(refused);
    return find_trade_and_reversal(
        call, ref, busy_reply(*call), [call](const OrderPtr& order, bool is_ended) -> Answer {
            if (order == nullptr) return error_reply(*call, not_exist());
            return reply(*call, order_json(*order, read_content(order->content), is_ended));
        });
}

http::HttpReply closed(const Call& call, ClosingFate fate) {
    constexpr std::uint32_t only_reversed = 268449641;
    if (fate == ClosingFate::paid) return error_reply(call, {.code = "ORDER_PAID"});
    if (fate == ClosingFate::by_code)
        return error_reply(call, {.code = "INVALID_REQUEST",
                                  .message = "付款码支付的订单不能关闭，请使用撤销接口",
                                  .number = only_reversed});
    return reply(call, {}, 204);
}

// Takes what names who has signed, and for whom.
void read_signer(BodyReader& body, const Call& call) {
    const char* const key = signer_key(call);
    const std::string mchid = body.text(key, {1, 32}, Need::required);
    if (body.is_good() && mchid != call.signer().mchid)
        // The signature says who asks, and the body has to agree.
        body.fail(key, "与请求头 Authorization 中的 mchid 不一致");
    if (call.partner != nullptr) body.ignore({"sub_mchid"});
}

std::string_view payer_key(const Content& content) {
    if (content.sp_mchid.empty()) return "openid";
    return content.is_sub_openid ? "sub_openid" : "sp_openid";
}

}  // namespace

void write_seller(protocols::JsonText& json, const Content& content) {
    if (content.sp_mchid.empty()) {
        json.text("appid", content.appid).text("mchid", content.mchid);
        return;
    }
    // A reversal may leave it out.
    if (!content.appid.empty()) json.text("sp_appid", content.appid);
    json.text("sp_mchid", content.sp_mchid);
    if (!content.sub_appid.empty()) json.text("sub_appid", content.sub_appid);
    json.text("sub_mchid", content.mchid);
}

std::string order_json(const ledger::Order& order, const Content& content, bool is_ended) {
    const bool is_paid = order.state == ledger::OrderState::succeeded;
    const std::string_view state = trade_state(order, content, is_ended);
    protocols::JsonText json;
    json.begin_object();
    write_seller(json, content);
    json.text("out_trade_no", content.number);
    // Members that depend on the payment are left out until it is made, not empty. Clients see by
    // that whether it was paid.
    if (is_paid) json.text("transaction_id", transaction_id(order));
    json.text("trade_type", content.trade_type)
        .text("trade_state", state)
        .text("trade_state_desc", trade_state_text(state));
    if (is_paid) json.text("bank_type", "OTHERS");
    json.text("attach", content.attach);
    if (is_paid) json.text("success_time", beijing_time(order.moved_at));
    if (is_paid)
        json.begin_object("payer").text(payer_key(content), payer_of(order, content)).end_object();
    json.begin_object("amount").number("total", content.total);
    // Without vouchers the customer pays all of it.
    if (is_paid) json.number("payer_total", content.total);
    json.text("currency", "CNY");
    if (is_paid) json.text("payer_currency", "CNY");
    json.end_object();
    if (!content.device_id.empty())
        json.begin_object("scene_info").text("device_id", content.device_id).end_object();
    return json.end_object().take();
}

Answer query_by_number(const CallPtr& call) {
    return query(call, {.transaction_id = {}, .out_trade_no = call->arguments.at(0)});
}

Answer query_by_id(const CallPtr& call) {
    return query(call, {.transaction_id = call->arguments.at(0), .out_trade_no = {}});
}

Answer close_order(const CallPtr& call) {
    BodyReader body(*call);
    read_signer(body, *call);
    body.finish();
    if (!body.is_good()) return body.refusal();
    return close_trade(call, call->arguments.at(0), true, busy_reply(*call),
                       [call](ClosingFate fate) -> Answer { return closed(*call, fate); });
}

Answer reverse_order(const CallPtr& call) {
    BodyReader body(*call);
    // Repeated in the answer. Who has signed is known from the signature.
    Content said;
    const bool is_partners = call->partner != nullptr;
    said.appid = body.text(is_partners ? "sp_appid" : "appid", {1, 32},
                           is_partners ? Need::optional : Need::required);
    if (is_partners) said.sub_appid = body.text("sub_appid", {1, 32}, Need::optional);
    read_signer(body, *call);
    said.mchid = call->profile().mchid;
    said.sp_mchid = call->sp_mchid();
    body.finish();
    if (!body.is_good()) return body.refusal();
    const TradeRef ref{.transaction_id = {}, .out_trade_no = call->arguments.at(0)};
    return reverse_trade(
        call, ref, busy_reply(*call), [call, said](const ReversalOutcome& outcome) -> Answer {
            if (outcome.fate == ReversalFate::unknown) return error_reply(*call, not_exist());
            if (outcome.fate == ReversalFate::not_by_code)
                return error_reply(
                    *call, {.code = "INVALID_REQUEST", .message = "只有付款码支付的订单可以撤销"});
            if (outcome.fate == ReversalFate::refused)
                return error_reply(*call, {.code = "NOT_ENOUGH"});
            protocols::JsonText json;
            json.begin_object();
            write_seller(json, said);
            json.text("out_trade_no", call->arguments.at(0));
            return reply(*call, json.end_object().take());
        });
}

}  // namespace tuma::wechat
