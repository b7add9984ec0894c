// MTN MoMo as a load: customers are asked to pay (request to pay).
#pragma once

#include "loadgen/arrivals/random.h"
#include "loadgen/merchants/http_protocols.h"

#include <cstdint>
#include <string>

namespace tuma::loadgen {

/// What all requests of a run have in common.
struct MomoSettings {
    std::string host;  ///< of the Host field
    std::string target_environment;
    std::string currency;
    std::string subscription_key;
    std::string token;  ///< an access token; good for an hour
    std::uint32_t customers = 1000;
    Duration act_after{0};  ///< when the simulated customer approves
    std::uint64_t seed = 0;
};

/// Reads DATA/clients/mtn-momo.json and asks for an access token; see `HttpProtocol::prepare`.
Result<MakeMerchant> prepare_momo(const MerchantPlan& plan, const Preparation& told);

/// Customers are asked in turn for 1 to 20 units; their wallets are opened as they are met.
class MomoRequests : public HttpDialect {
public:
    explicit MomoRequests(MomoSettings settings);

    void begin(const std::string& callback_url) override { callback_url_ = callback_url; }
    void make(HttpOperation& operation) override;
    std::optional<HttpVerdict> read_reply(const http::HttpAnswer& reply,
                                          const HttpOperation& operation) override;
    std::optional<CallbackNews> read_callback(const http::HttpRequest& callback) override;
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    MomoSettings settings_;
    std::string callback_url_;
    Random random_;
    std::uint64_t run_;
    std::uint64_t made_ = 0;
};

}  // namespace tuma::loadgen
