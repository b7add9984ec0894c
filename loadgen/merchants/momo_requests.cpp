#include "loadgen/merchants/momo_requests.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/merchants/client_file.h"
#include "loadgen/merchants/json_member.h"
#include "protocols/crypto/encoding.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr std::uint32_t customers_usual = 1000;

}  // namespace

Result<MakeMerchant> prepare_momo(const MerchantPlan& plan, const Preparation&) {
    const auto client = read_momo_client(plan.client_file);
    if (!client) return client.error();
    MomoSettings settings{.host = plan.target.text(),
                          .target_environment = client->target_environment,
                          .currency = client->currency,
                          .subscription_key = client->collection_key,
                          .token = {},
                          .customers = plan.customers.value_or(customers_usual),
                          .act_after = plan.act_after};
    // User and key are those that the provisioning gave; with them the service hands out a token.
    const std::string user = client->api_user + ":" + client->api_key;
    std::string request;
    http::append_request(request,
                         {.method = "POST",
                          .target = "/collection/token/",
                          .host = settings.host,
                          .headers = {{"Ocp-Apim-Subscription-Key", settings.subscription_key},
                                      {"Authorization", "Basic " + crypto::base64_encode(user)}}});
    HttpStream stream(connect_to(plan.target, plan.set_up_timeout));
    const http::HttpAnswer reply = call(stream, request, plan.set_up_timeout);
    const auto given = read_object(reply.body).value_or(json::object{});
    settings.token = text_at(given, {"access_token"});
    // Without a token every request of the run would be refused.
    if (reply.status != 200 || settings.token.empty())
        throw ConnectionError(fmt::format(
            "http://{} gives no access token: HTTP {}; are these this switch's API user and key?",
            settings.host, reply.status));
    return MakeMerchant([settings](const MerchantPlan& run) {
        MomoSettings of_run = settings;
        of_run.seed = run.seed;
        return std::make_unique<MomoRequests>(std::move(of_run));
    });
}

MomoRequests::MomoRequests(MomoSettings settings)
    : settings_(std::move(settings)), random_(settings_.seed, 1), run_(random_.next()) {}

void MomoRequests::make(HttpOperation& operation) {
    // Sweden's numbers of the sandbox are not among them.
    const std::string msisdn =
        fmt::format("25677{:07}", made_ % std::uint64_t{settings_.customers});
    // In the form of a UUID of version 4, as the service asks for. The run's part keeps two runs
    // apart, the number two requests.
    operation.key =
        fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", run_ >> 32U, (run_ >> 16U) & 0xFFFFU,
                    (run_ >> 4U) & 0xFFFU, run_ & 0xFFFU, made_);
    ++made_;
    const json::object body{{"amount", std::to_string(random_.between(1, 20))},
                            {"currency", settings_.currency},
                            {"externalId", operation.key},
                            {"payer", {{"partyIdType", "MSISDN"}, {"partyId", msisdn}}},
                            {"payerMessage", "load"},
                            {"payeeNote", "load"}};
    operation.bytes.clear();
    http::append_request(
        operation.bytes,
        {.method = "POST",
         .target = "/collection/v1_0/requesttopay",
         .host = settings_.host,
         .headers = {{"Ocp-Apim-Subscription-Key", settings_.subscription_key},
                     {"X-Target-Environment", settings_.target_environment},
                     {"X-Reference-Id", operation.key},
                     {"X-Callback-Url", callback_url_},
                     {"Authorization", "Bearer " + settings_.token},
                     {"Content-Type", "application/json"},
                     {"Tuma-Scenario",
                      fmt::format("delay={}", settings_.act_after / std::chrono::milliseconds{1})}},
         .body = json::serialize(body)});
}

std::optional<HttpVerdict> MomoRequests::read_reply(const http::HttpAnswer& reply,
                                                    const HttpOperation& operation) {
    // Accepted means that the customer is asked. There is nothing in the body to read.
    if (reply.status == 202) return HttpVerdict{.refusal = {}, .key = operation.key};
    std::string code(text_at(read_object(reply.body).value_or(json::object{}), {"code"}));
    // Some refusals have no body, and the status is all there is.
    if (code.empty()) code = fmt::format("HTTP {}", reply.status);
    return HttpVerdict{.refusal = std::move(code), .key = {}};
}

std::optional<CallbackNews> MomoRequests::read_callback(const http::HttpRequest& callback) {
    // The reference is not in it, so that it is found by what the merchant calls it.
    const auto told = read_object(callback.body).value_or(json::object{});
    const std::string_view key = text_at(told, {"externalId"});
    if (key.empty()) return std::nullopt;
    return CallbackNews{.key = std::string(key),
                        .is_paid = text_at(told, {"status"}) == "SUCCESSFUL"};
}

std::vector<std::pair<std::string, std::string>> MomoRequests::facts() const {
    return {{"customers", std::to_string(settings_.customers)},
            {"act_after", text(settings_.act_after)}};
}

}  // namespace tuma::loadgen
