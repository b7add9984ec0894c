// One request of a merchant with everything that answering it may need, kept until it is answered.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/body.h"
#include "protocols/mpesa/wire/credential.h"
#include "protocols/mpesa/wire/recent_calls.h"

#include <memory>
#include <vector>

namespace tuma::mpesa {

/// A request whose token is good and whose body was read.
struct Call {
    protocols::Context context;
    std::shared_ptr<const Options> options;
    std::shared_ptr<const CredentialReader> credentials;
    http::HttpRequest request;
    RecentCalls& recent;
    Body body{};
    bool is_body_ignored = false;  ///< it is empty because what came is not called JSON
    /// Instead of it, of an API that takes a list.
    std::vector<Body> list{};
    /// Whose token it is; null where any token is good.
    std::shared_ptr<const App> app{};
};
/// Shared by the steps that answer one request.
using CallPtr = std::shared_ptr<const Call>;

}  // namespace tuma::mpesa
