// Addresses of host names, looked up beside everything else.
#pragma once

#include "switch/engine/clock.h"
#include "switch/http/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace boost::asio {
class thread_pool;
}

namespace tuma::net {

using Addresses = std::vector<boost::asio::ip::address>;

/// What needs no lookup: numeric addresses, and localhost with all names under it.
/// Source: RFC 6761, section 6.3.
Addresses plain_addresses(const std::string& host);

/// Asks `resolve` on threads of its own, for each name once at a time, so that a name whose server
/// is silent holds up only those who want it (and, from the fourth of such names on, others). What
/// was found is good for a few seconds. Lives on the thread of `context`.
class NameLookup {
public:
    using Found = std::function<void(const Addresses&)>;

    /// Requires: `context` is run by one thread and stays longer.
    NameLookup(boost::asio::io_context& context, ResolveName resolve);
    ~NameLookup();
    NameLookup(const NameLookup&) = delete;
    NameLookup& operator=(const NameLookup&) = delete;

    /// Tells `found`, at once or later on the context's thread; nothing found is no address.
    void find(const std::string& name, Found found);
    /// Begins no more lookups and waits for those that are being made. Any thread.
    void stop();

private:
    struct Known {
        Addresses addresses;
        Steady::time_point until;
    };

    void told(const std::string& name, const Addresses& addresses);

    boost::asio::io_context& context_;
    ResolveName resolve_;
    std::map<std::string, Known> known_;
    std::map<std::string, std::vector<Found>> asked_;
    std::unique_ptr<boost::asio::thread_pool> threads_;
};

}  // namespace tuma::net
