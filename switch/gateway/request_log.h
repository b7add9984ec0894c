// What became of the requests: a line in the log for each, and the newest of them to be looked at.
#pragma once

#include "protocols/http/message.h"
#include "switch/engine/clock.h"
#include "switch/gateway/line_budget.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace tuma::net {

/// One request with its answer. Bodies are as they came and went, cut at `RequestLog::body_max`;
/// whoever shows them masks them.
struct Handled {
    std::uint64_t number = 0;  ///< counts since the start
    Timestamp time{};          ///< switch time at which it came
    Duration took{};           ///< until the answer was ready; a delay on purpose comes on top
    std::string method{};
    std::string target{};
    std::string peer{};
    std::string dialect{};  ///< empty: the path is nobody's
    std::string fault{};    ///< words of Tuma-Fault that held for it
    int status = 0;         ///< 0: the connection was closed on purpose
    http::ReplyNote note{};
    std::string body{};
    std::string answer{};

    bool is_refused() const { return status == 0 || status >= 400 || !note.why.empty(); }
};

/// Any thread.
class RequestLog {
public:
    static constexpr std::size_t body_max = 2'048;

    /// Keeps that many at most, and no more bytes of texts than that.
    explicit RequestLog(std::size_t count_max = 1'000, std::size_t bytes_max = 4U << 20U)
        : count_max_(count_max), bytes_max_(bytes_max) {}

    /// Writes the event `request`: at the level info if it was refused, else at debug. Numbers it
    /// and keeps it.
    void keep(Handled handled);

    /// The newest, newest first; those that were refused only, if that is asked for.
    std::vector<Handled> newest(std::size_t most, bool only_refused) const;
    /// How many there were since the start.
    std::uint64_t total() const;

private:
    const std::size_t count_max_;
    const std::size_t bytes_max_;
    LineBudget lines_{"request"};
    mutable std::mutex mutex_;
    std::deque<Handled> kept_;
    std::size_t bytes_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace tuma::net
