#include "switch/fault_tables.h"

#include "protocols/stored_json.h"
#include "switch/provision_file.h"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tuma {
namespace {

Result<net::FaultRule> read_rule(std::string_view text) {
    protocols::StoredJson json(text, "rule");
    net::FaultRule rule;
    rule.words = json.text("fault");
    rule.path = json.text_or("path", {});
    rule.contains = json.text_or("contains", {});
    const std::int64_t count = json.number_or("count", std::numeric_limits<std::int64_t>::max());
    if (count < 1) json.fail("count", "must be at least 1");
    rule.left = static_cast<std::uint64_t>(count);
    const auto parsed = net::parse_fault(rule.words);
    if (!parsed) json.fail(parsed.error().field, parsed.error().reason);
    if (auto error = json.error()) return std::move(*error);
    return rule;
}

}  // namespace

std::vector<net::FaultRule> fault_rules_of(const std::string& file) {
    if (file.empty()) return {};
    Result<ProvisionFile> read = read_provision_file(file);
    if (!read) throw std::runtime_error(read.error().text());
    ProvisionFile tables = std::move(read).value();
    return take_tables(tables, fault_table, read_rule);
}

}  // namespace tuma
