#include "loadgen/merchants/http_protocols.h"

#include "loadgen/merchants/client_file.h"
#include "loadgen/merchants/momo_requests.h"
#include "loadgen/merchants/mpesa_prompts.h"
#include "loadgen/merchants/plain_requests.h"
#include "loadgen/merchants/wechat_orders.h"
#include "loadgen/workload/request_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t mpesa_customers = 1000;
constexpr std::string_view wechat_name = "wechat-v3";

Timestamp time_of_set_up() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

// Asks for an access token and makes the customers known, and says how long that took.
Result<MakeMerchant> prepare_mpesa(const MerchantPlan& plan, const Preparation& told) {
    auto client = read_mpesa_client(plan.client_file);
    if (!client) return client.error();
    MpesaSettings settings;
    settings.client = std::move(client).value();
    settings.host = plan.target.text();
    // Once for all runs: asking for it is not what is measured, and it is good for an hour.
    settings.token = mpesa_token(plan.target, settings.client, plan.set_up_timeout);
    settings.timestamp = mpesa_timestamp(time_of_set_up());
    settings.customers = plan.customers.value_or(mpesa_customers);
    settings.act_after = plan.act_after;
    // Opening accounts takes its time, and would be in the latency of each customer's first prompt.
    const auto begin = std::chrono::steady_clock::now();
    open_mpesa_customers(plan.target, settings, plan.set_up_timeout, [&](std::uint64_t done) {
        told.step("customers", done, settings.customers);
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    told.say(fmt::format("{} customers asked once, {:.2f} s", settings.customers, took.count()));
    // What was prepared is shared by the runs; only the seed is a run's own.
    return MakeMerchant([settings](const MerchantPlan& run) {
        MpesaSettings of_run = settings;
        of_run.seed = run.seed;
        return std::make_unique<MpesaPrompts>(std::move(of_run));
    });
}

Result<MakeMerchant> prepare_wechat(const MerchantPlan& plan, const Preparation&) {
    auto client = read_wechat_client(plan.client_file);
    if (!client) return client.error();
    // Nothing to ask for beforehand: every order is signed with the merchant's own key.
    return MakeMerchant([client = *client](const MerchantPlan& run) {
        return std::make_unique<WechatOrders>(
            WechatSettings{.client = client,
                           .host = run.target.text(),
                           .prefix = run_prefix(run.seed, wechat_name),
                           .act_after = run.act_after,
                           .verify_each = run.verify_each,
                           .stock = run.stock});
    });
}

constexpr std::array protocols{
    // An access token is good for an hour.
    HttpProtocol{"mpesa", "stk-push", "STK push", "mpesa.json", std::chrono::minutes{55},
                 prepare_mpesa},
    HttpProtocol{wechat_name, "native-order", "signed native orders", "wechat.json", Duration{0},
                 prepare_wechat},
    HttpProtocol{"mtn-momo", "request-to-pay", "requests to pay", "mtn-momo.json",
                 std::chrono::minutes{55}, prepare_momo},
    HttpProtocol{plain_http_protocol, "plain-http", "one request again and again", "", Duration{0},
                 prepare_plain}};

}  // namespace

std::span<const HttpProtocol> http_protocols() {
    return protocols;
}

const HttpProtocol* find_http_protocol(std::string_view name) {
    const auto* const found = std::find_if(protocols.begin(), protocols.end(),
                                           [&](const auto& row) { return row.name == name; });
    return found == protocols.end() ? nullptr : &*found;
}

}  // namespace tuma::loadgen
