#include "protocols/wechat/v2/v2_refunds.h"

#include "protocols/wechat/orders/refunds.h"
#include "protocols/wechat/v2/v2_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

constexpr std::string_view recharge_funds = "REFUND_SOURCE_RECHARGE_FUNDS";
constexpr std::string_view unsettled_funds = "REFUND_SOURCE_UNSETTLED_FUNDS";
// Source: WeChat Pay API v2, refundquery: so many are told of at once.
constexpr std::size_t refunds_told_max = 10;

RefundWish read_v2_refund(V2Reader& reader, const V2Call& v2) {
    RefundWish wish;
    Content& content = wish.content;
    wish.payment = reader.trade();
    content.appid = v2.field("appid");
    content.mchid = v2.call->profile().mchid;
    content.sp_mchid = v2.call->sp_mchid();
    content.v2_sign = name(v2.sign_type);
    content.number = reader.name("out_refund_no", {1, 64}, number_marks, Need::required);
    content.total = reader.number("total_fee", 1, fen_max, Need::required);
    content.amount = reader.number("refund_fee", 1, fen_max, Need::required);
    // Only where both were read; a missing amount is 0 and would be complained about a second time.
    if (reader.is_good() && content.amount > content.total)
        reader.fail(v2_unreadable("invalid refund_fee"));
    reader.word("refund_fee_type", {"CNY"}, Need::optional);
    content.reason = reader.text("refund_desc", {1, 80}, Need::optional);
    const std::string account =
        reader.word("refund_account", {unsettled_funds, recharge_funds}, Need::optional);
    if (account == recharge_funds) content.funds_account = "AVAILABLE";
    content.notify_url = reader.url("notify_url", Need::optional);
    // Merchants may have an address for all their refunds in the portal.
    if (content.notify_url.empty()) content.notify_url = v2.call->signer().refund_notify_url;
    reader.ignore({"op_user_id", "device_info"});
    reader.finish();
    // No customer: how the refund ends follows from the payment's customer, unless a header says
    // otherwise.
    wish.script = script_of(v2.call->request, {});
    return wish;
}

V2Error refund_error(RefundFate fate, const TradeRef& ref) {
    switch (fate) {
        case RefundFate::differs:
        // v2 has one code for both: the amounts do not fit what was said before.
        case RefundFate::total_differs:
            return {"REFUND_FEE_MISMATCH"};
        case RefundFate::payment_unknown:
            // Which code it is depends on the number that was asked by.
            if (ref.transaction_id.empty()) return {"ORDERNOTEXIST"};
            return {"INVALID_TRANSACTIONID"};
        case RefundFate::not_paid:
            return {"ERROR", "订单未支付，不能退款"};
        case RefundFate::too_much:
            return {"INVALID_REQUEST", "refund_fee大于可退金额"};
        case RefundFate::all_returned:
            return {"ERROR", "订单已全额退款"};
        case RefundFate::too_many:
            return {"ERROR", "退款次数超过50次"};
        case RefundFate::too_late:
            return {"TRADE_OVERDUE"};
        case RefundFate::not_enough:
            return {"NOTENOUGH", "基本账户余额不足，请充值后重新发起"};
        case RefundFate::open:
        case RefundFate::refused:
            break;
    }
    return {"USER_ACCOUNT_ABNORMAL", "退款请求失败"};
}

http::HttpReply refund_reply(const V2Call& v2, const ledger::Order& refund) {
    const Content content = read_content(refund.content);
    const std::string amount = std::to_string(content.amount);
    return v2_reply(v2, {{"transaction_id", content.transaction_id},
                         {"out_trade_no", content.out_trade_no},
                         {"out_refund_no", content.number},
                         {"refund_id", refund_id(refund)},
                         {"refund_fee", amount},
                         {"total_fee", std::to_string(content.total)},
                         {"cash_fee", std::to_string(content.total)},
                         {"cash_refund_fee", amount}});
}

void append_refund(V2List& fields, std::size_t i, const ledger::Order& refund) {
    const Content content = read_content(refund.content);
    const auto put = [&](std::string_view name, std::string_view value) {
        // Flat XML has no lists: each field of a refund has its place in the name.
        fields.emplace_back(fmt::format("{}_{}", name, i), value);
    };
    put("out_refund_no", content.number);
    put("refund_id", refund_id(refund));
    put("refund_channel", "ORIGINAL");
    put("refund_fee", std::to_string(content.amount));
    put("refund_status", v2_refund_status(refund));
    put("refund_account", v2_refund_account(content));
    // Spelled so: WeChat Pay API v2, refundquery.
    put("refund_recv_accout", v2_refund_receiver);
    if (refund.state == OrderState::succeeded)
        put("refund_success_time", bill_time(refund.moved_at));
}

http::HttpReply refunds_reply(const V2Call& v2, const std::vector<OrderPtr>& refunds,
                              std::size_t offset) {
    // Also where there are refunds but fewer: a client that pages knows by this that it is through.
    if (offset >= refunds.size()) return v2_error_reply(v2, {"REFUNDNOTEXIST"});
    // Every refund remembers its payment, so that the payment need not be asked for.
    const Content first = read_content(refunds.front()->content);
    const std::size_t count = std::min(refunds.size() - offset, refunds_told_max);
    V2List fields{{"transaction_id", first.transaction_id},
                  {"out_trade_no", first.out_trade_no},
                  {"total_fee", std::to_string(first.total)},
                  {"cash_fee", std::to_string(first.total)},
                  {"fee_type", "CNY"},
                  {"total_refund_count", std::to_string(refunds.size())},
                  {"refund_count", std::to_string(count)}};
    // Numbered from 0 on each page.
    for (std::size_t i = 0; i < count; ++i) append_refund(fields, i, *refunds[offset + i]);
    return v2_reply(v2, fields);
}

// One refund by a number of its own.
Answer query_one(const V2CallPtr& v2, const std::string& id, const std::string& number) {
    core::QueryOrder query;
    if (id.empty())
        query.key = refund_key(v2->call->profile().mchid, number);
    else
        query.order = order_of(id).value_or(OrderId{});
    // No order has the number 0's key; so what is no number finds nothing.
    if (query.key.empty() && query.order == OrderId{}) query.key = "w/-";
    return ask(std::move(query), v2_busy_reply(*v2),
               [v2, id](const core::Outcome& outcome) -> Answer {
                   // A number of the platform's may be any order's, also another merchant's.
                   const bool is_found = outcome.order != nullptr &&
                                         is_kind(*outcome.order, Kind::refund) &&
                                         is_own(*v2->call, read_content(outcome.order->content)) &&
                                         (id.empty() || refund_id(*outcome.order) == id);
                   if (!is_found) return v2_error_reply(*v2, {"REFUNDNOTEXIST"});
                   return refunds_reply(*v2, {outcome.order}, 0);
               });
}

}  // namespace

std::string_view v2_refund_status(const ledger::Order& refund) {
    const std::string_view status = refund_status(refund);
    // v2 has other words for the two ends that did not arrive.
    if (status == "ABNORMAL") return "CHANGE";
    return status == "CLOSED" ? "REFUNDCLOSE" : status;
}

std::string_view v2_refund_account(const Content& content) {
    return content.funds_account == "AVAILABLE" ? recharge_funds : unsettled_funds;
}

Answer v2_refund(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    RefundWish wish = read_v2_refund(reader, *v2);
    if (!reader.is_good()) return reader.refusal();
    return open_refund(v2->call, wish, v2_busy_reply(*v2),
                       [v2, ref = wish.payment](const RefundOutcome& outcome) -> Answer {
                           if (outcome.fate != RefundFate::open)
                               return v2_error_reply(*v2, refund_error(outcome.fate, ref));
                           return refund_reply(*v2, *outcome.refund);
                       });
}

Answer v2_query_refund(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string id = reader.text("refund_id", {1, 32}, Need::optional);
    const std::string number = reader.name("out_refund_no", {1, 64}, number_marks, Need::optional);
    const auto offset = static_cast<std::size_t>(
        reader.number("offset", 0, ledger::order_children_max, Need::optional));
    TradeRef ref;
    // A refund's own number comes before the payment's, which is not even read then.
    if (id.empty() && number.empty()) ref = reader.trade();
    reader.ignore({"device_info", "transaction_id", "out_trade_no"});
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    if (!id.empty() || !number.empty()) return query_one(v2, id, number);
    return list_refunds(v2->call, ref, v2_busy_reply(*v2),
                        [v2, offset](const std::vector<OrderPtr>& refunds) -> Answer {
                            return refunds_reply(*v2, refunds, offset);
                        });
}

}  // namespace tuma::wechat
