#include "switch/provision_file.h"

#include "ledger/input_file.h"
#include "ledger/words.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace tuma {
namespace {

std::string json_of(const toml::table& table) {
    std::ostringstream text;
    text << toml::json_formatter{table};
    return text.str();
}

ProvisionTable table_of(const std::string& path, const std::string& name,
                        const toml::table& table) {
    return {fmt::format("{}:{}: {}", path, table.source().begin.line, name), json_of(table)};
}

InputError no_table(const std::string& path, const toml::node& node, const std::string& name) {
    return {fmt::format("{}:{}: {}", path, node.source().begin.line, name),
            "must be a table, like [mpesa.options] or [[mpesa.app]]"};
}

// The tables of one dialect.
std::optional<InputError> take(ProvisionFile& file, const std::string& path,
                               const std::string& dialect, const toml::table& tables) {
    for (const auto& [key, node] : tables) {
        const std::string name = fmt::format("{}.{}", dialect, key.str());
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

void check_scheme(const protocols::Directory& directory, std::string_view table,
                  std::string_view scheme) {
    constexpr std::string_view prefix = "scheme/";
    std::vector<std::string> loaded;
    for (const std::string& name : directory.names(prefix))
        loaded.push_back(name.substr(prefix.size()));
    if (std::find(loaded.begin(), loaded.end(), scheme) == loaded.end())
        throw std::runtime_error(fmt::format("{}: scheme: of those that are loaded (--schemes), {}",
                                             table, none_of(scheme, loaded)));
}

Result<ProvisionFile> read_provision_file(const std::string& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    toml::table document;
    try {
        document = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        return InputError{fmt::format("{}:{}", path, error.source().begin.line),
                          std::string(error.description())};
    }
    ProvisionFile file;
    for (const auto& [key, node] : document) {
        const std::string dialect{key.str()};
        const auto* const tables = node.as_table();
        if (tables == nullptr) return no_table(path, node, dialect);
        if (auto error = take(file, path, dialect, *tables)) return std::move(*error);
    }
    return file;
}

}  // namespace tuma
