// A TOML document read key by key: places for errors, amounts without floating point.
#pragma once

#include "ledger/words/money.h"
#include "ledger/words/result.h"

#include <toml++/toml.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma {

/// Where a document comes from, and the first thing that was found wrong with it.
class TomlErrors {
public:
    /// `place` stands before every error ("my.toml").
    explicit TomlErrors(std::string place) : place_(std::move(place)) {}

    const std::optional<InputError>& first() const { return first_; }
    /// Kept as "place:line: key" if it is the first.
    void add(std::uint32_t line, std::string_view key, std::string reason);

private:
    std::string place_;
    std::optional<InputError> first_;
};

/// One word that a key may have, and what it means.
template <typename Value>
using TomlChoice = std::pair<std::string_view, Value>;

/// One table of a document. A getter leaves `value` as it is when the key is not there, and refuses
/// with what was found, the bound and what to write instead. Everything refers to the document and
/// to the errors, which must outlive it.
class TomlTable {
public:
    /// `path` is what stands before a key in errors: "" or "type[0].". Refuses keys that are not in
    /// `keys`.
    TomlTable(TomlErrors& errors, const toml::table& table, std::string path,
              std::span<const std::string_view> keys);

    bool has(std::string_view key) const { return table_->contains(key); }
    /// The line of a key's value, or of the table where the key is not there.
    std::uint32_t line(std::string_view key) const;
    void fail(std::string_view key, std::string reason) const;
    /// Refuses a table without the key; `why` completes "is missing; ".
    void require(std::string_view key, std::string_view why) const;

    void text(std::string_view key, std::string& value) const;
    void boolean(std::string_view key, bool& value) const;
    /// A whole number of `low` to `high`; `unit` goes behind it in errors (" days").
    template <typename Number>
    void integer(std::string_view key, std::int64_t low, std::int64_t high, std::string_view unit,
                 Number& value) const;
    /// Minor units, written as a whole number or a decimal text of the major unit: 200, "0.10".
    /// Refuses more than `ledger::amount_max`, and TOML floats.
    void amount(std::string_view key, Currency currency, std::int64_t& minor) const;
    /// A TOML date: 2023-07-01.
    void date(std::string_view key, std::chrono::sys_days& value) const;
    /// "HH:MM", of "00:00" to `latest`.
    void time_of_day(std::string_view key, std::chrono::minutes latest,
                     std::chrono::minutes& value) const;
    template <typename Value>
    void choice(std::string_view key, std::span<const TomlChoice<Value>> choices,
                Value& value) const;
    /// A list of texts.
    void texts(std::string_view key, std::vector<std::string>& value) const;
    /// A list of pairs of amounts: [[100, 0], [500, "7.50"]]. `form` says in errors what they are.
    void amount_pairs(std::string_view key, Currency currency, std::string_view form,
                      std::vector<std::pair<std::int64_t, std::int64_t>>& value) const;

    /// The table under `key`, or nothing.
    std::optional<TomlTable> table(std::string_view key,
                                   std::span<const std::string_view> keys) const;
    /// The tables under `key`, written as [[key]] or as a list of { }.
    std::vector<TomlTable> tables(std::string_view key,
                                  std::span<const std::string_view> keys) const;

private:
    std::string path(std::string_view key) const;
    void fail_at(const toml::node& node, std::string_view key, std::string reason) const;
    void fail_choice(std::string_view key, const std::vector<std::string_view>& words) const;
    std::optional<std::int64_t> read_amount(const toml::node& node, std::string_view key,
                                            Currency currency) const;

    TomlErrors* errors_;
    const toml::table* table_;
    std::string path_;
};

/// What a value is, for errors: "text", 0.5, a table.
std::string describe(const toml::node& node);

/// Parses a document; what is no TOML is added to `errors`, and the table is empty.
toml::table parse_toml(std::string_view text, TomlErrors& errors);

/// The line that a path like "type[3].fee[0].cap" points to, or the nearest that is there.
std::uint32_t line_of(const toml::table& root, std::string_view path);

template <typename Number>
void TomlTable::integer(std::string_view key, std::int64_t low, std::int64_t high,
                        std::string_view unit, Number& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const auto number = node->value_exact<std::int64_t>();
    if (number && low <= *number && *number <= high) {
        value = static_cast<Number>(*number);
        return;
    }
    fail_at(*node, key,
            "found " + describe(*node) + "; a whole number of " + std::to_string(low) + " to " +
                std::to_string(high) + std::string(unit) + " is needed");
}

template <typename Value>
void TomlTable::choice(std::string_view key, std::span<const TomlChoice<Value>> choices,
                       Value& value) const {
    const toml::node* node = table_->get(key);
    if (node == nullptr) return;
    const auto word = node->value_exact<std::string_view>();
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const auto& choice) { return word == choice.first; });
    if (found != choices.end()) {
        value = found->second;
        return;
    }
    std::vector<std::string_view> words;
    words.reserve(choices.size());
    for (const auto& choice : choices) words.push_back(choice.first);
    fail_choice(key, words);
}

}  // namespace tuma
