// Whom callbacks may be sent to: never the switch itself, others by two lists.
#pragma once

#include "ledger/words/result.h"
#include "switch/http/endpoint.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::net {

/// One entry of a list: a host's name ("shop.test", or "*.test" for all names below it), an address
/// ("10.0.0.7"), or a network ("169.254.0.0/16", "fe80::/10").
struct CallbackTarget {
    std::string name{};  ///< lower case; empty for addresses
    boost::asio::ip::address network{};
    unsigned prefix_bits = 0;
};

/// Filled before the first call and only read after it.
class CallbackRules {
public:
    /// Nothing is allowed or denied in particular.
    CallbackRules() = default;
    /// Reads lists separated by commas. An empty `allow` allows everybody. Refuses what is neither
    /// name, address nor network; the field is "callback-allow" or "callback-deny".
    static Result<CallbackRules> read(std::string_view allow, std::string_view deny);

    /// Where this process listens itself.
    void add_own(const Endpoint& endpoint);

    /// Why `host`, which was looked up and has this address, may not be called; nothing if it may.
    /// In this order: one of our own listeners, by any of this machine's addresses where it
    /// listens on all of them; the deny list; not on the allow list.
    std::optional<std::string> refusal(std::string_view host,
                                       const boost::asio::ip::tcp::endpoint& endpoint) const;

private:
    std::vector<CallbackTarget> allow_;
    std::vector<CallbackTarget> deny_;
    std::vector<boost::asio::ip::tcp::endpoint> own_;
};

/// The IPv4 address inside one of IPv6 (::ffff:a.b.c.d, 64:ff9b::a.b.c.d), and loopback for 0.0.0.0
/// and ::, which connect to this machine.
boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

}  // namespace tuma::net
