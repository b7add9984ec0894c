// The fault rules that a provisioning file gives from the start.
#pragma once

#include "switch/gateway/fault_rules.h"

#include <span>
#include <string>

namespace tuma {

/// Table of a provisioning file: [[faults.rule]] with `fault`, and `path`, `contains`, `count` (all
/// requests without it).
inline constexpr const char* fault_table = "faults.rule";

/// Adds the rules of the file, in order; none without a file. Throws std::runtime_error that names
/// file, line and member.
void add_fault_rules(const std::string& file, net::FaultRules& rules,
                     std::span<const protocols::Adapter* const> dialects);

}  // namespace tuma
