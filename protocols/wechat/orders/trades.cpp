#include "protocols/wechat/orders/trades.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::AccountSpec;
using protocols::Answer;
using protocols::Asking;

Money fen(std::int64_t amount) {
    return {amount, Currency::cny};
}

bool is_by_code(const Content& content) {
    // Payments by code differ from all others in nearly every step: the customer has agreed by
    // showing the code.
    return content.trade_type == "MICROPAY";
}

core::OrderRequest wish_of(const Call& call, const TradeWish& trade, AccountId customer,
                           AccountId merchant) {
    const Options& options = *call.options;
    const Content& content = trade.content;
    core::OrderRequest wish;
    wish.terms.kind = number(Kind::payment);
    wish.terms.purpose = ledger::Purpose::pay_merchant;
    wish.terms.debit = customer;
    wish.terms.credit = merchant;
    wish.terms.amount = content.total;
    wish.terms.currency = Currency::cny;
    wish.terms.action = trade.script.action;
    wish.terms.decline_code = trade.script.code;
    wish.keys = {payment_key(content.mchid, content.number)};
    // Codes that play something are used again and again.
    if (!trade.auth_code.empty() && !trade.auth_code.starts_with(magic_code))
        wish.keys.push_back(code_key(trade.auth_code));
    wish.content = to_json(content);
    put_release(wish, content);
    // A customer that does nothing cannot be decided at once either: the order waits until it ends.
    const bool asks = !is_by_code(content) || trade.script.asks_password ||
                      trade.script.action == ledger::CustomerAction::none;
    wish.decides_now = !asks;
    // No deadline: it has ended when the request is answered.
    if (!asks) return wish;
    const std::int64_t wait =
        is_by_code(content) ? options.password_delay_ms : options.customer_delay_ms;
    wish.acts_after = trade.script.delay.value_or(std::chrono::milliseconds{wait});
    // What somebody outside has named counts by the clock outside.
    wish.expires_after = trade.expires == Timestamp{}
                             ? Duration{std::chrono::days{options.order_life_days}}
                             : trade.expires - call.context.deadlines_from();
    if (!is_by_code(content)) {
        // A customer who cancels or has too little money may try again until the order expires.
        // Payments by code are told to nobody, because their merchant waits for the answer.
        wish.terms.flags = ledger::order_flag_keeps_open;
        put_notice(wish, content, ledger::NoticeWhen::succeeded, schedule_payment, trade.script);
    }
    return wish;
}

TradeOutcome fate_of(const core::Outcome& outcome, const Content& wanted) {
    TradeOutcome result{.order = outcome.order, .refusal = outcome.code};
    if (outcome.code == Refusal::none) {
        result.fate = TradeFate::open;
        result.is_new = true;
        return result;
    }
    if (outcome.code != Refusal::order_exists) return result;
    Content before = read_content(outcome.order->content);
    // How a request of v2 is signed is no parameter of the order; which version it is, is.
    if (!before.v2_sign.empty() && !wanted.v2_sign.empty()) before.v2_sign = wanted.v2_sign;
    if (before.mchid != wanted.mchid || before.number != wanted.number) {
        result.fate = TradeFate::code_used;
        result.order = nullptr;
        return result;
    }
    // The state first: of an order that has ended the parameters do not matter any more.
    if (outcome.order->state == OrderState::succeeded)
        result.fate = TradeFate::paid;
    else if (ledger::is_final(outcome.order->state))
        result.fate = TradeFate::closed;
    else
        result.fate = is_same_request(before, wanted) ? TradeFate::open : TradeFate::differs;
    return result;
}

}  // namespace

AccountSpec merchant_account(const Options& options, const Merchant& merchant) {
    // Takings that are paid out later fall due on a payable; a till has its money at once.
    return {.identity = merchant.mchid,
            .kind = merchant.account_class == "merchant-at-once"
                        ? ledger::AccountKind::till
                        : ledger::AccountKind::settlement_payable,
            .scheme = options.scheme,
            .account_class = merchant.account_class,
            .opening = fen(0)};
}

AccountSpec payment_account(const Options& options, const Merchant& merchant,
                            const Content& content) {
    // Money to be shared must not be paid out with the merchant's takings, so that each such
    // payment has an account of its own.
    if (!content.shares_profit) return merchant_account(options, merchant);
    const crypto::Sha256 hash = crypto::sha256(merchant.mchid + "/" + content.number);
    // A hash, because a mchid and a number of 32 characters are longer than an identity may be.
    return {.identity = "ps" + crypto::hex_lower(std::span{hash}.first(13)),
            .kind = ledger::AccountKind::till,
            .scheme = options.scheme,
            .account_class = "profit-sharing",
            .opening = fen(0)};
}

void put_release(core::OrderRequest& wish, const Content& content) {
    if (!content.shares_profit) return;
    // No fault that a merchant asks for loses it: it is no callback.
    protocols::put_channel(wish, channel_release, ledger::NoticeWhen::succeeded,
                           {.notice_delay = sharing_days}, schedule_payment);
}

AccountSpec customer_account(const Options& options, const std::string& openid) {
    return {.identity = openid,
            .may_be_opened = options.opens_customers,
            .scheme = options.scheme,
            .account_class = options.customer_class,
            .opening = fen(options.opening_balance),
            .funded_by = options.scheme + ".trust"};
}

AccountSpec operating_account(const Options& options, const Merchant& merchant) {
    // Without a scheme: transfers to persons cost nothing.
    return {.identity = merchant.mchid + ".operating",
            .kind = ledger::AccountKind::till,
            .opening = fen(merchant.operating_balance),
            .funded_by = options.scheme + ".trust"};
}

void put_payout(core::OrderRequest& wish, const Content& content, AccountId merchant,
                AccountId person) {
    protocols::put_movement(
        wish, {ledger::Purpose::disburse, merchant, person, {content.amount, Currency::cny}},
        reason::account_abnormal);
}

AccountSpec card_account(const Merchant& merchant) {
    // Without a scheme: nothing is charged, and nothing bounds what a bank's account may hold.
    return {.identity = merchant.mchid + ".card", .opening = fen(0)};
}

void add_sharing_mark(const Call& call, const std::string& mchid, Asking& asking) {
    const std::string name = std::string(sharing_profile_prefix) + mchid;
    // Stored once a merchant and never taken away: it only says that bills have to look further.
    if (call.context.directory.find(name) != nullptr) return;
    asking.requests.emplace_back().command = protocols::store_profile(name, "{}");
}

Answer open_trade(const CallPtr& call, TradeWish wish, const http::HttpReply& busy,
                  std::function<Answer(const TradeOutcome&)> then) {
    std::vector<AccountSpec> parties{
        customer_account(*call->options, wish.content.openid),
        payment_account(*call->options, call->profile(), wish.content)};
    return protocols::with_accounts(
        call->context.directory, busy, std::move(parties),
        [call, wish = std::move(wish), busy,
         then = std::move(then)](const protocols::Accounts& accounts) -> Answer {
            // A customer that is not there is an error at once: v3 has no order that fails later
            // for that reason.
            if (!accounts[0] || !accounts[1])
                return then({.refusal = Refusal::debit_account_not_found});
            Asking asking;
            put_question(asking, wish_of(*call, wish, accounts[0], accounts[1]));
            // In one step with the order, so that no bill can come between them.
            if (wish.content.shares_profit) add_sharing_mark(*call, wish.content.mchid, asking);
            asking.overloaded = busy;
            asking.then = [content = wish.content,
                           then](const std::vector<core::Outcome>& outcomes) {
                return then(fate_of(outcomes.front(), content));
            };
            return asking;
        });
}

bool is_own(const Call& call, const Content& content) {
    const bool is_the_merchants = content.mchid == call.profile().mchid;
    if (content.sp_mchid.empty()) return is_the_merchants && call.partner == nullptr;
    // A provider that does not say for whom it asks sees all that it has made.
    return content.sp_mchid == call.signer().mchid && (is_the_merchants || call.partner == nullptr);
}

core::QueryOrder query_of(const Call& call, const TradeRef& ref) {
    core::QueryOrder query;
    if (ref.transaction_id.empty()) {
        query.key = payment_key(call.profile().mchid, ref.out_trade_no);
    } else {
        // No order has the number 0's key; so what is no number finds nothing.
        query.order = order_of(ref.transaction_id).value_or(OrderId{});
        query.key = "w/-";
    }
    return query;
}

OrderPtr fitting(const Call& call, const TradeRef& ref, const OrderPtr& order, bool takes_members) {
    if (order == nullptr) return nullptr;
    // A number of the platform's may be any order's, also one of another dialect, whose content
    // cannot be read.
    const bool is_kind_wanted =
        is_kind(*order, Kind::payment) || (takes_members && is_kind(*order, Kind::member));
    if (!is_kind_wanted || !is_own(call, read_content(order->content))) return nullptr;
    // The digits of an order's number fit many ids. Only the one that was told is good, and it is
    // told once the order is paid.
    const bool is_named =
        ref.transaction_id.empty() ||
        (order->state == OrderState::succeeded && transaction_id(*order) == ref.transaction_id);
    return is_named ? order : nullptr;
}

Answer find_trade(const CallPtr& call, const TradeRef& ref, http::HttpReply busy,
                  std::function<Answer(OrderPtr)> then) {
    return ask(query_of(*call, ref), std::move(busy),
               [call, ref, then = std::move(then)](const core::Outcome& outcome) {
                   return then(fitting(*call, ref, outcome.order, false));
               });
}

std::string_view trade_state(const ledger::Order& order, const Content& content, bool is_ended) {
    if (is_ended) return is_by_code(content) ? "REVOKED" : "CLOSED";
    switch (order.state) {
        case OrderState::awaiting_customer:
        case OrderState::awaiting_merchant:
        case OrderState::processing:
            // Who shows a code and has not paid is typing a password.
            return is_by_code(content) ? "USERPAYING" : "NOTPAY";
        case OrderState::succeeded:
            // Refunds that failed have given nothing back and do not change the state.
            return order.children > 0 && order.returned > 0 ? "REFUND" : "SUCCESS";
        case OrderState::failed:
            return "PAYERROR";
        case OrderState::closed:
            // The same end has two names: a payment by code is reversed, every other one is closed.
            return is_by_code(content) ? "REVOKED" : "CLOSED";
        case OrderState::expired:
            // Nobody can pay it any more, and the service still calls it so.
            return is_by_code(content) ? "CLOSED" : "NOTPAY";
    }
    unreachable("a state of orders outside its table");
}

std::string_view trade_state_text(std::string_view state) {
    if (state == "SUCCESS") return "支付成功";
    if (state == "REFUND") return "订单发生过退款，退款详情请查询退款单";
    if (state == "NOTPAY") return "订单未支付";
    if (state == "CLOSED") return "订单已关闭";
    if (state == "REVOKED") return "订单已撤销";
    if (state == "USERPAYING") return "用户支付中，需要输入密码";
    return "支付失败，请重新下单支付";
}

std::string payer_of(const ledger::Order& order, const Content& content) {
    return order.answer.empty() ? content.openid : order.answer;
}

void put_notice(core::OrderRequest& wish, const Content& content, ledger::NoticeWhen when,
                std::uint8_t schedule, const Script& script) {
    // Refunds and transfers may be without an address; they have to be asked for.
    if (content.notify_url.empty()) return;
    protocols::put_channel(wish, channel_notice, when, script, schedule);
}

}  // namespace tuma::wechat
