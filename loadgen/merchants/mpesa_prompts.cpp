#include "loadgen/mpesa_prompts.h"

#include "ledger/ensure.h"
#include "loadgen/http_call.h"
#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours nairobi_ahead{3};
constexpr std::int64_t shillings_max = 20;

/// The text under a path of member names; empty where there is none.
std::string_view text_at(const json::value& value, std::initializer_list<std::string_view> path) {
    const json::value* at = &value;
    for (const std::string_view name : path) {
        const json::object* object = at->if_object();
        at = object == nullptr ? nullptr : object->if_contains(name);
        if (at == nullptr) return {};
    }
    const json::string* text = at->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(*text);
}

std::string prompt_body(const MpesaSettings& settings, const std::string& password,
                        const std::string& msisdn, std::int64_t shillings,
                        const std::string& callback_url) {
    return protocols::JsonText()
        .begin_object()
        .text("BusinessShortCode", settings.client.shortcode)
        .text("Password", password)
        .text("Timestamp", settings.timestamp)
        .text("TransactionType", "CustomerPayBillOnline")
        .number("Amount", shillings)
        .text("PartyA", msisdn)
        .text("PartyB", settings.client.shortcode)
        .text("PhoneNumber", msisdn)
        .text("CallBackURL", callback_url)
        .text("AccountReference", "load")
        .text("TransactionDesc", "load")
        .end_object()
        .take();
}

std::string prompt_bytes(const MpesaSettings& settings, std::string body) {
    std::string bytes;
    http::append_request(
        bytes,
        {.method = "POST",
         .target = "/mpesa/stkpush/v1/processrequest",
         .host = settings.host,
         .headers = {{"Authorization", "Bearer " + settings.token},
                     {"Content-Type", "application/json"},
                     {"Tuma-Scenario",
                      fmt::format("delay={}", settings.act_after / std::chrono::milliseconds{1})}},
         .body = std::move(body)});
    return bytes;
}

std::string password_of(const MpesaSettings& settings) {
    return crypto::base64_encode(settings.client.shortcode + settings.client.passkey +
                                 settings.timestamp);
}

}  // namespace

std::string mpesa_timestamp(Timestamp now) {
    const std::time_t there = std::chrono::system_clock::to_time_t(
        std::chrono::time_point_cast<std::chrono::system_clock::duration>(now + nairobi_ahead));
    return fmt::format("{:%Y%m%d%H%M%S}", fmt::gmtime(there));
}

std::string mpesa_token(const Endpoint& target, const MpesaClient& client, Duration timeout) {
    HttpStream stream(connect_to(target, timeout));
    const std::string credentials =
        crypto::base64_encode(client.consumer_key + ":" + client.consumer_secret);
    std::string request;
    http::append_request(request, {.method = "GET",
                                   .target = "/oauth/v1/generate?grant_type=client_credentials",
                                   .host = target.text(),
                                   .headers = {{"Authorization", "Basic " + credentials}}});
    const HttpMessage reply = call(stream, request, timeout);
    json::error_code failed;
    const json::value value = json::parse(reply.body, failed);
    const std::string_view token = failed ? std::string_view{} : text_at(value, {"access_token"});
    if (reply.status() != 200 || token.empty())
        throw ConnectionError(fmt::format(
            "http://{} gives no access token: {}; are these this switch's consumer key and secret?",
            target.text(), reply.start_line));
    return std::string(token);
}

std::string load_msisdn(std::uint32_t number) {
    return fmt::format("2541{:08}", 10'000'000 + number);
}

void open_mpesa_customers(const Endpoint& target, const MpesaSettings& settings, Duration timeout,
                          const std::function<void(std::uint64_t done)>& on_progress) {
    HttpStream stream(connect_to(target, timeout));
    MpesaSettings at_once = settings;
    at_once.act_after = Duration{0};
    const std::string password = password_of(settings);
    // Nobody listens there: these callbacks are not awaited.
    const std::string nowhere = "http://127.0.0.1:1/";
    for (std::uint32_t customer = 0; customer < settings.customers; ++customer) {
        const HttpMessage reply =
            call(stream,
                 prompt_bytes(at_once,
                              prompt_body(at_once, password, load_msisdn(customer), 1, nowhere)),
                 timeout);
        // Refused by the switch is good enough: the customer is there by then.
        if (reply.status() == 0) throw ConnectionError("an answer without a status");
        on_progress(customer + 1);
    }
}

MpesaPrompts::MpesaPrompts(MpesaSettings settings)
    : settings_(std::move(settings)),
      password_(password_of(settings_)),
      random_(settings_.seed, 1) {
    ensure(settings_.customers > 0, "somebody must be asked");
    next_customer_ = static_cast<std::uint32_t>(random_.below(settings_.customers));
}

void MpesaPrompts::make(HttpOperation& operation) {
    const std::string msisdn = load_msisdn(next_customer_);
    next_customer_ = (next_customer_ + 1) % settings_.customers;
    const std::int64_t shillings = random_.between(1, shillings_max);
    operation.bytes = prompt_bytes(
        settings_, prompt_body(settings_, password_, msisdn, shillings, callback_url_));
    operation.key.clear();
}

std::optional<HttpVerdict> MpesaPrompts::read_reply(const HttpMessage& reply,
                                                    const HttpOperation& /*operation*/) {
    json::error_code failed;
    const json::value value = json::parse(reply.body, failed);
    if (failed || !value.is_object()) return std::nullopt;
    const std::string_view key = text_at(value, {"CheckoutRequestID"});
    if (reply.status() == 200 && text_at(value, {"ResponseCode"}) == "0" && !key.empty())
        return HttpVerdict{.refusal = {}, .key = std::string(key)};
    const std::string_view code = text_at(value, {"errorCode"});
    return HttpVerdict{
        .refusal = code.empty() ? fmt::format("HTTP {}", reply.status()) : std::string(code),
        .key = {}};
}

std::optional<CallbackNews> MpesaPrompts::read_callback(const HttpMessage& callback) {
    json::error_code failed;
    const json::value value = json::parse(callback.body, failed);
    if (failed) return std::nullopt;
    const std::string_view key = text_at(value, {"Body", "stkCallback", "CheckoutRequestID"});
    if (key.empty()) return std::nullopt;
    const json::object& told = value.at("Body").at("stkCallback").get_object();
    const json::value* code = told.if_contains("ResultCode");
    const bool is_paid = code != nullptr && code->is_int64() && code->get_int64() == 0;
    return CallbackNews{.key = std::string(key), .is_paid = is_paid};
}

std::vector<std::pair<std::string, std::string>> MpesaPrompts::facts() const {
    return {{"customers", std::to_string(settings_.customers)},
            {"act_after", text(settings_.act_after)}};
}

}  // namespace tuma::loadgen
