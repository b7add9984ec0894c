// The result as text for programs: a row a day, a row a rail, and everything as JSON.
#pragma once

#include "switch/replay/run/result.h"

#include <string>
#include <string_view>

namespace tuma::replay {

/// What `summary_json` calls its format; how a replay's directory is recognised.
inline constexpr std::string_view summary_format = "tuma-replay-1";

/// date,gross_sales,settled_gross,fees,loan_advance,loan_repayment,outgoings,closing_balance,
/// receivable,interest_accrued; minor units.
std::string daily_csv(const Variant& variant);

/// A row a rail; what was not measured is empty.
std::string summary_csv(const ReplayResult& result);

/// Field names are a promise to whoever reads it by program. Wall times and threads are under "run"
/// alone: the rest is the same for the same input. `version` is the program's.
std::string summary_json(const ReplayResult& result, std::string_view version);

}  // namespace tuma::replay
