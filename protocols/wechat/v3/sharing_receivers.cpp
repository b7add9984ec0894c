#include "protocols/wechat/v3/sharing_receivers.h"

#include "ledger/words/words.h"
#include "protocols/kit/field_table.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/v3/sharing_parts.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

const std::initializer_list<std::string_view> receiver_types{"MERCHANT_ID", "PERSONAL_OPENID",
                                                             "PERSONAL_SUB_OPENID"};
const std::initializer_list<std::string_view> relations{
    "SERVICE_PROVIDER", "STORE", "STAFF",    "STORE_OWNER", "PARTNER", "HEADQUARTER", "BRAND",
    "DISTRIBUTOR",      "USER",  "SUPPLIER", "CUSTOM"};
constexpr std::size_t account_max = 31;

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

struct Receiver {
    std::string type;
    std::string account;
    std::string relation;
};

// What is kept of one.
struct StoredReceiver {
    std::string relation;
};
using ReceiverRows = protocols::Rows<StoredReceiver>;
const std::array stored_rows{
    ReceiverRows::required(ReceiverRows::text("relation_type", &StoredReceiver::relation))};

Receiver read_receiver(BodyReader& body, const Call& call, bool is_added) {
    Receiver receiver;
    body.count_characters();
    body.text("appid", {1, 32}, Need::required);
    receiver.type = body.word("type", receiver_types, Need::required);
    receiver.account = body.name("account", {1, account_max}, "_-", Need::required);
    // Deleting needs no more than what names the receiver.
    if (is_added) {
        // A merchant is added with its whole name, a person may be.
        body.sealed("name", receiver.type == "MERCHANT_ID" ? Need::required : Need::optional);
        body.text("custom_relation", {1, 10}, Need::optional);
        receiver.relation = body.word("relation_type", relations, Need::required);
    }
    ignore_sub_merchant(body, call);
    body.finish();
    return receiver;
}

Answer store_receiver(const CallPtr& call, const Receiver& receiver, std::string content) {
    auto profile = std::make_shared<ledger::ProfileStored>();
    // A profile, not an order: it is there until it is deleted and moves nothing.
    profile->name = receiver_profile(call->profile().mchid, receiver.type, receiver.account);
    profile->content = std::move(content);
    // Adding twice and deleting what is not there succeed: afterwards it is as was asked.
    return ask(core::StoreProfile{std::move(profile)}, busy_reply(*call),
               [call, receiver](const core::Outcome&) -> Answer {
                   protocols::JsonText json;
                   json.begin_object();
                   if (call->partner != nullptr) json.text("sub_mchid", call->profile().mchid);
                   json.text("type", receiver.type).text("account", receiver.account);
                   if (!receiver.relation.empty()) json.text("relation_type", receiver.relation);
                   return reply(*call, json.end_object().take());
               });
}

std::string return_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    const bool is_final = ledger::is_final(order.state);
    const bool is_done = order.state == OrderState::succeeded;
    json.begin_object();
    write_sub_merchant(json, content);
    // Returns that were made before had it elsewhere.
    json.text("order_id", content.whole_id.empty() ? content.detail : content.whole_id)
        .text("out_order_no", content.out_trade_no)
        .text("out_return_no", content.number)
        .text("return_id", sharing_id(order))
        .text("return_mchid", content.openid)
        .number("amount", content.amount)
        .text("description", content.reason)
        .text("result", !is_final ? "PROCESSING"
                        : is_done ? "SUCCESS"
                                  : "FAILED");
    // The only reason that is told: the books hardly refuse a return for another.
    if (is_final && !is_done) json.text("fail_reason", "BALANCE_NOT_ENOUGH");
    json.text("create_time", beijing_time(order.opened_at));
    if (is_final) json.text("finish_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

// The part of that merchant in the sharing, if money has moved.
OrderPtr part_for(const std::vector<OrderPtr>& parts, std::string_view mchid) {
    for (const OrderPtr& part : parts) {
        const Content content = read_content(part->content);
        // Persons give nothing back. A part that failed has given nothing.
        if (content.type == "MERCHANT_ID" && content.openid == mchid &&
            part->state == OrderState::succeeded)
            return part;
    }
    return nullptr;
}

Answer open_return(const CallPtr& call, const OrderPtr& part, const Content& content) {
    return protocols::with_accounts(
        call->context.directory, busy_reply(*call),
        {merchant_account(*call->options, call->profile())},
        [call, part, content](const protocols::Accounts& accounts) -> Answer {
            // To the merchant's takings: what was shared once is frozen no more.
            core::OrderRequest wish =
                sharing_order(*call->options, Kind::unsharing, part->terms.credit, accounts.front(),
                              content.amount);
            // No more comes back than was given.
            wish.terms.parent = part->terms.id;
            wish.keys = {unsharing_key(content.mchid, content.number)};
            wish.content = to_json(content);
            put_notice(wish, content, ledger::NoticeWhen::succeeded, schedule_payment, {});
            return protocols::open_order(
                std::move(wish), busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
                    if (outcome.order == nullptr)
                        return error_reply(
                            *call, {.code = "INVALID_REQUEST", .message = "回退金额超过分账金额"});
                    const ledger::Order& order = *outcome.order;
                    return reply(*call, return_json(order, read_content(order.content)));
                });
        });
}

// A return as it was asked for.
struct ReturnWish {
    Content content;
    std::string order_id;  ///< of the sharing; empty where its own number is given
};

ReturnWish read_return(BodyReader& body, const Call& call) {
    ReturnWish wish;
    Content& content = wish.content;
    body.count_characters();
    content.mchid = call.profile().mchid;
    content.sp_mchid = call.sp_mchid();
    wish.order_id = body.text("order_id", {1, 64}, Need::optional);
    content.out_trade_no = body.name("out_order_no", {1, 64}, number_marks, Need::optional);
    if (wish.order_id.empty() && content.out_trade_no.empty())
        body.fail("order_id", "order_id和out_order_no须二选一");
    content.number = body.name("out_return_no", {1, 64}, number_marks, Need::required);
    content.openid = body.text("return_mchid", {1, 32}, Need::required);
    content.amount = body.number("amount", 1, fen_max, Need::required);
    content.reason = body.text("description", {1, 80}, Need::required);
    ignore_sub_merchant(body, call);
    body.finish();
    return wish;
}

// What a repeated request has in common with the first, however it names the sharing.
bool is_same_return(const ReturnWish& wish, const Content& before) {
    const Content& content = wish.content;
    const bool is_its_number =
        content.out_trade_no.empty() || content.out_trade_no == before.out_trade_no;
    const bool is_its_id = wish.order_id.empty() || wish.order_id == before.whole_id;
    return is_its_number && is_its_id && content.openid == before.openid &&
           content.amount == before.amount && content.reason == before.reason;
}

Answer answer_again(const CallPtr& call, const ReturnWish& wish, const ledger::Order& order) {
    const Content before = read_content(order.content);
    if (is_same_return(wish, before)) return reply(*call, return_json(order, before));
    return error_reply(*call, {.code = "INVALID_REQUEST",
                               .message = "商户回退单号已存在，且请求参数与首次不一致"});
}

// Of the sharing that was found, or of none.
Answer return_from(const CallPtr& call, const ReturnWish& wish,
                   const std::vector<OrderPtr>& parts) {
    const OrderPtr part = part_for(parts, wish.content.openid);
    const bool is_named =
        part != nullptr && (wish.order_id.empty() || wish.order_id == whole_id_of(parts));
    if (!is_named)
        return error_reply(*call, {.code = "RESOURCE_NOT_EXISTS", .message = "分账单不存在"});
    Content content = wish.content;
    const Content shared = read_content(part->content);
    // Remembered, because the answer tells which sharing it is of, whichever way it was asked for.
    content.out_trade_no = shared.number;
    content.whole_id = whole_id_of(parts);
    content.transaction_id = shared.transaction_id;
    content.type = shared.type;
    tell_receiver(*call, content);
    return open_return(call, part, content);
}

}  // namespace

Answer add_receiver(const CallPtr& call) {
    BodyReader body(*call);
    const Receiver receiver = read_receiver(body, *call, true);
    if (!body.is_good()) return body.refusal();
    return store_receiver(
        call, receiver,
        protocols::record_json<StoredReceiver>(stored_rows, {.relation = receiver.relation}));
}

std::optional<InputError> violation_of_receiver(std::string_view rest, std::string_view content) {
    const std::vector<std::string_view> parts = split_words(rest, '/');
    // The bounds are those of the request, so that no receiver is stored that no request could have
    // added.
    if (parts.size() != 3 || !is_mchid(parts[0]) || parts[2].empty() ||
        parts[2].size() > account_max)
        return InputError{"name", "must end in MCHID/TYPE/ACCOUNT"};
    if (!is_one_of(parts[1], receiver_types))
        return InputError{"name", none_of(parts[1], std::vector(receiver_types))};
    const auto read = protocols::read_record<StoredReceiver>(stored_rows, content, "receiver");
    if (!read) return read.error();
    if (is_one_of(read->relation, relations)) return std::nullopt;
    return InputError{"relation_type", none_of(read->relation, std::vector(relations))};
}

Answer delete_receiver(const CallPtr& call) {
    BodyReader body(*call);
    const Receiver receiver = read_receiver(body, *call, false);
    if (!body.is_good()) return body.refusal();
    return store_receiver(call, receiver, {});
}

Answer return_share(const CallPtr& call) {
    BodyReader body(*call);
    const auto wish = std::make_shared<const ReturnWish>(read_return(body, *call));
    if (!body.is_good()) return body.refusal();
    const Content& content = wish->content;
    return ask(core::QueryOrder{.key = unsharing_key(content.mchid, content.number)},
               busy_reply(*call), [call, wish](const core::Outcome& outcome) -> Answer {
                   // Before the sharing is looked for: the first request stands.
                   if (outcome.order != nullptr) return answer_again(call, *wish, *outcome.order);
                   const auto found = [call, wish](const std::vector<OrderPtr>& parts) {
                       return return_from(call, *wish, parts);
                   };
                   const std::string& number = wish->content.out_trade_no;
                   return number.empty() ? find_parts_by_id(call, wish->order_id, found)
                                         : find_parts(call, number, found);
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
                   // The return's number alone would do. The path asks for both, and they have to
                   // agree.
                   if (outcome.order == nullptr || !is_own(*call, content) ||
                       content.out_trade_no != out_order_no)
                       return error_reply(
                           *call, {.code = "RESOURCE_NOT_EXISTS", .message = "回退单不存在"});
                   return reply(*call, return_json(*outcome.order, content));
               });
}

Answer query_sharing_config(const CallPtr& call) {
    const MerchantPtr merchant =
        call->keys->merchant(call->context.directory, call->arguments.at(0));
    // Any merchant may ask about any other.
    if (merchant == nullptr) return error_reply(*call, {.code = "MCH_NOT_EXISTS"});
    protocols::JsonText json;
    json.begin_object()
        .text("sub_mchid", merchant->profile.mchid)
        .number("max_ratio", merchant->profile.sharing_ratio_bp);
    return reply(*call, json.end_object().take());
}

}  // namespace tuma::wechat
