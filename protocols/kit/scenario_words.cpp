#include "protocols/kit/scenario_words.h"

#include "ledger/words/words.h"
#include "protocols/kit/request_fields.h"

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
constexpr std::string_view latency_stem = "latency:";

constexpr std::string_view own_prefix = "tuma";
constexpr std::array<std::string_view, 3> own_headers{"Tuma-Scenario", "Tuma-Fault", "Tuma-Token"};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// "latency:" of "latency:500"; a word without a value is itself.
std::string_view stem(std::string_view word) {
    const std::size_t end = word.find_first_of(":=");
    return end == std::string_view::npos ? word : word.substr(0, end + 1);
}

std::string sentence_for(std::string_view word, const std::vector<std::string_view>& words) {
    std::vector<std::string_view> stems;
    stems.reserve(words.size());
    // Compared without values: "latncy:500" is near "latency:MS" only by its name.
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
        // A misspelt header would otherwise be ignored, and a test would pass without testing
        // anything.
        if (!is_own_header(name)) continue;
        const http::Fields one{{name, value}};
        const bool is_known =
            std::any_of(own_headers.begin(), own_headers.end(),
                        [&](std::string_view own) { return http::find(one, own) != nullptr; });
        if (!is_known) return InputError{name, none_of(name, own_headers)};
        // find() gives the first of its name, so that this one is a later one.
        if (request.find(name) != &value)
            return InputError{name, "is there twice; put all words into one, with commas"};
    }
    return std::nullopt;
}

std::string_view trimmed(std::string_view word) {
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    return word;
}

// What has been read of a header.
struct TakenWord {
    std::string_view word;
    Decides decides;
};

// Why a good word cannot stand beside those before it.
std::optional<std::string> clash(const TakenWord& one, const std::vector<TakenWord>& before,
                                 const std::vector<std::string_view>& words) {
    for (const TakenWord& other : before) {
        if (one.word == other.word) return fmt::format("{} is there twice", shown_word(one.word));
        // One of the two would be ignored without a word.
        if ((one.decides & other.decides) != 0)
            return fmt::format("{} contradicts {}; give one of the two (the words are {})",
                               shown_word(one.word), shown_word(other.word),
                               fmt::join(words, ", "));
    }
    return std::nullopt;
}

std::optional<InputError> check_words(const http::HttpRequest& request, std::string_view header,
                                      const std::vector<std::string_view>& words,
                                      const std::function<WordCheck(std::string_view)>& check) {
    const std::string* const given = request.find(header);
    if (given == nullptr) return std::nullopt;
    std::vector<TakenWord> taken;
    for (const std::string_view part : split_words(*given, ',')) {
        const std::string_view word = trimmed(part);
        // An empty word is a comma too many, or a variable that was not set in somebody's script.
        const WordCheck checked = word.empty() ? unknown_word : check(word);
        if (!checked.is_known) return InputError{std::string(header), sentence_for(word, words)};
        if (!checked.problem.empty()) return InputError{std::string(header), checked.problem};
        const TakenWord one{word, checked.decides};
        if (auto why = clash(one, taken, words))
            return InputError{std::string(header), *std::move(why)};
        taken.push_back(one);
    }
    return std::nullopt;
}

}  // namespace

void for_each_word(std::string_view words, const std::function<void(std::string_view)>& take) {
    for (const std::string_view part : split_words(words, ','))
        if (const std::string_view word = trimmed(part); !word.empty()) take(word);
}

std::optional<Duration> read_milliseconds(std::string_view text) {
    // 500 and 500ms are the same; any other unit is refused rather than guessed.
    if (text.ends_with("ms")) text.remove_suffix(2);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (value < 0 || value > delay_ms_max) return std::nullopt;
    return std::chrono::milliseconds{value};
}

WordCheck bad_milliseconds(std::string_view word) {
    return {.problem = fmt::format("{}: the value must be 0 to {} milliseconds, like 500",
                                   shown_word(word), bound_text(delay_ms_max))};
}

WordCheck bad_code(std::string_view word, std::string_view code,
                   std::span<const std::string_view> codes) {
    return {.problem = fmt::format("{}: {}", shown_word(word), none_of(code, codes))};
}

std::span<const std::string_view> gateway_words() {
    return gateway_table;
}

bool is_gateway_word(std::string_view word) {
    return std::any_of(gateway_table.begin(), gateway_table.end(), [&](std::string_view one) {
        // With a value the name has to fit; the gateway itself complains about the value.
        return stem(one) == one ? word == one : word.starts_with(stem(one));
    });
}

bool is_own_header(std::string_view name) {
    const std::size_t size = own_prefix.size();
    if (name.size() < size || !std::ranges::equal(name.substr(0, size), own_prefix, {}, lower))
        return false;
    // "Tumaini" may be somebody's own header. "TumaFault" is a misspelling of ours.
    const bool goes_on_as_a_word =
        name.size() > size && lower(name[size]) >= 'a' && lower(name[size]) <= 'z';
    return !goes_on_as_a_word || nearest_word(name, own_headers).has_value();
}

std::optional<InputError> check_script_headers(const http::HttpRequest& request,
                                               const ScriptWords& words) {
    // Before the words: of a header that is there twice only one value is seen below.
    if (auto error = check_headers(request)) return error;
    if (auto error = check_words(request, "Tuma-Scenario", words.scenario, words.check_scenario))
        return error;
    std::vector<std::string_view> faults(gateway_table.begin(), gateway_table.end());
    faults.insert(faults.end(), words.fault.begin(), words.fault.end());
    return check_words(request, "Tuma-Fault", faults, [&](std::string_view word) {
        // All words but the latency decide what is answered, and only one of them can.
        if (!is_gateway_word(word)) return words.check_fault(word);
        return deciding(stem(word) == latency_stem ? decides_latency : decides_answer);
    });
}

}  // namespace tuma::protocols
