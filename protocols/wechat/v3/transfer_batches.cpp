#include "protocols/wechat/v3/transfer_batches.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;
using protocols::Asking;

constexpr std::size_t details_max = 500;
constexpr std::int64_t detail_amount_max = 2'000'000;  // 20,000 yuan
constexpr std::int64_t detail_unnamed_below = 30;
constexpr std::int64_t detail_named_from = 200'000;
// Source: WeChat Pay API v3, transfer batches.
constexpr std::int64_t limit_least = 20;
constexpr std::int64_t limit_most = 100;
// The whole ends behind its transfers.
constexpr std::chrono::seconds behind_all{1};

struct BatchWish {
    Content content;
    std::vector<Content> details;
};
using BatchWishPtr = std::shared_ptr<const BatchWish>;

Content read_detail(BodyReader& body, const Content& whole) {
    Content content;
    content.mchid = whole.mchid;
    content.appid = whole.appid;
    content.out_trade_no = whole.number;
    content.number = body.name("out_detail_no", {1, 32}, "", Need::required);
    content.amount = body.number("transfer_amount", 1, detail_amount_max, Need::required);
    content.reason = body.text("transfer_remark", {1, 32}, Need::required);
    content.openid = body.name("openid", {1, 31}, "_-", Need::required);
    const bool is_named = !body.sealed("user_name", Need::optional).empty();
    if (!is_named && content.amount >= detail_named_from)
        body.fail("user_name", "转账金额大于等于2000元时必填");
    if (is_named && content.amount < detail_unnamed_below)
        body.fail("user_name", "转账金额小于0.3元时不可填");
    body.finish();
    return content;
}

void check_sums(BodyReader& body, const BatchWish& wish) {
    std::int64_t sum = 0;
    std::set<std::string> numbers;
    for (const Content& detail : wish.details) {
        sum += detail.amount;
        if (!numbers.insert(detail.number).second)
            return body.fail("transfer_detail_list", "商家明细单号重复");
    }
    if (sum != wish.content.total) body.fail("total_amount", "与明细转账金额之和不一致");
    if (static_cast<std::int64_t>(wish.details.size()) != wish.content.amount)
        body.fail("total_num", "与明细笔数不一致");
}

BatchWish read_batch(BodyReader& body, const Call& call) {
    body.count_characters();
    BatchWish wish;
    Content& content = wish.content;
    content.mchid = call.profile().mchid;
    content.appid = body.text("appid", {1, 32}, Need::required);
    content.number = body.name("out_batch_no", {1, 32}, "", Need::required);
    content.description = body.text("batch_name", {1, 32}, Need::required);
    content.reason = body.text("batch_remark", {1, 32}, Need::required);
    content.total = body.number("total_amount", 1, fen_max, Need::required);
    content.amount = body.number("total_num", 1, details_max, Need::required);
    content.scene = body.text("transfer_scene_id", {1, 36}, Need::optional);
    content.notify_url = body.url("notify_url", Need::optional);
    content.callback_keys = callback_keys(call);
    std::string all;
    for (BodyReader& one : body.objects("transfer_detail_list", 1, details_max, Need::required)) {
        wish.details.push_back(read_detail(one, content));
        all += to_json(wish.details.back());
    }
    body.finish();
    // So that a repeated request is compared to the last letter.
    const crypto::Sha256 hash = crypto::sha256(all);
    content.detail = crypto::hex_lower(std::span{hash});
    if (body.is_good()) check_sums(body, wish);
    if (body.is_good() && !call.profile().may_use(content.appid))
        body.fail(ApiError{.code = "APPID_MCHID_NOT_MATCH"});
    return wish;
}

// A person who does not take a transfer loses it.
constexpr std::chrono::days untaken_life{1};

// When the transfer has ended, whatever the person does.
Duration life_of(const Call& call, const Content& detail) {
    const Script script = script_of(call.request, detail.openid);
    const Duration taken =
        script.delay.value_or(std::chrono::milliseconds{call.options->transfer_delay_ms});
    return script.action == ledger::CustomerAction::none ? taken + untaken_life : taken;
}

core::OrderRequest batch_order(const Call& call, const BatchWish& batch, AccountId payer) {
    core::OrderRequest wish = protocols::wish_of(number(Kind::batch), to_json(batch.content));
    // It moves nothing itself, and says when all has ended.
    wish.terms.debit = payer;
    wish.terms.currency = Currency::cny;
    wish.decides_now = true;
    for (const Content& detail : batch.details)
        wish.acts_after = std::max<Duration>(wish.acts_after, life_of(call, detail) + behind_all);
    wish.keys = {batch_key(batch.content.mchid, batch.content.number)};
    put_notice(wish, batch.content, ledger::NoticeWhen::ended, schedule_transfer, {});
    return wish;
}

core::OrderRequest detail_order(const Call& call, const Content& content, std::size_t place,
                                AccountId payer, AccountId person) {
    const Script script = script_of(call.request, content.openid);
    core::OrderRequest wish = protocols::wish_of(number(Kind::batch_detail), to_json(content));
    put_payout(wish, content, payer, person);
    protocols::put_script(wish, script, std::chrono::milliseconds{call.options->transfer_delay_ms});
    wish.expires_after = wish.acts_after + untaken_life;
    // Whom nobody knows gets nothing, and the others do.
    wish.decides_now = !person;
    wish.keys = {batch_place_key(content.mchid, content.out_trade_no, place),
                 batch_detail_key(content.mchid, content.out_trade_no, content.number)};
    return wish;
}

std::string batch_created_json(const ledger::Order& order) {
    const Content content = read_content(order.content);
    protocols::JsonText json;
    json.begin_object()
        .text("out_batch_no", content.number)
        .text("batch_id", transfer_bill_no(order))
        .text("create_time", beijing_time(order.opened_at))
        .text("batch_status", "ACCEPTED");
    return json.end_object().take();
}

// Again and again with the same result: a batch whose transfers were cut off gets them.
Answer open_details(const CallPtr& call, const BatchWishPtr& wish, const OrderPtr& batch,
                    const protocols::Accounts& accounts) {
    Asking asking;
    for (std::size_t i = 0; i < wish->details.size(); ++i)
        put_question(asking,
                     detail_order(*call, wish->details[i], i, accounts[0], accounts[i + 1]));
    asking.overloaded = busy_reply(*call);
    // Each transfer tells itself what became of it.
    asking.then = [call, batch](const std::vector<core::Outcome>&) -> Answer {
        return reply(*call, batch_created_json(*batch));
    };
    return asking;
}

Answer batch_opened(const CallPtr& call, const BatchWishPtr& wish,
                    const protocols::Accounts& accounts, const core::Outcome& outcome) {
    const auto repeat = protocols::repeat_of(outcome, [&](const ledger::Order& order) {
        return is_same_request(read_content(order.content), wish->content);
    });
    switch (repeat) {
        case protocols::Repeat::fresh:
        case protocols::Repeat::same:
            return open_details(call, wish, outcome.order, accounts);
        case protocols::Repeat::differs:
            return error_reply(*call,
                               {.code = "INVALID_REQUEST",
                                .message = "商家批次单号已存在，且请求参数与首次请求时不一致"});
        case protocols::Repeat::refused:
            break;
    }
    return error_reply(*call,
                       {.code = "ACCOUNT_ERROR", .message = std::string(sentence(outcome.code))});
}

// What the payer cannot pay is refused at once, unless the batch is there already.
Answer open_batch(const CallPtr& call, const BatchWishPtr& wish,
                  const protocols::Accounts& accounts) {
    Asking asking;
    asking.requests.emplace_back().command = core::QueryAccount{accounts[0], {}};
    asking.requests.emplace_back().command =
        core::QueryOrder{.key = batch_key(wish->content.mchid, wish->content.number)};
    asking.overloaded = busy_reply(*call);
    asking.then = [call, wish, accounts](const std::vector<core::Outcome>& outcomes) -> Answer {
        const auto& account = outcomes[0].account;
        const bool is_known = outcomes[1].order != nullptr;
        if (!is_known && account && ledger::balance(account->account) < wish->content.total)
            return error_reply(*call, {.code = "NOT_ENOUGH", .message = "资金不足"});
        return protocols::open_order(batch_order(*call, *wish, accounts[0]), busy_reply(*call),
                                     [call, wish, accounts](const core::Outcome& outcome) {
                                         return batch_opened(call, wish, accounts, outcome);
                                     });
    };
    return asking;
}

std::string_view detail_status(const ledger::Order& detail) {
    if (!ledger::is_final(detail.state)) return "PROCESSING";
    return detail.state == OrderState::succeeded ? "SUCCESS" : "FAIL";
}

std::string_view detail_failure(const ledger::Order& detail) {
    if (detail.state == OrderState::succeeded || !ledger::is_final(detail.state)) return {};
    if (detail.refusal == Refusal::insufficient_funds) return "NOT_ENOUGH";
    return detail.code == reason::account_abnormal ? "ACCOUNT_FROZEN" : "PAYEE_ACCOUNT_ABNORMAL";
}

// Sums over the transfers with one state.
struct Tally {
    std::int64_t amount = 0;
    std::int64_t count = 0;
};
Tally tally_of(const std::vector<OrderPtr>& details, std::string_view status) {
    Tally sum;
    for (const OrderPtr& detail : details) {
        if (detail_status(*detail) != status) continue;
        sum.amount += read_content(detail->content).amount;
        ++sum.count;
    }
    return sum;
}

void write_batch(protocols::JsonText& json, const ledger::Order& batch,
                 const std::vector<OrderPtr>& details) {
    const Content content = read_content(batch.content);
    const Tally done = tally_of(details, "SUCCESS");
    const Tally failed = tally_of(details, "FAIL");
    const bool is_finished = done.count + failed.count == content.amount;
    json.begin_object("transfer_batch")
        .text("mchid", content.mchid)
        .text("out_batch_no", content.number)
        .text("batch_id", transfer_bill_no(batch))
        .text("appid", content.appid)
        .text("batch_status", is_finished ? "FINISHED" : "PROCESSING")
        .text("batch_type", "API")
        .text("batch_name", content.description)
        .text("batch_remark", content.reason)
        .number("total_amount", content.total)
        .number("total_num", content.amount)
        .text("create_time", beijing_time(batch.opened_at))
        .text("update_time", beijing_time(batch.moved_at))
        .number("success_amount", done.amount)
        .number("success_num", done.count)
        .number("fail_amount", failed.amount)
        .number("fail_num", failed.count);
    if (!content.scene.empty()) json.text("transfer_scene_id", content.scene);
    json.end_object();
}

// Which of the transfers a query wants.
struct BatchPage {
    bool is_wanted = false;
    std::int64_t offset = 0;
    std::int64_t limit = limit_least;
    std::string status = "ALL";
};

std::string batch_json(const ledger::Order& batch, const std::vector<OrderPtr>& details,
                       const BatchPage& page) {
    protocols::JsonText json;
    json.begin_object();
    write_batch(json, batch, details);
    if (page.is_wanted) {
        json.number("offset", page.offset).number("limit", page.limit);
        json.begin_array("transfer_detail_list");
        std::int64_t place = 0;
        for (const OrderPtr& detail : details) {
            if (page.status != "ALL" && page.status != detail_status(*detail)) continue;
            const std::int64_t here = place++;
            if (here < page.offset || here >= page.offset + page.limit) continue;
            json.begin_object()
                .text("detail_id", transfer_bill_no(*detail))
                .text("out_detail_no", read_content(detail->content).number)
                .text("detail_status", detail_status(*detail))
                .end_object();
        }
        json.end_array();
    }
    return json.end_object().take();
}

std::optional<std::int64_t> parameter_number(const Call& call, std::string_view name,
                                             std::int64_t otherwise) {
    const std::string_view text = call.parameter(name);
    return text.empty() ? std::optional{otherwise} : protocols::whole_number(text, false);
}

Result<BatchPage, ApiError> read_batch_page(const Call& call) {
    BatchPage page;
    const std::string_view wanted = call.parameter("need_query_detail");
    if (wanted != "true" && wanted != "false")
        return parameter_error("need_query_detail", wanted, "应为 true 或 false", "query");
    page.is_wanted = wanted == "true";
    if (!page.is_wanted) return page;
    const auto offset = parameter_number(call, "offset", 0);
    if (!offset) return parameter_error("offset", call.parameter("offset"), "应为整数", "query");
    const auto limit = parameter_number(call, "limit", limit_least);
    if (!limit || *limit < limit_least || *limit > limit_most)
        return parameter_error("limit", call.parameter("limit"), "值应为 20 到 100", "query");
    page.offset = *offset;
    page.limit = *limit;
    page.status = call.parameter("detail_status");
    if (page.status != "ALL" && page.status != "SUCCESS" && page.status != "FAIL")
        return parameter_error("detail_status", page.status, "应为 ALL、SUCCESS 或 FAIL", "query");
    return page;
}

ApiError unknown_batch() {
    return {.code = "RESOURCE_NOT_EXISTS", .message = "转账单不存在"};
}

bool is_own_batch(const Call& call, const OrderPtr& order, Kind kind) {
    return order != nullptr && is_kind(*order, kind) &&
           read_content(order->content).mchid == call.profile().mchid;
}

Answer answer_batch(const CallPtr& call, const OrderPtr& batch, const BatchPage& page) {
    const Content content = read_content(batch->content);
    Asking asking;
    for (std::size_t i = 0; i < static_cast<std::size_t>(content.amount); ++i)
        asking.requests.emplace_back().command =
            core::QueryOrder{.key = batch_place_key(content.mchid, content.number, i)};
    asking.overloaded = busy_reply(*call);
    asking.then = [call, batch, page](const std::vector<core::Outcome>& outcomes) -> Answer {
        std::vector<OrderPtr> details;
        for (const core::Outcome& outcome : outcomes)
            if (outcome.order != nullptr) details.push_back(outcome.order);
        return reply(*call, batch_json(*batch, details, page));
    };
    return asking;
}

core::QueryOrder query_of_id(const std::string& id) {
    core::QueryOrder query;
    // What is no number asks for a key that no order has, and finds nothing.
    query.order = order_of(id).value_or(OrderId{});
    query.key = "w/-";
    return query;
}

Answer query_batch(const CallPtr& call, core::QueryOrder query, const std::string& id) {
    const Result<BatchPage, ApiError> page = read_batch_page(*call);
    if (!page) return error_reply(*call, page.error());
    return ask(std::move(query), busy_reply(*call),
               [call, id, page = *page](const core::Outcome& outcome) -> Answer {
                   const bool is_it = is_own_batch(*call, outcome.order, Kind::batch) &&
                                      (id.empty() || transfer_bill_no(*outcome.order) == id);
                   if (!is_it) return error_reply(*call, unknown_batch());
                   return answer_batch(call, outcome.order, page);
               });
}

http::HttpReply detail_reply(const Call& call, const OrderPtr& batch, const OrderPtr& detail) {
    const Content content = read_content(detail->content);
    protocols::JsonText json;
    json.begin_object()
        .text("mchid", content.mchid)
        .text("out_batch_no", content.out_trade_no)
        .text("batch_id", transfer_bill_no(*batch))
        .text("appid", content.appid)
        .text("out_detail_no", content.number)
        .text("detail_id", transfer_bill_no(*detail))
        .text("detail_status", detail_status(*detail))
        .number("transfer_amount", content.amount)
        .text("transfer_remark", content.reason);
    if (const std::string_view failure = detail_failure(*detail); !failure.empty())
        json.text("fail_reason", failure);
    json.text("openid", content.openid)
        .text("initiate_time", beijing_time(detail->opened_at))
        .text("update_time", beijing_time(detail->moved_at));
    return reply(call, json.end_object().take());
}

Answer query_detail(const CallPtr& call, core::QueryOrder batch, core::QueryOrder detail,
                    const std::string& batch_id, const std::string& detail_id) {
    Asking asking;
    asking.requests.emplace_back().command = std::move(batch);
    asking.requests.emplace_back().command = std::move(detail);
    asking.overloaded = busy_reply(*call);
    asking.then = [call, batch_id,
                   detail_id](const std::vector<core::Outcome>& outcomes) -> Answer {
        const OrderPtr& whole = outcomes[0].order;
        const OrderPtr& one = outcomes[1].order;
        const bool is_it =
            is_own_batch(*call, whole, Kind::batch) &&
            is_own_batch(*call, one, Kind::batch_detail) &&
            (batch_id.empty() || transfer_bill_no(*whole) == batch_id) &&
            (detail_id.empty() || transfer_bill_no(*one) == detail_id) &&
            read_content(one->content).out_trade_no == read_content(whole->content).number;
        return is_it ? detail_reply(*call, whole, one) : error_reply(*call, unknown_batch());
    };
    return asking;
}

}  // namespace

std::string batch_notice_json(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object()
        .text("out_batch_no", content.number)
        .text("batch_id", transfer_bill_no(order))
        .text("batch_status", "FINISHED")
        .number("total_num", content.amount)
        .number("total_amount", content.total)
        .text("mchid", content.mchid)
        .text("update_time", beijing_time(order.moved_at));
    return json.end_object().take();
}

Answer create_batch(const CallPtr& call) {
    BodyReader body(*call);
    auto wish = std::make_shared<const BatchWish>(read_batch(body, *call));
    if (!body.is_good()) return body.refusal();
    std::vector<protocols::AccountSpec> parties{operating_account(*call->options, call->profile())};
    for (const Content& detail : wish->details)
        parties.push_back(customer_account(*call->options, detail.openid));
    return protocols::with_accounts(call->context.directory, busy_reply(*call), std::move(parties),
                                    [call, wish](const protocols::Accounts& accounts) {
                                        return open_batch(call, wish, accounts);
                                    });
}

Answer query_batch_by_number(const CallPtr& call) {
    return query_batch(
        call, core::QueryOrder{.key = batch_key(call->profile().mchid, call->arguments.at(0))}, {});
}

Answer query_batch_by_id(const CallPtr& call) {
    const std::string& id = call->arguments.at(0);
    return query_batch(call, query_of_id(id), id);
}

Answer query_detail_by_number(const CallPtr& call) {
    const std::string& mchid = call->profile().mchid;
    const std::string& batch = call->arguments.at(0);
    const std::string key = batch_detail_key(mchid, batch, call->arguments.at(1));
    return query_detail(call, core::QueryOrder{.key = batch_key(mchid, batch)},
                        core::QueryOrder{.key = key}, {}, {});
}

Answer query_detail_by_id(const CallPtr& call) {
    const std::string& batch = call->arguments.at(0);
    const std::string& detail = call->arguments.at(1);
    return query_detail(call, query_of_id(batch), query_of_id(detail), batch, detail);
}

}  // namespace tuma::wechat
