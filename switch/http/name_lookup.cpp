#include "switch/http/name_lookup.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <utility>

namespace tuma::net {
namespace {

using boost::asio::ip::tcp;

constexpr std::size_t lookup_threads = 4;
constexpr std::chrono::seconds known_for{5};
constexpr std::size_t known_max = 1'000;

std::vector<std::string> ask_system(const std::string& name) {
    boost::asio::io_context context;
    boost::system::error_code error;
    std::vector<std::string> found;
    for (const auto& entry : tcp::resolver(context).resolve(name, "", error))
        found.push_back(entry.endpoint().address().to_string());
    return found;
}

Addresses read_addresses(const std::vector<std::string>& texts) {
    Addresses addresses;
    for (const std::string& text : texts) {
        boost::system::error_code error;
        const auto address = boost::asio::ip::make_address(text, error);
        if (!error) addresses.push_back(address);
    }
    return addresses;
}

}  // namespace

Addresses plain_addresses(const std::string& host) {
    // No server is asked, so that nobody can point these names elsewhere.
    if (host == "localhost" || host.ends_with(".localhost"))
        return {boost::asio::ip::address_v4::loopback(), boost::asio::ip::address_v6::loopback()};
    return read_addresses({host});
}

NameLookup::NameLookup(boost::asio::io_context& context, ResolveName resolve)
    : context_(context),
      resolve_(resolve ? std::move(resolve) : ask_system),
      threads_(std::make_unique<boost::asio::thread_pool>(lookup_threads)) {}

NameLookup::~NameLookup() {
    stop();
}

void NameLookup::find(const std::string& name, Found found) {
    const auto known = known_.find(name);
    if (known != known_.end() && Steady::now() < known->second.until)
        return found(known->second.addresses);
    std::vector<Found>& asking = asked_[name];
    asking.push_back(std::move(found));
    // Asked for already: one look-up serves all who want it.
    if (asking.size() > 1) return;
    boost::asio::post(*threads_, [this, name] {
        const Addresses addresses = read_addresses(resolve_(name));
        boost::asio::post(context_, [this, name, addresses] { told(name, addresses); });
    });
}

void NameLookup::told(const std::string& name, const Addresses& addresses) {
    // Rarely, and it costs a look-up each. Without it the list would grow with every name that is
    // ever called.
    if (known_.size() >= known_max) known_.clear();
    // Not kept: its owner may be putting it right, and the next attempt should see that.
    if (addresses.empty())
        known_.erase(name);
    else
        known_[name] = {addresses, Steady::now() + known_for};
    // Taken out first, because whoever is told may ask for the name again.
    const auto asking = asked_.extract(name);
    for (const Found& found : asking.mapped()) found(addresses);
}

void NameLookup::stop() {
    // What has not begun is dropped. A look-up that is under way cannot be broken off.
    threads_->stop();
    threads_->join();
}

}  // namespace tuma::net
