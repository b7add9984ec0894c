#include "ledger/words/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace tuma {
namespace {

constexpr std::size_t near_max = 2;
constexpr std::size_t shown_max = 40;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// How many characters must be put in, left out or replaced to make `b` of `a`; letters of either
// case are the same.
std::size_t edits_between(std::string_view a, std::string_view b) {
    // One row of the usual table is enough: each cell needs the one to its left, the one above and
    // the one between them, which `diagonal` keeps.
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> words) {
    std::optional<std::string_view> nearest;
    // What is longer cannot be near, and would take long.
    std::size_t least = std::min(near_max, word.size() / 2) + 1;
    for (const std::string_view one : words) {
        if (word.size() > one.size() + near_max) continue;
        const std::size_t edits = edits_between(word, one);
        // Of words that are equally near, the first: lists are in an order that somebody chose.
        if (edits >= least) continue;
        least = edits;
        nearest = one;
    }
    return nearest;
}

std::string none_of(std::string_view word, std::span<const std::string_view> words) {
    const auto nearest = nearest_word(word, words);
    return fmt::format("{} is none of {}{}", shown_word(word), fmt::join(words, ", "),
                       nearest ? fmt::format("; did you mean {}?", *nearest) : "");
}

std::string none_of(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    return none_of(word, views);
}

std::vector<std::string_view> split_words(std::string_view text, char separator) {
    std::vector<std::string_view> words;
    while (true) {
        const std::size_t end = text.find(separator);
        words.push_back(text.substr(0, end));
        // Behind the last separator there is always a part, be it empty.
        if (end == std::string_view::npos) return words;
        text.remove_prefix(end + 1);
    }
}

std::string shown_word(std::string_view word) {
    // The word comes from outside, and goes to terminals and logs.
    std::string copy(word.substr(0, shown_max));
    std::replace_if(
        copy.begin(), copy.end(), [](unsigned char c) { return c < ' ' || c == 127; }, '?');
    return fmt::format("\"{}{}\"", copy, word.size() > shown_max ? "..." : "");
}

}  // namespace tuma
