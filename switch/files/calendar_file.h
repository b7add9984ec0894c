// Holidays from a CSV file.
#pragma once

#include "ledger/words/result.h"
#include "switch/core/rules/calendar.h"

#include <filesystem>
#include <string>

namespace tuma {

/// The calendar called `name` from a CSV with a header that has the columns `calendar` and `date`
/// (YYYY-MM-DD); others are ignored. An empty `name` gives weekends only; the file is read all the
/// same, so that a wrong one is told, unless `path` is empty too.
/// Refuses: a file that cannot be read, a missing column, a bad date (with its line), no row of
/// that name (the message lists the names there are).
Result<core::Calendar> read_calendar(const std::filesystem::path& path, const std::string& name);

}  // namespace tuma
