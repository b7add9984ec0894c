#include "protocols/kit/field_table.h"

#include "protocols/kit/strict_json.h"

#include <algorithm>

namespace tuma::protocols {
namespace {

constexpr std::size_t text_max = 20'000;

std::optional<InputError> check_word(std::string_view name, std::string_view words,
                                     std::string_view word) {
    if (words.empty()) return std::nullopt;
    const std::vector<std::string_view> list = split_words(words, '|');
    if (std::find(list.begin(), list.end(), word) != list.end()) return std::nullopt;
    return InputError{std::string(name), none_of(word, list)};
}

InputError not_text(std::string_view name) {
    return {std::string(name), "is a text of at most " + std::to_string(text_max) + " bytes"};
}

}  // namespace

std::optional<boost::json::value> parse_object(std::string_view json) {
    std::optional<boost::json::value> value = parse_strictly(json);
    // A list or a number is good JSON and no record.
    if (!value || !value->is_object()) return std::nullopt;
    return value;
}

Result<bool> read_flag(std::string_view name, const boost::json::value& value) {
    if (!value.is_bool()) return InputError{std::string(name), "is true or false"};
    return value.get_bool();
}

Result<std::int64_t> read_number(std::string_view name, const boost::json::value& value,
                                 std::int64_t least, std::int64_t most, std::string_view words) {
    // 5.0 is refused too: it comes as a double, and whoever writes a fraction may mean one.
    if (!value.is_int64() || value.get_int64() < least || value.get_int64() > most)
        return InputError{std::string(name), "is a whole number from " + std::to_string(least) +
                                                 " to " + std::to_string(most)};
    if (auto violation = check_word(name, words, std::to_string(value.get_int64())))
        return *violation;
    return value.get_int64();
}

Result<std::string> read_text(std::string_view name, const boost::json::value& value,
                              std::string_view words, TextCheck check) {
    if (!value.is_string() || value.get_string().size() > text_max) return not_text(name);
    std::string text(value.get_string());
    if (auto violation = check_word(name, words, text)) return *violation;
    if (check != nullptr)
        if (const std::string_view why = check(text); !why.empty())
            return InputError{std::string(name), std::string(why)};
    return text;
}

Result<std::vector<std::string>> read_texts(std::string_view name, const boost::json::value& value,
                                            TextCheck check) {
    if (!value.is_array()) return InputError{std::string(name), "is no array"};
    std::vector<std::string> texts;
    for (const boost::json::value& one : value.get_array()) {
        if (!one.is_string()) return InputError{std::string(name), "has an item that is no text"};
        texts.emplace_back(one.get_string());
        if (check == nullptr) continue;
        // The item is quoted, because in a long list its place is hard to find.
        if (const std::string_view why = check(texts.back()); !why.empty())
            return InputError{std::string(name),
                              "has " + shown_word(texts.back()) + ", which " + std::string(why)};
    }
    return texts;
}

Result<std::map<std::string, std::string, std::less<>>> read_text_map(
    std::string_view name, const boost::json::value& value) {
    if (!value.is_object()) return InputError{std::string(name), "is no object"};
    std::map<std::string, std::string, std::less<>> texts;
    for (const auto& member : value.get_object()) {
        if (!member.value().is_string())
            return InputError{std::string(name), "has a member that is no text"};
        // Names are free here. One that is there twice was refused when the text was parsed.
        texts.emplace(std::string(member.key().data(), member.key().size()),
                      std::string(member.value().get_string()));
    }
    return texts;
}

InputError no_member(std::string_view name, std::string_view what,
                     const std::vector<std::string_view>& known) {
    return {std::string(name),
            "is no member of " + std::string(what) + ": " + none_of(name, known)};
}

}  // namespace tuma::protocols
