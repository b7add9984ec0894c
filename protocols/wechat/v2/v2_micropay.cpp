#include "protocols/wechat/v2/v2_micropay.h"

#include "protocols/wechat/orders/reversals.h"
#include "protocols/wechat/v2/v2_orders.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

// Why a customer has not paid.
V2Error payment_error(const ledger::Order& order) {
    // Closing is how a payment by code that was not made yet is reversed.
    if (order.state == OrderState::closed) return {"ORDERREVERSED"};
    switch (order.code) {
        case reason::not_enough:
            return {"NOTENOUGH", "余额不足"};
        case reason::account_abnormal:
            return {"USER_ACCOUNT_ABNORMAL"};
        case reason::bank_error:
            return {"BANKERROR"};
        case reason::code_expired:
            return {"AUTHCODEEXPIRE"};
        case reason::code_invalid:
            return {"AUTH_CODE_INVALID"};
        default:
            break;
    }
    // The customer was to pay by the script, and the wallet has too little: the same to the
    // merchant.
    if (order.refusal == Refusal::insufficient_funds) return {"NOTENOUGH", "余额不足"};
    return {"TRADE_ERROR", "支付失败，请撤销订单后重新支付"};
}

http::HttpReply micropay_reply(const V2Call& v2, const TradeOutcome& outcome) {
    // There is no order, or not this one. All other answers follow from the order's state.
    if (outcome.order == nullptr || outcome.fate == TradeFate::differs)
        return v2_error_reply(v2, v2_trade_error(outcome));
    const ledger::Order& order = *outcome.order;
    if (order.state == OrderState::succeeded) {
        // A repeated request must not look like a second payment. Merchants ask by orderquery.
        if (!outcome.is_new) return v2_error_reply(v2, {"ORDERPAID"});
        return v2_reply(v2, v2_paid_fields(order, read_content(order.content)));
    }
    // An error in form only: the merchant goes on asking until the password was entered.
    if (!ledger::is_final(order.state)) return v2_error_reply(v2, {"USERPAYING"});
    return v2_error_reply(v2, payment_error(order));
}

http::HttpReply reverse_reply(const V2Call& v2, const TradeRef& ref, ReversalFate fate) {
    // Asking again never helps here: the switch has decided, while the real service may not know
    // yet.
    const V2List no_recall{{"recall", "N"}};
    switch (fate) {
        case ReversalFate::reversed:
            return v2_reply(v2, no_recall);
        case ReversalFate::unknown:
            return v2_error_reply(
                v2, {ref.transaction_id.empty() ? "ORDERNOTEXIST" : "INVALID_TRANSACTIONID"},
                no_recall);
        case ReversalFate::not_by_code:
            return v2_error_reply(v2, {"INVALID_REQUEST", "只有付款码支付的订单可以撤销"},
                                  no_recall);
        case ReversalFate::refused:
            return v2_error_reply(v2, {"NOTENOUGH"}, no_recall);
    }
    unreachable("a fate of reversals outside its enumeration");
}

}  // namespace

Answer v2_micropay(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    TradeWish wish;
    Content& content = wish.content;
    content.trade_type = "MICROPAY";
    read_v2_order(reader, *v2, content, wish.expires);
    const std::string code = reader.text("auth_code", {1, 128}, Need::required);
    if (reader.is_good() && !is_payment_code(code))
        reader.fail({"AUTH_CODE_INVALID", "付款码应为10-15开头的18位数字"});
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    // A code says nothing of who shows it.
    content.openid = v2->call->options->payer;
    // For payments by code the code takes the place of the openid in the table of test customers.
    wish.script = script_of(v2->call->request, code);
    wish.auth_code = code;
    content.refund_code = wish.script.refund_code;
    return open_trade(
        v2->call, std::move(wish), v2_busy_reply(*v2),
        [v2](const TradeOutcome& outcome) -> Answer { return micropay_reply(*v2, outcome); });
}

Answer v2_reverse(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const TradeRef ref = reader.trade();
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return reverse_trade(v2->call, ref, v2_busy_reply(*v2),
                         [v2, ref](const ReversalOutcome& outcome) -> Answer {
                             return reverse_reply(*v2, ref, outcome.fate);
                         });
}

}  // namespace tuma::wechat
