#include "ledger/words/html.h"

#include "ledger/words/utf8.h"

#include <algorithm>
#include <cstddef>

namespace tuma {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Characters that XML does not allow or that would let one text rearrange another.
bool is_dropped(std::string_view character) {
    if (character.size() == 1) {
        const auto byte = static_cast<unsigned char>(character[0]);
        // XML has no way to write the other control characters, not even escaped.
        return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    }
    // C1 control characters; the Arabic letter mark.
    if (character[0] == '\xC2') return static_cast<unsigned char>(character[1]) < 0xA0;
    if (character == "\u061C") return true;
    // Marks that turn the direction of writing can make a name look like another, or an amount.
    static constexpr std::string_view unwanted[] = {
        "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",       "\u202E",
        "\u2066", "\u2067", "\u2068", "\u2069", "\uFEFF", "\xEF\xBF\xBE", "\xEF\xBF\xBF"};
    for (const std::string_view one : unwanted) {
        if (character == one) return true;
    }
    return false;
}

void append_escaped(std::string& out, std::string_view character) {
    // Both quotes too, because texts stand in attributes as well.
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
        const std::size_t size = utf8_size(text);
        // What is no character gives up one byte: the next may begin one.
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

}  // namespace tuma
