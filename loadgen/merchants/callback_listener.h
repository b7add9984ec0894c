// A small HTTP server inside the generator: callbacks are told to it.
#pragma once

#include "loadgen/client/http_stream.h"
#include "loadgen/client/poller.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tuma::loadgen {

/// Listens on 127.0.0.1 and a free port; answers every POST with 200 and nothing in it. Its sockets
/// are in the poller under `first_number` (the listening one) and numbers above.
class CallbackListener {
public:
    static constexpr std::uint32_t first_number = 1U << 31U;

    /// Throws ConnectionError when it cannot listen.
    explicit CallbackListener(Poller& poller);

    /// "http://127.0.0.1:40123/callback".
    std::string url() const;
    /// True for numbers of the poller that are this listener's.
    static bool owns(std::uint32_t number) { return number >= first_number; }
    /// Does what the readiness of a socket asks for; every complete request goes to `take`.
    void on_ready(std::uint32_t number, std::uint32_t events,
                  const std::function<void(const http::HttpRequest&)>& take);

private:
    void accept_all();
    void read(std::uint32_t number, const std::function<void(const http::HttpRequest&)>& take);
    void flush(std::uint32_t number);

    Poller& poller_;
    Socket listening_;
    std::uint16_t port_ = 0;
    std::map<std::uint32_t, HttpStream> streams_;
    std::uint32_t next_number_ = first_number + 1;
};

}  // namespace tuma::loadgen
