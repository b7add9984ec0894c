#include "switch/commands/pretty_text.h"

#include "ledger/words/text.h"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace tuma {
namespace {

constexpr std::size_t indent_width = 2;

std::string new_line(std::size_t depth) {
    return "\n" + std::string(depth * indent_width, ' ');
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string pretty_json(std::string_view json) {
    boost::system::error_code error;
    boost::json::parse({json.data(), json.size()}, error);
    // Parsed to see that it is whole, and not written anew: numbers would lose their digits.
    if (error) return std::string(json);
    std::string shown;
    std::size_t depth = 0;
    for (std::size_t at = 0; at < json.size();) {
        const char c = json[at];
        if (c == '"') {
            const std::size_t end = end_of_json_text(json, at);
            shown += json.substr(at, end - at);
            at = end;
            continue;
        }
        ++at;
        if (is_blank(c)) continue;
        const std::size_t next = std::min(json.find_first_not_of(" \t\r\n", at), json.size());
        const bool closes_empty = next < json.size() && (json[next] == '}' || json[next] == ']');
        if (c == '}' || c == ']') shown += new_line(--depth);
        shown += c;
        if (c == ':') shown += ' ';
        if (c == ',') shown += new_line(depth);
        if (c != '{' && c != '[') continue;
        if (closes_empty) {
            shown += json[next];
            at = next + 1;
        } else {
            shown += new_line(++depth);
        }
    }
    return shown;
}

std::string pretty_xml(std::string_view xml) {
    std::string shown;
    std::string line;
    std::size_t depth = 0;
    const auto end_line = [&] {
        const bool closes = line.starts_with("</");
        if (closes && depth > 0) --depth;
        shown += (shown.empty() ? "" : "\n") + std::string(depth * indent_width, ' ') + line;
        // An element that is not closed on its own line holds the ones that follow.
        if (!closes && line.find("</") == std::string::npos && line.size() > 1 && line[1] != '?')
            ++depth;
        line.clear();
    };
    for (std::size_t at = 0; at < xml.size(); ++at) {
        if (xml[at] == '\n' || xml[at] == '\r') continue;
        const char next = at + 1 < xml.size() ? xml[at + 1] : ' ';
        const bool is_element = xml[at] == '<' && next != '!';
        const bool is_after_tag = !line.empty() && line.back() == '>' && !line.ends_with("]]>");
        // An empty element stays on its line.
        const bool is_own_end = next == '/' && line.find("</") == std::string::npos;
        if (is_element && is_after_tag && !is_own_end) end_line();
        line += xml[at];
    }
    if (!line.empty()) end_line();
    return shown;
}

std::string for_terminal(std::string_view text) {
    std::string shown(text);
    std::replace_if(
        shown.begin(), shown.end(),
        [](char c) {
            const auto byte = static_cast<unsigned char>(c);
            return (byte < 0x20 && c != '\n') || byte == 0x7F;
        },
        '?');
    return shown;
}

}  // namespace tuma
