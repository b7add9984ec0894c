#include "switch/core/rules/rulebook.h"

#include "ledger/words/ensure.h"
#include "switch/core/rules/scheme_bytes.h"

#include <algorithm>
#include <utility>

namespace tuma::core {

void Rulebook::put(SchemeId id, RulebookEntry entry) {
    ensure(id.value >= 1 && id.value <= entries_.size() + 1, "schemes are numbered without gaps");
    // What `find` and `of` gave before may dangle from here on: rules are looked up anew for each
    // request.
    if (id.value > entries_.size())
        entries_.push_back(std::move(entry));
    else
        entries_[id.value - 1U] = std::move(entry);
}

const RulebookEntry* Rulebook::find(SchemeId id) const {
    if (id.value == 0 || id.value > entries_.size()) return nullptr;
    return &entries_[id.value - 1U];
}

bool Rulebook::own_funds_may_be_short(Currency currency) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const RulebookEntry& entry) {
        return entry.scheme.currency == currency && entry.scheme.own_funds_may_be_short;
    });
}

AccountRules Rulebook::of(AccountId account, const ledger::Terms& terms) const {
    const ledger::AccountTerms* found = terms.find(account);
    if (found == nullptr) return {};
    const RulebookEntry* entry = find(found->scheme);
    ensure(entry != nullptr && found->account_class < entry->scheme.classes.size(),
           "an account's scheme and class are loaded");
    return {entry, &entry->scheme.classes[found->account_class], found};
}

bool own_funds_may_be_short(const ledger::Terms& terms, Currency currency) {
    const auto schemes = terms.schemes();
    return std::any_of(schemes.begin(), schemes.end(), [&](const ledger::SchemeLoaded& loaded) {
        if (loaded.head.currency != currency) return false;
        const Result<Scheme> scheme = read_scheme(loaded.content);
        return scheme && scheme->own_funds_may_be_short;
    });
}

}  // namespace tuma::core
