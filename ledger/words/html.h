// Texts inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace tuma {

/// Any bytes as text for HTML and SVG, attributes included: & < > " ' are replaced; control
/// characters and marks that change the direction of writing are dropped; what is not UTF-8
/// becomes U+FFFD.
std::string escaped(std::string_view text);

}  // namespace tuma
