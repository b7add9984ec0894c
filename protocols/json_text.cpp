#include "protocols/json_text.h"

#include <fmt/format.h>

#include <iterator>

namespace tuma::protocols {
namespace {

// How many bytes the UTF-8 character at the front has; 0 if it is none.
std::size_t character_size(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((at(i) & 0xC0) != 0x80) return 0;
    const unsigned char second = at(1);
    // Overlong forms, halves of surrogate pairs, and what is beyond Unicode.
    if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return 0;
    return size;
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out += "\\\"";
            break;
        case '\\':
            out += "\\\\";
            break;
        case '\n':
            out += "\\n";
            break;
        case '\r':
            out += "\\r";
            break;
        case '\t':
            out += "\\t";
            break;
        default:
            if (static_cast<unsigned char>(c) < 0x20)
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
    }
}

}  // namespace

std::string quoted(std::string_view value) {
    std::string out = "\"";
    while (!value.empty()) {
        const std::size_t size = character_size(value);
        if (size == 0)
            out += '?';
        else if (size == 1)
            append_ascii(out, value.front());
        else
            out += value.substr(0, size);
        value.remove_prefix(size == 0 ? 1 : size);
    }
    out += '"';
    return out;
}

void JsonText::begin(std::string_view key) {
    if (needs_comma_) out_ += ',';
    if (!key.empty()) out_ += quoted(key) + ':';
    needs_comma_ = true;
}

JsonText& JsonText::begin_object(std::string_view key) {
    begin(key);
    out_ += '{';
    needs_comma_ = false;
    return *this;
}

JsonText& JsonText::end_object() {
    out_ += '}';
    needs_comma_ = true;
    return *this;
}

JsonText& JsonText::begin_array(std::string_view key) {
    begin(key);
    out_ += '[';
    needs_comma_ = false;
    return *this;
}

JsonText& JsonText::end_array() {
    out_ += ']';
    needs_comma_ = true;
    return *this;
}

JsonText& JsonText::text(std::string_view key, std::string_view value) {
    begin(key);
    out_ += quoted(value);
    return *this;
}

JsonText& JsonText::number(std::string_view key, std::int64_t value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
}

JsonText& JsonText::digits(std::string_view key, std::string_view value) {
    begin(key);
    out_ += value;
    return *this;
}

JsonText& JsonText::flag(std::string_view key, bool value) {
    return digits(key, value ? "true" : "false");
}

JsonText& JsonText::null(std::string_view key) {
    return digits(key, "null");
}

}  // namespace tuma::protocols
