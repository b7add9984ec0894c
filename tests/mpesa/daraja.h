// Daraja in one thread: the dialect, a switch with the scheme of Kenya, and a receiver of
// callbacks.
#pragma once

#include "protocols/mpesa/mpesa_adapter.h"
#include "protocols/mpesa/profiles.h"
#include "tests/support/world.h"

#include <boost/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tuma::testing {

/// A callback that arrived.
struct Arrived {
    OrderId order{};
    std::uint8_t channel = 0;
    Timestamp time{};
    protocols::Callback callback{};

    boost::json::value json() const { return boost::json::parse(callback.body); }
};

/// The default sandbox, ready for requests. Time stands still unless `pass` is called.
class Daraja {
public:
    explicit Daraja(const mpesa::Options& options = {});

    /// A good token.
    std::string token() const;
    /// The reply to a request as it is.
    http::HttpReply send(const http::HttpRequest& request);
    /// A POST with a good token.
    http::HttpReply post(const std::string& path, const std::string& body,
                         http::Fields headers = {});
    /// The same, and its JSON.
    boost::json::value post_json(const std::string& path, const std::string& body,
                                 http::Fields headers = {});
    /// Lets time pass, carrying callbacks out as they are due.
    void pass(Duration duration);
    void store(const mpesa::Options& options);
    void store(const mpesa::Shortcode& shortcode);
    /// Posted balance of the account with this identity, cents; it has to exist.
    std::int64_t balance(const std::string& identity);
    /// The process ends and starts again.
    void restart();
    /// Books in order, money neither made nor lost, and a replay that agrees.
    void check_books();

    World world;
    protocols::Directory directory;
    mpesa::MpesaAdapter adapter;
    std::vector<Arrived> arrived;
    /// What a merchant answers.
    std::function<protocols::CallbackResult(const Arrived&)> receiver;

private:
    std::vector<core::Outcome> decide(const std::vector<core::Request>& requests);
    void deliver();
    protocols::Context context();
    void load_scheme();

    std::uint64_t counter_ = 0;
};

/// A SecurityCredential of the password, for the sandbox's key.
std::string credential(const std::string& password);
/// A merchant's Password.
std::string stk_password(const std::string& shortcode, const std::string& timestamp);
/// A prompt for the customer with a good password; `changes` replaces or adds members ("Amount":5)
/// and removes those that are null in it and not in `kept_nulls`.
std::string stk_body(const std::string& msisdn, std::int64_t amount,
                     const boost::json::object& changes = {});

/// The text of a member on a path of names ("Body/stkCallback/ResultCode"), numbers as digits.
std::string at(const boost::json::value& value, std::string_view path);

}  // namespace tuma::testing
