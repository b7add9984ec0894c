// A search for the highest rate: what a trial says about the objective, and what a search says.
#pragma once

#include "loadgen/drive/trials/rate_search.h"
#include "loadgen/report/report.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// The objective with what nobody would call a success left out of none: refusals and what was
/// never sent must stay below the limit of `errors`, and errors below 1 %, unless it says
/// otherwise.
std::vector<SloTerm> with_defaults(std::vector<SloTerm> slo);

/// What a search needs of a run. Broken: a term, or the rate was not held by the server. Unknown:
/// the generator could not send, or its pauses hide the answer, or it is broken by no more than the
/// machine that both share delays either, or the run is invalid otherwise.
Trial trial_of(const RunReport& report, const std::vector<SloTerm>& slo, Rate offered);

/// How many requests a trial needs: ten beyond its highest percentile.
std::uint64_t requests_needed(const std::vector<SloTerm>& slo);
/// How long a trial must be measured at this rate to have as many.
Duration least_duration(std::uint64_t requests, Rate rate, std::uint32_t batch);
/// The lowest rate at which a trial ends within two minutes.
Rate lowest_rate(std::uint64_t requests, std::uint32_t batch);

/// Removes what an earlier search has written into this directory: its files and its trials'.
/// What else lies there stays. Throws std::filesystem::filesystem_error.
void remove_earlier_search(const std::filesystem::path& directory);
/// "trial-07".
std::string trial_name(std::size_t number);

/// The trials as a table in order of the rate, and the result below it.
std::string search_text(const SearchResult& result, std::string_view slo);
/// find-max.json.
std::string search_json(const SearchResult& result, std::string_view slo);
/// find-max.csv: a row for each trial in the order in which they ran.
std::string search_csv(const SearchResult& result);
/// find-max.html: the picture of the search.
std::string search_html(const SearchResult& result, std::string_view slo);

}  // namespace tuma::loadgen
