#include "switch/core/rulebook.h"

#include "ledger/ensure.h"

#include <utility>

namespace tuma::core {

void Rulebook::put(SchemeId id, RulebookEntry entry) {
    ensure(id.value >= 1 && id.value <= entries_.size() + 1, "schemes are numbered without gaps");
    if (id.value > entries_.size())
        entries_.push_back(std::move(entry));
    else
        entries_[id.value - 1U] = std::move(entry);
}

const RulebookEntry* Rulebook::find(SchemeId id) const {
    if (id.value == 0 || id.value > entries_.size()) return nullptr;
    return &entries_[id.value - 1U];
}

AccountRules Rulebook::of(AccountId account, const ledger::Terms& terms) const {
    const ledger::AccountTerms* found = terms.find(account);
    if (found == nullptr) return {};
    const RulebookEntry* entry = find(found->scheme);
    ensure(entry != nullptr && found->account_class < entry->scheme.classes.size(),
           "an account's scheme and class are loaded");
    return {entry, &entry->scheme.classes[found->account_class], found};
}

}  // namespace tuma::core
