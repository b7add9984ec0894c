// What the log and the administrator's pages show of texts from outside.
#pragma once

#include <string>
#include <string_view>

namespace tuma::net {

/// The text with "***" for each run of 7 or more digits, which may be somebody's number. No part of
/// an IPv4 address and no port has so many.
std::string masked_numbers(std::string_view text);

/// The same of a message in JSON or XML, or of a form or a query, with "***" for the values of
/// members that hold secrets too: passwords, keys, tokens, signatures, openids. Takes what is cut
/// off or malformed.
std::string masked_message(std::string_view text);

}  // namespace tuma::net
