// Which errors a request may ask for on purpose: those of its version of the API.
#pragma once

#include "protocols/wechat/wire/test_customers.h"

#include <string_view>

namespace tuma::wechat {

/// The errors of the path's version, or of both if the path is none of ours.
const SpokenErrors& spoken_errors(std::string_view path);

}  // namespace tuma::wechat
