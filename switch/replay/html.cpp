#include "switch/replay/html.h"

#include <fmt/format.h>

#include <cstdint>

namespace tuma::replay {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes of the UTF-8 character at the front of `text`, 0 if there is none.
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    // Too long a form, a surrogate, or beyond U+10FFFF.
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return size;
}

/// Characters that XML does not allow or that would let one text rearrange another.
bool is_dropped(std::string_view character) {
    if (character.size() == 1) {
        const auto byte = static_cast<unsigned char>(character[0]);
        return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    }
    // C1 control characters; the Arabic letter mark.
    if (character[0] == '\xC2') return static_cast<unsigned char>(character[1]) < 0xA0;
    if (character == "\u061C") return true;
    static constexpr std::string_view unwanted[] = {
        "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",       "\u202E",
        "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\xEF\xBF\xBE", "\xEF\xBF\xBF"};
    for (const std::string_view one : unwanted) {
        if (character == one) return true;
    }
    return false;
}

void append_escaped(std::string& out, std::string_view character) {
    switch (character[0]) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += character;
    }
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
        if (size == 0) {
            out += replacement;
        } else if (!is_dropped(character)) {
            append_escaped(out, character);
        }
        text.remove_prefix(character.size());
    }
    return out;
}

std::string breakable(std::string_view name) {
    std::string out;
    for (const char c : escaped(name)) {
        out += c;
        if (c == '_') out += "<wbr/>";
    }
    return out;
}

std::string prose(std::string_view text) {
    const std::string from = escaped(text);
    const auto is_letter = [&](std::size_t i) { return from[i] >= 'A' && from[i] <= 'Z'; };
    std::string out;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const bool is_before_share = from[i] == ' ' && i + 1 < from.size() && from[i + 1] == '%';
        const bool is_behind_currency =
            from[i] == ' ' && i >= 3 && is_letter(i - 1) && is_letter(i - 2) && is_letter(i - 3);
        if (is_before_share || is_behind_currency) {
            out += "\u00A0";
        } else {
            out += from[i];
        }
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t characters_max) {
    std::size_t end = 0;
    for (std::size_t n = 0; end < text.size(); ++n) {
        if (n == characters_max) return std::string(text.substr(0, end)) + "…";
        end += std::max<std::size_t>(character_size(text.substr(end)), 1);
    }
    return std::string(text);
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    const bool is_cut = names.size() > most;
    const std::size_t shown = is_cut ? most : names.size();
    std::string out;
    for (std::size_t i = 0; i < shown; ++i) {
        const bool is_last = i + 1 == shown && !is_cut;
        if (i > 0) out += is_last ? " and " : ", ";
        out += names[i];
    }
    if (is_cut) out += fmt::format(" and {} more", names.size() - most);
    return out;
}

std::string_view file_name(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name.empty() ? path : name;
}

std::string line_classes(std::size_t style) {
    return fmt::format("c{} s{}", style % 8, style / 8 % 4);
}

std::string swatch(std::size_t style) {
    return fmt::format(
        "<svg class=\"swatch\" viewBox=\"0 0 30 8\" aria-hidden=\"true\"><path class=\"line {}\" "
        "d=\"M2 4H28\"/></svg>",
        line_classes(style));
}

std::string number_cell(std::string_view text, std::int64_t sort_key) {
    return fmt::format("<td class=\"n\" data-key=\"{}\">{}</td>", sort_key, escaped(text));
}

std::string nothing_cell(std::string_view text) {
    return fmt::format("<td class=\"n nil\" data-key=\"0\">{}</td>", escaped(text));
}

std::string number_cell(std::string_view text) {
    return fmt::format("<td class=\"n\">{}</td>", escaped(text));
}

}  // namespace tuma::replay
