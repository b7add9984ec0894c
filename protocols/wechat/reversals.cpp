#include "protocols/wechat/reversals.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using Then = std::function<Answer(const ReversalOutcome&)>;

bool is_by_code(const ledger::Order& order) {
    return read_content(order.content).trade_type == "MICROPAY";
}

core::OrderWish giving_back(const ledger::Order& payment) {
    const Content paid = read_content(payment.content);
    Content content;
    content.mchid = paid.mchid;
    content.number = paid.number;
    content.out_trade_no = paid.number;
    content.transaction_id = transaction_id(payment);
    content.total = paid.total;
    content.amount = paid.total;
    core::OrderWish wish;
    wish.terms.kind = number(Kind::reversal);
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = payment.terms.credit;
    wish.terms.credit = payment.debit;
    wish.terms.amount = payment.terms.amount;
    wish.terms.currency = Currency::cny;
    wish.terms.parent = payment.terms.id;
    wish.original = payment.transfer;
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.keys = {reversal_key(paid.mchid, paid.number)};
    wish.content = to_json(content);
    return wish;
}

Answer give_back(const OrderPtr& payment, const http::HttpReply& busy, const Then& then) {
    core::OpenOrder open{std::make_shared<const core::OrderWish>(giving_back(*payment))};
    return ask(std::move(open), busy, [payment, then](const core::Outcome& outcome) {
        const bool is_done = outcome.code == Refusal::none || outcome.code == Refusal::order_exists;
        return then({is_done ? ReversalFate::reversed : ReversalFate::refused, payment});
    });
}

Answer found(const OrderPtr& order, const http::HttpReply& busy, const Then& then) {
    if (order == nullptr) return then({ReversalFate::unknown, nullptr});
    if (!is_by_code(*order)) return then({ReversalFate::not_by_code, order});
    if (order->state == ledger::OrderState::succeeded) return give_back(order, busy, then);
    if (ledger::is_final(order->state)) return then({ReversalFate::reversed, order});
    core::OrderAct act{.order = order->terms.id};
    act.step = core::OrderStep::close;
    act.code = reason::merchant_cancelled;
    return ask(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))}, busy,
               [order, busy, then](const core::Outcome& outcome) -> Answer {
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
            const bool may_be = order != nullptr && order->children > 0 && is_by_code(*order);
            if (!may_be) return then(order, false);
            const Content content = read_content(order->content);
            core::QueryOrder query;
            query.key = reversal_key(content.mchid, content.number);
            return ask(std::move(query), busy, [order, then](const core::Outcome& outcome) {
                return then(order, outcome.code == Refusal::none);
            });
        });
}

}  // namespace tuma::wechat
