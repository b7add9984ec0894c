// Hourly totals of a real service by action, read from CSV.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/arrivals/schedule.h"
#include "loadgen/workload/scenario.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// A trace: how many operations of which action in which hour, and their mean amount.
struct Trace {
    std::vector<TraceCell> cells;  ///< `kind` is the Action
    /// By hour since the start of the trace, then by action; minor units, at least 1 where there
    /// are operations.
    std::vector<std::array<std::int64_t, action_count>> means;
    std::array<std::uint64_t, action_count> counts{};

    std::uint64_t total() const;
};

/// Reads the format of PaySim's aggregated transactions: the heading
/// action,month,day,hour,count,sum,avg,std,step, then CASH_IN, CASH_OUT, PAYMENT, TRANSFER and
/// DEBIT rows. The unit of `avg` is taken as one minor unit of the currency. Refuses, with line and
/// reason: another heading, rows without nine columns, unknown actions, numbers outside their
/// bounds, a second month, a second row for the same hour and action, no rows.
Result<Trace> parse_trace(std::string_view csv, std::string_view source);
Result<Trace> load_trace(const std::string& path);

/// The customers, tills and agents that play a trace, with its counts as the mix.
Scenario trace_scenario(const Trace& trace);

}  // namespace tuma::loadgen
