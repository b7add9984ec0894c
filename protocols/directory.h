// What dialects know of merchants, apps and customers' accounts: the stored profiles, read-only.
#pragma once

#include "ledger/id.h"

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tuma::protocols {

/// The durable profiles by name, and the numbers of accounts that have been seen. Any thread.
///
/// A profile's name is a path, its content JSON that its dialect wrote:
/// "mpesa/app/CONSUMER_KEY", "mpesa/shortcode/174379", "mpesa/urls/600984/v2",
/// "wechat/merchant/1900000001", "customer/254708374149".
class Directory {
public:
    /// The newest content, or null. What is given away never changes.
    std::shared_ptr<const std::string> find(std::string_view name) const;
    /// Names that begin with `prefix`, in order.
    std::vector<std::string> names(std::string_view prefix) const;
    /// Called once the profile is durable; empty content removes it.
    void store(const std::string& name, std::string content);

    /// The account with this external identity, if anybody has met it yet.
    std::optional<AccountId> account(std::string_view identity) const;
    void remember(const std::string& identity, AccountId account);

private:
    mutable std::shared_mutex mutex_;
    std::map<std::string, std::shared_ptr<const std::string>, std::less<>> profiles_;
    /// Bounded; when it is full it is emptied, and accounts are looked up anew.
    std::unordered_map<std::string, AccountId> accounts_;
};

}  // namespace tuma::protocols
