#include "protocols/wechat/sharing_parts.h"

#include "protocols/json_text.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/replies.h"

#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

// Source: WeChat Pay API v3, profit sharing.
constexpr std::chrono::days sharing_days{30};
// A payment's account has its sale, its refunds and at most fifty sharings of fifty parts.
constexpr std::uint32_t page_entries = 500;

std::optional<ApiError> misfit(const Call& call, const OrderPtr& payment) {
    if (payment == nullptr) return ApiError{.code = "RESOURCE_NOT_EXISTS", .message = "订单不存在"};
    if (!read_content(payment->content).shares_profit)
        return ApiError{.code = "INVALID_REQUEST", .message = "非分账订单不支持分账"};
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
    return part.state == OrderState::succeeded ? "SUCCESS" : "CLOSED";
}

std::string_view failure_of(const ledger::Order& part) {
    if (part.state != OrderState::failed) return {};
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

// The payment's account, page by page.
struct UnsplitWalk : std::enable_shared_from_this<UnsplitWalk> {
    CallPtr call;
    AccountId account;
    std::function<Answer(const Unsplit&)> then;
    Unsplit sum{};
    bool has_balance = false;

    Answer read(TransferId before) {
        protocols::Reading reading;
        reading.query = {account, before, page_entries};
        reading.overloaded = busy_reply(*call);
        reading.then = [self = shared_from_this()](const native::StatementPage& page) {
            return self->take(page);
        };
        return reading;
    }

    Answer take(const native::StatementPage& page) {
        for (const native::StatementEntry& entry : page.entries) {
            const ledger::TransferRecord& record = entry.record;
            const bool is_out = record.debit == account;
            if (!std::exchange(has_balance, true))
                sum.left = is_out ? record.debit_balance_after : record.credit_balance_after;
            if (is_out && record.purpose == ledger::Purpose::adjust) sum.shared += record.amount;
        }
        if (page.code == Refusal::none && page.next) return read(page.next);
        return then(sum);
    }
};

}  // namespace

std::string part_key(std::string_view mchid, std::string_view out_order_no, std::size_t place) {
    return sharing_key(mchid, out_order_no) + "/" + std::to_string(place);
}

std::string unfreezing_key(std::string_view mchid, std::string_view out_order_no) {
    return sharing_key(mchid, out_order_no) + "/rest";
}

Answer with_shared_payment(const CallPtr& call, const std::string& transaction_id,
                           PaymentFound then) {
    const TradeRef ref{.transaction_id = transaction_id, .out_trade_no = {}};
    return ask(query_of(call->profile(), ref), busy_reply(*call),
               [call, ref, then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   const OrderPtr payment = fitting(call->profile(), ref, outcome.order, true);
                   if (const auto error = misfit(*call, payment)) return error_reply(*call, *error);
                   return then(payment);
               });
}

Answer with_unsplit(const CallPtr& call, const OrderPtr& payment,
                    std::function<Answer(const Unsplit&)> then) {
    auto walk = std::make_shared<UnsplitWalk>();
    walk->call = call;
    walk->account = payment->terms.credit;
    walk->then = std::move(then);
    return walk->read({});
}

Answer find_parts(const CallPtr& call, const std::string& out_order_no, PartsFound then) {
    const std::string mchid = call->profile().mchid;
    core::QueryOrder first;
    first.key = part_key(mchid, out_order_no, 0);
    return ask(std::move(first), busy_reply(*call),
               [call, mchid, out_order_no,
                then = std::move(then)](const core::Outcome& outcome) -> Answer {
                   if (outcome.order == nullptr) return then({});
                   const auto count =
                       static_cast<std::size_t>(read_content(outcome.order->content).total);
                   Asking asking;
                   for (std::size_t i = 0; i < count; ++i) {
                       core::QueryOrder query;
                       query.key = part_key(mchid, out_order_no, i);
                       asking.requests.emplace_back().command = std::move(query);
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

std::string sharing_json(const std::vector<OrderPtr>& parts) {
    const Content content = read_content(parts.front()->content);
    bool is_finished = true;
    for (const OrderPtr& part : parts) is_finished = is_finished && ledger::is_final(part->state);
    protocols::JsonText json;
    json.begin_object()
        .text("transaction_id", content.transaction_id)
        .text("out_order_no", content.number)
        .text("order_id", sharing_id(*parts.front()))
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

protocols::Party receiver_party(const Call& call, std::string_view type,
                                const std::string& account) {
    if (type != "MERCHANT_ID") return customer_party(call, account);
    const MerchantPtr merchant = call.keys->merchant(call.context.directory, account);
    if (merchant != nullptr) return operating_party(merchant->profile);
    // Nobody's: the part fails.
    return {.identity = account + ".operating", .may_be_opened = false};
}

}  // namespace tuma::wechat
