#include "loadgen/merchants/mpesa_prompts.h"

#include "ledger/words/ensure.h"
#include "loadgen/client/http_stream.h"
#include "loadgen/merchants/json_member.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"

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

http::HttpRequest prompt(const MpesaSettings& settings, std::string body) {
    return {
        .method = "POST",
        .target = "/mpesa/stkpush/v1/processrequest",
        .host = settings.host,
        .headers = {{"Authorization", "Bearer " + settings.token},
                    {"Content-Type", "application/json"},
                    {"Tuma-Scenario",
                     fmt::format("delay={}", settings.act_after / std::chrono::milliseconds{1})}},
        .body = std::move(body)};
}

std::string bytes_of(const http::HttpRequest& request) {
    std::string bytes;
    http::append_request(bytes, request);
    return bytes;
}

std::string password_of(const MpesaSettings& settings) {
    // It holds the timestamp that is sent with it. Nobody looks at its age, so that one serves the
    // whole run.
    return crypto::base64_encode(settings.client.shortcode + settings.client.passkey +
                                 settings.timestamp);
}

}  // namespace

std::string mpesa_timestamp(Timestamp now) {
    // Nairobi has one offset all the year, so that it needs no table of zones.
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
    const http::HttpAnswer reply = call(stream, request, timeout);
    const auto given = read_object(reply.body).value_or(json::object{});
    const std::string_view token = text_at(given, {"access_token"});
    if (reply.status != 200 || token.empty())
        throw ConnectionError(fmt::format(
            "http://{} gives no access token: HTTP/1.1 {} {}; are these this switch's consumer key "
            "and secret?",
            target.text(), reply.status, http::reason_phrase(reply.status)));
    return std::string(token);
}

std::string load_msisdn(std::uint32_t number) {
    // Eight digits, so that no number of customers makes it longer.
    return fmt::format("2541{:08}", 10'000'000 + number);
}

void open_mpesa_customers(const Endpoint& target, const MpesaSettings& settings, Duration timeout,
                          const std::function<void(std::uint64_t done)>& on_progress) {
    // One connection and one after the other: this is set-up, and nothing of it is measured.
    HttpStream stream(connect_to(target, timeout));
    MpesaSettings at_once = settings;
    // Each prompt ends before the run begins, or its customer would still be busy then.
    at_once.act_after = Duration{0};
    const std::string password = password_of(settings);
    // These callbacks are not awaited, and nobody listens there: none are made.
    const std::string nowhere = "http://127.0.0.1:1/";
    for (std::uint32_t customer = 0; customer < settings.customers; ++customer) {
        http::HttpRequest request =
            prompt(at_once, prompt_body(at_once, password, load_msisdn(customer), 1, nowhere));
        request.headers.emplace_back("Tuma-Fault", "callback-lost");
        // Refused by the switch is good enough: the customer is there by then.
        call(stream, bytes_of(request), timeout);
        on_progress(customer + 1);
    }
}

MpesaPrompts::MpesaPrompts(MpesaSettings settings)
    : settings_(std::move(settings)),
      password_(password_of(settings_)),
      random_(settings_.seed, 1) {
    ensure(settings_.customers > 0, "somebody must be asked");
    // Drawn, so that two runs do not begin with the same customers.
    next_customer_ = static_cast<std::uint32_t>(random_.below(settings_.customers));
}

void MpesaPrompts::make(HttpOperation& operation) {
    const std::string msisdn = load_msisdn(next_customer_);
    // In turn, so that it is as long as can be until a customer is asked again.
    next_customer_ = (next_customer_ + 1) % settings_.customers;
    const std::int64_t shillings = random_.between(1, shillings_max);
    operation.bytes = bytes_of(
        prompt(settings_, prompt_body(settings_, password_, msisdn, shillings, callback_url_)));
    // The switch chooses it and says it in the reply.
    operation.key.clear();
}

std::optional<HttpVerdict> MpesaPrompts::read_reply(const http::HttpAnswer& reply,
                                                    const HttpOperation& /*operation*/) {
    const auto answer = read_object(reply.body);
    if (!answer) return std::nullopt;
    const std::string_view key = text_at(*answer, {"CheckoutRequestID"});
    // All three, so that nothing counts as accepted that has no callback to come.
    if (reply.status == 200 && text_at(*answer, {"ResponseCode"}) == "0" && !key.empty())
        return HttpVerdict{.refusal = {}, .key = std::string(key)};
    const std::string_view code = text_at(*answer, {"errorCode"});
    return HttpVerdict{
        .refusal = code.empty() ? fmt::format("HTTP {}", reply.status) : std::string(code),
        .key = {}};
}

std::optional<CallbackNews> MpesaPrompts::read_callback(const http::HttpRequest& callback) {
    const auto event = read_object(callback.body);
    if (!event) return std::nullopt;
    const std::string_view key = text_at(*event, {"Body", "stkCallback", "CheckoutRequestID"});
    if (key.empty()) return std::nullopt;
    // The path was found, so that these members are there and are objects.
    const json::object& told = event->at("Body").at("stkCallback").get_object();
    const json::value* code = told.if_contains("ResultCode");
    // Any other code is a customer who did not pay, for whatever reason.
    const bool is_paid = code != nullptr && code->is_int64() && code->get_int64() == 0;
    return CallbackNews{.key = std::string(key), .is_paid = is_paid};
}

std::vector<std::pair<std::string, std::string>> MpesaPrompts::facts() const {
    return {{"customers", std::to_string(settings_.customers)},
            {"act_after", text(settings_.act_after)}};
}

}  // namespace tuma::loadgen
