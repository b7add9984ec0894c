#include "protocols/wechat/orders/closings.h"

#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using ClosingThen = std::function<Answer(ClosingFate)>;

bool is_code_payment(const ledger::Order& order) {
    return read_content(order.content).trade_type == "MICROPAY";
}

// One whose time is over has ended for the books, but not for its merchant.
Answer close_ended(const OrderPtr& order, const http::HttpReply& busy, const ClosingThen& then) {
    if (order->state == OrderState::succeeded) return then(ClosingFate::paid);
    if (order->state != OrderState::expired) return then(ClosingFate::was_closed);
    const Content content = read_content(order->content);
    return put_closing_mark(
        content.mchid, content.number, closing_key(content.mchid, content.number), busy,
        [then](const core::Outcome& outcome) {
            return then(outcome.code == Refusal::none ? ClosingFate::closed
                                                      : ClosingFate::was_closed);
        });
}

Answer close_payment(const OrderPtr& order, const http::HttpReply& busy, const ClosingThen& then) {
    // Closing would not give back what was paid.
    if (is_code_payment(*order)) return then(ClosingFate::by_code);
    if (ledger::is_final(order->state)) return close_ended(order, busy, then);
    core::OrderAction act{.order = order->terms.id};
    act.step = core::OrderStep::close;
    act.code = reason::merchant_cancelled;
    return protocols::move_order(
        std::move(act), busy, [busy, then](const core::Outcome& outcome) -> Answer {
            // It may have ended between the look and the close.
            return outcome.code == Refusal::none ? then(ClosingFate::closed)
                                                 : close_ended(outcome.order, busy, then);
        });
}

// Nobody can order under a number that was closed.
Answer burn(const CallPtr& call, const std::string& number, const http::HttpReply& busy,
            const ClosingThen& then) {
    const std::string& mchid = call->profile().mchid;
    return put_closing_mark(mchid, number, payment_key(mchid, number), busy,
                            [busy, then](const core::Outcome& outcome) -> Answer {
                                // It may have been ordered between the look and the close.
                                const bool is_ordered = outcome.order != nullptr &&
                                                        is_kind(*outcome.order, Kind::payment);
                                return is_ordered ? close_payment(outcome.order, busy, then)
                                                  : then(ClosingFate::unknown);
                            });
}

}  // namespace

Answer put_closing_mark(const std::string& mchid, const std::string& number, std::string key,
                        const http::HttpReply& busy,
                        std::function<Answer(const core::Outcome&)> then) {
    Content content;
    content.mchid = mchid;
    content.number = number;
    core::OrderRequest wish = protocols::wish_of(wechat::number(Kind::closing), to_json(content));
    // It moves nothing and ends at once: only its key is wanted.
    protocols::put_failure(wish, reason::merchant_cancelled);
    wish.decides_now = true;
    wish.keys = {std::move(key)};
    return protocols::open_order(std::move(wish), busy, std::move(then));
}

Answer close_trade(const CallPtr& call, const std::string& out_trade_no, bool burns,
                   const http::HttpReply& busy, ClosingThen then) {
    const TradeRef ref{.transaction_id = {}, .out_trade_no = out_trade_no};
    return find_trade(
        call, ref, busy,
        [call, out_trade_no, burns, busy, then = std::move(then)](const OrderPtr& order) -> Answer {
            if (order != nullptr) return close_payment(order, busy, then);
            if (!burns) return then(ClosingFate::unknown);
            return burn(call, out_trade_no, busy, then);
        });
}

}  // namespace tuma::wechat
