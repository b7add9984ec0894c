// Named pieces of configuration that dialects keep in the journal: merchants, apps, addresses.
#pragma once

#include "ledger/records/order.h"
#include "ledger/records/state_bytes.h"

#include <map>
#include <string>
#include <string_view>

namespace tuma::ledger {

/// A fold of ProfileStored: the newest content under each name. The content is opaque here.
class Profiles {
public:
    /// The content, or null when nothing is stored under that name.
    const std::string* find(std::string_view name) const;
    const std::map<std::string, std::string, std::less<>>& all() const { return contents_; }
    bool empty() const { return contents_.empty(); }

    void apply(const ProfileStored& stored);

    /// In order of the names.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    std::map<std::string, std::string, std::less<>> contents_;
};

}  // namespace tuma::ledger
