// API v3: what a merchant has shared with others on one day, as a file.
#pragma once

#include "protocols/wechat/wire/call.h"

#include <chrono>
#include <functional>
#include <string>

namespace tuma::wechat {

/// A row for each part of a sharing that was given, each that came back, and each rest that became
/// the merchant's, on the day it was asked for; an empty text without any.
/// Source: WeChat Pay API v3, profit-sharing bill.
protocols::Answer make_sharing_bill(const CallPtr& call, std::chrono::sys_days day,
                                    const http::HttpReply& busy,
                                    std::function<protocols::Answer(std::string text)> then);

}  // namespace tuma::wechat
