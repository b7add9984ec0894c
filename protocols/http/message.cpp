#include "protocols/http/message.h"

#include <algorithm>

namespace tuma::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

const std::string* find(const Fields& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const auto& field) { return is_same(field.first, name); });
    return found == fields.end() ? nullptr : &found->second;
}

std::string_view HttpRequest::path() const {
    return std::string_view{target}.substr(0, target.find('?'));
}

std::string_view HttpRequest::query() const {
    const std::size_t question = target.find('?');
    return question == std::string::npos ? std::string_view{}
                                         : std::string_view{target}.substr(question + 1);
}

}  // namespace tuma::http
