// Merchants that never were, made up from a seed: plan, sales and rails, also as the model has
// them.
#pragma once

#include "tests/switch/replay/run/cash_model.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tuma::replay {

struct Invented {
    model::Merchant merchant;
    std::vector<model::Rail> rails;
    model::Sales sales;
    std::string rows;  ///< of a sales file, without its header
    std::string plan;  ///< as TOML
};

/// Ten weeks at most, up to six sales a day, refunds among them, and five rails. The plan's
/// calendar is written to `holidays`.
Invented invent(std::uint64_t seed, const std::filesystem::path& holidays);

/// "2024-02-26".
std::string date_text(core::LocalDay day);

}  // namespace tuma::replay
