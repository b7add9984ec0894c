// Which path is which API.
#pragma once

#include "protocols/kit/route_table.h"
#include "protocols/mpesa/wire/call.h"
#include "protocols/mpesa/wire/replies.h"

#include <optional>
#include <span>
#include <string_view>

namespace tuma::mpesa {

/// Marked with whose errors it has; `oauth` and `other` are asked without a token.
using Route = protocols::Route<CallPtr, Options, Product>;
std::span<const Route> routes();

/// The path by which the table knows it: Bill Manager's may have their first part twice.
std::string_view path_of(std::string_view path, const Options& options);

/// The family of a path that is no route but begins like one ("/mpesa/stkpush/…"); nothing for
/// paths that the gateway does not know at all.
std::optional<Product> family_of(std::string_view path);

}  // namespace tuma::mpesa
