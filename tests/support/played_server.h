// The server of known behaviour in a thread of the test.
#pragma once

#include "loadgen/fake/fake_server.h"

#include <atomic>
#include <thread>

namespace tuma::testing {

/// Serves from construction on, on 127.0.0.1 and a free port.
class PlayedServer {
public:
    explicit PlayedServer(const loadgen::FakeSettings& settings = {})
        : server_(settings), thread_([this] { server_.run(stop_); }) {}
    ~PlayedServer() { log(); }
    PlayedServer(const PlayedServer&) = delete;
    PlayedServer& operator=(const PlayedServer&) = delete;

    const loadgen::Endpoint& endpoint() const { return server_.endpoint(); }
    /// Ends the server.
    const loadgen::FakeLog& log() {
        stop_.store(true);
        return log_of_its_end();
    }
    /// Waits until it has ended by itself.
    const loadgen::FakeLog& log_of_its_end() {
        if (thread_.joinable()) thread_.join();
        return server_.log();
    }

private:
    std::atomic<bool> stop_{false};
    loadgen::FakeServer server_;
    std::thread thread_;
};

}  // namespace tuma::testing
