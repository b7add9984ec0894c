// The tables of a provisioning file, as the dialects read them.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/directory.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// One key of a table.
struct ProvisionKey {
    std::string path;  ///< "number"; of tables within the table "initiators.name"
    std::string text;  ///< its value if it is a text
    std::uint32_t line = 0;
};

/// One table of the file.
struct ProvisionTable {
    std::string file;
    std::uint32_t line = 0;
    std::string name;                  ///< "mpesa.app"
    std::vector<ProvisionKey> keys{};  ///< in the order of the file
    std::string json;                  ///< as a dialect reads its profiles

    /// "my.toml:12: mpesa.app"; without a line "--set: mpesa.options".
    std::string place() const;
    /// The same with the line of this key, or the table's if it is not there or there several
    /// times.
    std::string place(std::string_view key) const;
};

/// Tables by their path, in the order of the file: "mpesa.app" from [[mpesa.app]], "mpesa.options"
/// from [mpesa.options].
using ProvisionTables = std::map<std::string, std::vector<ProvisionTable>, std::less<>>;

/// Where each table of this name says this.
std::vector<std::string> places_of(const ProvisionTables& tables, std::string_view name,
                                   std::string_view key);

/// In what no two may be called the same.
enum class Scope : std::uint8_t { file, table };
/// Throws std::runtime_error that names both places when two of these keys have the same text.
void refuse_repeated(const ProvisionTables& tables, std::string_view name, std::string_view key,
                     Scope scope);

/// Takes the tables of one name away. Throws std::runtime_error that names the place and what
/// `read` refuses.
template <typename Value>
std::vector<Value> take_tables(ProvisionTables& tables, std::string_view name,
                               Result<Value> (*read)(std::string_view)) {
    std::vector<Value> values;
    const auto found = tables.find(name);
    if (found == tables.end()) return values;
    for (const ProvisionTable& table : found->second) {
        Result<Value> value = read(table.json);
        if (!value)
            throw std::runtime_error(table.place(value.error().field) + ": " +
                                     value.error().text());
        values.push_back(std::move(value).value());
    }
    // Whatever is left when all dialects have taken theirs is a table that nobody knows, and is
    // refused.
    tables.erase(found);
    return values;
}

/// Takes the only table of this name, if it is there; another one is refused with both places.
template <typename Value>
std::optional<Value> take_table(ProvisionTables& tables, std::string_view name,
                                Result<Value> (*read)(std::string_view)) {
    const std::vector<std::string> places = places_of(tables, name, {});
    // The second one is at fault, and the first shows where it clashes.
    if (places.size() > 1)
        throw std::runtime_error(places[1] + ": is there already, at " + places[0]);
    std::vector<Value> values = take_tables(tables, name, read);
    if (values.empty()) return std::nullopt;
    return std::move(values.front());
}

/// Throws std::runtime_error when the options at this place name a scheme that is not loaded:
/// accounts would be without rules. Requires: the directory holds the schemes.
void check_scheme(const Directory& directory, std::string_view place, std::string_view scheme);

/// Takes a dialect's options, if the file says some. Throws like `take_table` and `check_scheme`.
template <typename Options>
std::optional<Options> take_options(ProvisionTables& tables, std::string_view name,
                                    const Directory& directory,
                                    Result<Options> (*read)(std::string_view)) {
    // Before the table is taken away: the complaint below needs its place.
    const std::vector<std::string> places = places_of(tables, name, "scheme");
    std::optional<Options> options = take_table(tables, name, read);
    // Only a dialect that is without a scheme by default can do without: nothing is priced then.
    const bool needs_scheme = options && (!options->scheme.empty() || !Options{}.scheme.empty());
    if (needs_scheme) check_scheme(directory, places.front(), options->scheme);
    return options;
}

}  // namespace tuma::protocols
