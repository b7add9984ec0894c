// What the log and the administrator are told of an attempt to deliver a notice.
#pragma once

#include "protocols/kit/adapter.h"

#include <string>
#include <string_view>

namespace tuma::net {

/// HOST:PORT of a URL, which may hold secrets behind it; a run of 7 or more digits, perhaps
/// somebody's number, is shown as "***". Empty for what is no URL.
std::string shown_host(std::string_view url);

/// What became of it, as a short sentence: "it was acknowledged with 200", "500 was answered".
std::string attempt_words(const protocols::CallbackResult& result, bool is_delivered);

}  // namespace tuma::net
