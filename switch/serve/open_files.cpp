#include "switch/serve/open_files.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

namespace tuma {
namespace {

constexpr std::uint64_t connections_least = 4;
constexpr std::uint64_t callbacks_most = 256;
constexpr std::uint64_t admin_connections_most = 64;

// Standard streams; the lock; the journal with the descriptors it keeps back; three
// readers of it (history, projection, snapshots) with two segments each; the projection; a snapshot
// and its directory; what is open for a moment (a connection that is turned away at each listener,
// a file of /proc).
constexpr std::uint64_t books_files = 3 + 1 + 8 + 3 * 6 + 3 + 2 + 6;
// An event loop: epoll, its waking, its timer.
constexpr std::uint64_t loop_files = 3;

bool speaks_http(const net::Settings& settings) {
    return !settings.http.empty() || !settings.https.empty();
}

std::uint64_t needed(const net::Settings& settings, std::uint64_t connections) {
    std::uint64_t files = books_files + loop_files * settings.io_threads + 1 + connections;
    // The one beyond the connections is the listener.
    if (!settings.admin.empty()) files += loop_files + 1 + admin_connections_beside(connections);
    if (speaks_http(settings))
        // Callbacks have a loop of their own, and there are two listeners, for HTTP and HTTPS.
        files += loop_files * (settings.io_threads + 1) + 2 + connections +
                 callbacks_beside(connections);
    return files;
}

std::string raise_advice(std::uint64_t files) {
    return fmt::format("raise the limit (ulimit -Hn {}, LimitNOFILE= of systemd)", files);
}

}  // namespace

std::uint64_t raise_file_limit() {
    rlimit limit{};
    // Unknown counts as none: the start is refused then, which is better than a guess.
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    // Where it may not be raised the soft limit stays in force.
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::uint64_t callbacks_beside(std::uint64_t connections) {
    // Callbacks come from requests, so fewer of them need fewer; the bounds keep both ends useful.
    return std::clamp<std::uint64_t>(connections / 4, connections_least, callbacks_most);
}

std::uint64_t admin_connections_beside(std::uint64_t connections) {
    return std::clamp<std::uint64_t>(connections / 8, 2, admin_connections_most);
}

std::uint64_t files_needed(const net::Settings& settings) {
    return needed(settings, settings.connections);
}

Result<std::string> fit_connections(net::Settings& settings, std::uint64_t limit, bool given) {
    if (files_needed(settings) <= limit) return std::string();
    const std::uint64_t wanted = files_needed(settings);
    const std::uint64_t asked = settings.connections;
    // Fewer would be a switch that answers hardly anybody: better no start than that.
    if (needed(settings, connections_least) > limit)
        return InputError{"--connections",
                          fmt::format("a process may have {} open files here, and {} connections "
                                      "need {}; {}",
                                      limit, connections_least, needed(settings, connections_least),
                                      raise_advice(wanted))};
    // What is needed grows with the connections, so halving finds the most that fit.
    std::uint64_t fitting = connections_least;
    for (std::uint64_t beyond = asked; beyond - fitting > 1;) {
        const std::uint64_t middle = fitting + (beyond - fitting) / 2;
        (needed(settings, middle) <= limit ? fitting : beyond) = middle;
    }
    // Who gave a number relies on it; a default may be lowered, with a word about it.
    if (given)
        return InputError{"--connections",
                          fmt::format("{} need {} open files, and a process may have {} here; {} "
                                      "or give --connections={}",
                                      asked, wanted, limit, raise_advice(wanted), fitting)};
    settings.connections = fitting;
    return fmt::format(
        "--connections is {} instead of {}, because a process may have {} open files here and {} "
        "would be needed; {}",
        fitting, asked, limit, wanted, raise_advice(wanted));
}

}  // namespace tuma
