#include "protocols/kit/json_text.h"

#include "ledger/words/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tuma::protocols {
namespace {

bool is_plain(char c) {
    // Only what JSON demands is escaped. The slash stays as it is: some clients look at the bytes.
    return c >= 0x20 && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
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
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    }
}

// Takes one character that is not plain: escaped, or of several bytes, or none of UTF-8.
void append_other(std::string& out, std::string_view& value) {
    // Texts of clients come back in answers. One byte that is no UTF-8 would make the whole answer
    // unreadable, so that it is replaced here and not refused.
    const std::size_t size = utf8_size(value);
    if (size == 0)
        out += '?';
    else if (size == 1)
        append_escaped(out, value.front());
    else
        out += value.substr(0, size);
    value.remove_prefix(size == 0 ? 1 : size);
}

void append_quoted(std::string& out, std::string_view value) {
    out += '"';
    while (!value.empty()) {
        // Mostly the whole text is plain, and is copied at once.
        const auto* const end = std::find_if_not(value.begin(), value.end(), is_plain);
        const auto plain = static_cast<std::size_t>(end - value.begin());
        out += value.substr(0, plain);
        value.remove_prefix(plain);
        if (!value.empty()) append_other(out, value);
    }
    out += '"';
}

}  // namespace

std::string quoted(std::string_view value) {
    std::string out;
    append_quoted(out, value);
    return out;
}

void JsonText::begin(std::string_view key) {
    if (needs_comma_) out_ += ',';
    if (!key.empty()) {
        append_quoted(out_, key);
        out_ += ':';
    }
    // Whoever begins an object or array takes it back: its first element has no comma in front.
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
    // The object as a whole was an element of what is around it.
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
    append_quoted(out_, value);
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

JsonText& JsonText::texts(std::string_view key, const std::vector<std::string>& values) {
    begin_array(key);
    for (const std::string& value : values) text({}, value);
    return end_array();
}

}  // namespace tuma::protocols
