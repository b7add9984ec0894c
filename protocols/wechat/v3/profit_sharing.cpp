#include "protocols/wechat/v3/profit_sharing.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/v3/sharing_parts.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using protocols::Asking;

// One sharing as it was asked for: a content for each part.
struct SharingWish {
    std::string transaction_id;
    std::string number;
    std::vector<Content> parts;
    std::int64_t sum = 0;
    bool unfreezes = false;
};
using WishPtr = std::shared_ptr<const SharingWish>;

// Of a number that came with another request before.
ApiError other_request_before() {
    return {.code = "INVALID_REQUEST", .message = "商户分账单号已存在，且请求参数与首次不一致"};
}

Content read_part(BodyReader& body, const Call& call, const SharingWish& wish) {
    Content content;
    content.mchid = call.profile().mchid;
    content.sp_mchid = call.sp_mchid();
    content.number = wish.number;
    content.transaction_id = wish.transaction_id;
    content.type = body.word("type", {"MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"},
                             Need::required);
    content.openid = body.name("account", {1, 31}, "_-", Need::required);
    content.amount = body.number("amount", 1, fen_max, Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    body.sealed("name", Need::optional);
    body.finish();
    return content;
}

SharingWish read_sharing(BodyReader& body, const Call& call) {
    SharingWish wish;
    body.count_characters();
    body.text("appid", {1, 32}, Need::required);
    wish.transaction_id = body.text("transaction_id", {1, 32}, Need::required);
    wish.number = body.name("out_order_no", {1, 64}, number_marks, Need::required);
    wish.unfreezes = body.flag("unfreeze_unsplit");
    for (BodyReader& one : body.objects("receivers", 1, receivers_max, Need::required)) {
        wish.parts.push_back(read_part(one, call, wish));
        // No overflow: at most fifty times the largest amount.
        wish.sum += wish.parts.back().amount;
    }
    ignore_sub_merchant(body, call);
    body.finish();
    std::string all = wish.transaction_id + (wish.unfreezes ? "/u" : "/");
    for (const Content& part : wish.parts) all += to_json(part);
    // So that a repeated request is compared to the last letter.
    const crypto::Sha256 hash = crypto::sha256(all);
    for (Content& part : wish.parts) {
        // Each part knows how many there are: a query finds the first by its key and then the
        // others.
        part.total = static_cast<std::int64_t>(wish.parts.size());
        part.unfreezes = wish.unfreezes;
        part.detail = crypto::hex_lower(std::span{hash});
        part.whole_id = sharing_order_id(part.mchid, part.number, call.context.now);
    }
    return wish;
}

// A part for nobody, or for somebody who was not added, fails without money moving.
core::OrderRequest part_wish(const Call& call, const SharingWish& wish, std::size_t place,
                             const ledger::Order& payment, AccountId receiver) {
    Content content = wish.parts[place];
    tell_receiver(call, content);
    const std::string profile = receiver_profile(content.mchid, content.type, content.openid);
    // Receivers are added first; one that was deleted meanwhile gets nothing.
    const bool is_added = call.context.directory.find(profile) != nullptr;
    core::OrderRequest part =
        sharing_order(*call.options, Kind::sharing, payment.terms.credit, receiver, content.amount);
    // It is accepted and fails by itself, so that the other parts go on.
    if (!is_added) protocols::put_failure(part, reason::no_relation);
    part.keys = {part_key(content.mchid, content.number, place)};
    if (place == 0) part.keys.push_back(sharing_id_key(content.mchid, content.whole_id));
    part.content = to_json(content);
    put_notice(part, content, ledger::NoticeWhen::succeeded, schedule_payment, {});
    return part;
}

Answer answer_parts(const CallPtr& call, const std::string& number) {
    return find_parts(call, number, [call](const std::vector<OrderPtr>& parts) -> Answer {
        if (parts.empty())
            return error_reply(*call, {.code = "RESOURCE_NOT_EXISTS", .message = "分账单不存在"});
        return reply(*call, sharing_json(parts));
    });
}

core::OrderRequest rest_wish(const Call& call, const ledger::Order& payment, AccountId merchant,
                             std::int64_t amount, const Content& content) {
    core::OrderRequest rest =
        sharing_order(*call.options, Kind::unfreezing, payment.terms.credit, merchant, amount);
    // Under the sharing's number, so that the rest is given once, however often it is asked for.
    rest.keys = {unfreezing_key(content.mchid, content.number)};
    rest.content = to_json(content);
    return rest;
}

Answer open_parts(const CallPtr& call, const WishPtr& wish, const OrderPtr& payment,
                  const Unsplit& unsplit) {
    // The merchant's comes first, for the rest; the receivers' follow in their order.
    std::vector<protocols::AccountSpec> parties{merchant_account(*call->options, call->profile())};
    for (const Content& part : wish->parts)
        parties.push_back(receiver_account(*call, part.type, part.openid));
    return protocols::with_accounts(
        call->context.directory, busy_reply(*call), std::move(parties),
        [call, wish, payment, unsplit](const protocols::Accounts& accounts) -> Answer {
            Asking asking;
            for (std::size_t i = 0; i < wish->parts.size(); ++i)
                put_question(asking, part_wish(*call, *wish, i, *payment, accounts[i + 1]));
            // Reckoned before the parts are decided. A part that fails leaves its money on the
            // payment's account.
            const std::int64_t rest = unsplit.left - wish->sum;
            if (wish->unfreezes && rest > 0)
                put_question(asking, rest_wish(*call, *payment, accounts.front(), rest,
                                               wish->parts.front()));
            asking.overloaded = busy_reply(*call);
            // Outcomes are not looked at: the parts tell themselves what became of them, also of a
            // request that came twice at once.
            asking.then = [call, wish](const std::vector<core::Outcome>&) {
                return answer_parts(call, wish->number);
            };
            return asking;
        });
}

Answer share_new(const CallPtr& call, const WishPtr& wish) {
    return with_shared_payment(call, wish->transaction_id, [call, wish](const OrderPtr& payment) {
        return with_unsplit(call, payment, [call, wish, payment](const Unsplit& unsplit) -> Answer {
            // Rounded down, so that never more is shared than the ratio allows.
            const std::int64_t most =
                payment->terms.amount * call->profile().sharing_ratio_bp / basis_points;
            // Over all sharings of the payment, whatever their receivers.
            if (unsplit.shared + wish->sum > most)
                return error_reply(*call,
                                   {.code = "RULE_LIMIT", .message = "分账金额超过最大分账比例"});
            // Refunds take from the same account.
            if (wish->sum > unsplit.left)
                return error_reply(*call, {.code = "NOT_ENOUGH", .message = "分账金额不足"});
            return open_parts(call, wish, payment, unsplit);
        });
    });
}

http::HttpReply rest_reply(const Call& call, const ledger::Order& order) {
    const Content content = read_content(order.content);
    protocols::JsonText json;
    json.begin_object();
    write_sub_merchant(json, content);
    json.text("transaction_id", content.transaction_id)
        .text("out_order_no", content.number)
        .text("order_id", sharing_id(order))
        .text("state", ledger::is_final(order.state) ? "FINISHED" : "PROCESSING")
        .begin_array("receivers")
        .begin_object()
        .number("amount", content.amount)
        .text("description", content.reason)
        .text("type", "MERCHANT_ID")
        .text("account", content.mchid)
        .text("result", ledger::is_final(order.state) ? "SUCCESS" : "PENDING")
        .text("create_time", beijing_time(order.opened_at))
        .text("detail_id", sharing_id(order))
        .end_object()
        .end_array();
    return reply(call, json.end_object().take());
}

// An unfreezing by itself has a number of the same sort as a sharing and is asked for by the same
// path.
Answer answer_rest(const CallPtr& call, const std::string& number,
                   const std::string& transaction_id) {
    return ask(core::QueryOrder{.key = unfreezing_key(call->profile().mchid, number)},
               busy_reply(*call), [call, transaction_id](const core::Outcome& outcome) -> Answer {
                   const Content content =
                       outcome.order == nullptr ? Content{} : read_content(outcome.order->content);
                   const bool is_it = outcome.order != nullptr && is_own(*call, content) &&
                                      content.transaction_id == transaction_id;
                   if (is_it) return rest_reply(*call, *outcome.order);
                   return error_reply(*call,
                                      {.code = "RESOURCE_NOT_EXISTS", .message = "分账单不存在"});
               });
}

Answer unfreeze_payment(const CallPtr& call, const OrderPtr& payment, Content content,
                        std::int64_t left) {
    // Nothing is frozen any more, and an order has to move something.
    if (left == 0)
        return error_reply(*call, {.code = "NOT_ENOUGH", .message = "订单已全部分账或解冻"});
    content.amount = left;
    return protocols::with_accounts(
        call->context.directory, busy_reply(*call),
        {merchant_account(*call->options, call->profile())},
        [call, payment, content](const protocols::Accounts& accounts) -> Answer {
            return protocols::open_order(
                rest_wish(*call, *payment, accounts.front(), content.amount, content),
                busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
                    if (outcome.order == nullptr)
                        return error_reply(*call, {.code = "ACCOUNT_ERROR"});
                    return rest_reply(*call, *outcome.order);
                });
        });
}

}  // namespace

Answer share_profit(const CallPtr& call) {
    BodyReader body(*call);
    auto wish = std::make_shared<const SharingWish>(read_sharing(body, *call));
    if (!body.is_good()) return body.refusal();
    return find_parts(call, wish->number,
                      [call, wish](const std::vector<OrderPtr>& parts) -> Answer {
                          // The number was not used yet; otherwise the first request stands,
                          // whatever has changed since.
                          if (parts.empty()) return share_new(call, wish);
                          const Content before = read_content(parts.front()->content);
                          // The hash of all parts stands in each of them.
                          if (before.detail == wish->parts.front().detail)
                              return reply(*call, sharing_json(parts));
                          return error_reply(*call, other_request_before());
                      });
}

Answer query_sharing(const CallPtr& call) {
    const std::string transaction_id(call->parameter("transaction_id"));
    if (transaction_id.empty())
        return error_reply(*call, parameter_error("transaction_id", "", "必填参数缺失", "query"));
    const std::string& number = call->arguments.at(0);
    return find_parts(call, number,
                      [call, number, transaction_id](const std::vector<OrderPtr>& parts) -> Answer {
                          const bool is_it =
                              !parts.empty() &&
                              read_content(parts.front()->content).transaction_id == transaction_id;
                          if (is_it) return reply(*call, sharing_json(parts));
                          return answer_rest(call, number, transaction_id);
                      });
}

Answer unfreeze(const CallPtr& call) {
    BodyReader body(*call);
    body.count_characters();
    Content content;
    content.mchid = call->profile().mchid;
    content.sp_mchid = call->sp_mchid();
    content.transaction_id = body.text("transaction_id", {1, 32}, Need::required);
    content.number = body.name("out_order_no", {1, 64}, number_marks, Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    ignore_sub_merchant(body, *call);
    body.finish();
    if (!body.is_good()) return body.refusal();
    return ask(core::QueryOrder{.key = unfreezing_key(content.mchid, content.number)},
               busy_reply(*call), [call, content](const core::Outcome& outcome) -> Answer {
                   if (outcome.order != nullptr) {
                       const Content before = read_content(outcome.order->content);
                       const bool is_same = before.transaction_id == content.transaction_id &&
                                            before.reason == content.reason;
                       return is_same ? rest_reply(*call, *outcome.order)
                                      : error_reply(*call, other_request_before());
                   }
                   return with_shared_payment(
                       call, content.transaction_id, [call, content](const OrderPtr& payment) {
                           return with_unsplit(
                               call, payment, [call, content, payment](const Unsplit& unsplit) {
                                   return unfreeze_payment(call, payment, content, unsplit.left);
                               });
                       });
               });
}

Answer query_unsplit(const CallPtr& call) {
    const std::string id = call->arguments.at(0);
    const TradeRef ref{.transaction_id = id, .out_trade_no = {}};
    return ask(query_of(*call, ref), busy_reply(*call),
               [call, ref](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(*call, ref, outcome.order, true);
                   // Payments that are not to be shared have no account of their own to look at.
                   const bool is_shared =
                       payment != nullptr && read_content(payment->content).shares_profit;
                   if (!is_shared)
                       return error_reply(
                           *call, {.code = "RESOURCE_NOT_EXISTS", .message = "分账订单不存在"});
                   return with_unsplit(call, payment,
                                       [call, ref](const Unsplit& unsplit) -> Answer {
                                           protocols::JsonText json;
                                           json.begin_object()
                                               .text("transaction_id", ref.transaction_id)
                                               .number("unsplit_amount", unsplit.left);
                                           return reply(*call, json.end_object().take());
                                       });
               });
}

}  // namespace tuma::wechat
