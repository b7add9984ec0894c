// M-Pesa as a load: customers are asked for money on their handsets (STK push).
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/arrivals/random.h"
#include "loadgen/client/socket.h"
#include "loadgen/merchants/client_file.h"
#include "loadgen/merchants/http_dialect.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// What all prompts of a run have in common.
struct MpesaSettings {
    MpesaClient client;
    std::string host;       ///< of the Host field
    std::string token;      ///< an access token, see `mpesa_token`
    std::string timestamp;  ///< 14 digits, in Nairobi; the same for the whole run
    std::uint32_t customers = 1000;
    Duration act_after{0};  ///< when the simulated customer enters the PIN
    std::uint64_t seed = 0;
};

/// 14 digits in Nairobi's time, as the passwords of prompts contain.
std::string mpesa_timestamp(Timestamp now);

/// Asks for an access token. Throws ConnectionError, also when there is none.
std::string mpesa_token(const Endpoint& target, const MpesaClient& client, Duration timeout);

/// The `number`-th customer's phone: 12 digits that are none of the test numbers.
std::string load_msisdn(std::uint32_t number);

/// Asks every customer once, so that all of them have accounts when the run begins. Throws
/// ConnectionError.
void open_mpesa_customers(const Endpoint& target, const MpesaSettings& settings, Duration timeout,
                          const std::function<void(std::uint64_t done)>& on_progress);

/// Customers are asked in turn, so that a prompt meets another one of the same customer only when
/// as many are open as there are customers. The access token is good for an hour.
class MpesaPrompts : public HttpDialect {
public:
    explicit MpesaPrompts(MpesaSettings settings);

    void begin(const std::string& callback_url) override { callback_url_ = callback_url; }
    void make(HttpOperation& operation) override;
    std::optional<HttpVerdict> read_reply(const http::HttpAnswer& reply,
                                          const HttpOperation& operation) override;
    std::optional<CallbackNews> read_callback(const http::HttpRequest& callback) override;
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    MpesaSettings settings_;
    std::string password_;
    std::string callback_url_;
    Random random_;
    std::uint32_t next_customer_ = 0;
};

}  // namespace tuma::loadgen
