// What was made of a profile, kept until the profile's text changes.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/directory.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::protocols {

/// One profile's value. Any thread. What is given away never changes.
template <typename Value>
class Cached {
public:
    /// `make(text)` is called with the stored text, null where there is none, whenever it is
    /// another than the last time; it returns a `Value`.
    template <typename Make>
    std::shared_ptr<const Value> get(const Directory& directory, std::string_view profile,
                                     const Make& make) const {
        const auto content = directory.find(profile);
        const std::lock_guard lock(mutex_);
        if (value_ != nullptr && content_ == content) return value_;
        // Made under the lock: after a change all threads want it at once, and one of them is to do
        // the work.
        value_ = std::make_shared<const Value>(make(content.get()));
        content_ = content;
        return value_;
    }

private:
    mutable std::mutex mutex_;
    // Compared by address: the directory gives every new text a place of its own, and this keeps
    // the old one's taken.
    mutable std::shared_ptr<const std::string> content_;
    mutable std::shared_ptr<const Value> value_;
};

/// For `Cached::get`: what `read` makes of the text, or a fresh value. Whoever stores a profile
/// reads it first; what slipped through changes nothing.
template <typename Value>
auto read_or_fresh(Result<Value> (*read)(std::string_view)) {
    return [read](const std::string* text) {
        if (text == nullptr) return Value{};
        Result<Value> value = read(*text);
        return value ? std::move(value).value() : Value{};
    };
}

/// The stored profile if there is one that `read` can read.
template <typename Value>
std::optional<Value> find_profile(const Directory& directory, std::string_view profile,
                                  Result<Value> (*read)(std::string_view)) {
    const auto value = directory.find_as(profile, read);
    return value == nullptr ? std::nullopt : std::optional<Value>(*value);
}

}  // namespace tuma::protocols
