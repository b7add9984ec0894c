// A callback as a merchant's server meets it: who sends it, whether it is genuine, what it says.
#pragma once

#include "protocols/http/message.h"

#include <filesystem>
#include <string>

namespace tuma {

/// What is printed of it and what its sender is answered.
struct ReceivedCallback {
    std::string text;
    http::HttpReply reply;
};

/// Tells by the message whose it is. M-Pesa gets {"ResultCode":0,...}, which accepts a payment that
/// is to be validated; WeChat Pay code SUCCESS, or FAIL under 401 where the signature does not
/// hold; MTN MoMo an empty 200. `clients` is the folder of client files with the keys that WeChat
/// Pay's messages are checked and opened with; empty: they are taken unchecked, and that is said.
ReceivedCallback received_callback(const http::HttpRequest& request,
                                   const std::filesystem::path& clients);

}  // namespace tuma
