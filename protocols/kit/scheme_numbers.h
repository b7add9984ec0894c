// Which number a scheme and its classes have in the books of this switch.
#pragma once

#include "protocols/kit/directory.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// What a class of merchants is charged from one day to another, in 1/10,000.
struct SchemeRate {
    std::string account_class;
    std::chrono::sys_days from;
    std::chrono::sys_days to;
    std::int64_t basis_points = 0;
};

/// What is needed of a scheme: the profile "scheme/NAME" that the shell stores.
struct SchemeNumbers {
    std::uint16_t id = 0;
    std::vector<std::pair<std::string, std::uint8_t>> classes{};
    std::vector<SchemeRate> rates{};

    /// The class called `name`, or nothing.
    std::optional<std::uint8_t> find_class(std::string_view name) const;
    /// What that class is charged on a day of the scheme's zone; nothing if it is not said.
    std::optional<std::int64_t> find_rate(std::string_view name, std::chrono::sys_days day) const;
};

std::optional<SchemeNumbers> find_scheme(const Directory& directory, std::string_view name);

}  // namespace tuma::protocols
