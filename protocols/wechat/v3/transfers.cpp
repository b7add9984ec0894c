#include "protocols/wechat/transfers.h"

#include "protocols/json_text.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/sensitive_field.h"
#include "protocols/wechat/trades.h"

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

// The person's name, which only the platform can read.
void check_name(BodyReader& body, const Call& call, std::int64_t amount) {
    const std::string sealed = body.text("user_name", {1, 1'024}, Need::optional);
    if (sealed.empty()) {
        if (amount >= name_required_from) body.fail("user_name", "转账金额大于等于2000元时必填");
        return;
    }
    if (amount < name_forbidden_below) return body.fail("user_name", "转账金额小于0.3元时不可填");
    const std::string* const serial = call.request.find("Wechatpay-Serial");
    const SigningKey* const key = serial == nullptr ? nullptr : call.platform->find(*serial);
    if (key == nullptr)
        return body.fail(ApiError{.code = "PARAM_ERROR",
                                  .message = "请求头 Wechatpay-Serial 缺失或不是有效的平台证书"
                                             "序列号或公钥ID"});
    if (!decrypt_sensitive_field(key->key, sealed)) body.fail("user_name", "敏感信息解密失败");
}

Content read_transfer(BodyReader& body, const Call& call) {
    Content content;
    content.mchid = call.profile().mchid;
    content.appid = body.text("appid", {1, 32}, Need::required);
    content.number = body.name("out_bill_no", {1, 32}, "", Need::required);
    content.scene = body.text("transfer_scene_id", {1, 36}, Need::required);
    content.openid = body.name("openid", {1, 31}, "_-", Need::required);
    content.amount = body.number("transfer_amount", 1, amount_max, Need::required);
    content.reason = body.text("transfer_remark", {1, 32}, Need::required);
    content.notify_url = body.url("notify_url", Need::optional);
    body.ignore({"user_recv_perception"});
    for (BodyReader& one : body.objects("transfer_scene_report_infos", 1, 10, Need::optional)) {
        one.text("info_type", {1, 15}, Need::required);
        one.text("info_content", {1, 32}, Need::required);
        one.finish();
    }
    if (body.is_good()) check_name(body, call, content.amount);
    body.finish();
    if (!body.is_good()) return content;
    const auto& appids = call.profile().appids;
    if (std::find(appids.begin(), appids.end(), content.appid) == appids.end())
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
        case OrderState::closed:
            return "CANCELLED";
        case OrderState::failed:
        case OrderState::expired:
            return "FAIL";
    }
    unreachable("a state of orders outside its table");
}

std::string_view transfer_failure(const ledger::Order& order) {
    if (order.state == OrderState::expired) return "OVERDUE_CLOSE";
    if (order.state != OrderState::failed) return {};
    if (order.code == reason::account_abnormal) return "ACCOUNT_FROZEN";
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

core::OrderWish wish_of(const Call& call, const Content& content, const Script& script,
                        AccountId merchant, AccountId person) {
    core::OrderWish wish;
    wish.terms.kind = number(Kind::transfer);
    wish.terms.purpose = ledger::Purpose::disburse;
    wish.terms.debit = merchant;
    wish.terms.credit = person;
    wish.terms.amount = content.amount;
    wish.terms.currency = Currency::cny;
    wish.terms.action = script.action;
    wish.terms.decline_code = script.code;
    wish.acts_after =
        script.delay.value_or(std::chrono::milliseconds{call.options->transfer_delay_ms});
    wish.expires_after = confirmation_time;
    wish.keys = {transfer_key(content.mchid, content.number)};
    wish.content = to_json(content);
    put_notice(wish, content, ledger::NoticeWhen::ended, ledger::NoticeLadder::wechat_transfer,
               script);
    return wish;
}

bool is_same(Content a, Content b) {
    a.package.clear();
    b.package.clear();
    return a == b;
}

http::HttpReply opened(const Call& call, const Content& content, const core::Outcome& outcome) {
    if (outcome.code == Refusal::none) return reply(call, created_json(*outcome.order, content));
    if (outcome.code != Refusal::order_exists)
        return error_reply(
            call, {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.code))});
    const Content before = read_content(outcome.order->content);
    if (is_same(before, content)) return reply(call, created_json(*outcome.order, before));
    return error_reply(call, {.code = "INVALID_REQUEST",
                              .message = "商户单号已存在，且请求参数与首次请求时不一致"});
}

// The merchant's account is looked at first: what it cannot pay is refused at once.
Answer open_transfer(const CallPtr& call, const Content& content,
                     const protocols::Accounts& accounts) {
    if (!accounts[1]) return error_reply(*call, {.code = "PARAM_ERROR", .message = "openid不存在"});
    protocols::Asking asking;
    asking.requests.emplace_back().command = core::QueryAccount{accounts[0], {}};
    core::QueryOrder before;
    before.key = transfer_key(content.mchid, content.number);
    asking.requests.emplace_back().command = std::move(before);
    asking.overloaded = busy_reply(*call);
    asking.then = [call, content, accounts](const std::vector<core::Outcome>& outcomes) -> Answer {
        const auto& account = outcomes[0].account;
        const bool is_known = outcomes[1].order != nullptr;
        if (!is_known && account && ledger::balance(account->account) < content.amount)
            return error_reply(*call, {.code = "NOT_ENOUGH", .message = "资金不足"});
        const Script script = script_of(call->request, content.openid);
        core::OpenOrder open{std::make_shared<const core::OrderWish>(
            wish_of(*call, content, script, accounts[0], accounts[1]))};
        return ask(std::move(open), busy_reply(*call),
                   [call, content](const core::Outcome& outcome) -> Answer {
                       return opened(*call, content, outcome);
                   });
    };
    return asking;
}

bool is_own_transfer(const Call& call, const OrderPtr& order) {
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
    content.package = chance_text(call->context.chance, chance_token) +
                      chance_text(call->context.chance, chance_resource);
    std::vector<protocols::Party> parties{operating_party(call->profile()),
                                          customer_party(*call, content.openid)};
    return protocols::with_accounts(party_terms(*call, busy_reply(*call)), std::move(parties),
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
    return ask(
        query_by_key(*call), busy_reply(*call), [call](const core::Outcome& found) -> Answer {
            if (found.order == nullptr) return error_reply(*call, unknown());
            core::OrderAct act{.order = found.order->terms.id};
            act.step = core::OrderStep::close;
            act.code = reason::merchant_cancelled;
            return ask(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))},
                       busy_reply(*call), [call](const core::Outcome& outcome) -> Answer {
                           return cancelled(*call, outcome);
                       });
        });
}

}  // namespace tuma::wechat
