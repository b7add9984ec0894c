// What dialects know of merchants, apps and customers' accounts: the stored profiles, read-only.
#pragma once

#include "ledger/words/id.h"
#include "ledger/words/result.h"
#include "ledger/words/words.h"

#include <any>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tuma::protocols {

/// One sort of profile of the directory.
struct ProfileKind {
    /// The whole name, or with a slash at the end the beginning of it: "mpesa/app/".
    std::string_view name;
    /// Why the content is none of a profile with this `rest` of the name behind that beginning;
    /// nothing if it is good.
    std::optional<InputError> (*why_not)(std::string_view rest, std::string_view content);
    /// Why nothing is called so; null: everything may be.
    std::optional<InputError> (*misnamed)(std::string_view rest) = nullptr;

    bool has(std::string_view profile) const {
        return name.ends_with('/') ? profile.size() > name.size() && profile.starts_with(name)
                                   : profile == name;
    }
    /// Why this cannot be stored as the profile; empty content removes it. Requires: `has`.
    std::optional<InputError> violation(std::string_view profile, std::string_view content) const {
        const std::string_view rest = profile.substr(name.size());
        // Removing is allowed under any name, so that a profile with a bad one can be got rid of.
        if (content.empty()) return std::nullopt;
        if (misnamed != nullptr)
            if (auto error = misnamed(rest)) return error;
        return why_not(rest, content);
    }
};

/// What a function that reads a profile refuses.
template <auto read>
std::optional<InputError> violation_of(std::string_view /*rest*/, std::string_view content) {
    const auto value = read(content);
    if (value) return std::nullopt;
    return value.error();
}

/// The same, and content whose own name is not the one that it is stored by.
template <auto read, auto own_name>
std::optional<InputError> violation_of_named(std::string_view rest, std::string_view content) {
    const auto value = read(content);
    if (!value) return value.error();
    // It is found by the stored name and used by its own: two names for one merchant.
    if ((*value).*own_name == rest) return std::nullopt;
    return InputError{"name", "ends in " + shown_word(rest) + ", but the content is that of " +
                                  shown_word((*value).*own_name)};
}

/// Of a secret that tokens are made with, whose bytes are the whole content.
std::optional<InputError> violation_of_secret(std::string_view rest, std::string_view secret);

/// The durable profiles by name, and the numbers of accounts that have been seen. Any thread.
///
/// A profile's name is a path, its content JSON that its dialect wrote:
/// "mpesa/app/CONSUMER_KEY", "mpesa/shortcode/174379", "mpesa/urls/600984/v2",
/// "wechat/merchant/1900000001", "customer/254708374149".
class Directory {
public:
    /// The newest content, or null. What is given away never changes.
    std::shared_ptr<const std::string> find(std::string_view name) const;
    /// What `read` makes of the newest content; null where there is none, or `read` refuses it.
    /// Made once for each content, unless several `read` take turns.
    template <typename Value>
    std::shared_ptr<const Value> find_as(std::string_view name,
                                         Result<Value> (*read)(std::string_view)) const {
        Profile profile = stored(name);
        if (profile.content == nullptr) return nullptr;
        const auto* made = std::any_cast<Made<Value>>(profile.made.get());
        if (made == nullptr || made->read != read) {
            Result<Value> value = read(*profile.content);
            // What is stored has been checked. If another version of the program stored it
            // nevertheless, it is as good as none.
            if (!value) return nullptr;
            profile.made =
                std::make_shared<const std::any>(Made<Value>{read, std::move(value).value()});
            keep(name, profile);
            made = std::any_cast<Made<Value>>(profile.made.get());
        }
        return {std::move(profile.made), &made->value};
    }
    /// The content as a value, empty for none: what a change of it has been made for.
    std::string content(std::string_view name) const;
    /// Names that begin with `prefix`, in order.
    std::vector<std::string> names(std::string_view prefix) const;
    /// Called once the profile is durable; empty content removes it.
    void store(const std::string& name, std::string content);

    /// The account with this external identity, if anybody has met it yet.
    std::optional<AccountId> account(std::string_view identity) const;
    void remember(const std::string& identity, AccountId account);

private:
    template <typename Value>
    struct Made {
        Result<Value> (*read)(std::string_view);
        Value value;
    };
    struct Profile {
        std::shared_ptr<const std::string> content;
        std::shared_ptr<const std::any> made{};  ///< a `Made`, by the last `find_as`
    };

    Profile stored(std::string_view name) const;
    /// Unless the content has changed meanwhile.
    void keep(std::string_view name, const Profile& made) const;

    mutable std::shared_mutex mutex_;
    /// Mutable for what was made of them.
    mutable std::map<std::string, Profile, std::less<>> profiles_;
    /// Bounded; when it is full it is emptied, and accounts are looked up anew.
    std::unordered_map<std::string, AccountId> accounts_;
};

}  // namespace tuma::protocols
