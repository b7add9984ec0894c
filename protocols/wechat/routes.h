// Which path is which of the platform's APIs.
#pragma once

#include "protocols/adapter.h"
#include "protocols/wechat/call.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// One API of v3: {} in its path stands for one argument.
struct Route {
    std::string_view method;
    std::string_view path;
    protocols::Answer (*answer)(const CallPtr& call);
};
std::span<const Route> routes();

/// A route with the arguments of a path.
struct Match {
    const Route* route;
    std::vector<std::string> arguments;
};
/// The route of this method and path; where the method is another, a match without a route; nothing
/// where no path fits.
std::optional<Match> find_route(std::string_view method, std::string_view path);

/// True for the paths of both versions and the emulator's own.
bool is_wechat_path(std::string_view path);

}  // namespace tuma::wechat
