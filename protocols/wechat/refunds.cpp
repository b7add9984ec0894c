#include "protocols/wechat/refunds.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

// Source: WeChat Pay API v3, refunds.
constexpr std::chrono::days refund_days{365};

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

core::OrderWish wish_of(const Walk& walk, const ledger::Order& payment, const Content& content,
                        std::uint16_t failure, AccountId payer) {
    const Script& script = walk.wish.script;
    core::OrderWish wish;
    wish.terms.kind = number(Kind::refund);
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = payer;
    wish.terms.credit = payment.debit;
    wish.terms.amount = content.amount;
    wish.terms.currency = Currency::cny;
    wish.terms.parent = payment.terms.id;
    if (failure != 0) {
        wish.terms.action = ledger::CustomerAction::decline;
        wish.terms.decline_code = failure;
    }
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.acts_after =
        script.delay.value_or(std::chrono::milliseconds{walk.call->options->refund_delay_ms});
    wish.keys = {refund_key(content.mchid, content.number)};
    wish.content = to_json(content);
    put_notice(wish, content, ledger::NoticeWhen::ended, ledger::NoticeLadder::wechat_payment,
               script);
    return wish;
}

// One refund that is allowed, and what it is to remember.
struct Attempt {
    OrderPtr payment;
    Content content;
    std::uint16_t failure = 0;
};

Answer open_from(const WalkPtr& walk, const Attempt& attempt, AccountId payer,
                 const std::function<Answer(const core::Outcome&)>& then) {
    core::OpenOrder open{std::make_shared<const core::OrderWish>(
        wish_of(*walk, *attempt.payment, attempt.content, attempt.failure, payer))};
    return ask(std::move(open), walk->busy, then);
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
    return open_refund_order(walk, {payment, content, failure}, paid.shares_profit);
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

std::string_view refund_status(const ledger::Order& refund) {
    if (refund.state == OrderState::succeeded) return "SUCCESS";
    if (!ledger::is_final(refund.state)) return "PROCESSING";
    return refund.code == reason::refund_abnormal ? "ABNORMAL" : "CLOSED";
}

}  // namespace tuma::wechat
