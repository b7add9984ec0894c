// What the report's page carries beside its numbers: style and script.
#pragma once

#include <string_view>

namespace tuma::replay {

/// Style sheet: light and dark, narrow and wide, paper. Colours of lines keep apart for
/// colour-blind readers by lightness as well as hue, and every second set of eight is dashed.
extern const std::string_view report_style;

/// Reads the numbers that the page carries and adds none. Makes tables sortable, lines of charts
/// hideable and all drawings readable by pointing at them. The page is complete without it.
extern const std::string_view report_script;

}  // namespace tuma::replay
