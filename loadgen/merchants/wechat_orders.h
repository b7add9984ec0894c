// WeChat Pay API v3 as a load: signed native orders, paid by the simulated customer.
#pragma once

#include "ledger/words/time.h"
#include "loadgen/merchants/client_file.h"
#include "loadgen/merchants/http_dialect.h"
#include "loadgen/merchants/signed_stock.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// What all orders of a run have in common.
struct WechatSettings {
    WechatClient client;
    std::string host;                ///< of the Host field
    std::uint64_t prefix = 0;        ///< of the order numbers: another one means other orders
    Duration act_after{0};           ///< when the simulated customer pays
    std::uint32_t verify_each = 10;  ///< every Nth reply and callback is verified; 0: none
    StockSettings stock;
};

/// "L", the prefix in 16 hexadecimal digits, and the number: at most 32 characters.
std::string load_order_number(std::uint64_t prefix, std::uint64_t number);

/// Orders are signed ahead of the run, for as long as a signature is good; see SignedStock.
/// Every callback is decrypted, because its order's number is inside.
class WechatOrders : public HttpDialect {
public:
    explicit WechatOrders(WechatSettings settings);

    void begin(const std::string& callback_url) override;
    void make(HttpOperation& operation) override;
    std::optional<HttpVerdict> read_reply(const http::HttpAnswer& reply,
                                          const HttpOperation& operation) override;
    std::optional<CallbackNews> read_callback(const http::HttpRequest& callback) override;
    std::vector<std::string> problems() const override;
    std::vector<std::string> remarks() const override;
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    /// How many messages of a kind were looked at and how many of them were not signed right.
    struct Sample {
        std::uint64_t seen = 0;
        std::uint64_t verified = 0;
        std::uint64_t bad = 0;
    };
    std::string signed_request(std::uint64_t number) const;
    void verify(const http::Fields& headers, std::string_view body, Sample& sample) const;
    bool is_signed(const http::Fields& headers, std::string_view body) const;

    WechatSettings settings_;
    std::string callback_url_;
    Sample replies_;
    Sample callbacks_;
    std::unique_ptr<SignedStock> stock_;
};

}  // namespace tuma::loadgen
