// One request of a merchant with everything that answering it may need, kept until it is answered.
#pragma once

#include "protocols/adapter.h"
#include "protocols/mpesa/body.h"
#include "protocols/mpesa/credential.h"
#include "protocols/mpesa/options.h"
#include "protocols/mpesa/profiles.h"

#include <memory>

namespace tuma::mpesa {

/// A request whose token is good and whose body was read.
struct Call {
    protocols::Context context;
    std::shared_ptr<const Options> options;
    std::shared_ptr<const CredentialReader> credentials;
    http::HttpRequest request;
    Body body{};
    /// Whose token it is; null where any token is good.
    std::shared_ptr<const App> app{};
};
/// Shared by the steps that answer one request.
using CallPtr = std::shared_ptr<const Call>;

}  // namespace tuma::mpesa
