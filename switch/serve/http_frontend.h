// Everything of the switch that speaks HTTP with clients: listener, dialects, notices, admin API.
#pragma once

#include "protocols/kit/adapter.h"
#include "switch/gateway/admin_api.h"
#include "switch/gateway/gate.h"
#include "switch/gateway/virtual_time.h"
#include "switch/http/http_client.h"
#include "switch/http/http_server.h"
#include "switch/ops/settings.h"
#include "switch/serve/timekeeper.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tuma {

/// Built before the engine (which hands its effects to `take`), connected to it afterwards.
class HttpFrontend {
public:
    /// `door` is what the administrator's API is entered by where merchants' clients are answered;
    /// where that is, is added.
    HttpFrontend(const net::Settings& settings, Timekeeper& keeper, net::Metrics& metrics,
                 net::Door door);
    ~HttpFrontend();
    HttpFrontend(const HttpFrontend&) = delete;
    HttpFrontend& operator=(const HttpFrontend&) = delete;

    /// For the engine: what a durable batch causes outside. Any thread; before `connect` nothing
    /// can be caused.
    void take(std::vector<core::Effect> effects);

    /// Provisions the merchants of the settings and gets ready to answer. Throws
    /// std::runtime_error. Requires: the engine has not been started, schemes are loaded.
    void connect(net::Engine& engine, net::History& history, const core::Switch& core);
    /// Binds the listeners.
    void listen();
    /// Whether the public test merchants are there; see `names_merchants`.
    bool has_default_set() const { return has_default_set_; }
    /// Where they listen, "127.0.0.1:8080"; empty where they do not.
    const std::string& http() const { return http_; }
    const std::string& https() const { return https_; }
    /// Starts to answer and makes attempts again that were under way when the process ended.
    void start();

    /// An administrator's call that has passed a gate; `respond` is called once, on any thread.
    void administer(const http::HttpRequest& request, net::Respond respond);
    /// Another place where this process listens: callbacks are never sent there. Requires:
    /// `connect`, and not started.
    void add_own(const net::Endpoint& endpoint);
    /// What connections hold; see HttpServer. Any thread.
    std::size_t memory_bytes() const;

    /// Reads nothing more; true when all that was read has been answered within `timeout`.
    bool finish(Duration timeout);
    /// Begins no more attempts to deliver notices. What was not sent is left for the next start.
    void hold_notices();
    /// True when all attempts that were sent have ended within `timeout`; those that have not count
    /// as failed. The engine has been told of them all. Requires: they are held.
    bool finish_notices(Duration timeout);
    /// Requires: the notices are finished, the engine is drained.
    void stop();

    /// What to tell a person at the start: merchants, keys, lines to paste.
    std::string welcome() const;

private:
    struct Running;

    // A listener that was bound: its text.
    std::string add_door(const net::Endpoint& endpoint);

    const net::Settings& settings_;
    Timekeeper& keeper_;
    net::Metrics& metrics_;
    net::Door door_;
    protocols::Directory directory_;
    std::vector<std::unique_ptr<const protocols::Adapter>> adapters_;
    std::vector<core::Effect> unfinished_;
    std::optional<net::Translation> translation_;
    net::FaultRules faults_;
    std::unique_ptr<Running> running_;
    bool has_default_set_ = false;
    std::string http_;
    std::string https_;
};

}  // namespace tuma
