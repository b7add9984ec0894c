#include "protocols/directory.h"

#include <mutex>
#include <utility>

namespace tuma::protocols {
namespace {

constexpr std::size_t accounts_max = 1'000'000;

}  // namespace

std::shared_ptr<const std::string> Directory::find(std::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = profiles_.find(name);
    return found == profiles_.end() ? nullptr : found->second;
}

std::vector<std::string> Directory::names(std::string_view prefix) const {
    const std::shared_lock lock(mutex_);
    std::vector<std::string> names;
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
        profiles_[name] = std::make_shared<const std::string>(std::move(content));
}

std::optional<AccountId> Directory::account(std::string_view identity) const {
    const std::shared_lock lock(mutex_);
    const auto found = accounts_.find(std::string{identity});
    if (found == accounts_.end()) return std::nullopt;
    return found->second;
}

void Directory::remember(const std::string& identity, AccountId account) {
    const std::unique_lock lock(mutex_);
    if (accounts_.size() >= accounts_max) accounts_.clear();
    accounts_[identity] = account;
}

}  // namespace tuma::protocols
