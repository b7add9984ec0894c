// Connections that a run lost and got back: how long that took, and what became of the requests
// that were on them.
#pragma once

#include "loadgen/arrivals/schedule.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Operations that had no answer when their connection was lost. Once the run has ended, each that
/// was sent again is in exactly one of executed, known, refused, timed_out, lost_again, failed.
struct Resent {
    std::uint64_t in_flight = 0;
    std::uint64_t resent = 0;      ///< of them: sent again, under the same reference
    std::uint64_t executed = 0;    ///< done only now
    std::uint64_t known = 0;       ///< done or refused before the loss, and the answer was lost
    std::uint64_t refused = 0;     ///< only now
    std::uint64_t timed_out = 0;   ///< no answer in time after they were sent again
    std::uint64_t lost_again = 0;  ///< their connection answered others, and was lost once more
    std::uint64_t failed = 0;      ///< the run ended without an answer

    bool operator==(const Resent&) const = default;
    /// In flight, and the connection did not come back.
    std::uint64_t not_resent() const { return in_flight - resent; }
    void add(const Resent& other);
};

/// Begins when a connection is lost while none is missing, and is over when none is missing again:
/// what a restart takes away is one loss. A connection on which requests were sent again is missing
/// until it has answered: one that leads to a server that is ending was none. Where none had to,
/// and nothing was heard, what is lost within the next 100 ms belongs to it. Times count from the
/// start of the run.
struct Loss {
    Offset at{0};
    Offset lasted{0};               ///< until the last was open again, or the run ended
    bool is_over = false;           ///< none is missing any more
    std::optional<Offset> answer;   ///< after `at`: the first answer on a connection that came back
    std::uint64_t connections = 0;  ///< that were lost
    std::string reason;             ///< of the first of them
    Resent operations;

    bool operator==(const Loss&) const = default;
};

/// All losses of a run.
struct Losses {
    static constexpr std::size_t rows_max = 1000;

    std::uint64_t count = 0;
    Offset downtime{0};         ///< in which at least one connection was missing
    Offset longest_silence{0};  ///< between two answers, on whichever connections
    Resent operations;
    std::vector<Loss> rows;  ///< the first `rows_max`

    bool operator==(const Losses&) const = default;
    /// Adds those of another generator, or another thread, that drove the same server from `shift`
    /// later on. Losses that overlap become one. The longest silence is the longer of the two,
    /// since neither knows of the other's answers.
    void add(const Losses& other, Offset shift = Offset{0});
};

/// The first sum that does not hold once a run has ended, as a sentence with its numbers:
/// resent = executed + known + refused + timed out + lost again + failed; no more resent than was
/// in flight.
std::optional<std::string> broken_identity(const Losses& losses);

/// What of a request that was sent again is to be counted.
using ResentFate = std::uint64_t Resent::*;

/// Takes the losses of one run down, told by one thread.
class LossLog {
public:
    /// A connection is lost with so many operations in flight, `again` of which had been sent again
    /// after loss `before`. Gives the number of the loss that this is a part of.
    std::size_t lost(Offset now, std::string_view reason, std::uint64_t in_flight,
                     std::uint64_t again, std::size_t before);
    /// A connection of this loss is open again, and so many operations are sent again on it.
    void back(Offset now, std::size_t loss, std::uint64_t resent);
    /// A connection that came back with operations on it has brought its first answer.
    void answered(Offset now, std::size_t loss);
    /// It has brought none, and is lost once more: `again` of the operations that are in flight
    /// were sent in vain.
    void lost_unanswered(std::size_t loss, std::uint64_t in_flight, std::uint64_t again);
    /// What became of operations that were sent again after this loss.
    void ended(std::size_t loss, ResentFate fate, std::uint64_t n);
    /// Answers came, to whichever requests.
    void heard(Offset now);
    void finish(Offset now);

    const Losses& losses() const { return losses_; }

private:
    /// The last loss was not over, as shows only now.
    bool goes_on(Offset now);
    void count(std::size_t loss, ResentFate which, std::uint64_t n);
    void found(Offset now);
    void close(Offset now, bool is_over);

    Losses losses_;
    std::uint64_t missing_ = 0;  ///< connections
    Offset began_{0};            ///< the last loss
    Offset back_at_{0};          ///< the last connection
    std::optional<Offset> heard_;
};

}  // namespace tuma::loadgen
