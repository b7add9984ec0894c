// Options of a dialect: a struct, and a table that says of each member how it is called and what it
// may be.
#pragma once

#include "ledger/result.h"
#include "ledger/words.h"
#include "protocols/json_text.h"

#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tuma::protocols {

/// One option: how it is called, where it is, what it may be, and what it decides.
template <typename Options>
struct OptionRow {
    std::string_view name;
    std::variant<bool Options::*, std::int64_t Options::*, std::string Options::*> member;
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::string_view words{};  ///< what a value may be: "sync|accepted"; empty: anything
    std::string_view sentence{};
};

/// The JSON object of a text, or nothing.
std::optional<boost::json::value> parse_object(std::string_view json);
/// The value as this type; refuses with the option's name what is outside its bounds.
Result<bool> read_option(std::string_view name, const boost::json::value& value);
Result<std::int64_t> read_option(std::string_view name, const boost::json::value& value,
                                 std::int64_t least, std::int64_t most, std::string_view words);
Result<std::string> read_option(std::string_view name, const boost::json::value& value,
                                std::string_view words);

/// All options as one JSON object.
template <typename Options>
std::string options_json(std::span<const OptionRow<Options>> rows, const Options& options) {
    JsonText json;
    json.begin_object();
    for (const OptionRow<Options>& row : rows) {
        if (const auto* flag = std::get_if<bool Options::*>(&row.member))
            json.flag(row.name, options.*(*flag));
        else if (const auto* number = std::get_if<std::int64_t Options::*>(&row.member))
            json.number(row.name, options.*(*number));
        else
            json.text(row.name, options.*(std::get<std::string Options::*>(row.member)));
    }
    return json.end_object().take();
}

/// Sets one option, or says why the value cannot be it.
template <typename Options>
std::optional<InputError> set_option(Options& options, const OptionRow<Options>& row,
                                     const boost::json::value& value) {
    const auto put = [&options](auto member, auto read) -> std::optional<InputError> {
        if (!read) return read.error();
        options.*member = std::move(read).value();
        return std::nullopt;
    };
    if (const auto* flag = std::get_if<bool Options::*>(&row.member))
        return put(*flag, read_option(row.name, value));
    if (const auto* number = std::get_if<std::int64_t Options::*>(&row.member))
        return put(*number, read_option(row.name, value, row.least, row.most, row.words));
    return put(std::get<std::string Options::*>(row.member),
               read_option(row.name, value, row.words));
}

/// The inverse of `options_json`; options that are not there keep their defaults. Refuses with the
/// option's name: options that do not exist, other types, values out of bounds.
template <typename Options>
Result<Options> read_options(std::span<const OptionRow<Options>> rows, std::string_view json) {
    const auto value = parse_object(json);
    if (!value) return InputError{"options", "is not a JSON object"};
    Options options;
    for (const auto& member : value->get_object()) {
        const std::string_view name{member.key().data(), member.key().size()};
        const auto row = std::find_if(rows.begin(), rows.end(),
                                      [&](const auto& one) { return one.name == name; });
        if (row == rows.end()) {
            std::vector<std::string_view> names;
            for (const auto& one : rows) names.push_back(one.name);
            return InputError{std::string(name), "is no option: " + none_of(name, names)};
        }
        if (auto misfit = set_option(options, *row, member.value())) return *misfit;
    }
    return options;
}

}  // namespace tuma::protocols
