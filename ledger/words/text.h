// Texts taken apart: numbers, lines, blanks.
#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace tuma {

/// The whole text as a number of this kind; nothing when it is none, does not fit, or has anything
/// beside it (blanks and a plus sign too).
template <typename Number>
std::optional<Number> read_number(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return number;
}

/// The same, and nothing when it is not from `least` to `most`.
template <typename Number>
std::optional<Number> read_number(std::string_view text, Number least, Number most) {
    const std::optional<Number> number = read_number<Number>(text);
    return number && *number >= least && *number <= most ? number : std::nullopt;
}

/// Without blanks and tabs at both ends.
inline std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Behind the closing quote of the JSON text whose opening quote is at `from`; the end of `json` if
/// there is none. Requires: a quote at `from`.
inline std::size_t end_of_json_text(std::string_view json, std::size_t from) {
    std::size_t at = from + 1;
    while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
    return at < json.size() ? at + 1 : json.size();
}

/// The first line without its end (LF or CR LF); what is left begins behind it.
inline std::string_view take_line(std::string_view& text) {
    const std::size_t feed = text.find('\n');
    std::string_view line = text.substr(0, feed);
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace tuma
