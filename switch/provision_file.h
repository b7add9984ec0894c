// The provisioning file (TOML): tables of each dialect as JSON, with the place where each stands.
#pragma once

#include "ledger/result.h"
#include "protocols/directory.h"

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma {

/// One table of the file.
struct ProvisionTable {
    std::string place;  ///< "my.toml:12: mpesa.app"
    std::string json;   ///< as a dialect reads its profiles
};

/// Tables by their path, in the order of the file: "mpesa.app" from [[mpesa.app]], "mpesa.options"
/// from [mpesa.options].
using ProvisionFile = std::map<std::string, std::vector<ProvisionTable>>;

/// Refuses, with "FILE:LINE" as field: files that cannot be read or are no TOML, anything beside
/// tables in tables.
Result<ProvisionFile> read_provision_file(const std::string& path);

/// Takes the tables of one name out of the file. Throws std::runtime_error that names the place and
/// what `read` refuses.
template <typename Value>
std::vector<Value> take_tables(ProvisionFile& file, const std::string& name,
                               Result<Value> (*read)(std::string_view)) {
    std::vector<Value> values;
    for (const ProvisionTable& table : file[name]) {
        Result<Value> value = read(table.json);
        if (!value) throw std::runtime_error(table.place + ": " + value.error().text());
        values.push_back(std::move(value).value());
    }
    file.erase(name);
    return values;
}

/// Throws std::runtime_error when the options of a table name a scheme that is not loaded: accounts
/// would be without rules. Requires: the directory holds the schemes.
void check_scheme(const protocols::Directory& directory, std::string_view table,
                  std::string_view scheme);

}  // namespace tuma
