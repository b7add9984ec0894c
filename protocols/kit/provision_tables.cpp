#include "protocols/kit/provision_tables.h"

#include "ledger/words/words.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::protocols {
namespace {

// A key that was found, with where it stands.
struct FoundKey {
    const ProvisionTable* table;
    const ProvisionKey* key;

    std::string place() const {
        return fmt::format("{}:{}: {}", table->file, key->line, table->name);
    }
};

}  // namespace

std::string ProvisionTable::place() const {
    // It was not read from a file.
    if (line == 0) return file + ": " + name;
    return fmt::format("{}:{}: {}", file, line, name);
}

std::string ProvisionTable::place(std::string_view key) const {
    const auto is_it = [&](const ProvisionKey& one) { return one.path == key; };
    const auto found = std::find_if(keys.begin(), keys.end(), is_it);
    // Of several places one would be a guess, and the table is surely right.
    if (found == keys.end() || std::count_if(keys.begin(), keys.end(), is_it) > 1) return place();
    return FoundKey{this, &*found}.place();
}

std::vector<std::string> places_of(const ProvisionTables& tables, std::string_view name,
                                   std::string_view key) {
    std::vector<std::string> places;
    const auto found = tables.find(name);
    if (found == tables.end()) return places;
    for (const ProvisionTable& table : found->second) places.push_back(table.place(key));
    return places;
}

void refuse_repeated(const ProvisionTables& tables, std::string_view name, std::string_view key,
                     Scope scope) {
    const auto named = tables.find(name);
    if (named == tables.end()) return;
    std::map<std::string, FoundKey> seen;
    for (const ProvisionTable& table : named->second) {
        // Initiators of two businesses may be called the same.
        if (scope == Scope::table) seen.clear();
        for (const ProvisionKey& one : table.keys) {
            // What is no text is refused when the table is read.
            if (one.path != key || one.text.empty()) continue;
            const FoundKey found{&table, &one};
            const auto [first, is_new] = seen.emplace(one.text, found);
            // The text itself may be a secret.
            if (!is_new)
                throw std::runtime_error(fmt::format("{}: {}: is that of {} already", found.place(),
                                                     key, first->second.place()));
        }
    }
}

void check_scheme(const Directory& directory, std::string_view place, std::string_view scheme) {
    constexpr std::string_view prefix = "scheme/";
    std::vector<std::string> loaded;
    // Schemes are stored before the tables are read; what is not here was not loaded.
    for (const std::string& name : directory.names(prefix))
        loaded.push_back(name.substr(prefix.size()));
    if (std::find(loaded.begin(), loaded.end(), scheme) == loaded.end())
        throw std::runtime_error(fmt::format("{}: scheme: of those that are loaded (--schemes), {}",
                                             place, none_of(scheme, loaded)));
}

}  // namespace tuma::protocols
