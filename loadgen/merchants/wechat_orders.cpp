#include "loadgen/merchants/wechat_orders.h"

#include "ledger/words/ensure.h"
#include "loadgen/arrivals/random.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/merchants/json_member.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "protocols/wechat/wire/response_signature.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr std::string_view order_path = "/v3/pay/transactions/native";
constexpr std::uint64_t fen_max = 2'000;

Timestamp wall_time() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::string header(const http::Fields& headers, std::string_view name) {
    const std::string* value = http::find(headers, name);
    return value == nullptr ? std::string() : *value;
}

/// The order inside a callback; nothing when it cannot be opened.
std::optional<json::object> opened(const crypto::Aes256Key& key, std::string_view body) {
    // Anything may come to the listener, so that each step may find nothing.
    const auto event = read_object(body);
    const json::value* resource = event ? event->if_contains("resource") : nullptr;
    if (resource == nullptr || !resource->is_object()) return std::nullopt;
    const json::object& sealed = resource->get_object();
    const auto plaintext = wechat::decrypt_resource(
        key, {.nonce = std::string(text_at(sealed, {"nonce"})),
              .associated_data = std::string(text_at(sealed, {"associated_data"})),
              .ciphertext = std::string(text_at(sealed, {"ciphertext"}))});
    return plaintext ? read_object(*plaintext) : std::nullopt;
}

}  // namespace

std::string load_order_number(std::uint64_t prefix, std::uint64_t number) {
    return fmt::format("L{:016x}{}", prefix, number);
}

WechatOrders::WechatOrders(WechatSettings settings) : settings_(std::move(settings)) {}

void WechatOrders::begin(const std::string& callback_url) {
    callback_url_ = callback_url;
    // Here and not before: what is signed contains the callback's address.
    stock_ = std::make_unique<SignedStock>(
        settings_.stock, [this](std::uint64_t number) { return signed_request(number); });
    stock_->fill();
}

std::string WechatOrders::signed_request(std::uint64_t number) const {
    // Drawn from the number alone. Which thread signs it, and when, makes no other order of it.
    std::uint64_t state = settings_.prefix + number;
    const std::uint64_t drawn = splitmix64(state);
    std::string body = protocols::JsonText()
                           .begin_object()
                           .text("appid", settings_.client.appid)
                           .text("mchid", settings_.client.mchid)
                           .text("description", "load")
                           .text("out_trade_no", load_order_number(settings_.prefix, number))
                           .text("notify_url", callback_url_)
                           .begin_object("amount")
                           .number("total", static_cast<std::int64_t>(1 + drawn % fen_max))
                           .text("currency", "CNY")
                           .end_object()
                           .end_object()
                           .take();
    // The signature covers the body's bytes, so that they must be sent exactly as they are here.
    const std::string authorization =
        wechat::sign_request(settings_.client.merchant, settings_.client.mchid,
                             {.method = "POST", .target = order_path, .body = body}, wall_time(),
                             fmt::format("{:032X}", number));
    std::string bytes;
    http::append_request(
        bytes,
        {.method = "POST",
         .target = std::string(order_path),
         .host = settings_.host,
         .headers = {{"Authorization", authorization},
                     {"Accept", "application/json"},
                     {"User-Agent", "tuma-load"},
                     {"Content-Type", "application/json"},
                     {"Tuma-Scenario",
                      fmt::format("delay={}", settings_.act_after / std::chrono::milliseconds{1})}},
         .body = std::move(body)});
    return bytes;
}

void WechatOrders::make(HttpOperation& operation) {
    SignedStock::Request request = stock_->take();
    // The merchant chooses this number, and callbacks bring it back.
    operation.key = load_order_number(settings_.prefix, request.number);
    operation.bytes = std::move(request.bytes);
}

std::optional<HttpVerdict> WechatOrders::read_reply(const http::HttpAnswer& reply,
                                                    const HttpOperation& operation) {
    const auto answer = read_object(reply.body);
    if (!answer) return std::nullopt;
    // Refusals are not verified: nobody pays by them.
    if (reply.status == 200 && answer->contains("code_url")) {
        verify(reply.headers, reply.body, replies_);
        return HttpVerdict{.refusal = {}, .key = operation.key};
    }
    std::string code(text_at(*answer, {"code"}));
    if (code.empty()) code = fmt::format("HTTP {}", reply.status);
    return HttpVerdict{.refusal = std::move(code), .key = {}};
}

std::optional<CallbackNews> WechatOrders::read_callback(const http::HttpRequest& callback) {
    const auto order = opened(settings_.client.apiv3_key, callback.body);
    // Its number is inside, so that each has to be opened, whether it is verified or not.
    if (!order) return std::nullopt;
    verify(callback.headers, callback.body, callbacks_);
    CallbackNews news{.key = std::string(text_at(*order, {"out_trade_no"})),
                      .is_paid = text_at(*order, {"trade_state"}) == "SUCCESS"};
    if (news.key.empty()) return std::nullopt;
    return news;
}

void WechatOrders::verify(const http::Fields& headers, std::string_view body,
                          Sample& sample) const {
    const std::uint64_t number = sample.seen++;
    if (settings_.verify_each == 0 || number % settings_.verify_each != 0) return;
    ++sample.verified;
    if (!is_signed(headers, body)) ++sample.bad;
}

bool WechatOrders::is_signed(const http::Fields& headers, std::string_view body) const {
    const wechat::ResponseSignature signature{.timestamp = header(headers, "Wechatpay-Timestamp"),
                                              .nonce = header(headers, "Wechatpay-Nonce"),
                                              .signature = header(headers, "Wechatpay-Signature"),
                                              .serial = header(headers, "Wechatpay-Serial")};
    // The message names the key. One that is not the platform's is as bad as a wrong signature.
    const auto& keys = settings_.client.platform;
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const wechat::VerifyingKey& known) {
        return known.serial == signature.serial;
    });
    return key != keys.end() && wechat::verify_response(key->key, signature, body);
}

std::vector<std::string> WechatOrders::problems() const {
    std::vector<std::string> problems;
    for (const auto& [name, sample] :
         {std::pair{"replies", &replies_}, std::pair{"callbacks", &callbacks_}})
        if (sample->bad > 0)
            problems.push_back(
                fmt::format("{} of {} {} whose signatures were verified are not signed by the "
                            "platform's keys",
                            count_text(sample->bad), count_text(sample->verified), name));
    const SigningCost cost = stock_ == nullptr ? SigningCost{} : stock_->cost();
    // A late signature delays the request behind it as well, so that more than a few shape the
    // latencies.
    if (cost.late * 100 > cost.ahead + cost.during + cost.late)
        problems.push_back(
            fmt::format("{} requests had to be signed where they were sent, at {} each: the "
                        "generator was slower than the load",
                        count_text(cost.late), latency_text(cost.microseconds_each())));
    return problems;
}

std::vector<std::string> WechatOrders::remarks() const {
    ensure(stock_ != nullptr, "a run was begun");
    const SigningCost cost = stock_->cost();
    return {
        fmt::format("The generator signed {} requests before the run, {} beside it and {} where "
                    "they were sent, at {} of a core each. Every callback was decrypted; the "
                    "signatures of {} replies and {} callbacks were verified.",
                    count_text(cost.ahead), count_text(cost.during), count_text(cost.late),
                    latency_text(cost.microseconds_each()), count_text(replies_.verified),
                    count_text(callbacks_.verified))};
}

std::vector<std::pair<std::string, std::string>> WechatOrders::facts() const {
    ensure(stock_ != nullptr, "a run was begun");
    return {{"act_after", text(settings_.act_after)},
            {"verified",
             settings_.verify_each == 0 ? "none" : fmt::format("1 in {}", settings_.verify_each)},
            {"signing_us", fmt::format("{:.0f}", stock_->cost().microseconds_each())}};
}

}  // namespace tuma::loadgen
