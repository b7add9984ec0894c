#include "switch/setup/provision_file.h"

#include "ledger/words/input_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>
#include <utility>
#include <vector>

namespace tuma {
namespace {

using protocols::ProvisionKey;
using protocols::ProvisionTable;
using protocols::ProvisionTables;

std::string json_of(const toml::table& table) {
    std::ostringstream text;
    text << toml::json_formatter{table};
    return text.str();
}

// The keys of a table and of the tables in it, "initiators.name" for each of the initiators.
void add_keys(std::vector<ProvisionKey>& keys, const std::string& prefix,
              const toml::table& table) {
    // JSON forgets lines and order, so the keys are listed with theirs, for messages.
    for (const auto& [key, node] : table) {
        ProvisionKey one{.path = prefix + std::string(key.str()),
                         .text = node.value<std::string>().value_or(std::string{}),
                         .line = key.source().begin.line};
        const std::string inner = one.path + ".";
        keys.push_back(std::move(one));
        if (const auto* const within = node.as_table()) add_keys(keys, inner, *within);
        if (const auto* const array = node.as_array())
            for (const auto& element : *array)
                if (const auto* const within = element.as_table()) add_keys(keys, inner, *within);
    }
}

ProvisionTable table_of(const std::string& path, const std::string& name,
                        const toml::table& table) {
    ProvisionTable one{
        .file = path, .line = table.source().begin.line, .name = name, .json = json_of(table)};
    add_keys(one.keys, {}, table);
    return one;
}

InputError no_table(const std::string& path, const toml::node& node, const std::string& name) {
    return {fmt::format("{}:{}: {}", path, node.source().begin.line, name),
            "must be a table, like [mpesa.options] or [[mpesa.app]]"};
}

// The tables of one dialect.
std::optional<InputError> take(ProvisionTables& file, const std::string& path,
                               const std::string& dialect, const toml::table& tables) {
    for (const auto& [key, node] : tables) {
        const std::string name = fmt::format("{}.{}", dialect, key.str());
        // A single table and a list of them are taken alike.
        if (const auto* table = node.as_table()) {
            file[name].push_back(table_of(path, name, *table));
            continue;
        }
        const auto* const array = node.as_array();
        if (array == nullptr) return no_table(path, node, name);
        for (const auto& element : *array) {
            const auto* const one = element.as_table();
            if (one == nullptr) return no_table(path, element, name);
            file[name].push_back(table_of(path, name, *one));
        }
    }
    return std::nullopt;
}

}  // namespace

Result<protocols::ProvisionTables> read_provision_file(const std::string& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    toml::table document;
    try {
        document = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        return InputError{fmt::format("{}:{}", path, error.source().begin.line),
                          std::string(error.description())};
    }
    ProvisionTables file;
    for (const auto& [key, node] : document) {
        const std::string dialect{key.str()};
        const auto* const tables = node.as_table();
        if (tables == nullptr) return no_table(path, node, dialect);
        if (auto error = take(file, path, dialect, *tables)) return std::move(*error);
    }
    return file;
}

}  // namespace tuma
