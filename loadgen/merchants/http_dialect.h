// What a merchant of a protocol over HTTP asks, and how it reads what comes back.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/measure/callback_tracker.h"
#include "protocols/http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// One request, ready to be sent.
struct HttpOperation {
    std::string bytes;
    std::string key;  ///< by which its callback is known, where the merchant chooses it
    Offset intended{0};
    Offset sent{0};
};

/// A reply as the merchant understands it.
struct HttpVerdict {
    std::string refusal;  ///< why nothing will happen, as "500.001.1001"; empty: accepted
    std::string key;      ///< of the callback that will come; of an accepted request
};

/// The merchant's side of a protocol, told everything by one thread. A run has one of its own.
class HttpDialect {
public:
    HttpDialect() = default;
    HttpDialect(const HttpDialect&) = delete;
    HttpDialect& operator=(const HttpDialect&) = delete;
    virtual ~HttpDialect() = default;

    /// Told before the run where callbacks are received; the place for work ahead of time.
    virtual void begin(const std::string& callback_url) = 0;
    /// Makes the next request; `operation`'s times are left alone.
    virtual void make(HttpOperation& operation) = 0;
    /// Nothing when the reply is none of this protocol.
    virtual std::optional<HttpVerdict> read_reply(const http::HttpAnswer& reply,
                                                  const HttpOperation& operation) = 0;
    /// Nothing when the callback is none of this protocol.
    virtual std::optional<CallbackNews> read_callback(const http::HttpRequest& callback) = 0;

    /// Reasons not to believe the run, and what a reader should know besides, as sentences.
    virtual std::vector<std::string> problems() const { return {}; }
    virtual std::vector<std::string> remarks() const { return {}; }
    /// Rows of the settings table, asked for after the run.
    virtual std::vector<std::pair<std::string, std::string>> facts() const = 0;
};

}  // namespace tuma::loadgen
