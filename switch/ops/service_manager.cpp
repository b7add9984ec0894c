#include "switch/ops/service_manager.h"

#include "ledger/words/text.h"
#include "switch/ops/log.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace tuma::net {
namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// What moves whenever the engine or the journal does.
std::uint64_t progress_of(const Metrics& metrics) {
    std::uint64_t sum = metrics.batches.value() + metrics.replays.value();
    for (const Counter& outcome : metrics.outcomes) sum += outcome.value();
    return sum;
}

// 0, or the error of the call that failed.
int send_datagram(const std::string& socket_path, std::string_view text) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::copy(socket_path.begin(), socket_path.end(), address.sun_path);
    if (socket_path.front() == '@') address.sun_path[0] = '\0';
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return errno;
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size());
    const ssize_t sent = ::sendto(descriptor, text.data(), text.size(), MSG_NOSIGNAL,
                                  reinterpret_cast<const sockaddr*>(&address), length);
    const int error = sent < 0 ? errno : 0;
    static_cast<void>(::close(descriptor));
    return error;
}

}  // namespace

ServiceManager::ServiceManager(std::string socket, Duration patience)
    : socket_(std::move(socket)), patience_(patience) {}

ServiceManager ServiceManager::of_environment() {
    const auto patience_us = read_number<std::int64_t>(variable("WATCHDOG_USEC")).value_or(0);
    return {variable("NOTIFY_SOCKET"), Duration{std::max<std::int64_t>(patience_us, 0)}};
}

void ServiceManager::ready(std::string_view status) {
    send(fmt::format("READY=1\nSTATUS={}", status));
}

void ServiceManager::stopping() {
    send("STOPPING=1\nSTATUS=finishing what was taken");
}

void ServiceManager::tick(const Metrics& metrics, Duration now) {
    if (patience_ == Duration{0} || now - last_ < patience_ / 2) return;
    const std::uint64_t progress = progress_of(metrics);
    // A process whose main thread runs while its engine hangs is as good as dead to its clients.
    if (metrics.queue_commands.value() > 0 && progress == progress_) return;
    progress_ = progress;
    last_ = now;
    send("WATCHDOG=1");
}

void ServiceManager::send(std::string_view state) {
    if (socket_.empty()) return;
    const int error = send_datagram(socket_, state);
    if (error == 0 || is_failure_told_) return;
    is_failure_told_ = true;
    log_event(LogLevel::warn, "service_manager_not_told",
              {{"why", std::error_code(error, std::generic_category()).message()}});
}

}  // namespace tuma::net
