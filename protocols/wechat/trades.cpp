#include "protocols/wechat/trades.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;
using protocols::Party;

Money fen(std::int64_t amount) {
    return {amount, Currency::cny};
}

bool is_by_code(const Content& content) {
    return content.trade_type == "MICROPAY";
}

core::OrderWish wish_of(const Call& call, const TradeWish& trade, AccountId customer,
                        AccountId merchant) {
    const Options& options = *call.options;
    const Content& content = trade.content;
    core::OrderWish wish;
    wish.terms.kind = number(Kind::payment);
    wish.terms.purpose = ledger::Purpose::pay_merchant;
    wish.terms.debit = customer;
    wish.terms.credit = merchant;
    wish.terms.amount = content.total;
    wish.terms.currency = Currency::cny;
    wish.terms.action = trade.script.action;
    wish.terms.decline_code = trade.script.code;
    wish.keys = {payment_key(content.mchid, content.number)};
    wish.content = to_json(content);
    const bool asks = !is_by_code(content) || trade.script.asks_password ||
                      trade.script.action == ledger::CustomerAction::none;
    wish.decides_now = !asks;
    if (!asks) return wish;
    const std::int64_t wait =
        is_by_code(content) ? options.password_delay_ms : options.customer_delay_ms;
    wish.acts_after = trade.script.delay.value_or(std::chrono::milliseconds{wait});
    wish.expires_after = trade.expires == Timestamp{}
                             ? Duration{std::chrono::days{options.order_life_days}}
                             : trade.expires - call.context.deadlines_from();
    if (!is_by_code(content)) {
        wish.terms.flags = ledger::order_flag_keeps_open;
        put_notice(wish, content, ledger::NoticeWhen::succeeded,
                   ledger::NoticeLadder::wechat_payment, trade.script);
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
    if (outcome.order->state == OrderState::succeeded)
        result.fate = TradeFate::paid;
    else if (ledger::is_final(outcome.order->state))
        result.fate = TradeFate::closed;
    else
        result.fate = before == wanted ? TradeFate::open : TradeFate::differs;
    return result;
}

}  // namespace

Party merchant_party(const Call& call, const Merchant& merchant) {
    Party party{.identity = merchant.mchid};
    party.kind = merchant.account_class == "merchant-at-once"
                     ? ledger::AccountKind::till
                     : ledger::AccountKind::settlement_payable;
    party.opening = fen(0);
    party.join(call.context.directory, call.options->scheme, merchant.account_class);
    return party;
}

Party payment_party(const Call& call, const Merchant& merchant, const Content& content) {
    if (!content.shares_profit) return merchant_party(call, merchant);
    const crypto::Sha256 hash = crypto::sha256(merchant.mchid + "/" + content.number);
    Party party{.identity = "ps" + crypto::hex_lower(std::span{hash}.first(13))};
    party.kind = ledger::AccountKind::till;
    party.opening = fen(0);
    party.join(call.context.directory, call.options->scheme, "profit-sharing");
    return party;
}

Party customer_party(const Call& call, const std::string& openid) {
    Party party{.identity = openid, .may_be_opened = call.options->opens_customers};
    party.opening = fen(call.options->opening_balance);
    party.join(call.context.directory, call.options->scheme, call.options->customer_class);
    return party;
}

Party operating_party(const Merchant& merchant) {
    return {.identity = merchant.mchid + ".operating",
            .kind = ledger::AccountKind::till,
            .opening = fen(merchant.operating_balance)};
}

protocols::PartyTerms party_terms(const Call& call, http::HttpReply busy) {
    return {call.context.directory, call.options->scheme + ".trust", std::move(busy)};
}

void add_sharing_mark(const Call& call, const std::string& mchid, Asking& asking) {
    auto profile = std::make_shared<ledger::ProfileStored>();
    profile->name = std::string(sharing_profile_prefix) + mchid;
    profile->content = "{}";
    if (call.context.directory.find(profile->name) != nullptr) return;
    asking.requests.emplace_back().command = core::StoreProfile{std::move(profile)};
}

Answer ask(core::Command command, http::HttpReply busy,
           std::function<Answer(const core::Outcome&)> then) {
    Asking asking;
    asking.requests.emplace_back().command = std::move(command);
    asking.overloaded = std::move(busy);
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        return then(outcomes.front());
    };
    return asking;
}

Answer open_trade(const CallPtr& call, TradeWish wish, http::HttpReply busy,
                  std::function<Answer(const TradeOutcome&)> then) {
    std::vector<Party> parties{customer_party(*call, wish.content.openid),
                               payment_party(*call, call->profile(), wish.content)};
    protocols::PartyTerms terms = party_terms(*call, busy);
    return protocols::with_accounts(
        std::move(terms), std::move(parties),
        [call, wish = std::move(wish), busy = std::move(busy),
         then = std::move(then)](const protocols::Accounts& accounts) -> Answer {
            if (!accounts[0] || !accounts[1])
                return then({.refusal = Refusal::debit_account_not_found});
            Asking asking;
            asking.requests.emplace_back().command =
                core::OpenOrder{std::make_shared<const core::OrderWish>(
                    wish_of(*call, wish, accounts[0], accounts[1]))};
            if (wish.content.shares_profit) add_sharing_mark(*call, wish.content.mchid, asking);
            asking.overloaded = busy;
            asking.then = [content = wish.content,
                           then](const std::vector<core::Outcome>& outcomes) {
                return then(fate_of(outcomes.front(), content));
            };
            return asking;
        });
}

core::QueryOrder query_of(const Merchant& merchant, const TradeRef& ref) {
    core::QueryOrder query;
    if (ref.transaction_id.empty()) {
        query.key = payment_key(merchant.mchid, ref.out_trade_no);
    } else {
        // No order has the number 0's key; so what is no number finds nothing.
        query.order = order_of(ref.transaction_id).value_or(OrderId{});
        query.key = "w/-";
    }
    return query;
}

OrderPtr fitting(const Merchant& merchant, const TradeRef& ref, const OrderPtr& order,
                 bool takes_members) {
    if (order == nullptr) return nullptr;
    const bool is_kind_wanted =
        is_kind(*order, Kind::payment) || (takes_members && is_kind(*order, Kind::member));
    if (!is_kind_wanted || read_content(order->content).mchid != merchant.mchid) return nullptr;
    const bool is_named =
        ref.transaction_id.empty() ||
        (order->state == OrderState::succeeded && transaction_id(*order) == ref.transaction_id);
    return is_named ? order : nullptr;
}

Answer find_trade(const CallPtr& call, const TradeRef& ref, http::HttpReply busy,
                  std::function<Answer(OrderPtr)> then) {
    return ask(query_of(call->profile(), ref), std::move(busy),
               [call, ref, then = std::move(then)](const core::Outcome& outcome) {
                   return then(fitting(call->profile(), ref, outcome.order, false));
               });
}

std::string_view trade_state(const ledger::Order& order, const Content& content, bool is_revoked) {
    if (is_revoked) return "REVOKED";
    switch (order.state) {
        case OrderState::awaiting_customer:
        case OrderState::awaiting_merchant:
        case OrderState::processing:
            return is_by_code(content) ? "USERPAYING" : "NOTPAY";
        case OrderState::succeeded:
            return order.children > 0 && order.returned > 0 ? "REFUND" : "SUCCESS";
        case OrderState::failed:
            return "PAYERROR";
        case OrderState::closed:
            return is_by_code(content) ? "REVOKED" : "CLOSED";
        case OrderState::expired:
            return "CLOSED";
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

void put_notice(core::OrderWish& wish, const Content& content, ledger::NoticeWhen when,
                ledger::NoticeLadder ladder, const Script& script) {
    if (content.notify_url.empty()) return;
    const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(script.notice_delay);
    wish.terms.channels[channel_notice] = {.when = when,
                                           .ladder = ladder,
                                           .fault = script.fault,
                                           .delay_ms = static_cast<std::uint32_t>(delay.count())};
}

}  // namespace tuma::wechat
