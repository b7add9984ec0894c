// What a run that reconnects says of its losses, in each of a report's forms.
#pragma once

#include "loadgen/measure/losses.h"

#include <boost/json/fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// A member of `Resent` as people and programs name it.
struct ResentName {
    std::string_view words;
    std::string_view key;
    ResentFate member;
};
/// All members; in flight and sent again first, which are the wholes.
std::span<const ResentName> resent_names();

/// "the connection was lost 2 times; ...": the whole in one sentence, for the verdict.
std::string losses_sentence(const Losses& losses);
/// For the summary: the sums, then the first losses one by one.
std::vector<std::string> losses_lines(const Losses& losses);
/// For the page: a heading, the sums and a table of the first 20.
std::string losses_html(const Losses& losses);
/// For report.json: all rows that were kept.
boost::json::object losses_json(const Losses& losses);

}  // namespace tuma::loadgen
