#include "protocols/wechat/v3/combined_orders.h"

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/combined.h"
#include "protocols/wechat/v3/create_order.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>
#include <vector>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

Member read_member(BodyReader& body, const Call& call, const Content& whole) {
    Member member;
    Content& content = member.content;
    content.appid = whole.appid;
    content.trade_type = whole.trade_type;
    content.openid = whole.openid;
    content.mchid = body.text("mchid", {1, 32}, Need::required);
    if (call.profile().is_service_provider()) {
        content.sp_mchid = content.mchid;
        content.mchid = body.text("sub_mchid", {1, 32}, Need::required);
        content.sub_appid = body.text("sub_appid", {1, 32}, Need::optional);
    }
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
    settle.number("subsidy_amount", 0, fen_max, Need::optional);
    settle.finish();
    body.finish();
    // The whole is found from each of its payments.
    content.out_trade_no = whole.number;
    content.scene = whole.mchid;
    // Looking for a merchant that was read wrong would only find another error.
    if (!body.is_good()) return member;
    const SellerFate fate = find_seller(call, member);
    if (fate == SellerFate::not_ours)
        body.fail(ApiError{.code = "NO_AUTH", .message = std::string(unknown_sub_merchant)});
    else if (fate == SellerFate::nobody)
        body.fail(ApiError{.code = "MCH_NOT_EXISTS"});
    return member;
}

CombinedWish read_combined(BodyReader& body, const Call& call, std::string_view trade_type) {
    CombinedWish wish;
    Content& content = wish.content;
    content.trade_type = trade_type;
    content.appid = body.text("combine_appid", {1, 32}, Need::required);
    content.mchid = body.text("combine_mchid", {1, 32}, Need::required);
    content.number = body.order_number("combine_out_trade_no", Need::required);
    content.notify_url = body.url("notify_url", Need::required);
    body.instant("time_start");
    body.texts("limit_pay", {1, 40});
    wish.expires = read_expiry(body, call, content);
    const bool is_h5 = trade_type == "MWEB";
    // A page outside WeChat has to say where it is opened.
    read_scene(body.object("scene_info", is_h5 ? Need::required : Need::optional),
               is_h5 ? Scene::h5 : Scene::usual, content);
    const Need payer_need = trade_type == "JSAPI" ? Need::required : Need::optional;
    BodyReader payer = body.object("combine_payer_info", payer_need);
    content.openid = payer.name("openid", {1, 31}, "_-", payer_need);
    payer.finish();
    // Only JSAPI has to say who pays. Otherwise it is whoever scans the code, here the options'
    // payer.
    if (content.openid.empty()) content.openid = call.options->payer;
    content.is_probed = call.options->signature_probes;
    content.callback_keys = callback_keys(call);
    // Before the members, because it is about who has signed.
    check_merchant(body, call.profile(), {content.appid, content.mchid, "combine_mchid"});
    const MemberBounds bounds = member_bounds(call);
    for (BodyReader& one : body.objects("sub_orders", bounds.least, bounds.most, Need::required))
        wish.members.push_back(read_member(one, call, content));
    body.finish();
    wish.script = script_of(call.request, content.openid);
    // Refunds are asked for by a member's number, and look there.
    for (Member& member : wish.members) member.content.refund_code = wish.script.refund_code;
    return wish;
}

ApiError combining_error(const CombinedOutcome& outcome) {
    switch (outcome.fate) {
        case CombinedFate::number_used:
            return {.code = "OUT_TRADE_NO_USED"};
        case CombinedFate::paid:
            return {.code = "ORDER_PAID"};
        case CombinedFate::closed:
            return {.code = "ORDER_CLOSED"};
        case CombinedFate::differs:
            return {.code = "INVALID_REQUEST", .message = "请求重入时，参数与首次请求时不一致"};
        case CombinedFate::no_customer:
            return {.code = "PARAM_ERROR", .message = "openid不存在"};
        case CombinedFate::open:
        case CombinedFate::refused:
            break;
    }
    return {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.refusal))};
}

Answer combine(const CallPtr& call, std::string_view trade_type) {
    BodyReader body(*call);
    CombinedWish wish = read_combined(body, *call, trade_type);
    if (!body.is_good()) return body.refusal();
    return open_combined(
        call, std::move(wish), busy_reply(*call),
        [call, type = std::string(trade_type)](const CombinedOutcome& outcome) -> Answer {
            if (outcome.fate != CombinedFate::open)
                return error_reply(*call, combining_error(outcome));
            return reply(*call, payment_link(*call, type, outcome.order->terms.id));
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
    json.begin_object().text("mchid", member.mchid);
    if (!member.sub_mchid.empty()) json.text("sub_mchid", member.sub_mchid);
    json.text("trade_type", whole.trade_type).text("trade_state", facts.state);
    // Members that depend on the payment are left out until it is made, not empty.
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

MemberFacts facts_of(const ledger::Order& member, bool is_ended) {
    MemberFacts facts;
    facts.state = trade_state(member, read_content(member.content), is_ended);
    if (member.state != OrderState::succeeded) return facts;
    facts.transaction_id = transaction_id(member);
    facts.paid_at = member.moved_at;
    return facts;
}

CombinedFound answering(const CallPtr& call) {
    return [call](const OrderPtr& whole, const std::vector<OrderPtr>& members,
                  bool is_ended) -> Answer {
        if (whole == nullptr) return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
        std::vector<MemberFacts> facts;
        facts.reserve(members.size());
        for (const OrderPtr& member : members) facts.push_back(facts_of(*member, is_ended));
        return reply(*call, combined_json(*whole, read_content(whole->content), facts));
    };
}

}  // namespace

std::string combined_notice_json(const ledger::Order& order, const Content& content) {
    std::vector<MemberFacts> facts;
    for (std::size_t i = 0; i < content.members.size(); ++i) {
        // Members have the numbers behind the whole's. A notice is made from the whole alone and
        // can ask for nothing.
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
    return find_combined(call->profile().mchid, call->arguments.at(0), busy_reply(*call),
                         answering(call));
}

Answer query_combined_by_id(const CallPtr& call) {
    const TradeRef ref{.transaction_id = call->arguments.at(0), .out_trade_no = {}};
    return ask(query_of(*call, ref), busy_reply(*call),
               [call, ref](const core::Outcome& outcome) -> Answer {
                   const OrderPtr& member = outcome.order;
                   // A transaction_id is the member's; the whole has none.
                   const bool is_member = member != nullptr && is_kind(*member, Kind::member) &&
                                          member->state == OrderState::succeeded &&
                                          transaction_id(*member) == ref.transaction_id;
                   if (!is_member) return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
                   const Content content = read_content(member->content);
                   // Who combined them asks, and that need not be the member's merchant.
                   if (content.scene != call->profile().mchid)
                       return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
                   // The member remembers by which number its whole is found.
                   return find_combined(content.scene, content.out_trade_no, busy_reply(*call),
                                        answering(call));
               });
}

Answer close_combined(const CallPtr& call) {
    BodyReader body(*call);
    body.text("combine_appid", {1, 32}, Need::required);
    std::vector<MemberContent> listed;
    for (BodyReader& one :
         body.objects("sub_orders", 1, member_bounds(*call).most, Need::required)) {
        MemberContent member;
        member.mchid = one.text("mchid", {1, 32}, Need::required);
        if (call->profile().is_service_provider())
            member.sub_mchid = one.text("sub_mchid", {1, 32}, Need::required);
        member.out_trade_no = one.order_number("out_trade_no", Need::required);
        one.finish();
        listed.push_back(std::move(member));
    }
    body.finish();
    if (!body.is_good()) return body.refusal();
    return close_whole(call->profile().mchid, call->arguments.at(0), listed, busy_reply(*call),
                       [call](CombinedClosing fate) -> Answer {
                           switch (fate) {
                               case CombinedClosing::closed:
                                   return reply(*call, {}, 204);
                               case CombinedClosing::unknown:
                                   return error_reply(*call, {.code = "ORDER_NOT_EXIST"});
                               case CombinedClosing::differs:
                                   return error_reply(
                                       *call,
                                       {.code = "INVALID_REQUEST",
                                        .message = "子单列表须与下单时一致，合单只能整单关闭"});
                               case CombinedClosing::paid:
                                   return error_reply(*call, {.code = "ORDER_PAID"});
                           }
                           unreachable("an end of a whole outside its enumeration");
                       });
}

}  // namespace tuma::wechat
