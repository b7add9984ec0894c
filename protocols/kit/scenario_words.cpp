#include "protocols/scenario_words.h"

#include "ledger/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace tuma::protocols {
namespace {

constexpr std::int64_t delay_ms_max = 3'600'000;

constexpr std::array<std::string_view, 8> gateway_table{
    "latency:MS",  "drop", "commit-then-drop", "commit-then-timeout",
    "status:CODE", "429",  "html-503",         "apigee-404"};

constexpr std::string_view own_prefix = "tuma-";
constexpr std::array<std::string_view, 3> own_headers{"Tuma-Scenario", "Tuma-Fault", "Tuma-Token"};

// "latency:" of "latency:500"; a word without a value is itself.
std::string_view stem(std::string_view word) {
    const std::size_t end = word.find_first_of(":=");
    return end == std::string_view::npos ? word : word.substr(0, end + 1);
}

std::string sentence_for(std::string_view word, const std::vector<std::string_view>& words) {
    std::vector<std::string_view> stems;
    stems.reserve(words.size());
    for (const std::string_view one : words) stems.push_back(stem(one));
    const auto nearest = nearest_word(stem(word), stems);
    std::string sentence =
        fmt::format("{} is none of {}", shown_word(word), fmt::join(words, ", "));
    if (!nearest) return sentence;
    const auto at = std::find(stems.begin(), stems.end(), *nearest) - stems.begin();
    return sentence + fmt::format("; did you mean {}?", words[static_cast<std::size_t>(at)]);
}

std::optional<InputError> check_headers(const http::HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
        if (!is_own_header(name)) continue;
        const http::Fields one{{name, value}};
        const bool is_known =
            std::any_of(own_headers.begin(), own_headers.end(),
                        [&](std::string_view own) { return http::find(one, own) != nullptr; });
        if (!is_known) return InputError{name, none_of(name, own_headers)};
        if (request.find(name) != &value)
            return InputError{name, "is there twice; put all words into one, with commas"};
    }
    return std::nullopt;
}

std::optional<InputError> check_words(const http::HttpRequest& request, std::string_view header,
                                      const std::vector<std::string_view>& words,
                                      const std::function<WordCheck(std::string_view)>& check) {
    const std::string* const given = request.find(header);
    if (given == nullptr) return std::nullopt;
    std::optional<InputError> error;
    for_each_word(*given, [&](std::string_view word) {
        if (error) return;
        const WordCheck checked = check(word);
        if (!checked.is_good())
            error = InputError{std::string(header),
                               checked.is_known ? checked.misfit : sentence_for(word, words)};
    });
    return error;
}

}  // namespace

void for_each_word(std::string_view words, const std::function<void(std::string_view)>& take) {
    while (!words.empty()) {
        const std::size_t comma = words.find(',');
        std::string_view word = words.substr(0, comma);
        words = comma == std::string_view::npos ? std::string_view{} : words.substr(comma + 1);
        while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
        while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
        if (!word.empty()) take(word);
    }
}

std::optional<Duration> read_milliseconds(std::string_view text) {
    if (text.ends_with("ms")) text.remove_suffix(2);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < 0 || value > delay_ms_max) return std::nullopt;
    return std::chrono::milliseconds{value};
}

WordCheck bad_milliseconds(std::string_view word) {
    return {.misfit = fmt::format("{}: the value must be 0 to {} milliseconds, like 500",
                                  shown_word(word), delay_ms_max)};
}

WordCheck bad_code(std::string_view word, std::string_view code,
                   std::span<const std::string_view> codes) {
    return {.misfit = fmt::format("{}: {}", shown_word(word), none_of(code, codes))};
}

std::span<const std::string_view> gateway_words() {
    return gateway_table;
}

bool is_gateway_word(std::string_view word) {
    return std::any_of(gateway_table.begin(), gateway_table.end(), [&](std::string_view one) {
        return stem(one) == one ? word == one : word.starts_with(stem(one));
    });
}

bool is_own_header(std::string_view name) {
    return name.size() > own_prefix.size() &&
           std::equal(own_prefix.begin(), own_prefix.end(), name.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
}

std::optional<InputError> check_script_headers(const http::HttpRequest& request,
                                               const ScriptWords& words) {
    if (auto error = check_headers(request)) return error;
    if (auto error = check_words(request, "Tuma-Scenario", words.scenario, words.check_scenario))
        return error;
    std::vector<std::string_view> faults(gateway_table.begin(), gateway_table.end());
    faults.insert(faults.end(), words.fault.begin(), words.fault.end());
    return check_words(request, "Tuma-Fault", faults, [&](std::string_view word) {
        return is_gateway_word(word) ? WordCheck{} : words.check_fault(word);
    });
}

}  // namespace tuma::protocols
