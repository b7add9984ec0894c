// JSON that is read in one way only: a member that is there twice is refused.
#pragma once

#include <boost/json/parse_options.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace tuma::protocols {

/// True if an object at any depth of this JSON has a member twice: two readers of such a text see
/// two different values. False for text that is no JSON.
bool has_member_twice(std::string_view json);

/// The value, or nothing: for what is no JSON, goes deeper than the options allow, or has a member
/// twice.
std::optional<boost::json::value> parse_strictly(std::string_view json,
                                                 const boost::json::parse_options& options = {});

}  // namespace tuma::protocols
