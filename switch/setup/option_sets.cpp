#include "switch/setup/option_sets.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"
#include "switch/setup/dialects.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace tuma {
namespace {

namespace json = boost::json;

// The profile that options are stored as: it knows what they may be.
const protocols::ProfileKind* options_of(std::string_view dialect) {
    const std::string profile = std::string(dialect) + "/options";
    for (const protocols::DialectInfo* const info : dialect_list())
        for (const protocols::ProfileKind& kind : info->profiles)
            if (kind.name == profile) return &kind;
    return nullptr;
}

std::vector<std::string_view> dialect_names() {
    std::vector<std::string_view> names;
    for (const protocols::DialectInfo* const info : dialect_list()) names.push_back(info->name);
    return names;
}

// As a number or a flag if it looks like one and the option takes it; else as a text.
Result<std::string> value_of(const protocols::ProfileKind& options, const std::string& name,
                             const std::string& text) {
    const auto refusal = [&](const json::value& value) {
        return options.why_not({}, json::serialize(json::object{{name, value}}));
    };
    boost::system::error_code error;
    const json::value literal = json::parse(text, error);
    const bool is_literal = !error && (literal.is_number() || literal.is_bool());
    std::optional<InputError> first;
    if (is_literal && !(first = refusal(literal))) return json::serialize(literal);
    const json::value as_text(text);
    if (const auto second = refusal(as_text))
        return InputError{"--set", (first ? *first : *second).text()};
    return json::serialize(as_text);
}

Result<OptionSet> read_one(std::string_view line) {
    const std::size_t equals = line.find('=');
    const std::size_t dot = line.substr(0, equals).find('.');
    if (equals == std::string_view::npos || dot == std::string_view::npos)
        return InputError{"--set=" + shown_word(line),
                          "must be DIALECT.OPTION=VALUE, like mpesa.customer_delay_ms=0"};
    const std::string dialect(line.substr(0, dot));
    const std::string name(line.substr(dot + 1, equals - dot - 1));
    const protocols::ProfileKind* const options = options_of(dialect);
    if (options == nullptr) return InputError{"--set", none_of(dialect, dialect_names())};
    Result<std::string> value = value_of(*options, name, std::string(line.substr(equals + 1)));
    if (!value) return value.error();
    return OptionSet{dialect + ".options", name, std::move(value).value()};
}

}  // namespace

Result<std::vector<OptionSet>> read_option_sets(std::string_view lines) {
    std::vector<OptionSet> sets;
    for (const std::string_view line : split_words(lines, '\n')) {
        if (line.empty()) continue;
        Result<OptionSet> one = read_one(line);
        if (!one) return one.error();
        sets.push_back(std::move(one).value());
    }
    return sets;
}

void put_options(protocols::ProvisionTables& tables, const std::vector<OptionSet>& sets) {
    for (const OptionSet& set : sets) {
        std::vector<protocols::ProvisionTable>& named = tables[set.table];
        if (named.empty()) named.push_back({.file = "--set", .name = set.table, .json = "{}"});
        // Were there two, the file would be refused in any case.
        protocols::ProvisionTable& table = named.front();
        json::object members = json::parse(table.json).as_object();
        members[set.name] = json::parse(set.json);
        table.json = json::serialize(members);
    }
}

}  // namespace tuma
