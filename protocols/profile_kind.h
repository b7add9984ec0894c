// Which profiles a dialect has, and what may be in them.
#pragma once

#include "ledger/result.h"

#include <optional>
#include <string_view>

namespace tuma::protocols {

/// One sort of profile of the directory.
struct ProfileKind {
    /// The whole name, or with a slash at the end the beginning of it: "mpesa/app/".
    std::string_view name;
    /// Why the content is none; nothing if it is good.
    std::optional<InputError> (*misfit)(std::string_view content);

    bool has(std::string_view profile) const {
        return name.ends_with('/') ? profile.size() > name.size() && profile.starts_with(name)
                                   : profile == name;
    }
};

/// What a function that reads a profile refuses.
template <auto read>
std::optional<InputError> misfit_of(std::string_view content) {
    const auto value = read(content);
    if (value) return std::nullopt;
    return value.error();
}

}  // namespace tuma::protocols
