#include "loadgen/callback_book.h"

#include "ledger/ensure.h"

#include <fmt/format.h>

namespace tuma::loadgen {
namespace {

std::uint64_t microseconds(Offset duration) {
    return static_cast<std::uint64_t>(duration.count()) / 1000;
}

}  // namespace

std::optional<CallbackNews> CallbackBook::accepted(const std::string& key, Offset intended,
                                                   Offset replied) {
    Entry& entry = entries_[key];
    ensure(!entry.is_accepted, "a key is given to one request");
    entry.is_accepted = true;
    entry.intended = intended;
    entry.replied = replied;
    if (intended >= warmup_) ++results_.counts.expected;
    if (!entry.has_arrived) {
        ++outstanding_;
        return std::nullopt;
    }
    record(entry);
    return CallbackNews{.key = key, .is_paid = entry.is_paid};
}

bool CallbackBook::arrived(const CallbackNews& news, Offset now) {
    Entry& entry = entries_[news.key];
    if (entry.has_arrived) {
        ++results_.counts.duplicates;
        return false;
    }
    entry.has_arrived = true;
    entry.is_paid = news.is_paid;
    entry.arrived = now;
    if (!entry.is_accepted) return false;
    --outstanding_;
    record(entry);
    return true;
}

void CallbackBook::record(const Entry& entry) {
    if (entry.intended < warmup_) return;
    CallbackCounts& counts = results_.counts;
    ++counts.arrived;
    if (!entry.is_paid) ++counts.declined;
    const bool is_before = entry.arrived < entry.replied;
    if (is_before) ++counts.before_reply;
    ensure(entry.intended <= entry.arrived, "no callback before its request is due");
    results_.from_intended.record(microseconds(entry.arrived - entry.intended));
    results_.from_reply.record(is_before ? 0 : microseconds(entry.arrived - entry.replied));
}

void CallbackBook::finish() {
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
