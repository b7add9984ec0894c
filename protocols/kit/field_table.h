// What a stored record is made of: a struct, and a table that says of each member how it is called
// in JSON, what it may be and what it decides. Options, profiles, what orders remember and tables
// of a provisioning file are read and written by it.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/words.h"
#include "protocols/kit/json_text.h"

#include <boost/json/value.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// Why a text is none of its kind, as the rest of a sentence ("has not 5 to 7 digits"); empty: it
/// is one.
using TextCheck = std::string_view (*)(std::string_view text);

/// One member. Made by `Rows`.
template <typename Record>
struct FieldRow {
    std::string_view name;
    std::string_view sentence{};  ///< what it decides, for pages
    bool is_required = false;     ///< else it keeps what a fresh record has
    bool is_sparse = false;       ///< written only where it is not as in a fresh record
    std::function<void(JsonText&, std::string_view name, const Record&)> write{};
    std::function<std::optional<InputError>(Record&, std::string_view name,
                                            const boost::json::value&)>
        read{};
    std::function<bool(const Record&, const Record&)> is_equal{};
};

/// The JSON object of a text in which no member is there twice, or nothing.
std::optional<boost::json::value> parse_object(std::string_view json);

/// The value as this type, or why it is none; the field is `name`.
Result<bool> read_flag(std::string_view name, const boost::json::value& value);
Result<std::int64_t> read_number(std::string_view name, const boost::json::value& value,
                                 std::int64_t least, std::int64_t most, std::string_view words);
Result<std::string> read_text(std::string_view name, const boost::json::value& value,
                              std::string_view words, TextCheck check);
Result<std::vector<std::string>> read_texts(std::string_view name, const boost::json::value& value,
                                            TextCheck check);
Result<std::map<std::string, std::string, std::less<>>> read_text_map(
    std::string_view name, const boost::json::value& value);
/// That a member is nobody's: "is no member of WHAT: did you mean ...?".
InputError no_member(std::string_view name, std::string_view what,
                     const std::vector<std::string_view>& known);

/// Reads into `record` what the object says. Refuses, with the member's name: first of all what has
/// no row; what is required and missing, is of another kind or out of bounds.
template <typename Record>
std::optional<InputError> read_members(std::span<const FieldRow<Record>> rows, Record& record,
                                       const boost::json::value& object, std::string_view what) {
    if (!object.is_object()) return InputError{std::string(what), "is not a JSON object"};
    // Before anything else: a misspelt member is why another one is missing.
    std::vector<std::string_view> names;
    for (const FieldRow<Record>& row : rows) names.push_back(row.name);
    for (const auto& member : object.get_object()) {
        const std::string_view name{member.key().data(), member.key().size()};
        if (std::find(names.begin(), names.end(), name) == names.end())
            return no_member(name, what, names);
    }
    for (const FieldRow<Record>& row : rows) {
        const auto* const value =
            object.get_object().if_contains({row.name.data(), row.name.size()});
        if (value == nullptr) {
            // What may be missing keeps its default. So profiles of an older version are read by a
            // newer one that knows more members.
            if (row.is_required) return InputError{std::string(row.name), "is missing"};
            continue;
        }
        if (auto violation = row.read(record, row.name, *value)) return violation;
    }
    return std::nullopt;
}

/// The same from a text, into a fresh record or another one to begin with.
template <typename Record>
Result<Record> read_record(std::span<const FieldRow<Record>> rows, std::string_view json,
                           std::string_view what, Record record = {}) {
    const auto object = parse_object(json);
    if (!object)
        return InputError{std::string(what), "is not a JSON object, or has a member twice"};
    if (auto violation = read_members(rows, record, *object, what)) return *std::move(violation);
    return record;
}

/// Writes the members of a record into an object that was begun.
template <typename Record>
void write_members(JsonText& json, std::span<const FieldRow<Record>> rows, const Record& record) {
    // What is sparse and as in a fresh record is left out. Every order keeps such a text in the
    // journal for ever.
    const Record fresh{};
    for (const FieldRow<Record>& row : rows)
        if (!row.is_sparse || !row.is_equal(record, fresh)) row.write(json, row.name, record);
}

template <typename Record>
std::string record_json(std::span<const FieldRow<Record>> rows, const Record& record) {
    JsonText json;
    json.begin_object();
    write_members(json, rows, record);
    return json.end_object().take();
}

/// Makes rows: `using R = protocols::Rows<Options>;`, then
/// `R::number("token_lifetime_s", &Options::token_lifetime_s, 1, 86'400, "how long a token is
/// good")`.
template <typename Record>
struct Rows {
    using Row = FieldRow<Record>;

    static Row flag(std::string_view name, bool Record::*member, std::string_view sentence = {}) {
        return made(
            name, sentence, member,
            [](JsonText& json, std::string_view key, bool value) { json.flag(key, value); },
            [](std::string_view key, const boost::json::value& value) {
                return read_flag(key, value);
            });
    }
    template <std::integral Number>
    static Row number(std::string_view name, Number Record::*member, std::int64_t least = 0,
                      std::int64_t most = std::numeric_limits<Number>::max(),
                      std::string_view sentence = {}) {
        return made(
            name, sentence, member, write_number,
            [least, most](std::string_view key, const boost::json::value& value) -> Result<Number> {
                const Result<std::int64_t> read = read_number(key, value, least, most, {});
                if (!read) return read.error();
                // It fits: `most` is at most the type's own maximum, and rows of unsigned members
                // begin at 0.
                return static_cast<Number>(*read);
            });
    }
    /// One of the numbers: "2017|2024".
    static Row number_of(std::string_view name, std::int64_t Record::*member,
                         std::string_view words, std::string_view sentence = {}) {
        return made(name, sentence, member, write_number,
                    [words](std::string_view key, const boost::json::value& value) {
                        // The list of words is the bound.
                        return read_number(key, value, std::numeric_limits<std::int64_t>::min(),
                                           std::numeric_limits<std::int64_t>::max(), words);
                    });
    }
    static Row text(std::string_view name, std::string Record::*member,
                    std::string_view sentence = {}, TextCheck check = nullptr) {
        return text_of(name, member, {}, sentence, check);
    }
    /// One of the words: "sync|accepted".
    static Row word(std::string_view name, std::string Record::*member, std::string_view words,
                    std::string_view sentence = {}) {
        return text_of(name, member, words, sentence, nullptr);
    }
    /// A list of texts, each of which has to pass.
    static Row texts(std::string_view name, std::vector<std::string> Record::*member,
                     std::string_view sentence = {}, TextCheck check = nullptr) {
        return made(
            name, sentence, member,
            [](JsonText& json, std::string_view key, const std::vector<std::string>& value) {
                json.texts(key, value);
            },
            [check](std::string_view key, const boost::json::value& value) {
                return read_texts(key, value, check);
            });
    }
    /// Texts by name.
    static Row text_map(std::string_view name,
                        std::map<std::string, std::string, std::less<>> Record::*member) {
        return made(
            name, {}, member,
            [](JsonText& json, std::string_view key, const auto& value) {
                json.begin_object(key);
                for (const auto& [inner, text] : value) json.text(inner, text);
                json.end_object();
            },
            [](std::string_view key, const boost::json::value& value) {
                return read_text_map(key, value);
            });
    }
    /// A record inside.
    template <typename Item>
    static Row object(std::string_view name, Item Record::*member,
                      std::span<const FieldRow<Item>> rows) {
        return made(
            name, {}, member,
            [rows](JsonText& json, std::string_view key, const Item& value) {
                json.begin_object(key);
                write_members(json, rows, value);
                json.end_object();
            },
            [rows](std::string_view key, const boost::json::value& value) -> Result<Item> {
                return item(rows, key, value);
            });
    }
    /// A list of records. Errors say "initiators.roles".
    template <typename Item>
    static Row objects(std::string_view name, std::vector<Item> Record::*member,
                       std::span<const FieldRow<Item>> rows) {
        return made(
            name, {}, member,
            [rows](JsonText& json, std::string_view key, const std::vector<Item>& values) {
                json.begin_array(key);
                for (const Item& value : values) {
                    json.begin_object();
                    write_members(json, rows, value);
                    json.end_object();
                }
                json.end_array();
            },
            [rows](std::string_view key,
                   const boost::json::value& value) -> Result<std::vector<Item>> {
                if (!value.is_array()) return InputError{std::string(key), "is no array"};
                std::vector<Item> items;
                for (const boost::json::value& one : value.get_array()) {
                    // Each begins with a fresh record: what one item leaves out does not come from
                    // the one before.
                    Result<Item> read = item(rows, key, one);
                    if (!read) return read.error();
                    items.push_back(std::move(read).value());
                }
                return items;
            });
    }

    static Row required(Row row) {
        // A wrapper, not another argument, so that a table shows at a glance which members have to
        // be there.
        row.is_required = true;
        return row;
    }
    static Row sparse(Row row) {
        row.is_sparse = true;
        return row;
    }

private:
    static void write_number(JsonText& json, std::string_view key, std::int64_t value) {
        json.number(key, value);
    }

    static Row text_of(std::string_view name, std::string Record::*member, std::string_view words,
                       std::string_view sentence, TextCheck check) {
        // Views may be kept: rows are made of literals, which last as long as the program.
        return made(
            name, sentence, member,
            [](JsonText& json, std::string_view key, const std::string& value) {
                json.text(key, value);
            },
            [words, check](std::string_view key, const boost::json::value& value) {
                return read_text(key, value, words, check);
            });
    }

    template <typename Item>
    static Result<Item> item(std::span<const FieldRow<Item>> rows, std::string_view key,
                             const boost::json::value& value) {
        Item made_item;
        if (auto violation = read_members(rows, made_item, value, key))
            // The path down to the member, as it is written in a provisioning file.
            return InputError{std::string(key) + "." + violation->field, violation->reason};
        return made_item;
    }

    template <typename Value, typename Write, typename Read>
    static Row made(std::string_view name, std::string_view sentence, Value Record::*member,
                    Write write, Read read) {
        Row row{.name = name, .sentence = sentence};
        row.write = [member, write](JsonText& json, std::string_view key, const Record& record) {
            write(json, key, record.*member);
        };
        row.read = [member, read](Record& record, std::string_view key,
                                  const boost::json::value& value) -> std::optional<InputError> {
            // The record is touched only when the value is good, so that an error leaves it whole.
            Result<Value> given = read(key, value);
            if (!given) return given.error();
            record.*member = std::move(given).value();
            return std::nullopt;
        };
        row.is_equal = [member](const Record& a, const Record& b) {
            return a.*member == b.*member;
        };
        return row;
    }
};

}  // namespace tuma::protocols
