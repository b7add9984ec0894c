// The sections of the report's page. Each is complete HTML with its heading, or empty where there
// is nothing to show.
#pragma once

#include "switch/replay/run/result.h"

#include <string>
#include <string_view>

namespace tuma::replay {

/// `<section>` with a heading; `lead` is HTML.
std::string section(std::string_view id, std::string_view heading, std::string_view body);

/// A table that the page's script lets readers sort, scrolling by itself when it is too wide.
/// `groups` may be empty; `rows` are the cells of whole rows.
std::string sortable_table(const std::string& groups, const std::string& heads,
                           const std::string& rows);
/// The first cell of a rail's row.
std::string rail_cell(const RailResult& rail);

std::string comparison_section(const ReplayResult& result);
std::string cash_section(const ReplayResult& result);
std::string fees_section(const ReplayResult& result);
std::string short_days_section(const ReplayResult& result);
std::string transit_section(const ReplayResult& result);
std::string working_capital_section(const ReplayResult& result);
std::string advance_section(const ReplayResult& result);
std::string fixed_outgoings_section(const ReplayResult& result);
std::string sources_section(const ReplayResult& result);
std::string checks_section(const ReplayResult& result);

}  // namespace tuma::replay
