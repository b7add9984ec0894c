// Which callbacks were promised, which came, when, and which did not.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/measure/histogram.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tuma::loadgen {

/// How the callbacks of a run ended. expected = arrived + lost. Of requests of the warm-up only
/// `unexpected` and `unreadable` may speak.
struct CallbackCounts {
    std::uint64_t expected = 0;  ///< one for each request that was accepted
    std::uint64_t arrived = 0;
    std::uint64_t declined = 0;      ///< of the arrived: they tell that nothing was paid
    std::uint64_t before_reply = 0;  ///< of the arrived: they came before the reply was read
    std::uint64_t lost = 0;          ///< had not come when the grace period ended
    std::uint64_t duplicates = 0;    ///< came again
    std::uint64_t unexpected = 0;    ///< of no request that was accepted
    std::uint64_t unreadable = 0;    ///< no callback of this protocol, or not decipherable

    bool operator==(const CallbackCounts&) const = default;
};

/// What callbacks did in a run; histograms in microseconds, warm-up left out.
struct CallbackResults {
    CallbackCounts counts;
    Histogram from_intended;  ///< from the request's intended send time to its callback
    Histogram from_reply;     ///< from the reply to the callback; 0 if it came before
};

/// A callback as its receiver reads it.
struct CallbackNews {
    std::string key;      ///< what the reply, or the request, named
    bool is_paid = true;  ///< else the customer declined, or could not

    bool operator==(const CallbackNews&) const = default;
};

/// Matches callbacks to requests by key, in either order; remembers every key of the run.
class CallbackTracker {
public:
    explicit CallbackTracker(Offset warmup) : warmup_(warmup) {}

    /// A reply has promised a callback. Gives the callback if it has come before.
    std::optional<CallbackNews> accepted(const std::string& key, Offset intended, Offset replied);
    /// A callback came. True if it is the first one of a request that was accepted.
    bool arrived(const CallbackNews& news, Offset now);
    void unreadable() { ++results_.counts.unreadable; }

    /// Accepted requests without a callback, warm-up included.
    std::uint64_t outstanding() const { return outstanding_; }
    /// Counts what has not come as lost, and what nobody asked for as unexpected. Once.
    void finish();
    const CallbackResults& results() const { return results_; }

private:
    struct Entry {
        bool is_accepted = false;
        bool has_arrived = false;
        bool is_paid = true;
        Offset intended{0};
        Offset replied{0};
        Offset arrived{0};
    };
    void record(const Entry& entry);

    Offset warmup_;
    std::unordered_map<std::string, Entry> entries_;
    std::uint64_t outstanding_ = 0;
    CallbackResults results_;
};

/// The first sum that does not hold, as a sentence with its numbers.
std::optional<std::string> broken_identity(const CallbackCounts& counts);

}  // namespace tuma::loadgen
