// What a dialect is beside its translation: its place among the others, its merchants, what it
// tells people. One list names all dialects; the server, its set-up and its tests go by that list.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/field_table.h"
#include "protocols/kit/provision.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// A file for merchants' programs.
struct ClientFile {
    std::string name;  ///< in the folder of such files: "mpesa.json"
    std::string content;
};

/// Where the switch can be met, for lines to paste.
struct Served {
    std::string http;              ///< HOST:PORT
    std::filesystem::path folder;  ///< of the client files
};

/// A table of a provisioning file as it is without one.
struct DefaultTable {
    std::string_view name;  ///< "mpesa.app"
    std::string json;
    /// What a member decides, for people.
    std::vector<std::pair<std::string_view, std::string_view>> sentences{};
};
/// That of a dialect's options.
template <typename Options>
DefaultTable default_options(std::string_view name, std::span<const FieldRow<Options>> rows) {
    DefaultTable table{name, record_json(rows, Options{})};
    for (const FieldRow<Options>& row : rows) table.sentences.emplace_back(row.name, row.sentence);
    return table;
}

/// One row of the list of dialects.
struct DialectInfo {
    /// A short name for logs, metrics, profiles and tables: "mpesa".
    std::string_view name;
    /// `ledger::OrderTerms::kind` of its orders; the numbers are in the journal and never change.
    std::uint16_t kind_first = 0;
    std::uint16_t kind_last = 0;
    /// What they are called, from the first one on.
    std::span<const std::string_view> kind_names{};
    /// What the keys of its orders begin with: "m/".
    std::string_view key_prefix{};
    /// What its paths begin with; with a slash at the end.
    std::span<const std::string_view> paths{};
    /// Under which names its clients know the real service; the server's certificate has them.
    std::span<const std::string_view> hosts{};
    /// Schemes that are loaded where it is served.
    std::span<const std::string_view> schemes{};
    /// Its tables in a provisioning file: "mpesa.app".
    std::span<const std::string_view> tables{};
    std::span<const ProfileKind> profiles{};
    /// The codes with which its customers may decline.
    std::vector<std::uint16_t> (*decline_codes)() = nullptr;
    /// The code of a customer who just says no.
    std::uint16_t usual_decline = 1;
    std::unique_ptr<const Adapter> (*make)() = nullptr;
    /// What it has where no file says otherwise, its options last.
    std::vector<DefaultTable> (*default_tables)() = nullptr;
    /// What its tables ask for; of its default merchants where `tables` is null, as far as the
    /// directory does not have them. Takes its tables away. Throws std::runtime_error that names
    /// file, line and member.
    Provision (*provision)(ProvisionTables* tables, const Directory&, const Making&) = nullptr;
    std::vector<ClientFile> (*client_files)(const Directory&, const std::filesystem::path& folder,
                                            Timestamp now) = nullptr;
    /// Merchants and keys with lines to paste; empty without merchants.
    std::string (*welcome)(const Directory&, const Served&) = nullptr;
};

/// For `DialectInfo::make`.
template <typename Dialect>
std::unique_ptr<const Adapter> made() {
    return std::make_unique<const Dialect>();
}

/// What two dialects of a list both claim, or one claims badly: a name, a range of kinds, a prefix
/// of keys or paths, a table, a profile. Nothing if each has its own.
std::optional<std::string> find_overlap(std::span<const DialectInfo* const> dialects);

/// An adapter whose place is said by its row in the list.
class ListedAdapter : public Adapter {
public:
    explicit ListedAdapter(const DialectInfo& info) : info_(info) {}

    std::string_view name() const final { return info_.name; }
    std::span<const std::string_view> paths() const final { return info_.paths; }
    bool owns(std::string_view path) const final;
    bool owns(std::uint16_t kind) const final {
        return kind >= info_.kind_first && kind <= info_.kind_last;
    }
    std::string_view kind_name(std::uint16_t kind) const final;
    std::span<const ProfileKind> profile_kinds() const final { return info_.profiles; }
    std::vector<std::uint16_t> decline_codes() const final { return info_.decline_codes(); }
    std::uint16_t usual_decline() const final { return info_.usual_decline; }

private:
    const DialectInfo& info_;
};

}  // namespace tuma::protocols
