#include "protocols/wechat/orders/refunds.h"

#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

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
    // The address and how v2 signs may differ: they do not change what is given back.
    return a.out_trade_no == b.out_trade_no && a.total == b.total && a.amount == b.amount &&
           a.reason == b.reason;
}

std::optional<RefundFate> violation(const Walk& walk, const ledger::Order& payment) {
    const Content& content = walk.wish.content;
    if (payment.state != OrderState::succeeded) return RefundFate::not_paid;
    // Merchants repeat the payment's amount, so that a mistaken number of a payment is noticed.
    if (content.total != payment.terms.amount) return RefundFate::total_differs;
    if (walk.call->context.now - payment.moved_at > refund_days) return RefundFate::too_late;
    return std::nullopt;
}

RefundFate fate_of(Refusal refusal, const ledger::Order& payment) {
    if (refusal == Refusal::exceeds_original) {
        if (payment.returned == payment.terms.amount) return RefundFate::all_returned;
        return payment.children >= ledger::order_children_max ? RefundFate::too_many
                                                              : RefundFate::too_much;
    }
    switch (refusal) {
        case Refusal::none:
        // The refund's own key was looked up before. If it is there by now, the same request has
        // come twice at one moment.
        case Refusal::order_exists:
            return RefundFate::open;
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

core::OrderRequest wish_of(const Walk& walk, const Attempt& attempt, AccountId payer) {
    const ledger::Order& payment = *attempt.payment;
    const Content& content = attempt.content;
    const Script& script = walk.wish.script;
    core::OrderRequest wish = protocols::wish_of(number(Kind::refund), to_json(content));
    // The payer is set behind it: money that was shared already cannot come from the payment's own
    // account.
    protocols::put_return(wish, payment, content.amount);
    wish.terms.debit = payer;
    // The amounts stay: such a refund is accepted like any other and its end tells ABNORMAL or
    // CLOSED.
    if (attempt.failure != 0) {
        wish.terms.action = ledger::CustomerAction::decline;
        wish.terms.decline_code = attempt.failure;
    }
    wish.decides_now = true;
    // What the books refuse is an error at once; a refund that was accepted moves its money with
    // the opening.
    wish.refuses_openly = true;
    wish.acts_after =
        script.delay.value_or(std::chrono::milliseconds{walk.call->options->refund_delay_ms});
    wish.keys = {refund_key(content.mchid, content.number)};
    // Beyond the last slot the refund is made all the same and found by its own number only.
    if (attempt.slot < refund_slots_max)
        wish.keys.push_back(slot_key(payment.terms.id, attempt.slot));
    put_notice(wish, content, ledger::NoticeWhen::ended, schedule_payment, script);
    return wish;
}

// Another refund may have the slot already, made meanwhile or before one that failed.
Answer open_from(const WalkPtr& walk, const Attempt& attempt, AccountId payer,
                 const std::function<Answer(const core::Outcome&)>& then) {
    return protocols::open_order(
        wish_of(*walk, attempt, payer), walk->busy,
        [walk, attempt, payer, then](const core::Outcome& outcome) -> Answer {
            const bool is_slot_taken =
                outcome.code == Refusal::order_exists &&
                read_content(outcome.order->content).number != attempt.content.number;
            if (!is_slot_taken) return then(outcome);
            Attempt next = attempt;
            // Ends: behind the last slot there is no slot key that could be taken.
            ++next.slot;
            return open_from(walk, next, payer, then);
        });
}

// From where the payment is; what was shared or unfrozen already the merchant's account pays.
Answer open_refund_order(const WalkPtr& walk, const Attempt& attempt, bool shares_profit) {
    const auto end = [walk, attempt](const core::Outcome& outcome) {
        return walk->then(
            {fate_of(outcome.code, *attempt.payment), outcome.order, attempt.payment});
    };
    return open_from(walk, attempt, attempt.payment->terms.credit,
                     [walk, attempt, shares_profit, end](const core::Outcome& outcome) -> Answer {
                         // Only a payment to be shared waits on an account of its own, which may
                         // hold too little by now.
                         if (outcome.code != Refusal::insufficient_funds || !shares_profit)
                             return end(outcome);
                         const Call& call = *walk->call;
                         return protocols::with_accounts(
                             call.context.directory, walk->busy,
                             {merchant_account(*call.options, call.profile())},
                             [walk, attempt, end](const protocols::Accounts& accounts) {
                                 return open_from(walk, attempt, accounts.front(), end);
                             });
                     });
}

Answer found(const WalkPtr& walk, const OrderPtr& payment, const OrderPtr& refund) {
    if (payment == nullptr) return walk->then({.fate = RefundFate::payment_unknown});
    const Content paid = read_content(payment->content);
    Content content = walk->wish.content;
    // Either number may have named the payment. Both are kept, because replies and callbacks tell
    // both.
    content.out_trade_no = paid.number;
    content.transaction_id = transaction_id(*payment);
    content.openid = payer_of(*payment, paid);
    // Before the payment is judged: a repeated request gets its refund even after the payment can
    // be refunded no more.
    if (refund != nullptr) {
        const bool is_again = is_same(read_content(refund->content), content);
        return walk->then({is_again ? RefundFate::open : RefundFate::differs, refund, payment});
    }
    if (const auto fate = violation(*walk, *payment)) return walk->then({*fate, nullptr, payment});
    const Script& script = walk->wish.script;
    // The request's own header comes before what the payment's customer was to do.
    const std::uint16_t failure = script.refund_code != 0 ? script.refund_code : paid.refund_code;
    // As many children as there are, so that the first try is mostly free.
    return open_refund_order(walk, {payment, content, failure, payment->children},
                             paid.shares_profit);
}

// All slots at once: those of other orders under the payment stay empty.
Answer list_slots(OrderId payment, const http::HttpReply& busy,
                  std::function<Answer(const std::vector<OrderPtr>&)> then) {
    Asking asking;
    for (std::size_t slot = 0; slot < refund_slots_max; ++slot) {
        asking.requests.emplace_back().command = core::QueryOrder{.key = slot_key(payment, slot)};
    }
    asking.overloaded = busy;
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        std::vector<OrderPtr> refunds;
        for (const core::Outcome& outcome : outcomes)
            // Failed refunds keep their slots, so that nothing is told of an empty one in between.
            if (outcome.order != nullptr) refunds.push_back(outcome.order);
        return then(refunds);
    };
    return asking;
}

// An ABNORMAL refund on its way to another card.
struct Retry {
    CallPtr call;
    RetryWish wish;
    OrderPtr refund;
    http::HttpReply busy;
    std::function<Answer(const OrderPtr&)> then;
};
using RetryPtr = std::shared_ptr<const Retry>;

// The same refund once more, with the number and the callback of the first.
core::OrderRequest retry_order(const Retry& retry, const ledger::Order& payment,
                               AccountId receiver) {
    Content content = read_content(retry.refund->content);
    content.first_id = refund_id(*retry.refund);
    content.received_on = retry.wish.received_on;
    core::OrderRequest wish = protocols::wish_of(number(Kind::refund), to_json(content));
    protocols::put_return(wish, payment, content.amount);
    if (receiver) wish.terms.credit = receiver;
    wish.decides_now = true;
    wish.refuses_openly = true;
    wish.acts_after = std::chrono::milliseconds{retry.call->options->refund_delay_ms};
    wish.keys = {refund_retry_key(content.mchid, content.number)};
    put_notice(wish, content, ledger::NoticeWhen::ended, schedule_payment, {});
    return wish;
}

Answer open_retry(const RetryPtr& retry, const ledger::Order& payment, AccountId receiver) {
    return protocols::open_order(
        retry_order(*retry, payment, receiver), retry->busy, [retry](const core::Outcome& outcome) {
            return retry->then(outcome.order != nullptr ? outcome.order : retry->refund);
        });
}

Answer retry_of_payment(const RetryPtr& retry, const OrderPtr& payment) {
    if (payment == nullptr) return retry->then(nullptr);
    if (!retry->wish.is_merchants) return open_retry(retry, *payment, {});
    const Call& call = *retry->call;
    return protocols::with_accounts(call.context.directory, retry->busy,
                                    {card_account(call.profile())},
                                    [retry, payment](const protocols::Accounts& accounts) {
                                        return open_retry(retry, *payment, accounts.front());
                                    });
}

}  // namespace

Answer open_refund(const CallPtr& call, RefundWish wish, http::HttpReply busy,
                   std::function<Answer(const RefundOutcome&)> then) {
    auto walk =
        std::make_shared<const Walk>(Walk{call, std::move(wish), std::move(busy), std::move(then)});
    Asking asking;
    // One step for both: neither answer depends on the other.
    asking.requests.emplace_back().command = query_of(*call, walk->wish.payment);
    asking.requests.emplace_back().command =
        core::QueryOrder{.key = refund_key(call->profile().mchid, walk->wish.content.number)};
    asking.overloaded = walk->busy;
    asking.then = [walk](const std::vector<core::Outcome>& outcomes) {
        // Payments that were made together are refunded one by one.
        const OrderPtr payment = fitting(*walk->call, walk->wish.payment, outcomes[0].order, true);
        return found(walk, payment, outcomes[1].order);
    };
    return asking;
}

Answer list_refunds(const CallPtr& call, const TradeRef& ref, const http::HttpReply& busy,
                    std::function<Answer(const std::vector<OrderPtr>&)> then) {
    return ask(query_of(*call, ref), busy,
               [call, ref, busy, then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(*call, ref, outcome.order, true);
                   if (payment == nullptr) return then({});
                   return list_slots(payment->terms.id, busy, then);
               });
}

Answer find_refund(const CallPtr& call, const std::string& out_refund_no,
                   const http::HttpReply& busy, std::function<Answer(const OrderPtr&)> then) {
    const std::string& mchid = call->profile().mchid;
    Asking asking;
    // The attempt is the later of the two, and there is none for most refunds.
    for (const std::string& key :
         {refund_retry_key(mchid, out_refund_no), refund_key(mchid, out_refund_no)})
        asking.requests.emplace_back().command = core::QueryOrder{.key = key};
    asking.overloaded = busy;
    asking.then = [call, then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        const OrderPtr& found =
            outcomes[0].order != nullptr ? outcomes[0].order : outcomes[1].order;
        const bool is_it = found != nullptr && is_own(*call, read_content(found->content));
        return then(is_it ? found : nullptr);
    };
    return asking;
}

Answer retry_refund(const CallPtr& call, const RetryWish& wish, const http::HttpReply& busy,
                    std::function<Answer(const OrderPtr&)> then) {
    return find_refund(
        call, wish.out_refund_no, busy,
        [call, wish, busy, then = std::move(then)](const OrderPtr& refund) -> Answer {
            const Content content = refund == nullptr ? Content{} : read_content(refund->content);
            if (refund == nullptr || told_refund_id(*refund, content) != wish.refund_id)
                return then(nullptr);
            if (refund_status(*refund) != "ABNORMAL") return then(refund);
            const auto retry = std::make_shared<const Retry>(Retry{call, wish, refund, busy, then});
            return ask(
                query_of(*call, {content.transaction_id, {}}), busy,
                [retry](const core::Outcome& paid) { return retry_of_payment(retry, paid.order); });
        });
}

std::string told_refund_id(const ledger::Order& refund, const Content& content) {
    return content.first_id.empty() ? refund_id(refund) : content.first_id;
}

std::string_view refund_status(const ledger::Order& refund) {
    if (refund.state == OrderState::succeeded) return "SUCCESS";
    if (!ledger::is_final(refund.state)) return "PROCESSING";
    return refund.code == reason::refund_abnormal ? "ABNORMAL" : "CLOSED";
}

}  // namespace tuma::wechat
