#include "protocols/scenario_words.h"

#include <charconv>
#include <cstdint>

namespace tuma::protocols {
namespace {

constexpr std::int64_t delay_ms_max = 3'600'000;

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

}  // namespace tuma::protocols
