// The highest rate that keeps a service-level objective, found by trials.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/report/slo.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// One trial of a search.
struct Trial {
    Rate offered;
    double attained_per_s = 0;
    std::uint64_t p50_us = 0;
    std::uint64_t p99_us = 0;
    std::uint64_t max_us = 0;
    double error_share = 0;
    bool has_passed = false;
    bool is_confirmation = false;
    bool is_server_gone = false;  ///< ends the search
    std::string why;              ///< why it has not passed
};

struct SearchSettings {
    Rate start;
    Rate highest;                         ///< never tried beyond
    std::uint32_t precision_percent = 5;  ///< the bisection ends at this distance
    std::uint32_t confirmations = 3;
};

struct SearchResult {
    std::optional<Rate> found;  ///< nothing when not even a confirmed low rate was there
    std::vector<Trial> trials;  ///< in the order in which they ran
};

/// Doubles the rate until a trial fails, bisects between the last that passed and the first that
/// failed, then confirms; after a failed confirmation the rate is lowered by the precision, at most
/// ten times. When the first trial fails, the rate is halved up to ten times.
/// Requires: start within 1/s and highest.
SearchResult find_max(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate);

/// What a search needs of a run.
Trial trial_of(const RunReport& report, const std::vector<SloTerm>& slo, Rate offered);

/// The curve as a table in order of the rate, and the result below it.
std::string search_text(const SearchResult& result, std::string_view slo);
/// find-max.json.
std::string search_json(const SearchResult& result, std::string_view slo);

}  // namespace tuma::loadgen
