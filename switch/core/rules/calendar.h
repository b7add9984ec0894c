// Business days: which days banks work, and which day a settlement falls on.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tuma::core {

/// A day of some local calendar, without a time or a zone.
using LocalDay = std::chrono::sys_days;

/// Business days are Monday to Friday except the holidays.
class Calendar {
public:
    /// Weekends only.
    Calendar() = default;
    /// `holidays` in any order, repeats allowed; weekends among them change nothing.
    Calendar(std::string name, std::vector<LocalDay> holidays);

    const std::string& name() const { return name_; }
    /// Ascending, without repeats.
    std::span<const LocalDay> holidays() const { return holidays_; }

    bool is_business_day(LocalDay day) const;
    /// `day` itself if it is a business day, else the first one after it ("following").
    LocalDay following(LocalDay day) const;
    /// The `count`-th business day strictly after `day`; `day` itself for 0. `day` may be any day:
    /// two business days after a Friday or Saturday is Tuesday.
    LocalDay add_business_days(LocalDay day, int count) const;

    bool operator==(const Calendar&) const = default;

private:
    std::string name_;
    std::vector<LocalDay> holidays_;
};

}  // namespace tuma::core
