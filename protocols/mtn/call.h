// One request of a business with everything that answering it may need, kept until it is answered.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/mtn/profiles.h"

#include <memory>
#include <string>
#include <vector>

namespace tuma::mtn {

enum class Kind : std::uint16_t;

/// A request whose key and token are good.
struct Call {
    protocols::Context context;
    std::shared_ptr<const Options> options;
    http::HttpRequest request;
    std::string product{};                 ///< "collection"; empty where an API has none
    std::vector<std::string> arguments{};  ///< of the path, decoded
    Kind kind{};                           ///< of what the path is about; none of requests
    Subscription subscription{};           ///< whose key came
    ApiUser user{};                        ///< whose token came; empty where any token is good
};
/// Shared by the steps that answer one request.
using CallPtr = std::shared_ptr<const Call>;

}  // namespace tuma::mtn
