#include "protocols/wechat/refunds.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

// Source: WeChat Pay API v3, refunds.
constexpr std::chrono::days refund_days{365};
// Refunds beyond, of which more than half have failed, are not found by their payment.
constexpr std::size_t refund_slots_max = 100;

// One refund on its way.
struct Walk {
    CallPtr call;
    RefundWish wish;
    http::HttpReply busy;
    std::function<Answer(const RefundOutcome&)> then;
};
using WalkPtr = std::shared_ptr<const Walk>;

// The parts of a refund that a repeated request must have in common with the first.
bool is_same(const Content& a, const Content& b) {
    return a.out_trade_no == b.out_trade_no && a.total == b.total && a.amount == b.amount &&
           a.reason == b.reason;
}

std::optional<RefundFate> misfit(const Walk& walk, const ledger::Order& payment) {
    const Content& content = walk.wish.content;
    if (payment.state != OrderState::succeeded) return RefundFate::not_paid;
    if (content.total != payment.terms.amount) return RefundFate::total_differs;
    if (walk.call->context.now - payment.moved_at > refund_days) return RefundFate::too_late;
    return std::nullopt;
}

RefundFate fate_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::none:
        case Refusal::order_exists:
            return RefundFate::open;
        case Refusal::exceeds_original:
            return RefundFate::too_much;
        case Refusal::insufficient_funds:
            return RefundFate::not_enough;
        case Refusal::original_not_reversible:
            return RefundFate::not_paid;
        default:
            return RefundFate::refused;
    }
}

// The refunds of a payment are numbered, so that they can be found by it.
std::string slot_key(OrderId payment, std::size_t slot) {
    return fmt::format("w/refunds/{}/{}", payment.value, slot);
}

// One refund that is allowed, and what it is to remember.
struct Attempt {
    OrderPtr payment;
    Content content;
    std::uint16_t failure = 0;
    std::size_t slot = 0;  ///< among the refunds of the payment
};

core::OrderWish wish_of(const Walk& walk, const Attempt& attempt, AccountId payer) {
    const ledger::Order& payment = *attempt.payment;
    const Content& content = attempt.content;
    const Script& script = walk.wish.script;
    core::OrderWish wish;
    wish.terms.kind = number(Kind::refund);
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = payer;
    wish.terms.credit = payment.debit;
    wish.terms.amount = content.amount;
    wish.terms.currency = Currency::cny;
    wish.terms.parent = payment.terms.id;
    wish.original = payment.transfer;
    if (attempt.failure != 0) {
        wish.terms.action = ledger::CustomerAction::decline;
        wish.terms.decline_code = attempt.failure;
    }
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.acts_after =
        script.delay.value_or(std::chrono::milliseconds{walk.call->options->refund_delay_ms});
    wish.keys = {refund_key(content.mchid, content.number)};
    if (attempt.slot < refund_slots_max)
        wish.keys.push_back(slot_key(payment.terms.id, attempt.slot));
    wish.content = to_json(content);
    put_notice(wish, content, ledger::NoticeWhen::ended, ledger::NoticeLadder::wechat_payment,
               script);
    return wish;
}

// Another refund may have the slot already, made meanwhile or before one that failed.
Answer open_from(const WalkPtr& walk, const Attempt& attempt, AccountId payer,
                 const std::function<Answer(const core::Outcome&)>& then) {
    core::OpenOrder open{std::make_shared<const core::OrderWish>(wish_of(*walk, attempt, payer))};
    return ask(std::move(open), walk->busy,
               [walk, attempt, payer, then](const core::Outcome& outcome) -> Answer {
                   const bool is_slot_taken =
                       outcome.code == Refusal::order_exists &&
                       read_content(outcome.order->content).number != attempt.content.number;
                   if (!is_slot_taken) return then(outcome);
                   Attempt next = attempt;
                   ++next.slot;
                   return open_from(walk, next, payer, then);
               });
}

// From where the payment is; what was shared or unfrozen already the merchant's account pays.
Answer open_refund_order(const WalkPtr& walk, const Attempt& attempt, bool shares_profit) {
    const auto end = [walk, attempt](const core::Outcome& outcome) {
        return walk->then({fate_of(outcome.code), outcome.order, attempt.payment});
    };
    return open_from(walk, attempt, attempt.payment->terms.credit,
                     [walk, attempt, shares_profit, end](const core::Outcome& outcome) -> Answer {
                         if (outcome.code != Refusal::insufficient_funds || !shares_profit)
                             return end(outcome);
                         const Call& call = *walk->call;
                         return protocols::with_accounts(
                             party_terms(call, walk->busy), {merchant_party(call, call.profile())},
                             [walk, attempt, end](const protocols::Accounts& accounts) {
                                 return open_from(walk, attempt, accounts.front(), end);
                             });
                     });
}

Answer found(const WalkPtr& walk, const OrderPtr& payment, const OrderPtr& refund) {
    if (payment == nullptr) return walk->then({.fate = RefundFate::payment_unknown});
    const Content paid = read_content(payment->content);
    Content content = walk->wish.content;
    content.out_trade_no = paid.number;
    content.transaction_id = transaction_id(*payment);
    content.openid = payer_of(*payment, paid);
    if (refund != nullptr) {
        const bool is_again = is_same(read_content(refund->content), content);
        return walk->then({is_again ? RefundFate::open : RefundFate::differs, refund, payment});
    }
    if (const auto fate = misfit(*walk, *payment)) return walk->then({*fate, nullptr, payment});
    const Script& script = walk->wish.script;
    const std::uint16_t failure = script.refund_code != 0 ? script.refund_code : paid.refund_code;
    return open_refund_order(walk, {payment, content, failure, payment->children},
                             paid.shares_profit);
}

// All slots at once: those of other orders under the payment stay empty.
Answer list_slots(OrderId payment, const http::HttpReply& busy,
                  std::function<Answer(const std::vector<OrderPtr>&)> then) {
    Asking asking;
    for (std::size_t slot = 0; slot < refund_slots_max; ++slot) {
        core::QueryOrder query;
        query.key = slot_key(payment, slot);
        asking.requests.emplace_back().command = std::move(query);
    }
    asking.overloaded = busy;
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        std::vector<OrderPtr> refunds;
        for (const core::Outcome& outcome : outcomes)
            if (outcome.order != nullptr) refunds.push_back(outcome.order);
        return then(refunds);
    };
    return asking;
}

}  // namespace

Answer open_refund(const CallPtr& call, RefundWish wish, http::HttpReply busy,
                   std::function<Answer(const RefundOutcome&)> then) {
    auto walk =
        std::make_shared<const Walk>(Walk{call, std::move(wish), std::move(busy), std::move(then)});
    Asking asking;
    asking.requests.emplace_back().command = query_of(call->profile(), walk->wish.payment);
    core::QueryOrder again;
    again.key = refund_key(call->profile().mchid, walk->wish.content.number);
    asking.requests.emplace_back().command = std::move(again);
    asking.overloaded = walk->busy;
    asking.then = [walk](const std::vector<core::Outcome>& outcomes) {
        const OrderPtr payment =
            fitting(walk->call->profile(), walk->wish.payment, outcomes[0].order, true);
        return found(walk, payment, outcomes[1].order);
    };
    return asking;
}

Answer list_refunds(const CallPtr& call, const TradeRef& ref, const http::HttpReply& busy,
                    std::function<Answer(const std::vector<OrderPtr>&)> then) {
    return ask(query_of(call->profile(), ref), busy,
               [call, ref, busy, then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(call->profile(), ref, outcome.order, true);
                   if (payment == nullptr) return then({});
                   return list_slots(payment->terms.id, busy, then);
               });
}

std::string_view refund_status(const ledger::Order& refund) {
    if (refund.state == OrderState::succeeded) return "SUCCESS";
    if (!ledger::is_final(refund.state)) return "PROCESSING";
    return refund.code == reason::refund_abnormal ? "ABNORMAL" : "CLOSED";
}

}  // namespace tuma::wechat
