#include "protocols/wechat/v3/transfers.h"

#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

constexpr std::int64_t amount_max = 2'000'000;  // 20,000 yuan
// Below 0.30 yuan a name is not looked at, from 2,000 yuan on it has to be there.
constexpr std::int64_t name_forbidden_below = 30;
constexpr std::int64_t name_required_from = 200'000;
constexpr std::chrono::hours confirmation_time{24};

// What a merchant reports of a transfer, by its scene; `all` of the types have to be there, or one
// at least. Source: WeChat Pay API v3, transfer bills.
struct SceneRow {
    std::string_view scene;
    std::array<std::string_view, 2> types;  // an empty one is none
    bool all = true;
};
constexpr std::array scene_rows{SceneRow{"1000", {"活动名称", "奖励说明"}, false},
                                SceneRow{"1005", {"岗位类型", "报酬说明"}},
                                SceneRow{"1009", {"采购商品名称", ""}}};

bool is_reported(std::string_view scene, const std::vector<std::string>& told) {
    // Whatever the scene is, something has to be reported.
    if (told.empty()) return false;
    const auto* const row = std::find_if(scene_rows.begin(), scene_rows.end(),
                                         [&](const SceneRow& one) { return one.scene == scene; });
    if (row == scene_rows.end()) return true;
    const auto belongs = [&](const std::string& type) {
        return std::find(row->types.begin(), row->types.end(), type) != row->types.end();
    };
    const auto is_told = [&](std::string_view type) {
        return type.empty() || std::find(told.begin(), told.end(), type) != told.end();
    };
    return std::all_of(told.begin(), told.end(), belongs) &&
           (!row->all || std::all_of(row->types.begin(), row->types.end(), is_told));
}

void check_report(BodyReader& body, std::string_view scene) {
    std::vector<std::string> told;
    for (BodyReader& one : body.objects("transfer_scene_report_infos", 0, 10, Need::optional)) {
        told.push_back(one.text("info_type", {1, 15}, Need::required));
        one.text("info_content", {1, 32}, Need::required);
        one.finish();
    }
    if (body.is_good() && !is_reported(scene, told))
        body.fail(ApiError{.code = "PARAM_ERROR",
                           .message = "未传入完整且对应的转账场景报备信息，请根据接口文档检查"});
}

// The person's name, which only the platform can read.
void check_name(BodyReader& body, std::int64_t amount) {
    const bool is_there = !body.sealed("user_name", Need::optional).empty();
    // Both bounds are the service's own.
    if (!is_there && amount >= name_required_from)
        body.fail("user_name", "转账金额大于等于2000元时必填");
    if (is_there && amount < name_forbidden_below)
        body.fail("user_name", "转账金额小于0.3元时不可填");
}

Content read_transfer(BodyReader& body, const Call& call) {
    body.count_characters();
    Content content;
    content.mchid = call.profile().mchid;
    content.appid = body.text("appid", {1, 32}, Need::required);
    content.number = body.name("out_bill_no", {1, 32}, "", Need::required);
    content.scene = body.text("transfer_scene_id", {1, 36}, Need::required);
    content.openid = body.name("openid", {1, 31}, "_-", Need::required);
    content.amount = body.number("transfer_amount", 1, amount_max, Need::required);
    content.callback_keys = callback_keys(call);
    content.reason = body.text("transfer_remark", {1, 32}, Need::required);
    content.notify_url = body.url("notify_url", Need::optional);
    body.text("user_recv_perception", {1, 32}, Need::optional);
    check_report(body, content.scene);
    // Whether a name has to be there depends on the amount, which must have been read.
    if (body.is_good()) check_name(body, content.amount);
    body.finish();
    // What is wrong with a member is told before what is wrong with the merchant.
    if (!body.is_good()) return content;
    if (!call.profile().may_use(content.appid))
        body.fail(ApiError{.code = "APPID_MCHID_NOT_MATCH"});
    return content;
}

std::string_view state_of(const ledger::Order& order) {
    switch (order.state) {
        case OrderState::awaiting_customer:
        case OrderState::awaiting_merchant:
            return "WAIT_USER_CONFIRM";
        case OrderState::processing:
            return "TRANSFERING";
        case OrderState::succeeded:
            return "SUCCESS";
        // The merchant has taken it back before the person took it.
        case OrderState::closed:
            return "CANCELLED";
        case OrderState::failed:
        case OrderState::expired:
            return "FAIL";
    }
    unreachable("a state of orders outside its table");
}

std::string_view transfer_failure(const ledger::Order& order) {
    // Nobody took it within a day.
    if (order.state == OrderState::expired) return "OVERDUE_CLOSE";
    if (order.state != OrderState::failed) return {};
    if (order.code == reason::account_abnormal) return "ACCOUNT_FROZEN";
    // The merchant had enough when the transfer was opened, and too little when it was taken.
    if (order.refusal == Refusal::insufficient_funds) return "PAYER_ACCOUNT_ABNORMAL";
    if (order.refusal != Refusal::none) return "RECEIVE_ACCOUNT_NOT_PERMMIT";
    return "MERCHANT_REJECT";
}

std::string created_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("out_bill_no", content.number)
        .text("transfer_bill_no", transfer_bill_no(order))
        .text("create_time", beijing_time(order.opened_at))
        .text("state", state_of(order));
    // The merchant hands it to the person's phone to confirm, which makes sense only while it
    // waits.
    if (!ledger::is_final(order.state)) json.text("package_info", content.package);
    return json.end_object().take();
}

std::string transfer_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("mch_id", content.mchid)
        .text("out_bill_no", content.number)
        .text("transfer_bill_no", transfer_bill_no(order))
        .text("appid", content.appid)
        .text("state", state_of(order))
        .number("transfer_amount", content.amount)
        .text("transfer_remark", content.reason);
    if (const std::string_view failure = transfer_failure(order); !failure.empty())
        json.text("fail_reason", failure);
    json.text("openid", content.openid)
        .text("create_time", beijing_time(order.opened_at))
        .text("update_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

core::OrderRequest wish_of(const Call& call, const Content& content, const Script& script,
                           AccountId merchant, AccountId person) {
    core::OrderRequest wish = protocols::wish_of(number(Kind::transfer), to_json(content));
    put_payout(wish, content, merchant, person);
    protocols::put_script(wish, script, std::chrono::milliseconds{call.options->transfer_delay_ms});
    // The money moves when the person takes it. Until then nothing is set aside.
    wish.expires_after = confirmation_time;
    wish.keys = {transfer_key(content.mchid, content.number)};
    put_notice(wish, content, ledger::NoticeWhen::ended, schedule_transfer, script);
    return wish;
}

bool is_same_transfer(Content a, Content b) {
    // Drawn anew for each request, and no part of what was asked.
    a.package.clear();
    b.package.clear();
    return is_same_request(std::move(a), b);
}

http::HttpReply transfer_opened(const Call& call, const Content& content,
                                const core::Outcome& outcome) {
    if (outcome.code == Refusal::none) return reply(call, created_json(*outcome.order, content));
    if (outcome.code != Refusal::order_exists)
        return error_reply(
            call, {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.code))});
    const Content before = read_content(outcome.order->content);
    // With the package of the first request: the person may have it already.
    if (is_same_transfer(before, content)) return reply(call, created_json(*outcome.order, before));
    return error_reply(call, {.code = "INVALID_REQUEST",
                              .message = "商户单号已存在，且请求参数与首次请求时不一致"});
}

// The merchant's account is looked at first: what it cannot pay is refused at once.
Answer open_transfer(const CallPtr& call, const Content& content,
                     const protocols::Accounts& accounts) {
    if (!accounts[1]) return error_reply(*call, {.code = "PARAM_ERROR", .message = "openid不存在"});
    protocols::Asking asking;
    asking.requests.emplace_back().command = core::QueryAccount{accounts[0], {}};
    asking.requests.emplace_back().command =
        core::QueryOrder{.key = transfer_key(content.mchid, content.number)};
    asking.overloaded = busy_reply(*call);
    asking.then = [call, content, accounts](const std::vector<core::Outcome>& outcomes) -> Answer {
        const auto& account = outcomes[0].account;
        const bool is_known = outcomes[1].order != nullptr;
        // A repeated request gets its transfer, whatever the account holds by now.
        if (!is_known && account && ledger::balance(account->account) < content.amount)
            return error_reply(*call, {.code = "NOT_ENOUGH", .message = "资金不足"});
        const Script script = script_of(call->request, content.openid);
        return protocols::open_order(wish_of(*call, content, script, accounts[0], accounts[1]),
                                     busy_reply(*call),
                                     [call, content](const core::Outcome& outcome) -> Answer {
                                         return transfer_opened(*call, content, outcome);
                                     });
    };
    return asking;
}

bool is_own_transfer(const Call& call, const OrderPtr& order) {
    // A number of the platform's may be any order's, also another merchant's.
    return order != nullptr && is_kind(*order, Kind::transfer) &&
           read_content(order->content).mchid == call.profile().mchid;
}

ApiError unknown() {
    return {.code = "RESOURCE_NOT_EXISTS", .message = "转账单不存在"};
}

core::QueryOrder query_by_key(const Call& call) {
    core::QueryOrder query;
    query.key = transfer_key(call.profile().mchid, call.arguments.at(0));
    return query;
}

http::HttpReply cancelled(const Call& call, const core::Outcome& outcome) {
    const ledger::Order& order = *outcome.order;
    // Taken back twice is taken back.
    if (outcome.code != Refusal::none && order.state != OrderState::closed)
        return error_reply(call, {.code = "INVALID_REQUEST", .message = "当前状态不允许撤销"});
    protocols::JsonText json;
    json.begin_object()
        .text("out_bill_no", read_content(order.content).number)
        .text("transfer_bill_no", transfer_bill_no(order))
        .text("state", state_of(order))
        .text("update_time", beijing_time(order.moved_at));
    return reply(call, json.end_object().take());
}

}  // namespace

std::string transfer_notice_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("out_bill_no", content.number)
        .text("transfer_bill_no", transfer_bill_no(order))
        .text("state", state_of(order))
        .text("mch_id", content.mchid)
        .number("transfer_amount", content.amount)
        .text("openid", content.openid);
    if (const std::string_view failure = transfer_failure(order); !failure.empty())
        json.text("fail_reason", failure);
    json.text("create_time", beijing_time(order.opened_at))
        .text("update_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

Answer create_transfer(const CallPtr& call) {
    BodyReader body(*call);
    Content content = read_transfer(body, *call);
    if (!body.is_good()) return body.refusal();
    content.package = entropy_text(call->context.entropy, entropy_token) +
                      entropy_text(call->context.entropy, entropy_resource);
    // Not from the account of its sales: persons are paid from money that was put there for it.
    std::vector<protocols::AccountSpec> parties{operating_account(*call->options, call->profile()),
                                                customer_account(*call->options, content.openid)};
    return protocols::with_accounts(call->context.directory, busy_reply(*call), std::move(parties),
                                    [call, content](const protocols::Accounts& accounts) {
                                        return open_transfer(call, content, accounts);
                                    });
}

Answer query_transfer_by_number(const CallPtr& call) {
    return ask(query_by_key(*call), busy_reply(*call),
               [call](const core::Outcome& outcome) -> Answer {
                   if (outcome.order == nullptr) return error_reply(*call, unknown());
                   const ledger::Order& order = *outcome.order;
                   return reply(*call, transfer_json(order, read_content(order.content)));
               });
}

Answer query_transfer_by_id(const CallPtr& call) {
    const std::string id = call->arguments.at(0);
    core::QueryOrder query;
    // What is no number asks for a key that no order has, and finds nothing.
    query.order = order_of(id).value_or(OrderId{});
    query.key = "w/-";
    return ask(std::move(query), busy_reply(*call),
               [call, id](const core::Outcome& outcome) -> Answer {
                   const OrderPtr& order = outcome.order;
                   if (!is_own_transfer(*call, order) || transfer_bill_no(*order) != id)
                       return error_reply(*call, unknown());
                   return reply(*call, transfer_json(*order, read_content(order->content)));
               });
}

Answer cancel_transfer(const CallPtr& call) {
    return ask(query_by_key(*call), busy_reply(*call),
               [call](const core::Outcome& found) -> Answer {
                   if (found.order == nullptr) return error_reply(*call, unknown());
                   core::OrderAction act{.order = found.order->terms.id};
                   act.step = core::OrderStep::close;
                   act.code = reason::merchant_cancelled;
                   return protocols::move_order(std::move(act), busy_reply(*call),
                                                [call](const core::Outcome& outcome) -> Answer {
                                                    return cancelled(*call, outcome);
                                                });
               });
}

}  // namespace tuma::wechat
