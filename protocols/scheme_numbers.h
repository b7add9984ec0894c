// Which number a scheme and its classes have in the books of this switch.
#pragma once

#include "protocols/directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// What is needed of a scheme: the profile "scheme/NAME" that the shell stores.
struct SchemeNumbers {
    std::uint16_t id = 0;
    std::vector<std::pair<std::string, std::uint8_t>> classes{};

    /// The class called `name`, or nothing.
    std::optional<std::uint8_t> find_class(std::string_view name) const;
};

std::optional<SchemeNumbers> find_scheme(const Directory& directory, std::string_view name);

}  // namespace tuma::protocols
