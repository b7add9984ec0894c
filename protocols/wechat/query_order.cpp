#include "protocols/wechat/query_order.h"

#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/reversals.h"
#include "protocols/wechat/trades.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

ApiError not_exist() {
    return {.code = "ORDER_NOT_EXIST"};
}

// The mchid of the query names who asks; the platform wants it there.
std::optional<http::HttpReply> refused_mchid(const Call& call) {
    const std::string_view mchid = call.parameter("mchid");
    if (mchid == call.profile().mchid) return std::nullopt;
    if (mchid.empty())
        return error_reply(call, parameter_error("mchid", mchid, "必填参数缺失", "query"));
    constexpr std::uint32_t not_owner = 268447843;
    return error_reply(call,
                       {.code = "NO_AUTH", .message = "商户号不拥有该订单", .number = not_owner});
}

Answer query(const CallPtr& call, const TradeRef& ref) {
    if (auto refused = refused_mchid(*call)) return *std::move(refused);
    return find_trade_and_reversal(
        call, ref, busy_reply(*call), [call](const OrderPtr& order, bool is_revoked) -> Answer {
            if (order == nullptr) return error_reply(*call, not_exist());
            return reply(*call, order_json(*order, read_content(order->content), is_revoked));
        });
}

http::HttpReply closed(const Call& call, const core::Outcome& outcome) {
    if (outcome.code == Refusal::none) return reply(call, {}, 204);
    const ledger::Order& order = *outcome.order;
    if (order.state == ledger::OrderState::succeeded)
        return error_reply(call, {.code = "ORDER_PAID"});
    return reply(call, {}, 204);
}

}  // namespace

std::string order_json(const ledger::Order& order, const Content& content, bool is_revoked) {
    const bool is_paid = order.state == ledger::OrderState::succeeded;
    const std::string_view state = trade_state(order, content, is_revoked);
    protocols::JsonText json;
    json.begin_object()
        .text("appid", content.appid)
        .text("mchid", content.mchid)
        .text("out_trade_no", content.number);
    if (is_paid) json.text("transaction_id", transaction_id(order));
    json.text("trade_type", content.trade_type)
        .text("trade_state", state)
        .text("trade_state_desc", trade_state_text(state));
    if (is_paid) json.text("bank_type", "OTHERS");
    json.text("attach", content.attach);
    if (is_paid) json.text("success_time", beijing_time(order.moved_at));
    if (is_paid) json.begin_object("payer").text("openid", payer_of(order, content)).end_object();
    json.begin_object("amount").number("total", content.total);
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
    const std::string mchid = body.text("mchid", {1, 32}, Need::required);
    if (body.is_good() && mchid != call->profile().mchid)
        body.fail("mchid", "与请求头 Authorization 中的 mchid 不一致");
    body.finish();
    if (!body.is_good()) return body.refusal();
    const TradeRef ref{.transaction_id = {}, .out_trade_no = call->arguments.at(0)};
    return find_trade(call, ref, busy_reply(*call), [call](const OrderPtr& order) -> Answer {
        if (order == nullptr) return error_reply(*call, not_exist());
        constexpr std::uint32_t only_reversed = 268449641;
        if (read_content(order->content).trade_type == "MICROPAY")
            return error_reply(*call, {.code = "INVALID_REQUEST",
                                       .message = "付款码支付的订单不能关闭，请使用撤销接口",
                                       .number = only_reversed});
        core::OrderAct act{.order = order->terms.id};
        act.step = core::OrderStep::close;
        act.code = reason::merchant_cancelled;
        return ask(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))},
                   busy_reply(*call),
                   [call](const core::Outcome& outcome) { return closed(*call, outcome); });
    });
}

Answer reverse_order(const CallPtr& call) {
    BodyReader body(*call);
    const std::string appid = body.text("appid", {1, 32}, Need::required);
    const std::string mchid = body.text("mchid", {1, 32}, Need::required);
    body.finish();
    if (!body.is_good()) return body.refusal();
    const TradeRef ref{.transaction_id = {}, .out_trade_no = call->arguments.at(0)};
    return reverse_trade(
        call, ref, busy_reply(*call),
        [call, appid, mchid](const ReversalOutcome& outcome) -> Answer {
            if (outcome.fate == ReversalFate::unknown) return error_reply(*call, not_exist());
            if (outcome.fate == ReversalFate::not_by_code)
                return error_reply(
                    *call, {.code = "INVALID_REQUEST", .message = "只有付款码支付的订单可以撤销"});
            if (outcome.fate == ReversalFate::refused)
                return error_reply(*call, {.code = "NOT_ENOUGH"});
            protocols::JsonText json;
            json.begin_object()
                .text("appid", appid)
                .text("mchid", mchid)
                .text("out_trade_no", call->arguments.at(0));
            return reply(*call, json.end_object().take());
        });
}

}  // namespace tuma::wechat
