#include "protocols/mpesa/wire/apps.h"

#include <algorithm>
#include <utility>

namespace tuma::mpesa {
namespace {

constexpr std::string_view apps_prefix = "mpesa/app/";

bool names(const App& app, std::string_view number) {
    return std::find(app.shortcodes.begin(), app.shortcodes.end(), number) != app.shortcodes.end();
}

bool is_named_by_any(const protocols::Directory& directory, std::string_view number) {
    for (const std::string& profile : directory.names(apps_prefix)) {
        const auto app = find_app(directory, std::string_view{profile}.substr(apps_prefix.size()));
        // A profile that cannot be read names nothing.
        if (app && names(*app, number)) return true;
    }
    return false;
}

}  // namespace

std::shared_ptr<const App> AppBook::find(const protocols::Directory& directory,
                                         AppMark mark) const {
    const std::lock_guard lock(mutex_);
    Known& known = known_[mark];
    // By address: a profile that was stored again has another text.
    if (known.app != nullptr && directory.find(known.profile) == known.content) return known.app;
    known = {};
    for (const std::string& profile : directory.names(apps_prefix)) {
        // A token has four bytes of the key's hash, so that the key has to be searched for.
        if (app_mark(std::string_view{profile}.substr(apps_prefix.size())) != mark) continue;
        const auto content = directory.find(profile);
        if (content == nullptr) continue;
        if (Result<App> app = read_app(*content))
            known = {profile, content, std::make_shared<const App>(std::move(app).value())};
    }
    if (known.app != nullptr) return known.app;
    // Marks come from tokens, and what stands for no app must not fill the map.
    known_.erase(mark);
    return nullptr;
}

bool is_foreign(const Call& call, std::string_view number) {
    if (call.app == nullptr || names(*call.app, number)) return false;
    const protocols::Directory& directory = call.context.directory;
    // The API says in its own way that nobody has this number.
    if (directory.find(shortcode_profile(number)) == nullptr) return false;
    // An app that names no numbers may act for all that no other app has named.
    return !call.app->shortcodes.empty() || is_named_by_any(directory, number);
}

std::string app_may_not(std::string_view member) {
    return "the app of the access token may not act for the number in " + std::string(member);
}

}  // namespace tuma::mpesa
