// Numbers and days as people read them in the report's page: grouped thousands, a true minus sign.
#pragma once

#include "ledger/words/money.h"
#include "switch/core/rules/calendar.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::replay {

/// "1,234,567".
std::string count_text(std::int64_t n);
std::string count_text(std::uint64_t n);

/// "1 day", "1,251 days"; `plural` where it is not the singular and an s.
std::string counted(std::int64_t n, const std::string& singular, const std::string& plural = {});

/// "−1,234.50", with all decimals of the currency.
std::string amount_text(std::int64_t minor, Currency currency);

/// "GBP −1,234.50".
std::string money_text(std::int64_t minor, Currency currency);

/// Millionths as "1.75 %", half-up; "< 0.01 %" where it would otherwise read as nothing.
std::string share_text(std::int64_t micro);

/// numerator / denominator with one decimal, half-up: "46.2". Nothing when denominator <= 0.
std::optional<std::string> tenths_text(std::int64_t numerator, std::int64_t denominator);

/// "1 Jan 2018" for sentences, with blanks that lines are not broken at.
std::string prose_day(core::LocalDay day);

/// "Jan" to "Dec".
std::string_view month_name(std::chrono::month month);

}  // namespace tuma::replay
