#include "loadgen/merchants/json_member.h"

#include <boost/json/parse.hpp>

#include <utility>

namespace tuma::loadgen {

namespace json = boost::json;

std::optional<json::object> read_object(std::string_view text) {
    // Codes and no exceptions: a run must not end because of what somebody sends.
    json::error_code failed;
    json::value value = json::parse(text, failed);
    if (failed || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

std::string_view text_at(const json::object& object, std::initializer_list<std::string_view> path) {
    const json::object* within = &object;
    const json::value* at = nullptr;
    for (const std::string_view name : path) {
        at = within == nullptr ? nullptr : within->if_contains(name);
        if (at == nullptr) return {};
        within = at->if_object();
    }
    const json::string* text = at == nullptr ? nullptr : at->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(*text);
}

}  // namespace tuma::loadgen
