// An HTTP server that accepts every request and calls back, over real sockets: what the load
// generator's HTTP driver is tested with.
#pragma once

#include "loadgen/client/http_stream.h"
#include "loadgen/client/socket.h"
#include "loadgen/merchants/http_dialect.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace tuma::testing {

/// How the server misbehaves; requests are numbered from 1.
struct FakeShopFaults {
    std::uint64_t refuse_each = 0;   ///< every Nth is answered "no busy"; 0: none
    std::uint64_t lose_each = 0;     ///< no callback
    std::uint64_t repeat_each = 0;   ///< the callback comes twice
    std::uint64_t decline_each = 0;  ///< the callback tells of no payment
    std::uint64_t silent_at = 0;     ///< this one is never answered
    std::uint64_t drop_at = 0;       ///< the connection is closed instead of an answer
    std::uint64_t garble_at = 0;     ///< the answer is no HTTP
    bool calls_back_first = false;   ///< before the reply
    bool closes_after_each = false;  ///< silently, after the reply
};

/// Listens on 127.0.0.1 with a free port; one thread.
class FakeShopServer {
public:
    explicit FakeShopServer(const FakeShopFaults& faults = {});
    FakeShopServer(const FakeShopServer&) = delete;
    FakeShopServer& operator=(const FakeShopServer&) = delete;
    ~FakeShopServer() { stop(); }

    loadgen::Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    /// Ends the thread; afterwards the numbers may be read.
    void stop();
    std::uint64_t requests() const { return requests_; }
    std::uint64_t connections() const { return connections_; }

private:
    void serve();
    void take_all(int descriptor);
    bool answer(int descriptor, const http::HttpRequest& request);
    void call_back(const std::string& url_host, const std::string& key, std::uint64_t number);

    FakeShopFaults faults_;
    loadgen::Socket listener_;
    std::uint16_t port_ = 0;
    std::map<int, loadgen::HttpStream> streams_;
    loadgen::HttpStream calling_;
    std::uint64_t requests_ = 0;
    std::uint64_t connections_ = 0;
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

/// The merchant's side of that server's protocol: numbers its requests, names the callback's
/// address in a field of its own.
class FakeShopDialect : public loadgen::HttpDialect {
public:
    void begin(const std::string& callback_url) override { callback_url_ = callback_url; }
    void make(loadgen::HttpOperation& operation) override;
    std::optional<loadgen::HttpVerdict> read_reply(
        const http::HttpAnswer& reply, const loadgen::HttpOperation& operation) override;
    std::optional<loadgen::CallbackNews> read_callback(const http::HttpRequest& callback) override;
    std::vector<std::pair<std::string, std::string>> facts() const override { return {}; }

private:
    std::string callback_url_;
    std::uint64_t made_ = 0;
};

}  // namespace tuma::testing
