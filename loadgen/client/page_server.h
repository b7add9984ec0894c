// One page of text for whoever asks over HTTP, from a thread of its own.
#pragma once

#include "loadgen/client/poller.h"
#include "loadgen/client/socket.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace tuma::loadgen {

/// Answers GET of one path with the page as it was set last, everything else with 404. Whoever asks
/// slowly, or not at all, holds up nobody but itself. At most 64 connections.
class PageServer {
public:
    /// Listens at once. Throws ConnectionError or std::system_error when it cannot.
    PageServer(const Endpoint& where, std::string path);
    PageServer(const PageServer&) = delete;
    PageServer& operator=(const PageServer&) = delete;
    ~PageServer();

    /// Where it listens, with the port that the system found.
    const Endpoint& endpoint() const { return endpoint_; }
    void set(std::string page);

private:
    void serve();
    std::string answer(const std::string& method, const std::string& target);

    Socket listening_;
    Poller poller_;
    Endpoint endpoint_;
    std::string path_;
    std::mutex mutex_;
    std::string page_;  ///< guarded by mutex_
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace tuma::loadgen
