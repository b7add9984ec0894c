#include "protocols/http/url.h"
#include "protocols/kit/field_table.h"
#include "protocols/kit/parties.h"
#include "protocols/kit/payment.h"
#include "protocols/mtn/apis.h"
#include "protocols/mtn/errors.h"
#include "protocols/mtn/operations.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using core::Outcome;
using ledger::Order;
using ledger::OrderState;
using ledger::Purpose;
using protocols::Answer;
using protocols::find_order, protocols::move_order, protocols::open_order;
using protocols::OrderPtr;
using protocols::put_failure, protocols::put_movement, protocols::put_return;
using std::chrono::milliseconds;

constexpr std::size_t preapprovals_max = 50;  ///< of one account holder
/// Written into an order it may be twice as long, and a URL comes with it.
constexpr std::size_t body_bytes_max = 6'000;
constexpr std::uint64_t first_transaction = 600'000'000;

// What an order remembers of its request.
struct Content {
    std::string user{};
    std::string product{};
    std::string reference{};
    std::string url{};
    std::string body{};  ///< JSON that the status repeats
    std::int64_t seconds = 0;
    bool is_delayed = false;
};
using CR = protocols::Rows<Content>;
const std::array content_rows{CR::text("us", &Content::user),
                              CR::text("pr", &Content::product),
                              CR::text("rf", &Content::reference),
                              CR::sparse(CR::text("ur", &Content::url)),
                              CR::text("bo", &Content::body),
                              CR::sparse(CR::number("se", &Content::seconds)),
                              CR::sparse(CR::flag("de", &Content::is_delayed))};

Content content_of(const Order& order) {
    auto content = protocols::read_record<Content>(content_rows, order.content, "content");
    // Only orders of this dialect's kinds come here.
    ensure(content.has_value(), "an order's content is what was written");
    return std::move(content).value();
}

// A reference is its API user's: what somebody else asked is not there. A preapproval is found by
// its account holder too, where it has a number, and by what takes it back.
std::string key_of(std::string_view user, std::string_view reference) {
    return fmt::format("mtn/{}/{}", user, reference);
}
std::string slot_key(std::string_view user, std::string_view holder, std::size_t slot) {
    return fmt::format("mtn/{}/p/{}/{}", user, holder, slot);
}
std::string cancellation_key(const Content& content) {
    return key_of(content.user, content.reference + "/cancelled");
}

// One request on its way to the switch.
struct Request {
    CallPtr call;
    const Operation& operation;
    Body body{};
    Content content{};
    Script script{};
    protocols::Accounts accounts{};  ///< the business's, the account holder's
    OrderPtr original{};             ///< what a refund gives back
    std::string_view failure{};      ///< taken, but bound to fail
    std::size_t slot = 0;
};
using RequestPtr = std::shared_ptr<Request>;

std::optional<http::HttpReply> read_headers(const Call& call, Content& content) {
    const std::string* const reference = call.request.find("X-Reference-Id");
    if (reference == nullptr || !is_reference(*reference)) return bad_request(no_reference);
    content.reference = *reference;
    content.user = call.user.id;
    content.product = call.product;
    const std::string* const url = call.request.find("X-Callback-Url");
    // Nobody is told then, and the business asks for the status.
    if (url == nullptr) return std::nullopt;
    const Result<http::Url> parts = http::parse_url(*url);
    if (!parts) return bad_request("X-Callback-Url " + parts.error().reason);
    // Without a user there is no host to compare with (accept_any_token).
    if (!call.user.id.empty() && parts->host != call.user.callback_host)
        return error_reply("INVALID_CALLBACK_URL_HOST");
    content.url = *url;
    return std::nullopt;
}

void put_money(core::OrderRequest& wish, const Request& request) {
    const auto code = [](std::string_view name) { return find_error(name)->number; };
    const AccountId business = request.accounts.front();
    // A refund names no party, so that this is the business itself; it is not used then.
    const AccountId holder = request.accounts.back();
    const Money amount = request.body.amount;
    const Direction direction = request.operation.direction;
    if (!request.failure.empty())
        put_failure(wish, code(request.failure));
    else if (direction == Direction::in)
        put_movement(wish, {Purpose::pay_merchant, holder, business, amount},
                     code("PAYER_NOT_FOUND"));
    else if (direction == Direction::out)
        put_movement(wish, {Purpose::disburse, business, holder, amount}, code("PAYEE_NOT_FOUND"));
    // A preapproval moves nothing, but who does not exist cannot allow anything.
    else if (direction == Direction::nowhere && !holder)
        put_failure(wish, code("PAYER_NOT_FOUND"));
    else if (request.original != nullptr)
        put_return(wish, *request.original, amount.minor);
    // With a script of its own, a published test value stands in for a payment that is not there,
    // and the script says how it ends.
    else if (direction == Direction::back && request.script == Script{})
        put_failure(wish, code("TRANSACTION_NOT_FOUND"));
}

core::OrderRequest wish_for(const Request& request) {
    const Options& options = *request.call->options;
    const Content& content = request.content;
    const Kind kind = request.operation.kind;
    core::OrderRequest wish =
        protocols::wish_of(number(kind), protocols::record_json<Content>(content_rows, content));
    put_money(wish, request);
    // After the money: what has failed there keeps its own reason.
    put_script(wish, request.script, milliseconds{options.customer_delay_ms});
    // A business's own wish is carried out at once; a customer is waited for.
    wish.decides_now = request.operation.direction != Direction::in &&
                       wish.terms.action != ledger::CustomerAction::none;
    // An invoice says itself how long it is good. Who decides at once needs no deadline.
    if (kind == Kind::invoice && content.seconds > 0)
        wish.expires_after = std::chrono::seconds{content.seconds};
    else if (!wish.decides_now)
        wish.expires_after = milliseconds{options.approval_timeout_ms};
    wish.keys = {key_of(content.user, content.reference)};
    if (kind == Kind::preapproval)
        // Keys are unique and found one at a time. A holder's preapprovals have numbered ones, so
        // that they can be listed.
        wish.keys.push_back(slot_key(content.user, request.body.party, request.slot));
    if (content.url.empty()) return wish;
    put_channel(wish, channel_result, ledger::NoticeWhen::ended, request.script);
    // The repetition is a channel of its own: it comes whatever the first was answered.
    if (options.callback_repeat_ms == 0) return wish;
    put_channel(wish, channel_again, ledger::NoticeWhen::ended, request.script);
    // Behind the first, however late that one is.
    wish.terms.channels[channel_again].delay_ms +=
        static_cast<std::uint32_t>(options.callback_repeat_ms);
    return wish;
}

Answer open(const RequestPtr& request) {
    core::OrderRequest wish = wish_for(*request);
    const std::uint16_t early_code = protocols::failure_of(wish);
    const auto opened = [request, early_code](const Outcome& outcome) -> Answer {
        if (outcome.code == Refusal::none) return accepted(early_code, *outcome.order);
        if (outcome.code == Refusal::order_exists) {
            // It may be the slot that is taken, and not the reference.
            const bool is_other =
                content_of(*outcome.order).reference != request->content.reference;
            if (is_other && ++request->slot < preapprovals_max) return open(request);
            return error_reply("RESOURCE_ALREADY_EXIST");
        }
        // A request that only fails was refused: asking again would not end.
        if (!request->failure.empty()) return busy();
        // Taken nevertheless; the status and the callback say so.
        request->failure = "NOT_ALLOWED";
        return open(request);
    };
    return open_order(std::move(wish), busy(), opened);
}

Answer open_refund(const RequestPtr& request) {
    return find_order({.key = key_of(request->content.user, request->body.refunded)}, busy(),
                      [request](const OrderPtr& order) {
                          // Only what a customer has paid can be given back. Otherwise the refund
                          // is opened without an original and fails.
                          if (order != nullptr && order->state == OrderState::succeeded &&
                              order->terms.purpose == Purpose::pay_merchant)
                              request->original = order;
                          return open(request);
                      });
}

std::string seconds_text(Timestamp time) {
    // Without the fraction and the zone.
    return text(time).substr(0, 19);
}

// Of a preapproval.
Timestamp expiry_of(const Order& order, const Content& content) {
    // From when it was asked for, not from the approval.
    return order.opened_at + std::chrono::seconds{content.seconds};
}

std::string_view status_of(const Order& order, const Content& content) {
    if (order.state == OrderState::succeeded) return "SUCCESSFUL";
    if (ledger::is_final(order.state)) return "FAILED";
    const bool is_created = content.is_delayed && order.terms.kind == number(Kind::request_to_pay);
    return is_created ? "CREATED" : "PENDING";
}

// The status of a request, which is also what its callback says.
boost::json::object told(const Order& order, const Content& content, const Options& options) {
    boost::json::object json;
    const std::string transaction = std::to_string(first_transaction + order.terms.id.value);
    const bool is_invoice = order.terms.kind == number(Kind::invoice);
    // Only what has moved money has one.
    if (order.transfer) json["financialTransactionId"] = transaction;
    const boost::json::value body = boost::json::parse(content.body);
    for (const auto& member : body.as_object()) json[member.key()] = member.value();
    if (order.terms.kind == number(Kind::preapproval))
        json["expirationDateTime"] = seconds_text(expiry_of(order, content));
    if (is_invoice) {
        json["invoiceId"] = transaction;
        json["paymentReference"] = transaction;
        // Every invoice waits for a customer and has a deadline.
        json["expiryDateTime"] = seconds_text(Timestamp{Duration{order.terms.expires_at}});
    }
    json["status"] = status_of(order, content);
    if (json["status"] != boost::json::value("FAILED")) return json;
    const ErrorRow& row = reason_of(order);
    boost::json::value reason{{"code", row.code}, {"message", row.message}};
    // A text was observed, an object is published; invoices always have the object.
    if (!is_invoice && !options.reason_object) reason = row.code;
    json[is_invoice ? "errorReason" : "reason"] = std::move(reason);
    return json;
}

// The order of this user, product and kind that the path names, or what is wrong with it.
Answer with_order(const CallPtr& call, std::function<Answer(const OrderPtr&)> then) {
    const std::string& reference = call->arguments.front();
    if (!is_reference(reference)) return bad_request(no_reference);
    return find_order({.key = key_of(call->user.id, reference)}, busy(),
                      [call, then = std::move(then)](const OrderPtr& order) -> Answer {
                          // A reference is unique for its user over all APIs. What another API has
                          // opened is not there.
                          if (order == nullptr || order->terms.kind != number(call->kind) ||
                              content_of(*order).product != call->product)
                              return error_reply("RESOURCE_NOT_FOUND");
                          return then(order);
                      });
}

// All at once, null where there is none.
Answer find_orders(const std::vector<std::string>& keys,
                   std::function<Answer(const std::vector<OrderPtr>&)> then) {
    // There is nothing to ask, and so no outcome to go on with.
    if (keys.empty()) return then({});
    protocols::Asking asking;
    for (const std::string& key : keys)
        asking.requests.emplace_back().command = core::QueryOrder{.key = key};
    asking.overloaded = busy();
    asking.then = [then = std::move(then)](const std::vector<Outcome>& outcomes) {
        std::vector<OrderPtr> orders;
        orders.reserve(outcomes.size());
        for (const Outcome& outcome : outcomes) orders.push_back(outcome.order);
        return then(orders);
    };
    return asking;
}

// A preapproval as the list of those that are in force has it.
boost::json::object listed(const Order& order) {
    const Content content = content_of(order);
    const boost::json::value body = boost::json::parse(content.body);
    const auto& payer = body.at("payer").as_object();
    return {{"preApprovalId", content.reference},
            {"fromFri", fmt::format("FRI:{}/{}", payer.at("partyId").as_string().c_str(),
                                    payer.at("partyIdType").as_string().c_str())},
            {"fromCurrency", body.at("payerCurrency")},
            {"createdTime", seconds_text(order.opened_at)},
            {"approvedTime", seconds_text(order.moved_at)},
            {"expiryTime", seconds_text(expiry_of(order, content))},
            {"status", "APPROVED"}};
}

}  // namespace

Answer open_request(const CallPtr& call) {
    // Shared by the steps that follow, each on an I/O thread.
    auto request = std::make_shared<Request>(Request{call, operation_of(call->kind)});
    Body& body = request->body;
    if (auto wrong = read_headers(*call, request->content)) return *std::move(wrong);
    if (auto wrong = read_body(*call, request->operation, body)) return *std::move(wrong);
    request->script = script_of(call->request, request->operation.numbers,
                                body.refunded.empty() ? body.party_id : body.refunded);
    request->content.body = boost::json::serialize(body.echo);
    // An order's content is bounded, and this has to fit into it with everything else.
    if (request->content.body.size() > body_bytes_max) return bad_request("the body is too long");
    request->content.seconds = body.seconds;
    request->content.is_delayed = request->script.is_delayed;
    std::vector<protocols::AccountSpec> parties{
        business_account(*call->options, call->subscription)};
    if (!body.party.empty()) parties.push_back(holder_account(*call->options, body.party));
    return with_accounts(call->context.directory, busy(), std::move(parties),
                         [request](const protocols::Accounts& accounts) {
                             request->accounts = accounts;
                             const bool is_refund = request->operation.kind == Kind::refund;
                             return is_refund ? open_refund(request) : open(request);
                         });
}

Answer tell_request(const CallPtr& call) {
    return with_order(call, [call](const OrderPtr& order) -> Answer {
        const Content content = content_of(*order);
        boost::json::object json = told(*order, content, *call->options);
        if (call->kind == Kind::invoice) json["referenceId"] = content.reference;
        // An order that has ended cannot be changed. A preapproval is taken back by another order,
        // whose key is made from its own.
        if (call->kind != Kind::preapproval) return json_reply(json);
        return find_order({.key = cancellation_key(content)}, busy(),
                          [json](const OrderPtr& cancellation) mutable -> Answer {
                              if (cancellation != nullptr) json["status"] = "CANCELLED";
                              return json_reply(json);
                          });
    });
}

Answer cancel_invoice(const CallPtr& call) {
    // The DELETE has a reference and a callback of its own. They are checked and used for nothing.
    Content own;
    if (auto wrong = read_headers(*call, own)) return *std::move(wrong);
    return with_order(call, [](const OrderPtr& order) {
        core::OrderAction act{.order = order->terms.id, .step = core::OrderStep::close};
        return move_order(std::move(act), busy(), [](const Outcome& outcome) -> Answer {
            if (outcome.code != Refusal::none) return error_reply("COULD_NOT_PERFORM_TRANSACTION");
            return http::HttpReply{.status = 200};
        });
    });
}

Answer cancel_preapproval(const CallPtr& call) {
    return with_order(call, [](const OrderPtr& order) {
        core::OrderRequest wish = protocols::wish_of(number(Kind::cancellation), order->content);
        // It ends as it is opened: nobody has to agree.
        wish.terms.action = ledger::CustomerAction::approve;
        wish.decides_now = true;
        wish.keys = {cancellation_key(content_of(*order))};
        // Whatever the outcome: taken back twice is taken back.
        return open_order(std::move(wish), busy(),
                          [](const Outcome&) -> Answer { return http::HttpReply{.status = 200}; });
    });
}

Answer list_preapprovals(const CallPtr& call) {
    const auto holder = holder_identity(*call->options, call->arguments[0], call->arguments[1]);
    if (!holder) return bad_request(no_holder);
    std::vector<std::string> slots;
    for (std::size_t slot = 0; slot < preapprovals_max; ++slot)
        // All slots are asked for at once, because nothing says how many are taken.
        slots.push_back(slot_key(call->user.id, *holder, slot));
    return find_orders(slots, [call](std::vector<OrderPtr> approved) -> Answer {
        std::erase_if(approved, [&](const OrderPtr& order) {
            // An approved preapproval ends by the clock alone; its order stays as it is.
            return order == nullptr || order->state != OrderState::succeeded ||
                   expiry_of(*order, content_of(*order)) <= call->context.now;
        });
        std::vector<std::string> keys;
        keys.reserve(approved.size());
        for (const OrderPtr& order : approved) keys.push_back(cancellation_key(content_of(*order)));
        return find_orders(keys, [approved](const std::vector<OrderPtr>& cancelled) -> Answer {
            boost::json::array list;
            for (std::size_t i = 0; i < approved.size(); ++i)
                // Both lists have the same order.
                if (cancelled[i] == nullptr) list.push_back(listed(*approved[i]));
            return json_reply(list);
        });
    });
}

Answer deliver_notification(const CallPtr& call) {
    const std::string* const message = call->request.find("notificationMessage");
    // The text comes in a header; the body is not looked at.
    if (message == nullptr || message->empty() || message->size() > 160)
        return bad_request("the header notificationMessage has to have 1 to 160 characters");
    return with_order(call, [](const OrderPtr& order) -> Answer {
        // There is nothing to tell a payer who has not paid.
        if (order->state != OrderState::succeeded) return error_reply("NOT_ALLOWED");
        return http::HttpReply{.status = 200};
    });
}

std::string callback_url(const Order& order) {
    return content_of(order).url;
}

protocols::Callback callback_of(const Order& order, const Options& options) {
    const Content content = content_of(order);
    return {.method = options.callback_method,
            .url = content.url,
            .headers = {{"Content-Type", "application/json; charset=utf-8"},
                        {"User-Agent", "LWAC Http Client 1.0"}},
            .body = boost::json::serialize(told(order, content, options))};
}

}  // namespace tuma::mtn
