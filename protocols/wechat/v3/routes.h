// Which path is which of the APIs of v3.
#pragma once

#include "protocols/kit/route_table.h"
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/call.h"
#include "protocols/wechat/wire/replies.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tuma::wechat {

/// What a request's target may have: names separated by '|'; and whom the API is for.
struct Target {
    std::string_view arguments{};  ///< of the path, as complaints call them
    std::string_view query{};      ///< parameters
    std::size_t argument_bytes = 32;
    SubMerchant sub = SubMerchant::unknown;
};
using Route = protocols::Route<CallPtr, Options, Target>;
std::span<const Route> routes();

/// What is wrong with the target: an argument that is too long, a parameter that the API does not
/// know, or one that is empty.
std::optional<ApiError> violation_of_target(const Call& call, const Target& target);

}  // namespace tuma::wechat
