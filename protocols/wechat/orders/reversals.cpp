#include "protocols/wechat/orders/reversals.h"

#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using Then = std::function<Answer(const ReversalOutcome&)>;

bool is_by_code(const ledger::Order& order) {
    return read_content(order.content).trade_type == "MICROPAY";
}

// What refunds have left of a payment.
std::int64_t left_of(const ledger::Order& payment) {
    // A merchant may have refunded some of it before reversing the rest.
    return payment.terms.amount - payment.returned;
}

core::OrderRequest giving_back(const ledger::Order& payment) {
    const Content paid = read_content(payment.content);
    Content content;
    content.mchid = paid.mchid;
    content.sp_mchid = paid.sp_mchid;
    content.number = paid.number;
    content.out_trade_no = paid.number;
    content.transaction_id = transaction_id(payment);
    content.total = paid.total;
    content.amount = left_of(payment);
    core::OrderRequest wish = protocols::wish_of(number(Kind::reversal), to_json(content));
    protocols::put_return(wish, payment, left_of(payment));
    wish.decides_now = true;
    wish.refuses_openly = true;
    // By the payment's number: there is one reversal, however often it is asked for, and queries
    // find it.
    wish.keys = {reversal_key(paid.mchid, paid.number)};
    return wish;
}

Answer give_back(const OrderPtr& payment, const http::HttpReply& busy, const Then& then) {
    // Reversed already, or refunded: nothing is left to be given back.
    if (left_of(*payment) == 0) return then({ReversalFate::reversed, payment});
    return protocols::open_order(
        giving_back(*payment), busy, [payment, then](const core::Outcome& outcome) {
            const bool is_done =
                outcome.code == Refusal::none || outcome.code == Refusal::order_exists;
            return then({is_done ? ReversalFate::reversed : ReversalFate::refused, payment});
        });
}

Answer found(const OrderPtr& order, const http::HttpReply& busy, const Then& then) {
    if (order == nullptr) return then({ReversalFate::unknown, nullptr});
    if (!is_by_code(*order)) return then({ReversalFate::not_by_code, order});
    if (order->state == ledger::OrderState::succeeded) return give_back(order, busy, then);
    // Nothing was paid, so that nothing has to be taken back.
    if (ledger::is_final(order->state)) return then({ReversalFate::reversed, order});
    core::OrderAction act{.order = order->terms.id};
    act.step = core::OrderStep::close;
    act.code = reason::merchant_cancelled;
    return protocols::move_order(
        std::move(act), busy, [order, busy, then](const core::Outcome& outcome) -> Answer {
            // The customer may have entered the password between the look and the close.
            const bool was_paid = outcome.code == Refusal::order_has_ended &&
                                  outcome.order->state == ledger::OrderState::succeeded;
            if (was_paid) return give_back(outcome.order, busy, then);
            return then({ReversalFate::reversed, outcome.order});
        });
}

}  // namespace

bool is_payment_code(std::string_view text) {
    return text.size() == 18 && text[0] == '1' && text[1] >= '0' && text[1] <= '5' &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Answer reverse_trade(const CallPtr& call, const TradeRef& ref, const http::HttpReply& busy,
                     Then then) {
    return find_trade(call, ref, busy, [busy, then = std::move(then)](const OrderPtr& order) {
        return found(order, busy, then);
    });
}

Answer find_trade_and_reversal(const CallPtr& call, const TradeRef& ref,
                               const http::HttpReply& busy,
                               std::function<Answer(const OrderPtr&, bool)> then) {
    return find_trade(
        call, ref, busy, [busy, then = std::move(then)](const OrderPtr& order) -> Answer {
            if (order == nullptr) return then(order, false);
            // Without children nothing was reversed, and only what has expired was closed by a
            // mark: mostly no second question is needed.
            const bool may_be = is_by_code(*order) ? order->children > 0
                                                   : order->state == ledger::OrderState::expired;
            if (!may_be) return then(order, false);
            const Content content = read_content(order->content);
            const std::string key = is_by_code(*order) ? reversal_key(content.mchid, content.number)
                                                       : closing_key(content.mchid, content.number);
            return ask(core::QueryOrder{.key = key}, busy,
                       [order, then](const core::Outcome& outcome) {
                           return then(order, outcome.code == Refusal::none);
                       });
        });
}

}  // namespace tuma::wechat
