#include "switch/http/callback_rules.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace tuma::net {
namespace {

namespace ip = boost::asio::ip;

// RFC 6052, section 2.1: the well-known prefix of translated IPv4 addresses.
constexpr ip::address_v6::bytes_type translated{0x00, 0x64, 0xff, 0x9b};
constexpr std::size_t translated_bytes = 12;
constexpr std::size_t name_bytes_max = 253;

std::string host_name(std::string_view text) {
    std::string name = lower_case(text);
    // With a dot at the end it is the same name, written in full.
    if (name.ends_with('.')) name.pop_back();
    return name;
}

bool is_host_name(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    return !name.empty() && name.size() <= name_bytes_max &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") ==
               std::string_view::npos &&
           // What looks like an address and is none is a slip.
           name.find_first_not_of("0123456789.") != std::string_view::npos;
}

std::optional<CallbackTarget> read_target(std::string_view text) {
    const std::size_t slash = text.find('/');
    boost::system::error_code error;
    const auto address = ip::make_address(std::string(text.substr(0, slash)), error);
    // What is no address may be a name, and a name has no network.
    if (error) {
        CallbackTarget target{.name = host_name(text)};
        if (slash == std::string_view::npos && is_host_name(target.name)) return target;
        return std::nullopt;
    }
    const unsigned bits_max = address.is_v4() ? 32 : 128;
    CallbackTarget target{.network = address, .prefix_bits = bits_max};
    if (slash == std::string_view::npos) return target;
    const auto bits = read_number<unsigned>(text.substr(slash + 1), 0, bits_max);
    if (!bits) return std::nullopt;
    target.prefix_bits = *bits;
    return target;
}

Result<std::vector<CallbackTarget>> read_list(std::string_view field, std::string_view text) {
    std::vector<CallbackTarget> list;
    // Otherwise the list would have one entry, the empty name.
    if (text.empty()) return list;
    for (std::string_view part : split_words(text, ',')) {
        while (part.starts_with(' ')) part.remove_prefix(1);
        while (part.ends_with(' ')) part.remove_suffix(1);
        const auto target = read_target(part);
        if (!target)
            return InputError{std::string(field),
                              fmt::format("{} is no name, address or network; write them like "
                                          "shop.test, *.test, 10.0.0.7, 10.0.0.0/8 or fe80::/10, "
                                          "separated by commas",
                                          shown_word(part))};
        list.push_back(*target);
    }
    return list;
}

template <typename Bytes>
bool begins_alike(const Bytes& a, const Bytes& b, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    if (bits % 8 == 0) return true;
    const unsigned shift = 8 - bits % 8;
    return (static_cast<unsigned>(a[whole]) >> shift) == (static_cast<unsigned>(b[whole]) >> shift);
}

bool matches(const CallbackTarget& target, const std::string& host, const ip::address& address) {
    // "*.shop.test" are the names below shop.test and not shop.test itself.
    if (target.name.starts_with("*.")) return host.ends_with(target.name.substr(1));
    if (!target.name.empty()) return host == target.name;
    if (target.network.is_v4() != address.is_v4()) return false;
    return address.is_v4() ? begins_alike(target.network.to_v4().to_bytes(),
                                          address.to_v4().to_bytes(), target.prefix_bits)
                           : begins_alike(target.network.to_v6().to_bytes(),
                                          address.to_v6().to_bytes(), target.prefix_bits);
}

bool is_on(const std::vector<CallbackTarget>& list, const std::string& host,
           const ip::address& address) {
    return std::any_of(list.begin(), list.end(), [&](const CallbackTarget& target) {
        return matches(target, host, address);
    });
}

ip::address address_of(const sockaddr& socket) {
    if (socket.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &socket, sizeof v4);
        return ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &socket, sizeof v6);
    ip::address_v6::bytes_type bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return ip::address_v6(bytes);
}

// Looked up each time: a machine gets addresses and loses them.
bool is_this_machine(const ip::address& address) {
    if (address.is_loopback()) return true;
    ifaddrs* first = nullptr;
    // Unknown counts as somebody else's. Loopback has been looked at before.
    if (getifaddrs(&first) != 0) return false;
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, freeifaddrs);
    for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr) continue;
        const int family = one->ifa_addr->sa_family;
        if ((family == AF_INET || family == AF_INET6) && address_of(*one->ifa_addr) == address)
            return true;
    }
    return false;
}

bool is_listener(const ip::tcp::endpoint& own, const ip::address& address, std::uint16_t port) {
    if (own.port() != port) return false;
    if (own.address().is_unspecified()) return is_this_machine(address);
    return plain_address(own.address()) == address;
}

}  // namespace

ip::address plain_address(const ip::address& address) {
    if (address.is_v4())
        return address.is_unspecified() ? ip::address(ip::address_v4::loopback()) : address;
    const ip::address_v6 v6 = address.to_v6();
    // What is inside may be 0.0.0.0, which is this machine again.
    if (v6.is_v4_mapped()) return plain_address(ip::make_address_v4(ip::v4_mapped, v6));
    const ip::address_v6::bytes_type bytes = v6.to_bytes();
    if (std::equal(bytes.begin(), bytes.begin() + translated_bytes, translated.begin())) {
        ip::address_v4::bytes_type inner{};
        std::copy(bytes.begin() + translated_bytes, bytes.end(), inner.begin());
        return plain_address(ip::address_v4(inner));
    }
    // Without the zone of a link-local address, which says nothing about whose it is.
    return v6.is_unspecified() ? ip::address(ip::address_v6::loopback())
                               : ip::address(ip::address_v6(bytes));
}

Result<CallbackRules> CallbackRules::read(std::string_view allow, std::string_view deny) {
    CallbackRules rules;
    Result<std::vector<CallbackTarget>> allowed = read_list("callback-allow", allow);
    if (!allowed) return allowed.error();
    Result<std::vector<CallbackTarget>> denied = read_list("callback-deny", deny);
    if (!denied) return denied.error();
    rules.allow_ = std::move(allowed).value();
    rules.deny_ = std::move(denied).value();
    return rules;
}

void CallbackRules::add_own(const Endpoint& endpoint) {
    own_.emplace_back(ip::make_address(endpoint.address), endpoint.port);
}

std::optional<std::string> CallbackRules::refusal(std::string_view host,
                                                  const ip::tcp::endpoint& endpoint) const {
    // In one spelling, or a list could be passed by with another one.
    const ip::address address = plain_address(endpoint.address());
    // The switch itself before the lists: none may allow it.
    for (const ip::tcp::endpoint& own : own_)
        if (is_listener(own, address, endpoint.port()))
            return std::string("the address is the switch's own");
    const std::string name = host_name(host);
    if (is_on(deny_, name, address))
        return fmt::format("{} is denied by --callback-deny", address.to_string());
    if (!allow_.empty() && !is_on(allow_, name, address))
        return fmt::format("{} is not on the list of --callback-allow", address.to_string());
    return std::nullopt;
}

}  // namespace tuma::net
