// Plain HTTP as a load: one request again and again, done when its status is one of success.
#pragma once

#include "loadgen/merchants/http_protocols.h"

#include <string>
#include <utility>

namespace tuma::loadgen {

/// Reads the body and asks once, so that a server that speaks something else is known before the
/// run; says so when the answer is no success. See `HttpProtocol::prepare`. Refuses a path that is
/// none, a body that cannot be read.
Result<MakeMerchant> prepare_plain(const MerchantPlan& plan, const Preparation& told);

/// Has no callbacks.
class PlainRequests : public HttpDialect {
public:
    /// `bytes` are those of the request.
    explicit PlainRequests(std::string bytes) : bytes_(std::move(bytes)) {}

    void begin(const std::string&) override {}
    void make(HttpOperation& operation) override { operation.bytes = bytes_; }
    std::optional<HttpVerdict> read_reply(const http::HttpAnswer& reply,
                                          const HttpOperation& operation) override;
    std::optional<CallbackNews> read_callback(const http::HttpRequest&) override {
        return std::nullopt;
    }
    std::vector<std::pair<std::string, std::string>> facts() const override;

private:
    std::string bytes_;
};

}  // namespace tuma::loadgen
