#include "protocols/option_table.h"

#include "ledger/words.h"
#include "protocols/strict_json.h"

#include <algorithm>
#include <vector>

namespace tuma::protocols {
namespace {

constexpr std::size_t text_max = 1'000;

std::optional<InputError> check_word(std::string_view name, std::string_view words,
                                     std::string_view word) {
    if (words.empty()) return std::nullopt;
    const std::vector<std::string_view> list = split_words(words, '|');
    if (std::find(list.begin(), list.end(), word) != list.end()) return std::nullopt;
    return InputError{std::string(name), none_of(word, list)};
}

}  // namespace

std::optional<boost::json::value> parse_object(std::string_view json) {
    std::optional<boost::json::value> value = parse_strictly(json);
    if (!value || !value->is_object()) return std::nullopt;
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
