// A JSON value as text with line breaks, for files that people open too.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace tuma::loadgen {

/// Objects and arrays of objects indented by two spaces, short arrays on one line; numbers in the
/// shortest exact form, and null for those that JSON cannot hold; a line feed at the end.
std::string json_text(const boost::json::value& value);

}  // namespace tuma::loadgen
