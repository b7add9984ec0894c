// Words in the headers Tuma-Scenario and Tuma-Fault, separated by commas.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "protocols/http/message.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// Calls `take` for each word that is not empty, without blanks around it.
void for_each_word(std::string_view words, const std::function<void(std::string_view)>& take);

/// Reads "500ms" or "500": milliseconds up to an hour.
std::optional<Duration> read_milliseconds(std::string_view text);

/// What a word decides, a bit each. Two words of a header that decide the same contradict each
/// other: one of them would be ignored.
using Decides = std::uint32_t;
inline constexpr Decides decides_customer = 1;       ///< what the customer does
inline constexpr Decides decides_delay = 2;          ///< and when
inline constexpr Decides decides_answer = 4;         ///< what is answered
inline constexpr Decides decides_latency = 8;        ///< and when
inline constexpr Decides decides_callbacks = 16;     ///< how often a callback comes
inline constexpr Decides decides_notice_delay = 32;  ///< and when

/// What somebody makes of one word.
struct WordCheck {
    bool is_known = true;
    std::string problem{};  ///< what is wrong with the value of a word that is known
    Decides decides = 0;

    bool is_good() const { return is_known && problem.empty(); }
};
inline const WordCheck unknown_word{.is_known = false};
inline WordCheck deciding(Decides what) {
    return {.decides = what};
}
/// Known, and its value must be milliseconds as `read_milliseconds` takes them.
WordCheck bad_milliseconds(std::string_view word);
/// Known, and its value must be one of these codes.
WordCheck bad_code(std::string_view word, std::string_view code,
                   std::span<const std::string_view> codes);

/// Words of Tuma-Fault that are carried out before a dialect sees the request; a name in capital
/// letters stands for a value ("latency:MS").
std::span<const std::string_view> gateway_words();
bool is_gateway_word(std::string_view word);

/// True for names that begin with Tuma and no letter behind it, and for those that are nearly one
/// of ours (TumaFault), in letters of either case.
bool is_own_header(std::string_view name);

/// The words of a dialect, as `gateway_words` has them, and what it makes of one.
struct ScriptWords {
    std::vector<std::string_view> scenario;
    std::vector<std::string_view> fault;
    std::function<WordCheck(std::string_view)> check_scenario;
    std::function<WordCheck(std::string_view)> check_fault;
};

/// Refuses, with the header as field: headers that begin with Tuma- and are none of ours, one that
/// is there twice, words that are not the dialect's or empty, values of the wrong shape, words that
/// contradict each other or are there twice.
std::optional<InputError> check_script_headers(const http::HttpRequest& request,
                                               const ScriptWords& words);

}  // namespace tuma::protocols
