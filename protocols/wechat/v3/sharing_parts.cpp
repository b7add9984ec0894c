#include "protocols/wechat/v3/sharing_parts.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/payment.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"
#include "protocols/wechat/wire/replies.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

std::optional<ApiError> violation(const Call& call, const OrderPtr& payment) {
    if (payment == nullptr) return ApiError{.code = "RESOURCE_NOT_EXISTS", .message = "订单不存在"};
    // Its money went to the merchant's account and may be paid out already.
    if (!read_content(payment->content).shares_profit)
        return ApiError{.code = "INVALID_REQUEST", .message = "非分账订单不支持分账"};
    // By switch time: a test may move it instead of waiting a minute or thirty days.
    const Duration age = call.context.now - payment->moved_at;
    if (age < std::chrono::milliseconds{call.options->sharing_after_ms})
        return ApiError{.code = "INVALID_REQUEST",
                        .message = "订单处理中，暂时无法分账，请稍后再试"};
    if (age > sharing_days)
        return ApiError{.code = "INVALID_REQUEST", .message = "订单已过分账期限"};
    return std::nullopt;
}

std::string_view result_of(const ledger::Order& part) {
    if (!ledger::is_final(part.state)) return "PENDING";
    // A part that has failed is called closed; why is in fail_reason.
    return part.state == OrderState::succeeded ? "SUCCESS" : "CLOSED";
}

std::string_view failure_of(const ledger::Order& part) {
    if (part.state != OrderState::failed) return {};
    // The receiver was not added, or is nobody.
    if (part.code == reason::no_relation) return "NO_RELATION";
    return part.refusal == Refusal::insufficient_funds ? "PAYER_ACCOUNT_ABNORMAL"
                                                       : "ACCOUNT_ABNORMAL";
}

void write_part(protocols::JsonText& json, const ledger::Order& part) {
    const Content content = read_content(part.content);
    json.begin_object()
        .number("amount", content.amount)
        .text("description", content.reason)
        .text("type", content.type)
        .text("account", content.openid)
        .text("result", result_of(part));
    if (const std::string_view failure = failure_of(part); !failure.empty())
        json.text("fail_reason", failure);
    json.text("create_time", beijing_time(part.opened_at));
    if (ledger::is_final(part.state)) json.text("finish_time", beijing_time(part.moved_at));
    json.text("detail_id", sharing_id(part)).end_object();
}

}  // namespace

core::OrderRequest sharing_order(const Options& options, Kind kind, AccountId from, AccountId to,
                                 std::int64_t amount) {
    core::OrderRequest wish;
    wish.terms.kind = number(kind);
    // Not priced: the fee was charged when the customer paid.
    protocols::put_movement(wish, {ledger::Purpose::adjust, from, to, {amount, Currency::cny}},
                            reason::no_relation);
    wish.decides_now = true;
    wish.acts_after = std::chrono::milliseconds{options.sharing_delay_ms};
    return wish;
}

std::string part_key(std::string_view mchid, std::string_view out_order_no, std::size_t place) {
    return sharing_key(mchid, out_order_no) + "/" + std::to_string(place);
}

std::string unfreezing_key(std::string_view mchid, std::string_view out_order_no) {
    return sharing_key(mchid, out_order_no) + "/rest";
}

Answer with_shared_payment(const CallPtr& call, const std::string& transaction_id,
                           PaymentFound then) {
    const TradeRef ref{.transaction_id = transaction_id, .out_trade_no = {}};
    return ask(query_of(*call, ref), busy_reply(*call),
               [call, ref, then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(*call, ref, outcome.order, true);
                   if (const auto error = violation(*call, payment))
                       return error_reply(*call, *error);
                   return then(payment);
               });
}

Answer with_unsplit(const CallPtr& call, const OrderPtr& payment,
                    std::function<Answer(const Unsplit&)> then) {
    struct Sum {
        Unsplit unsplit{};
        bool has_balance = false;
    };
    const auto sum = std::make_shared<Sum>();
    const auto add = [sum, account = payment->terms.credit](const native::StatementEntry& entry) {
        const ledger::TransferRecord& record = entry.record;
        const bool is_out = record.debit == account;
        // The newest record comes first, and what stands behind it is what is left.
        if (!std::exchange(sum->has_balance, true))
            sum->unsplit.left = is_out ? record.debit_balance_after : record.credit_balance_after;
        if (is_out && record.purpose == ledger::Purpose::adjust)
            sum->unsplit.shared += record.amount;
        return true;
    };
    return protocols::walk_statement(payment->terms.credit, busy_reply(*call), add,
                                     [sum, then = std::move(then)] { return then(sum->unsplit); });
}

Answer find_parts(const CallPtr& call, const std::string& out_order_no, PartsFound then) {
    const std::string mchid = call->profile().mchid;
    return ask(core::QueryOrder{.key = part_key(mchid, out_order_no, 0)}, busy_reply(*call),
               [call, mchid, out_order_no,
                then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   // The first part is there for every sharing, and says how many there are.
                   if (outcome.order == nullptr) return then({});
                   const Content first = read_content(outcome.order->content);
                   if (!is_own(*call, first)) return then({});
                   const auto count = static_cast<std::size_t>(first.total);
                   Asking asking;
                   for (std::size_t i = 0; i < count; ++i) {
                       asking.requests.emplace_back().command =
                           core::QueryOrder{.key = part_key(mchid, out_order_no, i)};
                   }
                   asking.overloaded = busy_reply(*call);
                   asking.then = [then](const std::vector<core::Outcome>& outcomes) {
                       std::vector<OrderPtr> parts;
                       for (const core::Outcome& one : outcomes)
                           if (one.order != nullptr) parts.push_back(one.order);
                       return then(parts);
                   };
                   return asking;
               });
}

Answer find_parts_by_id(const CallPtr& call, const std::string& order_id, PartsFound then) {
    return ask(core::QueryOrder{.key = sharing_id_key(call->profile().mchid, order_id)},
               busy_reply(*call), [call, then = std::move(then)](const core::Outcome& outcome) {
                   if (outcome.order == nullptr) return then({});
                   return find_parts(call, read_content(outcome.order->content).number, then);
               });
}

std::string whole_id_of(const std::vector<OrderPtr>& parts) {
    std::string id = read_content(parts.front()->content).whole_id;
    // Sharings that were made before they had numbers of their own have their first part's.
    return id.empty() ? sharing_id(*parts.front()) : id;
}

void tell_receiver(const Call& call, Content& content) {
    // Persons are told by their phones.
    if (content.type != "MERCHANT_ID") return;
    const MerchantPtr receiver = call.keys->merchant(call.context.directory, content.openid);
    if (receiver == nullptr) return;
    content.notify_url = receiver->profile.sharing_notify_url;
    // The receiver has asked for nothing whose answer could say which key it verifies.
    content.callback_keys = receiver->profile.keys == "pubkey" ? "pubkey" : "";
}

std::string sharing_notice_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object();
    write_merchant(json, content);
    json.text("transaction_id", content.transaction_id)
        // A return is told by its own number.
        .text("order_id", is_kind(order, Kind::sharing) ? content.whole_id : sharing_id(order))
        .text("out_order_no", content.number)
        .begin_object("receiver")
        .text("type", content.type)
        .text("account", content.openid)
        .number("amount", content.amount)
        .text("description", content.reason)
        .end_object()
        .text("success_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

void write_sub_merchant(protocols::JsonText& json, const Content& content) {
    if (!content.sp_mchid.empty()) json.text("sub_mchid", content.mchid);
}

std::string sharing_json(const std::vector<OrderPtr>& parts) {
    const Content content = read_content(parts.front()->content);
    bool is_finished = true;
    // A sharing has no state of its own: it has ended when all its parts have.
    for (const OrderPtr& part : parts) is_finished = is_finished && ledger::is_final(part->state);
    protocols::JsonText json;
    json.begin_object();
    write_sub_merchant(json, content);
    json.text("transaction_id", content.transaction_id)
        .text("out_order_no", content.number)
        .text("order_id", whole_id_of(parts))
        .text("state", is_finished ? "FINISHED" : "PROCESSING")
        .begin_array("receivers");
    for (const OrderPtr& part : parts) write_part(json, *part);
    return json.end_array().end_object().take();
}

std::string receiver_profile(std::string_view mchid, std::string_view type,
                             std::string_view account) {
    return std::string(receiver_profile_prefix) + std::string(mchid) + "/" + std::string(type) +
           "/" + std::string(account);
}

protocols::AccountSpec receiver_account(const Call& call, std::string_view type,
                                        const std::string& account) {
    // A person's part goes to a wallet like any money that a person gets.
    if (type != "MERCHANT_ID") return customer_account(*call.options, account);
    const MerchantPtr merchant = call.keys->merchant(call.context.directory, account);
    // Not to the account of its sales: a share is no taking and is not paid out like one.
    if (merchant != nullptr) return operating_account(*call.options, merchant->profile);
    // Nobody's: the part fails.
    return {.identity = account + ".operating", .may_be_opened = false};
}

}  // namespace tuma::wechat
