// Words in the headers Tuma-Scenario and Tuma-Fault, separated by commas.
#pragma once

#include "ledger/time.h"

#include <functional>
#include <optional>
#include <string_view>

namespace tuma::protocols {

/// Calls `take` for each word that is not empty, without blanks around it.
void for_each_word(std::string_view words, const std::function<void(std::string_view)>& take);

/// Reads "500ms" or "500": milliseconds up to an hour.
std::optional<Duration> read_milliseconds(std::string_view text);

}  // namespace tuma::protocols
