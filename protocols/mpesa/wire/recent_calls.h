// Who has asked for what lately: for bounds on how often something may be asked.
#pragma once

#include "ledger/words/time.h"

#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace tuma::mpesa {

/// Kept in memory only: a restart forgets it. Any thread.
class RecentCalls {
public:
    /// True, and this call counts, unless `most` calls of the same name count within `window`
    /// before `now`.
    bool take(const std::string& name, Timestamp now, Duration window, std::size_t most);

private:
    void forget(Timestamp now, Duration window);

    std::mutex mutex_;
    std::map<std::string, std::deque<Timestamp>> calls_;
};

}  // namespace tuma::mpesa
