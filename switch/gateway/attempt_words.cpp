#include "switch/gateway/attempt_words.h"

#include "protocols/http/url.h"
#include "switch/ops/masked_text.h"

#include <fmt/format.h>

namespace tuma::net {

std::string shown_host(std::string_view url) {
    const auto parsed = http::parse_url(url);
    if (!parsed) return {};
    const bool is_v6 = parsed->host.find(':') != std::string::npos;
    return masked_numbers(
        fmt::format("{}:{}", is_v6 ? "[" + parsed->host + "]" : parsed->host, parsed->port));
}

std::string attempt_words(const protocols::CallbackResult& result, bool is_delivered) {
    // Nothing was answered; whoever sent it has said why.
    if (result.status == 0) return result.failure;
    if (is_delivered) return fmt::format("it was acknowledged with {}", result.status);
    if (result.status >= 300 && result.status < 400)
        return fmt::format("{} was answered; no redirect is followed", result.status);
    if (result.status >= 400) return fmt::format("{} was answered", result.status);
    return fmt::format("{} was answered, with a body that does not acknowledge it", result.status);
}

}  // namespace tuma::net
