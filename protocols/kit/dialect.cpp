#include "protocols/kit/dialect.h"

#include "protocols/kit/route_table.h"

#include <fmt/format.h>

namespace tuma::protocols {
namespace {

using Texts = std::span<const std::string_view>;

// Whether something could begin with both.
bool meet(std::string_view a, std::string_view b) {
    return a.starts_with(b) || b.starts_with(a);
}

std::optional<std::string> shared_prefix(Texts a, Texts b) {
    for (const std::string_view one : a)
        for (const std::string_view other : b)
            if (meet(one, other)) return fmt::format("{} and {}", one, other);
    return std::nullopt;
}

std::vector<std::string_view> profile_names(const DialectInfo& dialect) {
    std::vector<std::string_view> names;
    for (const ProfileKind& kind : dialect.profiles) names.push_back(kind.name);
    return names;
}

std::optional<std::string> violation(const DialectInfo& one) {
    // An empty prefix would be the beginning of everybody's keys.
    if (one.name.empty() || one.key_prefix.size() < 2 || one.kind_first == 0 ||
        one.kind_first > one.kind_last)
        return fmt::format("{}: needs a name, a prefix of keys and a range of kinds from 1 on",
                           one.name);
    if (one.kind_names.size() > static_cast<std::size_t>(one.kind_last - one.kind_first) + 1)
        return fmt::format("{}: has more names of kinds than kinds", one.name);
    for (const std::string_view path : one.paths)
        // "/" alone would own all paths of all dialects. Without the last slash "/v3" would own
        // "/v30".
        if (path.size() < 3 || !path.starts_with('/') || !path.ends_with('/'))
            return fmt::format("{}: {}: paths begin and end with a slash", one.name, path);
    for (const std::string_view table : one.tables)
        if (!table.starts_with(std::string(one.name) + "."))
            return fmt::format("{}: {}: tables begin with the dialect's name", one.name, table);
    return std::nullopt;
}

std::optional<std::string> conflict(const DialectInfo& a, const DialectInfo& b) {
    if (a.name == b.name) return "the name";
    // An effect finds its dialect by its order's kind alone.
    if (a.kind_first <= b.kind_last && b.kind_first <= a.kind_last)
        return fmt::format("kinds {} to {} and {} to {}", a.kind_first, a.kind_last, b.kind_first,
                           b.kind_last);
    // One being the beginning of the other is as bad as both being the same: a key could then be of
    // either.
    if (meet(a.key_prefix, b.key_prefix))
        return fmt::format("keys {} and {}", a.key_prefix, b.key_prefix);
    if (const auto shared = shared_prefix(a.paths, b.paths)) return "paths " + *shared;
    if (const auto shared = shared_prefix(profile_names(a), profile_names(b)))
        return "profiles " + *shared;
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_overlap(std::span<const DialectInfo* const> dialects) {
    // Each alone first: a range that is upside down or an empty prefix would make the comparison
    // below say nonsense.
    for (const DialectInfo* const dialect : dialects)
        if (auto wrong = violation(*dialect)) return wrong;
    for (std::size_t i = 0; i < dialects.size(); ++i)
        for (std::size_t k = i + 1; k < dialects.size(); ++k)
            if (const auto shared = conflict(*dialects[i], *dialects[k]))
                return fmt::format("dialects {} and {} share {}", dialects[i]->name,
                                   dialects[k]->name, *shared);
    return std::nullopt;
}

std::string_view ListedAdapter::kind_name(std::uint16_t kind) const {
    const auto place = static_cast<std::size_t>(kind - info_.kind_first);
    return kind >= info_.kind_first && place < info_.kind_names.size() ? info_.kind_names[place]
                                                                       : std::string_view{};
}

bool ListedAdapter::owns(std::string_view path) const {
    return begins_with_any(path, info_.paths);
}

}  // namespace tuma::protocols
