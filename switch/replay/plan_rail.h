// The rails of a plan: numbers → a scheme of their own, or a scheme by its name.
#pragma once

#include "switch/files/toml_table.h"
#include "switch/replay/plan.h"

#include <array>
#include <filesystem>
#include <string_view>

namespace tuma::replay {

inline constexpr std::array<std::string_view, 13> rail_keys{"name",
                                                            "fee_bp",
                                                            "fee_flat_minor",
                                                            "fee_cap_minor",
                                                            "free_up_to_minor",
                                                            "lag_days",
                                                            "lag_unit",
                                                            "roll",
                                                            "applies_to",
                                                            "scheme",
                                                            "type",
                                                            "class",
                                                            "on"};

/// Reads one [[rail]]; what is wrong is added to `errors`, those of the table. `number` counts
/// rails from 1.
RailPlan read_rail(const TomlErrors& errors, const TomlTable& table, const MerchantPlan& merchant,
                   std::size_t number, const std::filesystem::path& holidays);

}  // namespace tuma::replay
