// WeChat Pay in one thread with one merchant, who signs requests and opens callbacks.
#pragma once

#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/profiles/profiles.h"
#include "protocols/wechat/profiles/signature_keys.h"
#include "protocols/wechat/wechat_adapter.h"
#include "tests/support/dialect_bench.h"

#include <boost/json.hpp>

#include <cstddef>
#include <string>

namespace tuma::testing {

/// The default merchant, ready for requests, at 10:00 in Beijing on 2 October 2026.
class Shop : public DialectBench {
public:
    /// `orders_max` as in DialectBench.
    explicit Shop(const wechat::Options& options = {}, std::size_t orders_max = 0);

    /// A request that the merchant has signed now, by its own clock.
    http::HttpRequest signed_request(const std::string& method, const std::string& target,
                                     const std::string& body = {}, http::Fields headers = {}) const;
    /// A signed request and its reply, whose signature is checked; refusals have none.
    http::HttpReply call(const std::string& method, const std::string& target,
                         const std::string& body = {}, http::Fields headers = {});
    http::HttpReply get(const std::string& target) { return call("GET", target); }
    http::HttpReply post(const std::string& target, const boost::json::object& body,
                         http::Fields headers = {});
    /// The same, and its JSON.
    boost::json::value get_json(const std::string& target);
    boost::json::value post_json(const std::string& target, const boost::json::object& body);
    void store(const wechat::Options& options);
    void store(const wechat::Merchant& merchant);

    wechat::Merchant merchant;
    wechat::WechatAdapter adapter;
    /// What the platform signs with.
    wechat::Platform platform;
};

/// A name as clients send it, encrypted for the platform's public key; and the header that says so.
std::string sealed(const std::string& name);
http::Fields sealing_header();
/// The resource that a callback encrypts.
boost::json::value opened(const Arrived& callback);

/// A native order of so many fen.
boost::json::object native_order(const std::string& number, std::int64_t total);
/// A refund of an order.
boost::json::object refund_of(const std::string& number, const std::string& refund,
                              std::int64_t amount, std::int64_t total);
/// The code of an error reply with its status: "400 PARAM_ERROR"; "200" and "404" without one.
std::string code_of(const http::HttpReply& reply);
}  // namespace tuma::testing
