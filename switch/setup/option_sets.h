// Options of dialects that are set on the command line: --set mpesa.customer_delay_ms=0.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/provision_tables.h"

#include <string>
#include <string_view>
#include <vector>

namespace tuma {

/// One of them.
struct OptionSet {
    std::string table;  ///< "mpesa.options"
    std::string name;   ///< "customer_delay_ms"
    std::string json;   ///< the value: 0, true, "accepted"
};

/// Reads DIALECT.OPTION=VALUE, one a line; later ones win. Refuses (field "--set DIALECT.OPTION"):
/// dialects and options that there are not, with a list of those there are; values that the option
/// does not take.
Result<std::vector<OptionSet>> read_option_sets(std::string_view lines);

/// Puts them into the tables, over what a file says there.
void put_options(protocols::ProvisionTables& tables, const std::vector<OptionSet>& sets);

}  // namespace tuma
