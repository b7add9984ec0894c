#include "switch/setup/dialects.h"

#include "ledger/words/ensure.h"
#include "ledger/words/words.h"
#include "protocols/mpesa/dialect.h"
#include "protocols/mtn/dialect.h"
#include "protocols/wechat/dialect.h"
#include "switch/setup/fault_tables.h"
#include "switch/setup/option_sets.h"
#include "switch/setup/provision_file.h"
#include "switch/setup/written_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tuma {
namespace {

constexpr std::array<const protocols::DialectInfo*, 3> listed_dialects{
    &mpesa::dialect, &wechat::dialect, &mtn::dialect};

std::vector<std::string_view> known_tables() {
    std::vector<std::string_view> known;
    for (const protocols::DialectInfo* const dialect : dialect_list())
        known.insert(known.end(), dialect->tables.begin(), dialect->tables.end());
    known.emplace_back(fault_table);
    return known;
}

}  // namespace

std::span<const protocols::DialectInfo* const> dialect_list() {
    // Compared once for the process. A program whose dialects clash must not start.
    static const bool is_sound = !protocols::find_overlap(listed_dialects);
    ensure(is_sound, "dialects that share what each must have alone");
    return listed_dialects;
}

std::vector<std::unique_ptr<const protocols::Adapter>> dialects() {
    std::vector<std::unique_ptr<const protocols::Adapter>> all;
    for (const protocols::DialectInfo* const dialect : dialect_list())
        all.push_back(dialect->make());
    return all;
}

protocols::ProvisionTables provision_tables(const std::string& file, const std::string& sets) {
    protocols::ProvisionTables tables;
    if (!file.empty()) {
        Result<protocols::ProvisionTables> read = read_provision_file(file);
        if (!read) throw std::runtime_error(read.error().text());
        tables = std::move(read).value();
    }
    const Result<std::vector<OptionSet>> options = read_option_sets(sets);
    if (!options) throw std::runtime_error(options.error().text());
    put_options(tables, *options);
    return tables;
}

bool names_merchants(const protocols::ProvisionTables& tables) {
    // Options and faults are about whichever merchants there are.
    return std::any_of(tables.begin(), tables.end(), [](const auto& named) {
        return !named.first.ends_with(".options") && named.first != fault_table;
    });
}

protocols::Provision provision_of(std::optional<protocols::ProvisionTables> tables,
                                  const protocols::Directory& directory,
                                  const protocols::Making& making) {
    // Null says that there are none: the dialects then bring their default merchants.
    protocols::ProvisionTables* const given = tables ? &*tables : nullptr;
    protocols::Provision provision;
    for (const protocols::DialectInfo* const dialect : dialect_list())
        provision.add(dialect->provision(given, directory, making));
    if (given == nullptr) return provision;
    // Faults are read by `add_fault_rules`. What is left after that belongs to nobody, so it is a
    // slip.
    given->erase(std::string(fault_table));
    if (!given->empty())
        throw std::runtime_error(fmt::format("{}: is not known: {}",
                                             given->begin()->second.front().place(),
                                             none_of(given->begin()->first, known_tables())));
    return provision;
}

std::vector<std::string_view> options_for_nobody(const protocols::ProvisionTables& tables,
                                                 const protocols::Directory& directory) {
    std::vector<std::string_view> found;
    for (const protocols::DialectInfo* const dialect : dialect_list())
        if (tables.contains(std::string(dialect->name) + ".options") &&
            // Without merchants there is nothing to tell people.
            dialect->welcome(directory, {}).empty())
            found.push_back(dialect->name);
    return found;
}

std::string front_page() {
    std::string text =
        "This is tuma, which stands in for mobile-money services in tests. No real money moves "
        "here.\n\nAnswered here:\n";
    for (const protocols::DialectInfo* const dialect : dialect_list()) {
        text += fmt::format("  {:<8} {}\n", dialect->name, fmt::join(dialect->paths, " "));
        text += fmt::format("  {:<8} in place of {}\n", "", fmt::join(dialect->hosts, ", "));
    }
    return text +
           "\nKeys and numbers of merchants, with lines to paste, were printed at the start and "
           "are "
           "in clients/\nof the data directory. With --admin=HOST:PORT, GET /admin/requests there "
           "says what became of each\nrequest, and /admin/help lists all calls.\n\n"
           "To read: README.md (\"When it does not work\"), protocols/scenarios.md (how to make "
           "customers cancel\nand requests fail), protocols/*/README.md (one for each service), "
           "man tuma.\n";
}

void write_client_files(const std::filesystem::path& folder, const protocols::Directory& directory,
                        Timestamp now) {
    for (const protocols::DialectInfo* const dialect : dialect_list())
        for (const auto& [name, content] : dialect->client_files(directory, folder, now))
            write_whole_file(folder / name, content);
}

std::string dialects_welcome(const protocols::Directory& directory, const std::string& http,
                             const std::filesystem::path& folder) {
    std::string text;
    if (http.empty()) return text;
    for (const protocols::DialectInfo* const dialect : dialect_list())
        text += dialect->welcome(directory, {http, folder});
    return text;
}

}  // namespace tuma
