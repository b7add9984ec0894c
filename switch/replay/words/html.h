// Pieces of HTML that every section of the report is made of.
#pragma once

#include "ledger/words/html.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

/// Escaped, with places to break a long name at: behind each underscore.
std::string breakable(std::string_view name);

/// Escaped, with amounts kept together with their currency and shares with their sign.
std::string prose(std::string_view text);

/// The first `characters_max` characters, with an ellipsis where something was cut off.
std::string shortened(std::string_view text, std::size_t characters_max);

/// "a", "a and b", "a, b and c"; beyond `most` names "a, b and 7 more".
std::string listed(const std::vector<std::string>& names, std::size_t most);

/// The last component of a path.
std::string_view file_name(std::string_view path);

/// A short line in the style of rail number `style`: eight colours, four ways of dashing.
std::string line_classes(std::size_t style);
std::string swatch(std::size_t style);

/// Cells of a table. `sort_key` is what the page's script sorts the column by.
std::string number_cell(std::string_view text, std::int64_t sort_key);
std::string number_cell(std::string_view text);
/// A zero, less black than the figures around it.
std::string nothing_cell(std::string_view text);

}  // namespace tuma::replay
