#include "switch/gateway/gate.h"

#include "ledger/words/text.h"
#include "protocols/crypto/encoding.h"
#include "switch/gateway/admin_json.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::net {
namespace {

constexpr std::string_view cookie_name = "tuma_token";
constexpr std::array<std::string_view, 6> deciding_fields{
    "Host", "Origin", "Content-Type", "Authorization", "Tuma-Token", "Cookie"};

// "[::1]:80" and "localhost" in two parts; IPv6 without brackets.
struct HostField {
    std::string name;
    std::string_view port;  ///< empty without one
};

HostField read_host(std::string_view text) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.rfind(':');
    // A colon inside the brackets is a part of the address.
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    HostField host{lower_case(text.substr(0, has_port ? colon : text.size())),
                   has_port ? text.substr(colon + 1) : std::string_view{}};
    if (host.name.starts_with('[') && host.name.ends_with(']'))
        host.name = host.name.substr(1, host.name.size() - 2);
    return host;
}

bool is_numeric(const std::string& name) {
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    return !error;
}

bool is_own_name(const Door& door, const Endpoint& endpoint, const std::string& name) {
    if (name == "localhost" || name == "127.0.0.1" || name == "::1") return true;
    if (name == endpoint.address) return true;
    if (std::find(door.names.begin(), door.names.end(), name) != door.names.end()) return true;
    // Nobody can point a number somewhere else.
    return !is_loopback(endpoint) && is_numeric(name);
}

bool is_own_host(const Door& door, std::string_view text) {
    const HostField host = read_host(text);
    return std::any_of(door.endpoints.begin(), door.endpoints.end(), [&](const Endpoint& endpoint) {
        return (host.port.empty() || host.port == std::to_string(endpoint.port)) &&
               is_own_name(door, endpoint, host.name);
    });
}

std::optional<std::string_view> cookie(const http::HttpRequest& request) {
    const std::string* const field = request.find("Cookie");
    std::string_view rest = field == nullptr ? std::string_view{} : *field;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view pair = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        // The equals sign must follow at once: tuma_token2 is another cookie.
        if (pair.size() > cookie_name.size() && pair.starts_with(cookie_name) &&
            pair[cookie_name.size()] == '=')
            return pair.substr(cookie_name.size() + 1);
    }
    return std::nullopt;
}

std::optional<std::string_view> given_token(const http::HttpRequest& request) {
    constexpr std::string_view bearer = "bearer ";
    if (const std::string* const own = request.find("Tuma-Token")) return *own;
    // The scheme's name has no case (RFC 9110, section 11.1).
    const std::string* const field = request.find("Authorization");
    if (field != nullptr && lower_case(std::string_view{*field}.substr(0, bearer.size())) == bearer)
        return trimmed(std::string_view{*field}.substr(bearer.size()));
    return cookie(request);
}

bool needs_token(const http::HttpRequest& request, Behind behind) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return behind == Behind::secret || (behind == Behind::call && !reads);
}

bool is_json(const http::HttpRequest& request) {
    const std::string* const type = request.find("Content-Type");
    if (type == nullptr) return false;
    // Parameters such as a charset change nothing here.
    const std::string_view media = std::string_view{*type}.substr(0, type->find(';'));
    return lower_case(trimmed(media)) == "application/json";
}

}  // namespace

std::optional<http::HttpReply> refused_at(const Door& door, const http::HttpRequest& request,
                                          Behind behind) {
    // Of two, one reader takes the first and another the last.
    for (const std::string_view field : deciding_fields)
        if (http::is_repeated(request.headers, field))
            return json_error(400, field, "is there twice");
    if (!is_own_host(door, request.host))
        return json_error(421, "Host",
                          fmt::format("this door is called 127.0.0.1, localhost, [::1] or by the "
                                      "address where it listens, with port {}; further names are "
                                      "given with --admin-names",
                                      door.endpoints.empty() ? 0 : door.endpoints.front().port));
    const std::string* const origin = request.find("Origin");
    // As browsers write an origin: scheme, name and port as one text.
    const std::string own = (request.is_tls ? "https://" : "http://") + lower_case(request.host);
    if (origin != nullptr && lower_case(*origin) != own)
        return json_error(403, "Origin", "pages of other origins may not call the administrator");
    // A page may send forms and plain text anywhere without asking. For JSON its browser has to ask
    // first, and gets no permission here.
    if (!request.body.empty() && !is_json(request))
        return json_error(415, "Content-Type", "must be application/json");
    if (!needs_token(request, behind)) return std::nullopt;
    const auto token = given_token(request);
    // A door without a token would take an empty one as right. The comparison takes the same time
    // wherever the two differ, so that time tells nothing.
    if (token && !door.token.empty() && crypto::constant_time_equal(*token, door.token))
        return std::nullopt;
    http::HttpReply reply = json_error(
        401, "Authorization",
        fmt::format("{}; it is in the file {}, send it as \"Authorization: Bearer TOKEN\" or "
                    "\"Tuma-Token: TOKEN\"",
                    token ? "this is not the administrator's token" : "the token is missing",
                    door.token_file));
    reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tuma\"");
    return reply;
}

}  // namespace tuma::net
