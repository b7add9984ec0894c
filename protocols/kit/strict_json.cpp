#include "protocols/kit/strict_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstddef>

namespace tuma::protocols {
namespace {

// In JSON a colon outside of strings stands behind a member's name and nowhere else.
std::size_t members_written(std::string_view json) {
    std::size_t colons = 0;
    bool is_in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        if (json[i] == '"')
            is_in_string = !is_in_string;
        else if (json[i] == '\\')
            // The character behind it is escaped and may be a quote. Outside of strings no good
            // JSON has a backslash.
            ++i;
        else if (json[i] == ':' && !is_in_string)
            ++colons;
    }
    return colons;
}

std::size_t members_held(const boost::json::value& value) {
    std::size_t members = 0;
    if (const auto* const object = value.if_object()) {
        members = object->size();
        // The parser has bounded the depth.
        for (const auto& member : *object) members += members_held(member.value());
    } else if (const auto* const array = value.if_array()) {
        for (const boost::json::value& element : *array) members += members_held(element);
    }
    return members;
}

}  // namespace

bool has_member_twice(std::string_view json) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
    // The parser keeps one of those that have the same name.
    return !error && members_written(json) != members_held(value);
}

std::optional<boost::json::value> parse_strictly(std::string_view json,
                                                 const boost::json::parse_options& options) {
    boost::json::error_code error;
    boost::json::value value = boost::json::parse({json.data(), json.size()}, error, {}, options);
    if (error || members_written(json) != members_held(value)) return std::nullopt;
    return value;
}

}  // namespace tuma::protocols
