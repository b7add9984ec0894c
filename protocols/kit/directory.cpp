#include "protocols/kit/directory.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

namespace tuma::protocols {
namespace {

constexpr std::size_t accounts_max = 1'000'000;
constexpr std::size_t secret_bytes_min = 32;

}  // namespace

std::optional<InputError> violation_of_secret(std::string_view /*rest*/, std::string_view secret) {
    // As many characters as the tokens' hash has bytes: a shorter secret could be guessed from a
    // token.
    if (secret.size() >= secret_bytes_min) return std::nullopt;
    return InputError{"secret", fmt::format("has fewer than {} characters", secret_bytes_min)};
}

Directory::Profile Directory::stored(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = profiles_.find(name);
    return found == profiles_.end() ? Profile{} : found->second;
}

void Directory::keep(std::string_view name, const Profile& made) const {
    const std::unique_lock lock(mutex_);
    const auto found = profiles_.find(name);
    if (found != profiles_.end() && found->second.content == made.content)
        found->second.made = made.made;
}

std::shared_ptr<const std::string> Directory::find(std::string_view name) const {
    return stored(name).content;
}

std::string Directory::content(std::string_view name) const {
    const auto found = find(name);
    return found == nullptr ? std::string{} : *found;
}

std::vector<std::string> Directory::names(std::string_view prefix) const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
    // The map is ordered, so that all names with this beginning stand side by side.
    for (auto at = profiles_.lower_bound(prefix);
         at != profiles_.end() && std::string_view{at->first}.starts_with(prefix); ++at)
        names.push_back(at->first);
    return names;
}

void Directory::store(const std::string& name, std::string content) {
    const std::unique_lock lock(mutex_);
    if (content.empty())
        profiles_.erase(name);
    else
        // A new text at a new place. Readers go on with the old one, and Cached sees the change by
        // the address.
        profiles_[name] = {std::make_shared<const std::string>(std::move(content))};
}

std::optional<AccountId> Directory::account(std::string_view identity) const {
    const std::shared_lock lock(mutex_);
    const auto found = accounts_.find(std::string{identity});
    if (found == accounts_.end()) return std::nullopt;
    return found->second;
}

void Directory::remember(const std::string& identity, AccountId account) {
    const std::unique_lock lock(mutex_);
    // What was forgotten costs one query when it is met again. To drop only the oldest, every
    // look-up would have to write.
    if (accounts_.size() >= accounts_max) accounts_.clear();
    accounts_[identity] = account;
}

}  // namespace tuma::protocols
