// Which path is which API.
#pragma once

#include "protocols/mpesa/call.h"
#include "protocols/mpesa/replies.h"

#include <span>
#include <string_view>

namespace tuma::mpesa {

/// One path: whose errors it has and what answers it.
struct Route {
    std::string_view path;
    Product product = Product::other;
    protocols::Answer (*answer)(const CallPtr& call) = nullptr;
    bool Options::*is_there = nullptr;  ///< the option that decides whether it exists
};
std::span<const Route> routes();

/// The route of this path, or null.
const Route* find_route(std::string_view path, const Options& options);
/// The family of a path that is no route but begins like one ("/mpesa/stkpush/…"); nothing for
/// paths that the gateway does not know at all.
std::optional<Product> family_of(std::string_view path);
/// True if the path belongs to Daraja, whether there is something or not.
bool is_daraja_path(std::string_view path);

}  // namespace tuma::mpesa
