#include "protocols/option_table.h"

#include <boost/json/parse.hpp>

namespace tuma::protocols {
namespace {

constexpr std::size_t text_max = 1'000;

bool is_word_of(std::string_view words, std::string_view word) {
    while (true) {
        const std::size_t bar = words.find('|');
        if (words.substr(0, bar) == word) return true;
        if (bar == std::string_view::npos) return false;
        words.remove_prefix(bar + 1);
    }
}

std::optional<InputError> check_word(std::string_view name, std::string_view words,
                                     std::string_view word) {
    if (words.empty() || is_word_of(words, word)) return std::nullopt;
    return InputError{std::string(name), "is one of " + std::string(words)};
}

}  // namespace

std::optional<boost::json::value> parse_object(std::string_view json) {
    boost::json::error_code error;
    boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
    if (error || !value.is_object()) return std::nullopt;
    return value;
}

Result<bool> read_option(std::string_view name, const boost::json::value& value) {
    if (!value.is_bool()) return InputError{std::string(name), "is true or false"};
    return value.get_bool();
}

Result<std::int64_t> read_option(std::string_view name, const boost::json::value& value,
                                 std::int64_t least, std::int64_t most, std::string_view words) {
    if (!value.is_int64() || value.get_int64() < least || value.get_int64() > most)
        return InputError{std::string(name), "is a whole number from " + std::to_string(least) +
                                                 " to " + std::to_string(most)};
    if (auto misfit = check_word(name, words, std::to_string(value.get_int64()))) return *misfit;
    return value.get_int64();
}

Result<std::string> read_option(std::string_view name, const boost::json::value& value,
                                std::string_view words) {
    if (!value.is_string() || value.get_string().size() > text_max)
        return InputError{std::string(name), "is a text of at most 1000 bytes"};
    std::string text(value.get_string());
    if (auto misfit = check_word(name, words, text)) return *misfit;
    return text;
}

}  // namespace tuma::protocols
