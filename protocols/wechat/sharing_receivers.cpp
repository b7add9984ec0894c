#include "protocols/wechat/sharing_receivers.h"

#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/sharing_parts.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

struct Receiver {
    std::string type;
    std::string account;
    std::string relation;
};

Receiver read_receiver(BodyReader& body, bool is_added) {
    Receiver receiver;
    body.text("appid", {1, 32}, Need::required);
    receiver.type = body.word("type", {"MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"},
                              Need::required);
    receiver.account = body.name("account", {1, 31}, "_-", Need::required);
    if (is_added) {
        body.text("name", {1, 1'024}, Need::optional);
        body.text("custom_relation", {1, 10}, Need::optional);
        receiver.relation =
            body.word("relation_type",
                      {"SERVICE_PROVIDER", "STORE", "STAFF", "STORE_OWNER", "PARTNER",
                       "HEADQUARTER", "BRAND", "DISTRIBUTOR", "USER", "SUPPLIER", "CUSTOM"},
                      Need::required);
    }
    body.ignore({"sub_mchid", "sub_appid"});
    body.finish();
    return receiver;
}

Answer store_receiver(const CallPtr& call, const Receiver& receiver, std::string content) {
    auto profile = std::make_shared<ledger::ProfileStored>();
    profile->name = receiver_profile(call->profile().mchid, receiver.type, receiver.account);
    profile->content = std::move(content);
    return ask(
        core::StoreProfile{std::move(profile)}, busy_reply(*call),
        [call, receiver](const core::Outcome&) -> Answer {
            protocols::JsonText json;
            json.begin_object().text("type", receiver.type).text("account", receiver.account);
            if (!receiver.relation.empty()) json.text("relation_type", receiver.relation);
            return reply(*call, json.end_object().take());
        });
}

std::string return_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    const bool is_final = ledger::is_final(order.state);
    const bool is_done = order.state == OrderState::succeeded;
    json.begin_object()
        .text("order_id", content.detail)
        .text("out_order_no", content.out_trade_no)
        .text("out_return_no", content.number)
        .text("return_id", sharing_id(order))
        .text("return_mchid", content.openid)
        .number("amount", content.amount)
        .text("description", content.reason)
        .text("result", !is_final ? "PROCESSING"
                        : is_done ? "SUCCESS"
                                  : "FAILED");
    if (is_final && !is_done) json.text("fail_reason", "BALANCE_NOT_ENOUGH");
    json.text("create_time", beijing_time(order.opened_at));
    if (is_final) json.text("finish_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

// The part of that merchant in the sharing, if money has moved.
OrderPtr part_for(const std::vector<OrderPtr>& parts, std::string_view mchid) {
    for (const OrderPtr& part : parts) {
        const Content content = read_content(part->content);
        if (content.type == "MERCHANT_ID" && content.openid == mchid &&
            part->state == OrderState::succeeded)
            return part;
    }
    return nullptr;
}

Answer open_return(const CallPtr& call, const OrderPtr& part, Content content) {
    content.detail = sharing_id(*part);
    return protocols::with_accounts(
        party_terms(*call, busy_reply(*call)), {merchant_party(*call, call->profile())},
        [call, part, content](const protocols::Accounts& accounts) -> Answer {
            core::OrderWish wish;
            wish.terms.kind = number(Kind::unsharing);
            wish.terms.purpose = ledger::Purpose::adjust;
            wish.terms.debit = part->terms.credit;
            wish.terms.credit = accounts.front();
            wish.terms.amount = content.amount;
            wish.terms.currency = Currency::cny;
            // No more comes back than was given.
            wish.terms.parent = part->terms.id;
            wish.decides_now = true;
            wish.acts_after = std::chrono::milliseconds{call->options->sharing_delay_ms};
            wish.keys = {unsharing_key(content.mchid, content.number)};
            wish.content = to_json(content);
            return ask(core::OpenOrder{std::make_shared<const core::OrderWish>(std::move(wish))},
                       busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
                           if (outcome.order == nullptr)
                               return error_reply(*call, {.code = "INVALID_REQUEST",
                                                          .message = "回退金额超过分账金额"});
                           const ledger::Order& order = *outcome.order;
                           return reply(*call, return_json(order, read_content(order.content)));
                       });
        });
}

Content read_return(BodyReader& body, const Call& call) {
    Content content;
    content.mchid = call.profile().mchid;
    content.out_trade_no = body.name("out_order_no", {1, 64}, "_-|*@", Need::required);
    content.number = body.name("out_return_no", {1, 64}, "_-|*@", Need::required);
    content.openid = body.text("return_mchid", {1, 32}, Need::required);
    content.amount = body.number("amount", 1, fen_max, Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    body.ignore({"order_id", "sub_mchid"});
    body.finish();
    return content;
}

Answer answer_again(const CallPtr& call, const Content& wanted, const ledger::Order& order) {
    Content before = read_content(order.content);
    const std::string json = return_json(order, before);
    before.detail.clear();
    if (before == wanted) return reply(*call, json);
    return error_reply(*call, {.code = "INVALID_REQUEST",
                               .message = "商户回退单号已存在，且请求参数与首次不一致"});
}

}  // namespace

Answer add_receiver(const CallPtr& call) {
    BodyReader body(*call);
    const Receiver receiver = read_receiver(body, true);
    if (!body.is_good()) return body.refusal();
    protocols::JsonText json;
    json.begin_object().text("relation_type", receiver.relation);
    return store_receiver(call, receiver, json.end_object().take());
}

Answer delete_receiver(const CallPtr& call) {
    BodyReader body(*call);
    const Receiver receiver = read_receiver(body, false);
    if (!body.is_good()) return body.refusal();
    return store_receiver(call, receiver, {});
}

Answer return_share(const CallPtr& call) {
    BodyReader body(*call);
    const Content content = read_return(body, *call);
    if (!body.is_good()) return body.refusal();
    core::QueryOrder again;
    again.key = unsharing_key(content.mchid, content.number);
    return ask(std::move(again), busy_reply(*call),
               [call, content](const core::Outcome& outcome) -> Answer {
                   if (outcome.order != nullptr) return answer_again(call, content, *outcome.order);
                   return find_parts(call, content.out_trade_no,
                                     [call, content](const std::vector<OrderPtr>& parts) -> Answer {
                                         const OrderPtr part = part_for(parts, content.openid);
                                         if (part == nullptr)
                                             return error_reply(*call,
                                                                {.code = "RESOURCE_NOT_EXISTS",
                                                                 .message = "分账单不存在"});
                                         return open_return(call, part, content);
                                     });
               });
}

Answer query_return(const CallPtr& call) {
    core::QueryOrder query;
    query.key = unsharing_key(call->profile().mchid, call->arguments.at(0));
    const std::string out_order_no(call->parameter("out_order_no"));
    return ask(std::move(query), busy_reply(*call),
               [call, out_order_no](const core::Outcome& outcome) -> Answer {
                   const Content content =
                       outcome.order == nullptr ? Content{} : read_content(outcome.order->content);
                   if (outcome.order == nullptr || content.out_trade_no != out_order_no)
                       return error_reply(
                           *call, {.code = "RESOURCE_NOT_EXISTS", .message = "回退单不存在"});
                   return reply(*call, return_json(*outcome.order, content));
               });
}

Answer query_sharing_config(const CallPtr& call) {
    const MerchantPtr merchant =
        call->keys->merchant(call->context.directory, call->arguments.at(0));
    if (merchant == nullptr) return error_reply(*call, {.code = "MCH_NOT_EXISTS"});
    protocols::JsonText json;
    json.begin_object()
        .text("sub_mchid", merchant->profile.mchid)
        .number("max_ratio", merchant->profile.sharing_ratio_bp);
    return reply(*call, json.end_object().take());
}

}  // namespace tuma::wechat
