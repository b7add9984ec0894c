#include "switch/core/profiles.h"

#include "ledger/records/order_records.h"

#include <string_view>

namespace tuma::core {

Outcome store_profile(OpenBatch& batch, const Request& /*request*/, const StoreProfile& command) {
    const ledger::ProfileStored& profile = *command.profile;
    if (profile.name.empty() || profile.name.size() > ledger::profile_name_max ||
        profile.content.size() > ledger::profile_content_max)
        return {.code = Refusal::order_invalid, .time = batch.now};
    const std::string* stored = batch.state.profiles.find(profile.name);
    if (command.before && *command.before != (stored == nullptr ? std::string_view{} : *stored))
        return {.code = Refusal::profile_changed, .time = batch.now};
    // A start stores the profiles of its provisioning file again. What has not changed leaves no
    // record.
    const bool is_same = stored == nullptr ? profile.content.empty() : *stored == profile.content;
    if (!is_same) batch.emit(ledger::sized(profile));
    return {.time = batch.now};
}

}  // namespace tuma::core
