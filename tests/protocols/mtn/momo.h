// MTN MoMo in one thread: the dialect with its default merchants, a switch, and a receiver of
// callbacks.
#pragma once

#include "protocols/mtn/mtn_adapter.h"
#include "tests/support/dialect_bench.h"

#include <boost/json.hpp>

#include <string>

namespace tuma::testing {

/// The default sandbox, ready for requests. Time stands still unless `pass` is called.
class Momo : public DialectBench {
public:
    explicit Momo(const mtn::Options& options = {});

    /// An access token of the default user for this product, asked for anew.
    std::string token(const std::string& product);
    /// A request with key, token and environment of the product that the path begins with.
    http::HttpReply call(const std::string& method, const std::string& path,
                         const std::string& body = {}, http::Fields headers = {});
    /// A POST with a reference and, unless it is empty, a callback address.
    http::HttpReply post(const std::string& path, const std::string& reference,
                         const boost::json::object& body, const std::string& callback = "");
    /// The JSON of a GET that succeeds.
    boost::json::value get(const std::string& path);
    void store(const mtn::Options& options);

    mtn::MtnAdapter adapter;
};

/// The `number`-th UUID of version 4.
std::string reference(int number);
/// Of the default sandbox's product.
std::string key_of(const std::string& product);
inline const std::string shop = "http://127.0.0.1:9/cb";
inline const std::string customer = "56733123453";
/// {amount 50 EUR, externalId, party, notes} with `role` payer or payee.
boost::json::object payment_body(const std::string& role, const std::string& msisdn,
                                 const std::string& amount = "50");

/// {"message","code"} under this status, and nothing else.
void check_error(const http::HttpReply& reply, int status, const std::string& code);

}  // namespace tuma::testing
