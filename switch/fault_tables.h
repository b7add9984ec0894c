// The fault rules that a provisioning file gives from the start.
#pragma once

#include "switch/net/fault_rules.h"

#include <string>
#include <vector>

namespace tuma {

/// Table of a provisioning file: [[faults.rule]] with `fault`, and `path`, `contains`, `count` (all
/// requests without it).
inline constexpr const char* fault_table = "faults.rule";

/// The rules of the file, in order; none without a file. Throws std::runtime_error that names file,
/// line and member.
std::vector<net::FaultRule> fault_rules_of(const std::string& file);

}  // namespace tuma
