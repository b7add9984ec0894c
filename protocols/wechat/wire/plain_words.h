// What the service's own sentences say, in English, for the log.
#pragma once

#include <string>
#include <string_view>

namespace tuma::wechat {

/// The sentence in English, with its numbers; itself where it is none of the service's.
std::string plain_words(std::string_view sentence);

}  // namespace tuma::wechat
