// Which app asks, and for which businesses it may.
#pragma once

#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/access_token.h"
#include "protocols/mpesa/wire/call.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// Apps by what their tokens say of them; a profile is read again only when it has changed. Any
/// thread.
class AppBook {
public:
    /// Null when no stored app has this mark.
    std::shared_ptr<const App> find(const protocols::Directory& directory, AppMark mark) const;

private:
    struct Known {
        std::string profile;
        std::shared_ptr<const std::string> content;
        std::shared_ptr<const App> app;
    };
    mutable std::mutex mutex_;
    mutable std::map<AppMark, Known> known_;
};

/// True if the number is a business's that the request's app may not act for. A number that nobody
/// has is nobody's.
bool is_foreign(const Call& call, std::string_view number);
/// The same for the log, of the member that has the number.
std::string app_may_not(std::string_view member);

}  // namespace tuma::mpesa
