// The description of the format tells the truth: its keys are those that the reader takes.
#include "switch/core/rules/scheme.h"
#include "switch/files/scheme_file.h"
#include "switch/files/scheme_keys.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace tuma;

namespace {

/// Cells of the rows of the tables in the README, by heading; the first is the key without its
/// quotes.
using Row = std::vector<std::string>;

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" `");
    const auto last = text.find_last_not_of(" `");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

Row cells(const std::string& line) {
    Row row;
    std::size_t begin = 1;
    for (std::size_t bar = line.find('|', begin); bar != std::string::npos;
         bar = line.find('|', begin)) {
        row.push_back(trimmed(line.substr(begin, bar - begin)));
        begin = bar + 1;
    }
    return row;
}

std::map<std::string, std::vector<Row>> readme_tables() {
    std::ifstream file(TUMA_SOURCE_DIR "/switch/schemes/README.md");
    std::map<std::string, std::vector<Row>> tables;
    std::string heading;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("### ")) heading = trimmed(line.substr(4));
        if (line.starts_with("| `") && !heading.empty()) tables[heading].push_back(cells(line));
    }
    return tables;
}

std::string heading_of(const SchemeTable& table) {
    return table.heading.empty() ? "Above all tables" : std::string(table.heading);
}

/// A scheme with the line `wrong` inside the table that `heading` names, and nothing else wrong.
std::string with_line(std::string_view heading, const std::string& wrong) {
    const std::vector<std::pair<std::string_view, std::string>> parts{
        {"", "name = \"a\"\nversion = \"1\"\ncurrency = \"KES\"\nzone = \"+00:00\"\n"},
        {"[[type]]", "name = \"pay\"\npurpose = \"pay_merchant\"\n"},
        {"[[type.fee]]", "bearer = \"payee\"\nflat = 1\n"},
        {"[type.tax]", "mode = \"included\"\nrate_bp = 1\n"},
        {"[type.commission]", "flat = 1\n"},
        {"[[class]]", "name = \"shop\"\nkind = \"settlement_payable\"\nreceives = \"pay\"\n"},
        {"[class.settlement]", "lag_days = 1\nlag_unit = \"business\"\n"},
        {"[[class.limits]]", "daily = 1\n"},
        {"[reversal]", ""},
        {"[operator]", ""},
    };
    const std::string key = wrong.substr(0, wrong.find(' '));
    // What would stand in the way of a wrong value under the same key.
    const auto is_child = [&](std::string_view part) {
        const std::string name = trimmed(std::string(part));
        const std::string path = fmt::format("{}{}", heading, key);
        return (heading.empty() && name.find(key) == name.find_first_not_of('[')) ||
               name.find(fmt::format(".{}]", key)) != std::string::npos;
    };
    std::string text;
    for (const auto& [name, lines] : parts) {
        if (name != heading && !name.empty() && is_child(name)) continue;
        if (!name.empty()) text += std::string(name) + "\n";
        std::size_t begin = 0;
        for (std::size_t end = lines.find('\n'); end != std::string::npos;
             end = lines.find('\n', begin)) {
            const std::string line = lines.substr(begin, end - begin + 1);
            if (name != heading || !line.starts_with(key + " ")) text += line;
            begin = end + 1;
        }
        if (name == heading) text += wrong + "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("scheme README: its keys are those that the reader takes, table by table") {
    const auto tables = readme_tables();
    CHECK(tables.size() == scheme_tables.size());
    for (const SchemeTable& table : scheme_tables) {
        const std::string heading = heading_of(table);
        CAPTURE(heading);
        REQUIRE(tables.contains(heading));
        std::vector<std::string> described;
        for (const Row& row : tables.at(heading)) {
            CAPTURE(row[0]);
            REQUIRE(row.size() == 4);
            CHECK(!row[1].empty());
            CHECK(!row[2].empty());
            described.push_back(row[0]);
        }
        CHECK(described == std::vector<std::string>(table.keys.begin(), table.keys.end()));
    }
}

TEST_CASE("scheme README: the bounds in it are those of the core") {
    const auto tables = readme_tables();
    const struct {
        std::string heading;
        std::string key;
        std::string bound;
    } rows[] = {
        {"Above all tables", "type", fmt::format("at most {}", core::payment_types_max)},
        {"Above all tables", "class", fmt::format("at most {}", core::account_classes_max)},
        {"[[type]]", "fee", fmt::format("at most {}", core::fees_per_type_max)},
        {"[[type.fee]]", "bands", fmt::format("at most {}", core::fee_bands_max)},
        {"[[class]]", "identifiers", fmt::format("at most {}", core::identifiers_max)},
        {"[[class]]", "limits", fmt::format("at most {}", core::limit_periods_max)},
        {"[class.settlement]", "lag_days", fmt::format("0 to {}", core::lag_days_max)},
        {"[class.settlement]", "reserve_days", fmt::format("0 to {}", core::lag_days_max)},
        {"[reversal]", "within_days", fmt::format("0 to {}", core::reversal_days_max)},
    };
    for (const auto& row : rows) {
        CAPTURE(row.key);
        const std::vector<Row>& table = tables.at(row.heading);
        const auto found = std::find_if(table.begin(), table.end(),
                                        [&](const Row& cells) { return cells[0] == row.key; });
        REQUIRE(found != table.end());
        CAPTURE((*found)[1]);
        CHECK((*found)[1].find(row.bound) != std::string::npos);
    }
}

TEST_CASE("scheme README: the reader looks at every key that it takes") {
    for (const SchemeTable& table : scheme_tables)
        for (const std::string_view key : table.keys) {
            // No key takes a local time, so one that is not refused was not read.
            const std::string text = with_line(table.heading, fmt::format("{} = 12:34:56", key));
            CAPTURE(text);
            const Result<SchemeFile> file = parse_scheme(text, "f.toml", {});
            REQUIRE(!file.has_value());
            CAPTURE(file.error().text());
            CHECK(file.error().field.ends_with(key));
            CHECK(file.error().reason.find("found 12:34:56") == 0);
        }
}

TEST_CASE("scheme README: every scheme that comes with the program is named in it") {
    std::ifstream file(TUMA_SOURCE_DIR "/switch/schemes/README.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const BuiltInScheme& scheme : built_in_schemes()) {
        CAPTURE(scheme.name);
        CHECK(text.find(fmt::format("| `{}` |", scheme.name)) != std::string::npos);
    }
}
