// Words that people choose from a list, and what is said of one that is not in it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma {

/// The word that a misspelt one most probably means: at most two characters put in, left out or
/// replaced, and no more than half of it, whatever the case of letters. Nothing if none is so near.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> words);

/// `"cancle" is none of approve, cancel; did you mean cancel?`. A long word is cut, control
/// characters become question marks.
std::string none_of(std::string_view word, std::span<const std::string_view> words);
std::string none_of(std::string_view word, const std::vector<std::string>& words);

/// The parts of "wall|virtual"; one empty part of an empty text.
std::vector<std::string_view> split_words(std::string_view text, char separator);

/// The word in quotation marks, as `none_of` shows it.
std::string shown_word(std::string_view word);

}  // namespace tuma
