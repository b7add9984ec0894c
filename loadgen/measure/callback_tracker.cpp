#include "loadgen/measure/callback_tracker.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

namespace tuma::loadgen {
std::optional<CallbackNews> CallbackTracker::accepted(const std::string& key, Offset intended,
                                                      Offset replied) {
    // Made on either side: a callback may come before the reply to its own request.
    Entry& entry = entries_[key];
    ensure(!entry.is_accepted, "a key is given to one request");
    entry.is_accepted = true;
    entry.intended = intended;
    entry.replied = replied;
    // Warm-up requests are remembered, or their callbacks would be unexpected ones.
    if (intended >= warmup_) ++results_.counts.expected;
    if (!entry.has_arrived) {
        ++outstanding_;
        return std::nullopt;
    }
    record(entry);
    return CallbackNews{.key = key, .is_paid = entry.is_paid};
}

bool CallbackTracker::arrived(const CallbackNews& news, Offset now) {
    Entry& entry = entries_[news.key];
    if (entry.has_arrived) {
        // The first counts. What comes again is told, and measured by nobody.
        ++results_.counts.duplicates;
        return false;
    }
    entry.has_arrived = true;
    entry.is_paid = news.is_paid;
    entry.arrived = now;
    // Not accepted yet: its reply may still be on its way.
    if (!entry.is_accepted) return false;
    --outstanding_;
    record(entry);
    return true;
}

void CallbackTracker::record(const Entry& entry) {
    if (entry.intended < warmup_) return;
    CallbackCounts& counts = results_.counts;
    ++counts.arrived;
    if (!entry.is_paid) ++counts.declined;
    // Before the reply is legal and worth knowing, for clients stumble over it.
    const bool is_before = entry.arrived < entry.replied;
    if (is_before) ++counts.before_reply;
    ensure(entry.intended <= entry.arrived, "no callback before its request is due");
    results_.from_intended.record(microseconds(entry.arrived - entry.intended));
    // Zero instead of a negative time.
    results_.from_reply.record(is_before ? 0 : microseconds(entry.arrived - entry.replied));
}

void CallbackTracker::finish() {
    // Only now is it sure that nothing more comes.
    for (const auto& [key, entry] : entries_) {
        if (!entry.is_accepted)
            ++results_.counts.unexpected;
        else if (!entry.has_arrived && entry.intended >= warmup_)
            ++results_.counts.lost;
    }
    entries_.clear();
    outstanding_ = 0;
}

std::optional<std::string> broken_identity(const CallbackCounts& counts) {
    if (counts.expected == counts.arrived + counts.lost) return std::nullopt;
    return fmt::format("{} callbacks were expected, but {} arrived and {} lost make {}",
                       counts.expected, counts.arrived, counts.lost, counts.arrived + counts.lost);
}

}  // namespace tuma::loadgen
