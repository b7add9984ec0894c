#include "protocols/wechat/profit_sharing.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/sharing_parts.h"

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

Content read_part(BodyReader& body, const Call& call, const SharingWish& wish) {
    Content content;
    content.mchid = call.profile().mchid;
    content.number = wish.number;
    content.transaction_id = wish.transaction_id;
    content.type = body.word("type", {"MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID"},
                             Need::required);
    content.openid = body.name("account", {1, 31}, "_-", Need::required);
    content.amount = body.number("amount", 1, fen_max, Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    body.text("name", {1, 1'024}, Need::optional);
    body.finish();
    return content;
}

SharingWish read_sharing(BodyReader& body, const Call& call) {
    SharingWish wish;
    body.text("appid", {1, 32}, Need::required);
    wish.transaction_id = body.text("transaction_id", {1, 32}, Need::required);
    wish.number = body.name("out_order_no", {1, 64}, "_-|*@", Need::required);
    wish.unfreezes = body.flag("unfreeze_unsplit");
    for (BodyReader& one : body.objects("receivers", 1, receivers_max, Need::required)) {
        wish.parts.push_back(read_part(one, call, wish));
        wish.sum += wish.parts.back().amount;
    }
    body.ignore({"sub_mchid", "sub_appid"});
    body.finish();
    std::string all = wish.transaction_id + (wish.unfreezes ? "/u" : "/");
    for (const Content& part : wish.parts) all += to_json(part);
    // So that a repeated request is compared to the last letter.
    const crypto::Sha256 hash = crypto::sha256(all);
    for (Content& part : wish.parts) {
        part.total = static_cast<std::int64_t>(wish.parts.size());
        part.unfreezes = wish.unfreezes;
        part.detail = crypto::hex_lower(std::span{hash});
    }
    return wish;
}

core::OrderWish moving(const Call& call, Kind kind, AccountId from, AccountId to,
                       std::int64_t amount) {
    core::OrderWish wish;
    wish.terms.kind = number(kind);
    wish.terms.purpose = ledger::Purpose::adjust;
    wish.terms.debit = from;
    wish.terms.credit = to;
    wish.terms.amount = amount;
    wish.terms.currency = Currency::cny;
    wish.decides_now = true;
    wish.acts_after = std::chrono::milliseconds{call.options->sharing_delay_ms};
    return wish;
}

// A part for nobody, or for somebody who was not added, fails without money moving.
core::OrderWish part_wish(const Call& call, const SharingWish& wish, std::size_t place,
                          const ledger::Order& payment, AccountId receiver) {
    const Content& content = wish.parts[place];
    const std::string profile = receiver_profile(content.mchid, content.type, content.openid);
    const bool is_added = call.context.directory.find(profile) != nullptr;
    core::OrderWish part =
        moving(call, Kind::sharing, payment.terms.credit, receiver, content.amount);
    if (!is_added || !receiver) {
        part.terms.debit = {};
        part.terms.credit = {};
        part.terms.amount = 0;
        part.terms.action = ledger::CustomerAction::decline;
        part.terms.decline_code = reason::no_relation;
    }
    part.keys = {part_key(content.mchid, content.number, place)};
    part.content = to_json(content);
    return part;
}

Answer answer_parts(const CallPtr& call, const std::string& number) {
    return find_parts(call, number, [call](const std::vector<OrderPtr>& parts) -> Answer {
        if (parts.empty())
            return error_reply(*call, {.code = "RESOURCE_NOT_EXISTS", .message = "分账单不存在"});
        return reply(*call, sharing_json(parts));
    });
}

core::OrderWish rest_wish(const Call& call, const ledger::Order& payment, AccountId merchant,
                          std::int64_t amount, const Content& content) {
    core::OrderWish rest = moving(call, Kind::unfreezing, payment.terms.credit, merchant, amount);
    rest.keys = {unfreezing_key(content.mchid, content.number)};
    rest.content = to_json(content);
    return rest;
}

Answer open_parts(const CallPtr& call, const WishPtr& wish, const OrderPtr& payment,
                  const Unsplit& unsplit) {
    std::vector<protocols::Party> parties{merchant_party(*call, call->profile())};
    for (const Content& part : wish->parts)
        parties.push_back(receiver_party(*call, part.type, part.openid));
    return protocols::with_accounts(
        party_terms(*call, busy_reply(*call)), std::move(parties),
        [call, wish, payment, unsplit](const protocols::Accounts& accounts) -> Answer {
            Asking asking;
            for (std::size_t i = 0; i < wish->parts.size(); ++i)
                asking.requests.emplace_back().command =
                    core::OpenOrder{std::make_shared<const core::OrderWish>(
                        part_wish(*call, *wish, i, *payment, accounts[i + 1]))};
            const std::int64_t rest = unsplit.left - wish->sum;
            if (wish->unfreezes && rest > 0)
                asking.requests.emplace_back().command =
                    core::OpenOrder{std::make_shared<const core::OrderWish>(
                        rest_wish(*call, *payment, accounts.front(), rest, wish->parts.front()))};
            asking.overloaded = busy_reply(*call);
            asking.then = [call, wish](const std::vector<core::Outcome>&) {
                return answer_parts(call, wish->number);
            };
            return asking;
        });
}

Answer share_new(const CallPtr& call, const WishPtr& wish) {
    return with_shared_payment(call, wish->transaction_id, [call, wish](const OrderPtr& payment) {
        return with_unsplit(call, payment, [call, wish, payment](const Unsplit& unsplit) -> Answer {
            const std::int64_t most =
                payment->terms.amount * call->profile().sharing_ratio_bp / basis_points;
            if (unsplit.shared + wish->sum > most)
                return error_reply(*call,
                                   {.code = "RULE_LIMIT", .message = "分账金额超过最大分账比例"});
            if (wish->sum > unsplit.left)
                return error_reply(*call, {.code = "NOT_ENOUGH", .message = "分账金额不足"});
            return open_parts(call, wish, payment, unsplit);
        });
    });
}

http::HttpReply rest_reply(const Call& call, const ledger::Order& order) {
    const Content content = read_content(order.content);
    protocols::JsonText json;
    json.begin_object()
        .text("transaction_id", content.transaction_id)
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

Answer unfreeze_payment(const CallPtr& call, const OrderPtr& payment, Content content,
                        std::int64_t left) {
    if (left == 0)
        return error_reply(*call, {.code = "NOT_ENOUGH", .message = "订单已全部分账或解冻"});
    content.amount = left;
    return protocols::with_accounts(
        party_terms(*call, busy_reply(*call)), {merchant_party(*call, call->profile())},
        [call, payment, content](const protocols::Accounts& accounts) -> Answer {
            core::OpenOrder open{std::make_shared<const core::OrderWish>(
                rest_wish(*call, *payment, accounts.front(), content.amount, content))};
            return ask(std::move(open), busy_reply(*call),
                       [call](const core::Outcome& outcome) -> Answer {
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
    return find_parts(
        call, wish->number, [call, wish](const std::vector<OrderPtr>& parts) -> Answer {
            if (parts.empty()) return share_new(call, wish);
            const Content before = read_content(parts.front()->content);
            if (before.detail == wish->parts.front().detail)
                return reply(*call, sharing_json(parts));
            return error_reply(*call, {.code = "INVALID_REQUEST",
                                       .message = "商户分账单号已存在，且请求参数与首次不一致"});
        });
}

Answer query_sharing(const CallPtr& call) {
    const std::string transaction_id(call->parameter("transaction_id"));
    if (transaction_id.empty())
        return error_reply(*call, parameter_error("transaction_id", "", "必填参数缺失", "query"));
    const std::string& number = call->arguments.at(0);
    return find_parts(
        call, number, [call, number, transaction_id](const std::vector<OrderPtr>& parts) -> Answer {
            const bool is_it =
                !parts.empty() &&
                read_content(parts.front()->content).transaction_id == transaction_id;
            if (is_it) return reply(*call, sharing_json(parts));
            core::QueryOrder rest;
            rest.key = unfreezing_key(call->profile().mchid, number);
            return ask(std::move(rest), busy_reply(*call),
                       [call](const core::Outcome& outcome) -> Answer {
                           if (outcome.order != nullptr) return rest_reply(*call, *outcome.order);
                           return error_reply(
                               *call, {.code = "RESOURCE_NOT_EXISTS", .message = "分账单不存在"});
                       });
        });
}

Answer unfreeze(const CallPtr& call) {
    BodyReader body(*call);
    Content content;
    content.mchid = call->profile().mchid;
    content.transaction_id = body.text("transaction_id", {1, 32}, Need::required);
    content.number = body.name("out_order_no", {1, 64}, "_-|*@", Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    body.ignore({"sub_mchid"});
    body.finish();
    if (!body.is_good()) return body.refusal();
    core::QueryOrder again;
    again.key = unfreezing_key(content.mchid, content.number);
    return ask(std::move(again), busy_reply(*call),
               [call, content](const core::Outcome& outcome) -> Answer {
                   if (outcome.order != nullptr) return rest_reply(*call, *outcome.order);
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
    return ask(query_of(call->profile(), ref), busy_reply(*call),
               [call, ref](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(call->profile(), ref, outcome.order, true);
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
