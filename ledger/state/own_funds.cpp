// The operator's own funds by currency: counted with every movement, and what would leave too few.
#include "ledger/state/books.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace tuma::ledger {
namespace {

bool leaves_own(const Account& debit, const Account& credit) {
    // From one own account to another, nothing leaves.
    return is_own(debit) && !is_own(credit);
}

}  // namespace

Money OwnFunds::money() const {
    // For messages and figures only; decisions look at all bits.
    constexpr WideSum least = std::numeric_limits<std::int64_t>::min();
    constexpr WideSum most = std::numeric_limits<std::int64_t>::max();
    return {static_cast<std::int64_t>(std::clamp(balance, least, most)), currency};
}

OwnFunds Books::own_funds(Currency currency) const {
    // A handful of currencies: a walk is as quick as a map.
    const auto found = std::find_if(own_funds_.begin(), own_funds_.end(),
                                    [&](const OwnFunds& own) { return own.currency == currency; });
    return found == own_funds_.end() ? OwnFunds{.currency = currency} : *found;
}

OwnFunds& Books::own_funds_of(Currency currency) {
    const auto found = std::find_if(own_funds_.begin(), own_funds_.end(),
                                    [&](const OwnFunds& own) { return own.currency == currency; });
    return found == own_funds_.end() ? own_funds_.emplace_back(OwnFunds{.currency = currency})
                                     : *found;
}

std::vector<OwnFunds> Books::short_own_funds() const {
    std::vector<OwnFunds> all_short;
    std::copy_if(own_funds_.begin(), own_funds_.end(), std::back_inserter(all_short),
                 [](const OwnFunds& own) { return own.is_short(); });
    std::sort(all_short.begin(), all_short.end(),
              [](const OwnFunds& a, const OwnFunds& b) { return a.currency < b.currency; });
    return all_short;
}

void Books::let_own_funds_be_short(Currency currency, bool may_be_short) {
    own_funds_of(currency).may_be_short = may_be_short;
    look_for_short_own_funds();
}

bool Books::lowers_own_funds(const TransferRecord& record) const {
    return posts_money(record.kind) && leaves_own(*find(record.debit), *find(record.credit));
}

void Books::add_own(Currency currency, std::int64_t amount) {
    own_funds_of(currency).balance += amount;
    look_for_short_own_funds();
}

void Books::look_for_short_own_funds() {
    // Kept up here, so that asking costs one look: movements are far more frequent than changes of
    // own funds.
    are_own_funds_short_ = std::any_of(own_funds_.begin(), own_funds_.end(),
                                       [](const OwnFunds& own) { return own.is_short(); });
}

void Books::count_own_reserved(const Account& debit, const Account& credit, std::int64_t amount) {
    if (leaves_own(debit, credit)) own_funds_of(debit.currency).reserved += amount;
}

std::optional<Refusal> Books::check_own_funds(const Account& debit, const Account& credit,
                                              std::int64_t amount) const {
    if (!leaves_own(debit, credit)) return std::nullopt;
    const OwnFunds own = own_funds(debit.currency);
    // What is set aside has been promised to others, so that it covers nothing more.
    if (own.may_be_short || own.balance - own.reserved >= amount) return std::nullopt;
    return Refusal::own_funds_insufficient;
}

}  // namespace tuma::ledger
