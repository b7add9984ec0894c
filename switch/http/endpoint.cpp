#include "switch/http/endpoint.h"

#include "ledger/words/text.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include <optional>

namespace tuma::net {
std::string Endpoint::text() const {
    const bool is_v6 = address.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool is_loopback(const Endpoint& endpoint) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(endpoint.address, error);
    return !error && address.is_loopback();
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const InputError wrong{"endpoint",
                           fmt::format("'{}' must be HOST:PORT with a numeric host, for example "
                                       "127.0.0.1:7411 or [::1]:0",
                                       text.substr(0, 80))};
    // The last one: an address of IPv6 has colons of its own.
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong;
    const auto port = read_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return wrong;
    std::string host{text.substr(0, colon)};
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    // The one name whose address is known without asking.
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(host, failure);
    if (failure) return wrong;
    // As the library writes it, so that equal addresses are equal texts.
    return Endpoint{address.to_string(), *port};
}

}  // namespace tuma::net
