// Daraja in one thread: the dialect, a switch with the scheme of Kenya, and a receiver of
// callbacks.
#pragma once

#include "protocols/mpesa/mpesa_adapter.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "tests/support/dialect_bench.h"

#include <boost/json.hpp>

#include <string>

namespace tuma::testing {

inline constexpr const char* stk_push = "/mpesa/stkpush/v1/processrequest";
inline constexpr const char* stk_query = "/mpesa/stkpushquery/v1/query";

/// The default sandbox, ready for requests. Time stands still unless `pass` is called.
class Daraja : public DialectBench {
public:
    explicit Daraja(const mpesa::Options& options = {});

    /// A good token of the sandbox's own app, or of another one.
    std::string token() const;
    std::string token_of(const std::string& consumer_key) const;
    /// A POST with a good token.
    http::HttpRequest request(const std::string& path, const std::string& body,
                              http::Fields headers = {}) const;
    /// The same, and its reply.
    http::HttpReply post(const std::string& path, const std::string& body,
                         http::Fields headers = {});
    /// The same, and its JSON.
    boost::json::value post_json(const std::string& path, const std::string& body,
                                 http::Fields headers = {});
    void store(const mpesa::Options& options);
    void store(const mpesa::Shortcode& shortcode);

    mpesa::MpesaAdapter adapter;
};

/// A SecurityCredential of the password, for the sandbox's key.
std::string credential(const std::string& password);
/// A merchant's Password.
std::string stk_password(const std::string& shortcode, const std::string& timestamp);
/// A prompt for the customer with a good password; `changes` replaces or adds members.
std::string stk_body(const std::string& msisdn, std::int64_t amount,
                     const boost::json::object& changes = {});

/// The envelope of errors, under the status that its code begins with, and nothing else.
void check_error(const http::HttpReply& reply);

}  // namespace tuma::testing
