// One line of a story: its words, taken one after the other, and what must come of it.
#pragma once

#include "ledger/words/ensure.h"
#include "ledger/words/money.h"
#include "ledger/words/time.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::testing {

class StoryLine {
public:
    StoryLine() = default;
    explicit StoryLine(const std::string& line) {
        const std::size_t arrow = line.find("->");
        words_ = split(line.substr(0, arrow));
        expected_ = arrow == std::string::npos ? "ok" : line.substr(arrow + 2);
        expected_ = fmt::format("{}", fmt::join(split(expected_), " "));
    }

    bool is_empty() const { return words_.empty(); }
    bool has_more() const { return next_ < words_.size(); }
    std::string take() {
        ensure(has_more(), "a line in a story is complete");
        return words_[next_++];
    }
    bool take_if(std::string_view word) {
        if (!has_more() || words_[next_] != word) return false;
        ++next_;
        return true;
    }
    std::uint64_t take_number() {
        const std::string word = take();
        std::uint64_t number = 0;
        const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
        ensure(failure == std::errc{} && end == word.data() + word.size(), "a count in a story");
        return number;
    }
    Duration take_duration() { return parse_duration(take()).value(); }
    /// Minor units; 0 for "all".
    std::int64_t take_amount(Currency currency) {
        std::string word = take();
        if (word == "all") return 0;
        const bool negative = word.front() == '-';
        const auto money = Money::parse(word.substr(negative ? 1 : 0), currency);
        return negative ? -money.value().minor : money.value().minor;
    }

    std::string text() const { return fmt::format("{}", fmt::join(words_, " ")); }
    /// "ok" where the line says nothing.
    const std::string& expected() const { return expected_; }

private:
    static std::vector<std::string> split(const std::string& line) {
        std::istringstream stream(line);
        std::vector<std::string> words;
        for (std::string word; stream >> word;) words.push_back(word);
        return words;
    }

    std::vector<std::string> words_;
    std::size_t next_ = 0;
    std::string expected_;
};

}  // namespace tuma::testing
