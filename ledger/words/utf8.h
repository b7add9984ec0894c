// Characters of UTF-8, byte by byte.
#pragma once

#include <cstddef>
#include <string_view>

namespace tuma {

/// How many bytes the character at the front has; 0 if it is none: overlong forms, halves of
/// surrogate pairs and what is beyond Unicode too. Requires: a text that is not empty.
std::size_t utf8_size(std::string_view text);

}  // namespace tuma
