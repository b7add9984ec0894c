#include "protocols/wechat/v3/refund_order.h"

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/orders/refunds.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::size_t refund_sources_max = 16;
constexpr std::size_t refund_goods_max = 6'000;
constexpr std::string_view usual_receiver = "支付用户零钱";
constexpr std::string_view merchants_receiver = "商户结算银行账户";
constexpr std::size_t card_digits_shown = 4;

// From which accounts of the merchant it is paid: there is one, so that nothing follows from it.
void check_sources(BodyReader& amount) {
    for (BodyReader& one : amount.objects("from", 1, refund_sources_max, Need::optional)) {
        one.word("account", {"AVAILABLE", "UNAVAILABLE"}, Need::required);
        one.number("amount", 1, fen_max, Need::required);
        one.finish();
    }
}

void check_goods(BodyReader& body) {
    for (BodyReader& one : body.objects("goods_detail", 1, refund_goods_max, Need::optional)) {
        one.text("merchant_goods_id", {1, 32}, Need::required);
        one.text("wechatpay_goods_id", {1, 32}, Need::optional);
        one.text("goods_name", {1, 256}, Need::optional);
        one.number("unit_price", 0, fen_max, Need::required);
        one.number("refund_amount", 0, fen_max, Need::required);
        one.number("refund_quantity", 1, fen_max, Need::required);
        one.finish();
    }
}

std::string_view receiver_of(const Content& content) {
    return content.received_on.empty() ? usual_receiver : std::string_view{content.received_on};
}

// A bank whose cards take refunds that did not arrive.
struct CardBank {
    std::string_view type;
    std::string_view name;
};
// Source: WeChat Pay API v3, abnormal refunds.
constexpr std::array card_banks{
    CardBank{"CMB_DEBIT", "招商银行"},   CardBank{"COMM_DEBIT", "交通银行"},
    CardBank{"ABC_DEBIT", "农业银行"},   CardBank{"CCB_DEBIT", "建设银行"},
    CardBank{"ICBC_DEBIT", "工商银行"},  CardBank{"BOC_DEBIT", "中国银行"},
    CardBank{"PAB_DEBIT", "平安银行"},   CardBank{"SPDB_DEBIT", "浦发银行"},
    CardBank{"CITIC_DEBIT", "中信银行"}, CardBank{"CEB_DEBIT", "光大银行"},
    CardBank{"CMBC_DEBIT", "民生银行"},  CardBank{"CIB_DEBIT", "兴业银行"},
    CardBank{"GDB_DEBIT", "广发银行"},   CardBank{"PSBC_DEBIT", "邮储银行"},
    CardBank{"NBCB_DEBIT", "宁波银行"}};

// "工商银行借记卡0403", as the customer's card is told.
std::string read_card(BodyReader& body, Need need) {
    const std::string type = body.text("bank_type", {1, 16}, need);
    const std::string account = body.sealed("bank_account", need);
    body.sealed("real_name", need);
    if (type.empty()) return {};
    const auto* const bank = std::find_if(card_banks.begin(), card_banks.end(),
                                          [&](const CardBank& one) { return one.type == type; });
    if (bank == card_banks.end()) {
        body.fail("bank_type", "不支持的银行类型");
        return {};
    }
    const std::size_t shown = std::min(account.size(), card_digits_shown);
    return fmt::format("{}借记卡{}", bank->name, account.substr(account.size() - shown));
}

RefundWish read_refund(BodyReader& body, const Call& call) {
    RefundWish wish;
    Content& content = wish.content;
    wish.payment.transaction_id = body.text("transaction_id", {1, 32}, Need::optional);
    wish.payment.out_trade_no = body.order_number("out_trade_no", Need::optional);
    // Both would be two payments if they do not agree.
    if (wish.payment.transaction_id.empty() == wish.payment.out_trade_no.empty())
        body.fail("transaction_id", "transaction_id和out_trade_no须二选一");
    content.mchid = call.profile().mchid;
    content.sp_mchid = call.sp_mchid();
    ignore_sub_merchant(body, call);
    content.number = body.name("out_refund_no", {1, 64}, number_marks, Need::required);
    content.reason = body.text("reason", {1, 80}, Need::optional);
    content.notify_url = body.url("notify_url", Need::optional);
    // Merchants may have an address for all their refunds in the portal.
    if (content.notify_url.empty()) content.notify_url = call.signer().refund_notify_url;
    // word() puts the first word in place of a missing one, and the usual account is the other.
    if (body.has("funds_account"))
        content.funds_account =
            body.word("funds_account", {"AVAILABLE", "UNSETTLED"}, Need::optional);
    BodyReader amount = body.object("amount", Need::required);
    content.amount = amount.number("refund", 1, fen_max, Need::required);
    content.total = amount.number("total", 1, fen_max, Need::required);
    amount.word("currency", {"CNY"}, Need::required);
    // Only where both were read; a missing total is 0 and would be complained about a second time.
    if (amount.is_good() && content.amount > content.total)
        amount.fail("refund", "退款金额大于订单金额");
    check_sources(amount);
    amount.finish();
    check_goods(body);
    body.finish();
    content.is_probed = call.options->signature_probes;
    content.callback_keys = callback_keys(call);
    // No customer: how the refund ends follows from the payment's customer, unless a header says
    // otherwise.
    wish.script = script_of(call.request, {});
    return wish;
}

ApiError refund_error(RefundFate fate) {
    switch (fate) {
        case RefundFate::differs:
            return {.code = "INVALID_REQUEST",
                    .message = "请求参数与首次请求时不一致，请更换商户退款单号"};
        case RefundFate::payment_unknown:
            return {.code = "RESOURCE_NOT_EXISTS", .message = "订单不存在"};
        case RefundFate::not_paid:
            return {.code = "RESOURCE_NOT_EXISTS", .message = "订单未支付，不能退款"};
        // v3 has one code for whatever else is wrong with the wish; its sentence says what.
        case RefundFate::total_differs:
            return {.code = "INVALID_REQUEST", .message = "订单金额与支付时不一致"};
        case RefundFate::too_much:
            return {.code = "INVALID_REQUEST", .message = "退款金额大于可退金额"};
        case RefundFate::all_returned:
            return {.code = "INVALID_REQUEST", .message = "订单已全额退款"};
        case RefundFate::too_many:
            return {.code = "INVALID_REQUEST", .message = "退款次数超过50次"};
        case RefundFate::too_late:
            return {.code = "INVALID_REQUEST", .message = "订单支付超过365天，不能退款"};
        case RefundFate::not_enough:
            return {.code = "NOT_ENOUGH", .message = "基本账户余额不足，请充值后重新发起"};
        case RefundFate::open:
        case RefundFate::refused:
            break;
    }
    return {.code = "USER_ACCOUNT_ABNORMAL"};
}

}  // namespace

std::string refund_json(const ledger::Order& refund, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("refund_id", told_refund_id(refund, content))
        .text("out_refund_no", content.number)
        .text("transaction_id", content.transaction_id)
        .text("out_trade_no", content.out_trade_no)
        .text("channel", content.first_id.empty() ? "ORIGINAL" : "OTHER_BANKCARD")
        .text("user_received_account", receiver_of(content));
    if (refund.state == ledger::OrderState::succeeded)
        json.text("success_time", beijing_time(refund.moved_at));
    json.text("create_time", beijing_time(refund.opened_at))
        .text("status", refund_status(refund))
        .text("funds_account", content.funds_account.empty()
                                   ? "UNSETTLED"
                                   : std::string_view{content.funds_account});
    json.begin_object("amount")
        .number("total", content.total)
        .number("refund", content.amount)
        .begin_array("from")
        .end_array()
        .number("payer_total", content.total)
        .number("payer_refund", content.amount)
        .number("settlement_refund", content.amount)
        .number("settlement_total", content.total)
        .number("discount_refund", 0)
        .text("currency", "CNY")
        .end_object();
    json.begin_array("promotion_detail").end_array();
    return json.end_object().take();
}

std::string refund_notice_json(const ledger::Order& refund, const Content& content) {
    protocols::JsonText json;
    json.begin_object();
    write_merchant(json, content);
    json.text("out_trade_no", content.out_trade_no)
        .text("transaction_id", content.transaction_id)
        .text("out_refund_no", content.number)
        .text("refund_id", told_refund_id(refund, content))
        .text("refund_status", refund_status(refund));
    if (refund.state == ledger::OrderState::succeeded)
        json.text("success_time", beijing_time(refund.moved_at));
    json.text("user_received_account", receiver_of(content));
    json.begin_object("amount")
        .number("total", content.total)
        .number("refund", content.amount)
        .number("payer_total", content.total)
        .number("payer_refund", content.amount)
        .end_object();
    return json.end_object().take();
}

Answer create_refund(const CallPtr& call) {
    BodyReader body(*call);
    RefundWish wish = read_refund(body, *call);
    if (!body.is_good()) return body.refusal();
    return open_refund(call, std::move(wish), busy_reply(*call),
                       [call](const RefundOutcome& outcome) -> Answer {
                           // Open is also what has ended: the same request again tells how it
                           // stands.
                           if (outcome.fate != RefundFate::open)
                               return error_reply(*call, refund_error(outcome.fate));
                           // From what the order remembers, so that a repeated request gets the
                           // same answer as the first.
                           const ledger::Order& refund = *outcome.refund;
                           return reply(*call, refund_json(refund, read_content(refund.content)));
                       });
}

Answer query_refund(const CallPtr& call) {
    return find_refund(
        call, call->arguments.at(0), busy_reply(*call), [call](const OrderPtr& refund) -> Answer {
            if (refund == nullptr)
                return error_reply(*call,
                                   {.code = "RESOURCE_NOT_EXISTS", .message = "退款单不存在"});
            return reply(*call, refund_json(*refund, read_content(refund->content)));
        });
}

Answer retry_abnormal_refund(const CallPtr& call) {
    BodyReader body(*call);
    RetryWish wish;
    wish.refund_id = call->arguments.at(0);
    wish.out_refund_no = body.name("out_refund_no", {1, 64}, number_marks, Need::required);
    const std::string type =
        body.word("type", {"USER_BANK_CARD", "MERCHANT_BANK_CARD"}, Need::required);
    wish.is_merchants = type == "MERCHANT_BANK_CARD";
    // Of the customer's card everything has to be said, of the merchant's nothing.
    wish.received_on = read_card(body, wish.is_merchants ? Need::optional : Need::required);
    if (wish.is_merchants) wish.received_on = merchants_receiver;
    ignore_sub_merchant(body, *call);
    body.finish();
    if (!body.is_good()) return body.refusal();
    return retry_refund(call, wish, busy_reply(*call), [call](const OrderPtr& refund) -> Answer {
        if (refund == nullptr)
            return error_reply(*call, {.code = "RESOURCE_NOT_EXISTS", .message = "退款单不存在"});
        const Content content = read_content(refund->content);
        if (content.first_id.empty())
            return error_reply(*call, {.code = "INVALID_REQUEST",
                                       .message = "退款单状态不是退款异常，或余额不足"});
        return reply(*call, refund_json(*refund, content));
    });
}

}  // namespace tuma::wechat
