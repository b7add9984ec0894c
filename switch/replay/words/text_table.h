// Columns of text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

using TextRow = std::vector<std::string>;

/// Rows as lines, two blanks in front, each column as wide as its widest text: the columns of
/// `left` to the left, the others to the right. Requires: at least one row, all of the same length.
std::string text_table(const std::vector<TextRow>& rows, const std::vector<std::size_t>& left);

/// Characters, not bytes: a minus sign has three bytes.
std::size_t text_width(std::string_view text);

}  // namespace tuma::replay
