#include "loadgen/client/page_server.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/client/listener.h"

#include <fmt/format.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::size_t callers_max = 64;
constexpr std::uint32_t listener_place = 0;
constexpr Offset stop_asked_each = std::chrono::milliseconds{100};

/// False when the caller is to be let go.
template <typename Answer>
bool serve_caller(HttpStream& caller, const Answer& answer) {
    std::string reason;
    if (caller.receive(reason) == HttpStream::Reading::ended) return false;
    while (const auto request = caller.take_request())
        caller.queue(answer(request->method, request->target));
    // A page is a few hundred bytes; whoever leaves no room for it asks again.
    return caller.problem().empty() && !caller.flush() && !caller.has_unsent();
}

}  // namespace

PageServer::PageServer(const Endpoint& where, std::string path)
    : listening_(listen_on(where)),
      endpoint_{where.host, port_of(listening_)},
      path_(std::move(path)) {
    // Before there is a thread: what it throws would end the program.
    poller_.add(listening_.descriptor(), listener_place);
    thread_ = std::thread([this] { serve(); });
}

PageServer::~PageServer() {
    stop_.store(true);
    thread_.join();
}

void PageServer::set(std::string page) {
    const std::lock_guard lock(mutex_);
    page_ = std::move(page);
}

std::string PageServer::answer(const std::string& method, const std::string& target) {
    if (method != "GET" || target != path_)
        return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    const std::lock_guard lock(mutex_);
    return fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: "
        "{}\r\n\r\n{}",
        page_.size(), page_);
}

void PageServer::serve() {
    std::map<std::uint32_t, HttpStream> callers;
    std::uint32_t next = listener_place + 1;
    const auto reply = [this](const std::string& method, const std::string& target) {
        return answer(method, target);
    };
    const auto accept_all = [&] {
        while (auto socket = accept_caller(listening_)) {
            // The oldest makes room: it may have been forgotten.
            if (callers.size() >= callers_max) callers.erase(callers.begin());
            poller_.add(socket->descriptor(), next);
            callers.emplace(next++, HttpStream(std::move(*socket)));
        }
    };
    try {
        while (!stop_.load()) {
            for (const epoll_event& event : poller_.wait(stop_asked_each)) {
                if (event.data.u32 == listener_place) {
                    accept_all();
                    continue;
                }
                const auto caller = callers.find(event.data.u32);
                if (caller != callers.end() && !serve_caller(caller->second, reply))
                    callers.erase(caller);
            }
        }
    } catch (const std::runtime_error&) {
        // No descriptor or memory of the kernel is left. The load goes on, and nobody is told of it
        // meanwhile.
    }
}

}  // namespace tuma::loadgen
