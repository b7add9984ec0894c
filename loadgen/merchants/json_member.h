// JSON as merchants' programs read it: what is missing and what is of another kind are the same.
#pragma once

#include <boost/json/object.hpp>

#include <initializer_list>
#include <optional>
#include <string_view>

namespace tuma::loadgen {

/// The text as an object; nothing if it is no JSON object.
std::optional<boost::json::object> read_object(std::string_view text);

/// The text that lies there, name by name; empty if there is none. It points into `object`.
std::string_view text_at(const boost::json::object& object,
                         std::initializer_list<std::string_view> path);

}  // namespace tuma::loadgen
