// Walks a JSON value; only layout is decided here, escaping is Boost's.
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

void append(std::string& out, const json::value& value, std::size_t depth);

void new_line(std::string& out, std::size_t depth) {
    out.push_back('\n');
    out.append(2 * depth, ' ');
}

void append_array(std::string& out, const json::array& array, std::size_t depth) {
    // Numbers on one line, everything else on lines of its own.
    const bool is_short = std::none_of(array.begin(), array.end(), [](const json::value& item) {
        return item.is_structured() || item.is_string();
    });
    out.push_back('[');
    for (std::size_t i = 0; i < array.size(); ++i) {
        if (i > 0) out += is_short ? ", " : ",";
        if (!is_short) new_line(out, depth + 1);
        append(out, array[i], depth + 1);
    }
    if (!is_short) new_line(out, depth);
    out.push_back(']');
}

void append_object(std::string& out, const json::object& object, std::size_t depth) {
    // An empty object over two lines looks like a mistake.
    if (object.empty()) {
        out += "{}";
        return;
    }
    out.push_back('{');
    bool is_first = true;
    for (const json::key_value_pair& member : object) {
        if (!is_first) out.push_back(',');
        is_first = false;
        new_line(out, depth + 1);
        out += json::serialize(json::string(member.key())) + ": ";
        append(out, member.value(), depth + 1);
    }
    new_line(out, depth);
    out.push_back('}');
}

void append(std::string& out, const json::value& value, std::size_t depth) {
    if (const json::object* object = value.if_object()) {
        append_object(out, *object, depth);
    } else if (const json::array* array = value.if_array()) {
        append_array(out, *array, depth);
    } else if (const double* number = value.if_double()) {
        // JSON has no infinity; null says that there is no number.
        out += std::isfinite(*number) ? fmt::format("{}", *number) : "null";
    } else {
        out += json::serialize(value);
    }
}

}  // namespace

std::string json_text(const boost::json::value& value) {
    std::string out;
    append(out, value, 0);
    out.push_back('\n');
    return out;
}

}  // namespace tuma::loadgen
