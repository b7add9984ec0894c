// The fixed parts of report.html: style sheet and the words that explain the numbers.
#pragma once

#include <string_view>

namespace tuma::loadgen {

/// Colours for light and dark, type and layout; refers to nothing outside the page.
extern const std::string_view report_style;

/// The section "How to read this", as HTML.
extern const std::string_view report_explanation;

}  // namespace tuma::loadgen
