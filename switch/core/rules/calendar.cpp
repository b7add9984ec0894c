#include "switch/core/rules/calendar.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::core {
namespace {

bool is_weekend(LocalDay day) {
    const std::chrono::weekday weekday{day};
    return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

}  // namespace

Calendar::Calendar(std::string name, std::vector<LocalDay> holidays)
    : name_(std::move(name)), holidays_(std::move(holidays)) {
    // The searches and the walk below rely on ascending days without repeats.
    std::sort(holidays_.begin(), holidays_.end());
    holidays_.erase(std::unique(holidays_.begin(), holidays_.end()), holidays_.end());
}

bool Calendar::is_business_day(LocalDay day) const {
    return !is_weekend(day) && !std::binary_search(holidays_.begin(), holidays_.end(), day);
}

LocalDay Calendar::following(LocalDay day) const {
    // This ends: a calendar has at most `holidays_max` holidays.
    while (!is_business_day(day)) day += std::chrono::days{1};
    return day;
}

LocalDay Calendar::add_business_days(LocalDay day, int count) const {
    ensure(count >= 0, "business days are counted forward");
    if (count == 0) return day;
    // One search for the whole walk: this runs once a sale.
    auto holiday = std::upper_bound(holidays_.begin(), holidays_.end(), day);
    while (count > 0) {
        day += std::chrono::days{1};
        const bool is_holiday = holiday != holidays_.end() && *holiday == day;
        if (is_holiday) ++holiday;
        if (!is_holiday && !is_weekend(day)) --count;
    }
    return day;
}

}  // namespace tuma::core
