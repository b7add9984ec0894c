// JSON and XML with a line for each member, for people.
#pragma once

#include <string>
#include <string_view>

namespace tuma {

/// The same JSON, the digits of numbers as they are, with line breaks and two blanks for each
/// level. What is no JSON comes back as it is.
std::string pretty_json(std::string_view json);
/// The same of XML: each element on a line of its own.
std::string pretty_xml(std::string_view xml);
/// Without what a terminal would act on: control bytes but for line breaks are shown as '?'.
std::string for_terminal(std::string_view text);

}  // namespace tuma
