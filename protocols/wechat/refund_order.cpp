#include "protocols/wechat/refund_order.h"

#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/refunds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::string_view receiver = "支付用户零钱";

RefundWish read_refund(BodyReader& body, const Call& call) {
    RefundWish wish;
    Content& content = wish.content;
    wish.payment.transaction_id = body.text("transaction_id", {1, 32}, Need::optional);
    wish.payment.out_trade_no = body.order_number("out_trade_no", Need::optional);
    if (wish.payment.transaction_id.empty() == wish.payment.out_trade_no.empty())
        body.fail("transaction_id", "transaction_id和out_trade_no须二选一");
    content.mchid = call.profile().mchid;
    content.number = body.name("out_refund_no", {1, 64}, "_-|*@", Need::required);
    content.reason = body.text("reason", {1, 80}, Need::optional);
    content.notify_url = body.url("notify_url", Need::optional);
    if (content.notify_url.empty()) content.notify_url = call.profile().refund_notify_url;
    if (body.has("funds_account"))
        content.funds_account =
            body.word("funds_account", {"AVAILABLE", "UNSETTLED"}, Need::optional);
    BodyReader amount = body.object("amount", Need::required);
    content.amount = amount.number("refund", 1, fen_max, Need::required);
    content.total = amount.number("total", 1, fen_max, Need::required);
    amount.word("currency", {"CNY"}, Need::required);
    if (amount.is_good() && content.amount > content.total)
        amount.fail("refund", "退款金额大于订单金额");
    amount.ignore({"from"});
    amount.finish();
    body.ignore({"goods_detail"});
    body.finish();
    content.is_probed = call.options->signature_probes;
    wish.script = script_of(call.request, {});
    return wish;
}

ApiError refund_error(RefundFate fate) {
    switch (fate) {
        case RefundFate::differs:
            return {.code = "INVALID_REQUEST",
                    .message = "请求参数与首次请求时不一致，请更换商户退款单号"};
        case RefundFate::payment_unknown:
            return {.code = "RESOURCE_NOT_EXISTS", .message = "订单不存在"};
        case RefundFate::not_paid:
            return {.code = "INVALID_REQUEST", .message = "订单未支付，不能退款"};
        case RefundFate::total_differs:
            return {.code = "INVALID_REQUEST", .message = "订单金额与支付时不一致"};
        case RefundFate::too_much:
            return {.code = "INVALID_REQUEST",
                    .message = "退款金额大于可退金额，或退款次数超过50次"};
        case RefundFate::too_late:
            return {.code = "INVALID_REQUEST", .message = "订单支付超过365天，不能退款"};
        case RefundFate::not_enough:
            return {.code = "NOT_ENOUGH", .message = "基本账户余额不足，请充值后重新发起"};
        case RefundFate::open:
        case RefundFate::refused:
            break;
    }
    return {.code = "USER_ACCOUNT_ABNORMAL"};
}

}  // namespace

std::string refund_json(const ledger::Order& refund, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("refund_id", refund_id(refund))
        .text("out_refund_no", content.number)
        .text("transaction_id", content.transaction_id)
        .text("out_trade_no", content.out_trade_no)
        .text("channel", "ORIGINAL")
        .text("user_received_account", receiver);
    if (refund.state == ledger::OrderState::succeeded)
        json.text("success_time", beijing_time(refund.moved_at));
    json.text("create_time", beijing_time(refund.opened_at))
        .text("status", refund_status(refund))
        .text("funds_account", content.funds_account.empty()
                                   ? "UNSETTLED"
                                   : std::string_view{content.funds_account});
    json.begin_object("amount")
        .number("total", content.total)
        .number("refund", content.amount)
        .begin_array("from")
        .end_array()
        .number("payer_total", content.total)
        .number("payer_refund", content.amount)
        .number("settlement_refund", content.amount)
        .number("settlement_total", content.total)
        .number("discount_refund", 0)
        .text("currency", "CNY")
        .end_object();
    json.begin_array("promotion_detail").end_array();
    return json.end_object().take();
}

std::string refund_notice_json(const ledger::Order& refund, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("mchid", content.mchid)
        .text("out_trade_no", content.out_trade_no)
        .text("transaction_id", content.transaction_id)
        .text("out_refund_no", content.number)
        .text("refund_id", refund_id(refund))
        .text("refund_status", refund_status(refund));
    if (refund.state == ledger::OrderState::succeeded)
        json.text("success_time", beijing_time(refund.moved_at));
    json.text("user_received_account", receiver);
    json.begin_object("amount")
        .number("total", content.total)
        .number("refund", content.amount)
        .number("payer_total", content.total)
        .number("payer_refund", content.amount)
        .end_object();
    return json.end_object().take();
}

Answer create_refund(const CallPtr& call) {
    BodyReader body(*call);
    RefundWish wish = read_refund(body, *call);
    if (!body.is_good()) return body.refusal();
    return open_refund(call, std::move(wish), busy_reply(*call),
                       [call](const RefundOutcome& outcome) -> Answer {
                           if (outcome.fate != RefundFate::open)
                               return error_reply(*call, refund_error(outcome.fate));
                           const ledger::Order& refund = *outcome.refund;
                           return reply(*call, refund_json(refund, read_content(refund.content)));
                       });
}

Answer query_refund(const CallPtr& call) {
    core::QueryOrder query;
    query.key = refund_key(call->profile().mchid, call->arguments.at(0));
    return ask(std::move(query), busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
        if (outcome.order == nullptr)
            return error_reply(*call, {.code = "RESOURCE_NOT_EXISTS", .message = "退款单不存在"});
        return reply(*call, refund_json(*outcome.order, read_content(outcome.order->content)));
    });
}

}  // namespace tuma::wechat
