#include "protocols/kit/request_fields.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <charconv>

namespace tuma::protocols {

FieldValue find_member(const boost::json::object& object, std::string_view key) {
    using enum FieldValue::Type;
    const auto* const value = object.if_contains({key.data(), key.size()});
    if (value == nullptr || value->is_null()) return {};
    if (value->is_string()) return {text, std::string(value->get_string())};
    // The parser has not kept the digits as sent. Whole numbers come out alike, and dialects that
    // need the others read the body themselves.
    if (value->is_number()) return {number, boost::json::serialize(*value)};
    if (value->is_bool()) return {flag, value->get_bool() ? "true" : "false"};
    return {other, {}};
}

std::string bound_text(std::int64_t bound) {
    std::string text = std::to_string(bound);
    const std::size_t digits_from = bound < 0 ? 1 : 0;
    for (std::size_t at = text.size(); at > digits_from + 3;) text.insert(at -= 3, 1, ',');
    return text;
}

std::string complaint_words(const Complaint& complaint) {
    const auto words = [&]() -> std::string {
        switch (complaint.issue) {
            case Issue::missing:
                return "is missing";
            case Issue::not_text:
                return "is no text";
            case Issue::not_number:
                return "is no whole number";
            case Issue::not_flag:
                return "is neither true nor false";
            case Issue::too_short:
                return "is shorter than " + bound_text(complaint.least);
            case Issue::too_long:
                return "is longer than " + bound_text(complaint.most);
            case Issue::too_small:
                return "is less than " + bound_text(complaint.least);
            case Issue::too_large:
                return "is more than " + bound_text(complaint.most);
            case Issue::control:
                return "has control characters";
            case Issue::letters:
                return complaint.marks.empty()
                           ? "has others than digits and letters"
                           : fmt::format("has others than digits, letters and {}", complaint.marks);
            case Issue::no_word:
                return fmt::format("is none of {}", fmt::join(complaint.words, ", "));
            case Issue::misshapen:
                return complaint.form.empty() ? "has not the form that is asked for"
                                              : fmt::format("is not {}", complaint.form);
        }
        unreachable("an issue outside its table");
    };
    return fmt::format("{} {}", complaint.label.empty() ? complaint.key : complaint.label, words());
}

std::size_t characters_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        // Continuation bytes belong to the character before them.
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_name(std::string_view text, std::string_view marks) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               marks.find(c) != std::string_view::npos;
    });
}

std::optional<std::int64_t> whole_number(std::string_view text, bool signs) {
    if (!signs && text.starts_with('-')) return std::nullopt;
    std::int64_t number = 0;
    // Takes neither blanks nor a plus, and says when a number does not fit.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace tuma::protocols
