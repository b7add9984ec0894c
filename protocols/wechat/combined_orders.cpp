#include "protocols/wechat/combined_orders.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/create_order.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/trades.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

constexpr std::size_t members_max = 10;
constexpr std::size_t detail_bytes_max = 6'000;

// One of the payments, with its merchant.
struct Member {
    Content content;
    MerchantPtr merchant;
};

struct CombinedWish {
    Content content;
    std::vector<Member> members;
    Script script;
    Timestamp expires{};
};

Member read_member(BodyReader& body, const Call& call, const Content& whole) {
    Member member;
    Content& content = member.content;
    content.appid = whole.appid;
    content.trade_type = whole.trade_type;
    content.openid = whole.openid;
    content.mchid = body.text("mchid", {1, 32}, Need::required);
    content.attach = body.text("attach", {1, 128}, Need::required);
    content.number = body.order_number("out_trade_no", Need::required);
    content.description = body.text("description", {1, 127}, Need::required);
    content.detail = body.raw("detail", detail_bytes_max);
    content.goods_tag = body.text("goods_tag", {1, 32}, Need::optional);
    BodyReader amount = body.object("amount", Need::required);
    content.total = amount.number("total_amount", 1, fen_max, Need::required);
    amount.word("currency", {"CNY"}, Need::required);
    amount.finish();
    BodyReader settle = body.object("settle_info", Need::optional);
    content.shares_profit = settle.flag("profit_sharing");
    settle.ignore({"subsidy_amount"});
    settle.finish();
    body.finish();
    // The whole is found from each of its payments.
    content.out_trade_no = whole.number;
    content.scene = whole.mchid;
    if (!body.is_good()) return member;
    member.merchant = call.keys->merchant(call.context.directory, content.mchid);
    if (member.merchant == nullptr) body.fail(ApiError{.code = "MCH_NOT_EXISTS"});
    return member;
}

void add_members(CombinedWish& wish) {
    std::string all;
    for (const Member& member : wish.members) {
        const Content& content = member.content;
        wish.content.members.push_back(
            {content.mchid, content.number, content.attach, content.total});
        wish.content.total += content.total;
        all += to_json(content);
    }
    // So that a repeated request is compared to the last letter.
    const crypto::Sha256 hash = crypto::sha256(all);
    wish.content.detail = crypto::hex_lower(std::span{hash});
}

CombinedWish read_combined(BodyReader& body, const Call& call, std::string_view trade_type) {
    CombinedWish wish;
    Content& content = wish.content;
    content.trade_type = trade_type;
    content.appid = body.text("combine_appid", {1, 32}, Need::required);
    content.mchid = body.text("combine_mchid", {1, 32}, Need::required);
    content.number = body.order_number("combine_out_trade_no", Need::required);
    content.notify_url = body.url("notify_url", Need::required);
    body.ignore({"time_start", "limit_pay"});
    wish.expires = read_expiry(body, call, content);
    const bool is_h5 = trade_type == "MWEB";
    read_scene(body.object("scene_info", is_h5 ? Need::required : Need::optional), is_h5, content);
    const bool is_jsapi = trade_type == "JSAPI";
    const Need payer_need = is_jsapi ? Need::required : Need::optional;
    BodyReader payer = body.object("combine_payer_info", payer_need);
    content.openid = payer.name("openid", {1, 31}, "_-", payer_need);
    payer.finish();
    if (content.openid.empty()) content.openid = call.options->payer;
    content.is_probed = call.options->signature_probes;
    check_merchant(body, call, content.appid, content.mchid, "combine_mchid");
    for (BodyReader& one : body.objects("sub_orders", 2, members_max, Need::required))
        wish.members.push_back(read_member(one, call, content));
    body.finish();
    add_members(wish);
    wish.script = script_of(call.request, content.openid);
    return wish;
}

core::OrderWish order_of(const Call& call, const CombinedWish& wish,
                         const protocols::Accounts& accounts) {
    const Options& options = *call.options;
    core::OrderWish order;
    order.terms.kind = number(Kind::combined);
    order.terms.debit = accounts.front();
    order.terms.currency = Currency::cny;
    order.terms.action = wish.script.action;
    order.terms.decline_code = wish.script.code;
    order.terms.flags = ledger::order_flag_keeps_open;
    order.keys = {combined_key(wish.content.mchid, wish.content.number)};
    order.content = to_json(wish.content);
    order.acts_after =
        wish.script.delay.value_or(std::chrono::milliseconds{options.customer_delay_ms});
    order.expires_after = wish.expires == Timestamp{}
                              ? Duration{std::chrono::days{options.order_life_days}}
                              : wish.expires - call.context.deadlines_from();
    put_notice(order, wish.content, ledger::NoticeWhen::succeeded,
               ledger::NoticeLadder::wechat_payment, wish.script);
    for (std::size_t i = 0; i < wish.members.size(); ++i) {
        const Content& content = wish.members[i].content;
        core::OrderWish member;
        member.terms.kind = number(Kind::member);
        member.terms.purpose = ledger::Purpose::pay_merchant;
        member.terms.debit = accounts.front();
        member.terms.credit = accounts[i + 1];
        member.terms.amount = content.total;
        member.terms.currency = Currency::cny;
        member.keys = {payment_key(content.mchid, content.number)};
        member.content = to_json(content);
        order.members.push_back(std::move(member));
    }
    return order;
}

http::HttpReply opened(const Call& call, const Content& wanted, const core::Outcome& outcome) {
    if (outcome.code == Refusal::none)
        return reply(call, payment_link(call, wanted.trade_type, outcome.order->terms.id));
    if (outcome.code != Refusal::order_exists)
        return error_reply(
            call, {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.code))});
    const ledger::Order& order = *outcome.order;
    if (!is_kind(order, Kind::combined)) return error_reply(call, {.code = "OUT_TRADE_NO_USED"});
    if (order.state == OrderState::succeeded) return error_reply(call, {.code = "ORDER_PAID"});
    if (ledger::is_final(order.state)) return error_reply(call, {.code = "ORDER_CLOSED"});
    if (read_content(order.content) == wanted)
        return reply(call, payment_link(call, wanted.trade_type, order.terms.id));
    return error_reply(
        call, {.code = "INVALID_REQUEST", .message = "请求重入时，参数与首次请求时不一致"});
}

Answer combine(const CallPtr& call, std::string_view trade_type) {
    BodyReader body(*call);
    auto wish = std::make_shared<CombinedWish>(read_combined(body, *call, trade_type));
    if (!body.is_good()) return body.refusal();
    std::vector<protocols::Party> parties{customer_party(*call, wish->content.openid)};
    for (const Member& member : wish->members)
        parties.push_back(payment_party(*call, member.merchant->profile, member.content));
    return protocols::with_accounts(
        party_terms(*call, busy_reply(*call)), std::move(parties),
        [call, wish](const protocols::Accounts& accounts) -> Answer {
            if (!accounts.front())
                return error_reply(*call, {.code = "PARAM_ERROR", .message = "openid不存在"});
            protocols::Asking asking;
            asking.requests.emplace_back().command = core::OpenOrder{
                std::make_shared<const core::OrderWish>(order_of(*call, *wish, accounts))};
            for (const Member& member : wish->members)
                if (member.content.shares_profit)
                    add_sharing_mark(*call, member.content.mchid, asking);
            asking.overloaded = busy_reply(*call);
            asking.then = [call, wish](const std::vector<core::Outcome>& outcomes) -> Answer {
                return opened(*call, wish->content, outcomes.front());
            };
            return asking;
        });
}

// What is told of one payment.
struct MemberFacts {
    std::string_view state;
    std::string transaction_id;
    Timestamp paid_at{};
};

void write_member(protocols::JsonText& json, const Content& whole, const MemberContent& member,
                  const MemberFacts& facts) {
    const bool is_paid = !facts.transaction_id.empty();
    json.begin_object().text("mchid", member.mchid).text("trade_type", whole.trade_type);
    json.text("trade_state", facts.state);
    if (is_paid) json.text("bank_type", "OTHERS");
    json.text("attach", member.attach);
    json.begin_object("amount").number("total_amount", member.total).text("currency", "CNY");
    if (is_paid) json.number("payer_amount", member.total).text("payer_currency", "CNY");
    json.end_object();
    if (is_paid)
        json.text("success_time", beijing_time(facts.paid_at))
            .text("transaction_id", facts.transaction_id);
    json.text("out_trade_no", member.out_trade_no).end_object();
}

std::string combined_json(const ledger::Order& order, const Content& content,
                          const std::vector<MemberFacts>& facts) {
    protocols::JsonText json;
    json.begin_object()
        .text("combine_appid", content.appid)
        .text("combine_mchid", content.mchid)
        .text("combine_out_trade_no", content.number);
    if (order.state == OrderState::succeeded)
        json.begin_object("combine_payer_info")
            .text("openid", payer_of(order, content))
            .end_object();
    if (!content.device_id.empty())
        json.begin_object("scene_info").text("device_id", content.device_id).end_object();
    json.begin_array("sub_orders");
    for (std::size_t i = 0; i < content.members.size(); ++i)
        write_member(json, content, content.members[i], facts[i]);
    return json.end_array().end_object().take();
}

MemberFacts facts_of(const ledger::Order& member) {
    MemberFacts facts;
    facts.state = trade_state(member, read_content(member.content), false);
    if (member.state != OrderState::succeeded) return facts;
    facts.transaction_id = transaction_id(member);
    facts.paid_at = member.moved_at;
    return facts;
}

// The whole and its payments, or null.
using Found = std::function<Answer(const OrderPtr& whole, const std::vector<OrderPtr>& members)>;

Answer with_members(const CallPtr& call, const OrderPtr& whole, const Found& then) {
    if (whole == nullptr || !is_kind(*whole, Kind::combined)) return then(nullptr, {});
    Asking asking;
    for (const MemberContent& member : read_content(whole->content).members) {
        core::QueryOrder query;
        query.key = payment_key(member.mchid, member.out_trade_no);
        asking.requests.emplace_back().command = std::move(query);
    }
    asking.overloaded = busy_reply(*call);
    asking.then = [whole, then](const std::vector<core::Outcome>& outcomes) {
        std::vector<OrderPtr> members;
        members.reserve(outcomes.size());
        for (const core::Outcome& outcome : outcomes) members.push_back(outcome.order);
        const bool is_whole = std::find(members.begin(), members.end(), nullptr) == members.end();
        return is_whole ? then(whole, members) : then(nullptr, {});
    };
    return asking;
}

Answer find_combined(const CallPtr& call, std::string_view mchid, std::string_view combine_number,
                     const Found& then) {
    core::QueryOrder query;
    query.key = combined_key(mchid, combine_number);
    return ask(std::move(query), busy_reply(*call), [call, then](const core::Outcome& outcome) {
        return with_members(call, outcome.order, then);
    });
}

Found answering(const CallPtr& call) {
    return [call](const OrderPtr& whole, const std::vector<OrderPtr>& members) -> Answer {
        if (whole == nullptr) return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
        std::vector<MemberFacts> facts;
        facts.reserve(members.size());
        for (const OrderPtr& member : members) facts.push_back(facts_of(*member));
        return reply(*call, combined_json(*whole, read_content(whole->content), facts));
    };
}

// The list names all payments and no other.
bool names_all(std::vector<MemberContent> listed, const Content& content) {
    if (listed.size() != content.members.size()) return false;
    for (const MemberContent& member : content.members)
        if (std::erase_if(listed, [&](const MemberContent& one) {
                return one.mchid == member.mchid && one.out_trade_no == member.out_trade_no;
            }) != 1)
            return false;
    return true;
}

Answer close_found(const CallPtr& call, const OrderPtr& whole,
                   const std::vector<MemberContent>& listed) {
    if (whole == nullptr) return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
    if (!names_all(listed, read_content(whole->content)))
        return error_reply(*call, {.code = "INVALID_REQUEST",
                                   .message = "子单列表须与下单时一致，合单只能整单关闭"});
    core::OrderAct act{.order = whole->terms.id};
    act.step = core::OrderStep::close;
    act.code = reason::merchant_cancelled;
    return ask(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))},
               busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
                   const bool is_paid = outcome.code != Refusal::none &&
                                        outcome.order->state == OrderState::succeeded;
                   if (is_paid) return error_reply(*call, {.code = "ORDER_PAID"});
                   return reply(*call, {}, 204);
               });
}

}  // namespace

std::string combined_notice_json(const ledger::Order& order, const Content& content) {
    std::vector<MemberFacts> facts;
    for (std::size_t i = 0; i < content.members.size(); ++i) {
        const OrderId member{order.terms.id.value + 1 + i};
        facts.push_back({"SUCCESS", transaction_id(member, order.moved_at), order.moved_at});
    }
    return combined_json(order, content, facts);
}

Answer combine_jsapi(const CallPtr& call) {
    return combine(call, "JSAPI");
}
Answer combine_native(const CallPtr& call) {
    return combine(call, "NATIVE");
}
Answer combine_app(const CallPtr& call) {
    return combine(call, "APP");
}
Answer combine_h5(const CallPtr& call) {
    return combine(call, "MWEB");
}

Answer query_combined_by_number(const CallPtr& call) {
    return find_combined(call, call->profile().mchid, call->arguments.at(0), answering(call));
}

Answer query_combined_by_id(const CallPtr& call) {
    const TradeRef ref{.transaction_id = call->arguments.at(0), .out_trade_no = {}};
    return ask(query_of(call->profile(), ref), busy_reply(*call),
               [call, ref](const core::Outcome& outcome) -> Answer {
                   const OrderPtr& member = outcome.order;
                   const bool is_member = member != nullptr && is_kind(*member, Kind::member) &&
                                          member->state == OrderState::succeeded &&
                                          transaction_id(*member) == ref.transaction_id;
                   if (!is_member) return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
                   const Content content = read_content(member->content);
                   if (content.scene != call->profile().mchid)
                       return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
                   return find_combined(call, content.scene, content.out_trade_no, answering(call));
               });
}

Answer close_combined(const CallPtr& call) {
    BodyReader body(*call);
    body.text("combine_appid", {1, 32}, Need::required);
    std::vector<MemberContent> listed;
    for (BodyReader& one : body.objects("sub_orders", 1, members_max, Need::required)) {
        MemberContent member;
        member.mchid = one.text("mchid", {1, 32}, Need::required);
        member.out_trade_no = one.order_number("out_trade_no", Need::required);
        one.finish();
        listed.push_back(std::move(member));
    }
    body.finish();
    if (!body.is_good()) return body.refusal();
    return find_combined(call, call->profile().mchid, call->arguments.at(0),
                         [call, listed](const OrderPtr& whole, const std::vector<OrderPtr>&) {
                             return close_found(call, whole, listed);
                         });
}

}  // namespace tuma::wechat
