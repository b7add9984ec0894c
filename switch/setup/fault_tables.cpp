#include "switch/setup/fault_tables.h"

#include "protocols/kit/field_table.h"
#include "switch/setup/provision_file.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tuma {
namespace {

// One [[faults.rule]].
struct RuleTable {
    std::string fault;
    std::string path;
    std::string contains;
    std::int64_t count = std::numeric_limits<std::int64_t>::max();
};

using R = protocols::Rows<RuleTable>;
const std::array rule_rows{
    R::required(R::text("fault", &RuleTable::fault)), R::text("path", &RuleTable::path),
    R::text("contains", &RuleTable::contains), R::number("count", &RuleTable::count, 1)};

Result<net::FaultRule> read_rule(std::string_view text) {
    const auto table = protocols::read_record<RuleTable>(rule_rows, text, "rule");
    if (!table) return table.error();
    net::FaultRule rule;
    rule.path = table->path;
    rule.contains = table->contains;
    rule.words = table->fault;
    rule.left = static_cast<std::uint64_t>(table->count);
    return rule;
}

}  // namespace

void add_fault_rules(const std::string& file, net::FaultRules& rules,
                     std::span<const protocols::Adapter* const> dialects) {
    if (file.empty()) return;
    Result<protocols::ProvisionTables> read = read_provision_file(file);
    if (!read) throw std::runtime_error(read.error().text());
    protocols::ProvisionTables tables = std::move(read).value();
    for (const protocols::ProvisionTable& table : tables[fault_table]) {
        Result<net::FaultRule> rule = read_rule(table.json);
        // The same checks as for a rule that comes by the administrator's API.
        std::optional<InputError> violation;
        if (!rule)
            violation = rule.error();
        else if (const auto added = rules.add(std::move(rule).value(), dialects); !added)
            violation = added.error();
        if (violation)
            throw std::runtime_error(table.place(violation->field) + ": " + violation->text());
    }
}

}  // namespace tuma
