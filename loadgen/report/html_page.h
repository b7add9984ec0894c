// The frame of an HTML page of results: one file, no script, style and meaning of colours inside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// A page of this title; `body` is HTML.
std::string html_page(std::string_view title, std::string_view body);

/// A box with a sentence, green or red.
std::string verdict_box(std::string_view sentence, bool is_good);

/// A table with a row of headings; what is right-aligned are all columns but the first and, if
/// `last_is_text`, the last. Cells are plain text.
std::string html_table(const std::vector<std::string>& headings,
                       const std::vector<std::vector<std::string>>& rows, bool last_is_text);

}  // namespace tuma::loadgen
