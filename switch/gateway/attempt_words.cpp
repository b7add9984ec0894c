#include "switch/net/attempt_words.h"

#include "protocols/http/url.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::net {
namespace {

// No part of an IPv4 address and no port has so many.
constexpr std::size_t number_digits_min = 7;

std::string without_numbers(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits >= number_digits_min)
            shown += "***";
        else
            shown += text.substr(0, digits);
        text.remove_prefix(digits);
        const std::size_t others = std::min(text.find_first_of("0123456789"), text.size());
        shown += text.substr(0, others);
        text.remove_prefix(others);
    }
    return shown;
}

}  // namespace

std::string shown_host(std::string_view url) {
    const auto parsed = http::parse_url(url);
    if (!parsed) return {};
    const bool is_v6 = parsed->host.find(':') != std::string::npos;
    return without_numbers(
        fmt::format("{}:{}", is_v6 ? "[" + parsed->host + "]" : parsed->host, parsed->port));
}

std::string attempt_words(const protocols::CallbackResult& result, bool is_delivered) {
    if (result.status == 0) return result.failure;
    if (is_delivered) return fmt::format("it was acknowledged with {}", result.status);
    if (result.status >= 300 && result.status < 400)
        return fmt::format("{} was answered; no redirect is followed", result.status);
    if (result.status >= 400) return fmt::format("{} was answered", result.status);
    return fmt::format("{} was answered, with a body that does not acknowledge it", result.status);
}

}  // namespace tuma::net
