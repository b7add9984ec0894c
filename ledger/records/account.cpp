#include "ledger/records/account.h"

#include <algorithm>

namespace tuma::ledger {
namespace {

// Pending on the side that raises the balance.
std::int64_t pending_in(const Account& account) {
    return row(account.kind).normal_side == Side::credit ? account.credits_pending
                                                         : account.debits_pending;
}

}  // namespace

std::optional<AccountKind> parse_account_kind(std::string_view name) {
    for (const AccountKindRow& kind : account_kinds)
        if (kind.name == name) return kind.kind;
    return std::nullopt;
}

std::optional<Identity> make_identity(std::string_view text) {
    Identity identity{};
    // One byte stays free, so that every identity ends in a zero and is a text for everybody who
    // reads the record.
    if (text.empty() || text.size() >= identity.size()) return std::nullopt;
    std::copy(text.begin(), text.end(), identity.begin());
    if (!is_valid(identity)) return std::nullopt;
    return identity;
}

std::string_view text(const Identity& identity) {
    const auto end = std::find(identity.begin(), identity.end(), '\0');
    return {identity.data(), static_cast<std::size_t>(end - identity.begin())};
}

bool is_valid(const Identity& identity) {
    const std::size_t size = text(identity).size();
    // Without a zero there is no end; a reader in C would run past it.
    if (size == 0 || size == identity.size()) return false;
    // Blanks are left out: identities stand in log lines and CSV cells without quotes.
    const auto printable = [](char c) { return c > ' ' && c <= '~'; };
    const auto zero = [](char c) { return c == '\0'; };
    const auto end = identity.begin() + static_cast<std::ptrdiff_t>(size);
    return std::all_of(identity.begin(), end, printable) && std::all_of(end, identity.end(), zero);
}

std::string_view name(AccountState state) {
    switch (state) {
        case AccountState::open:
            return "open";
        case AccountState::frozen:
            return "frozen";
        case AccountState::closed:
            return "closed";
    }
    unreachable("an account state outside the enumeration");
}

std::int64_t reserved(const Account& account) {
    return row(account.kind).normal_side == Side::credit ? account.debits_pending
                                                         : account.credits_pending;
}

std::int64_t available(const Account& account) {
    // Unlimited accounts answer with the largest number, so that who compares needs no second case.
    if (account.floor == no_floor) return std::numeric_limits<std::int64_t>::max();
    // A credit line on top of a nearly full account has more room than the type holds.
    std::int64_t room = 0;
    const std::int64_t unreserved = balance(account) - reserved(account);
    if (__builtin_sub_overflow(unreserved, account.floor, &room))
        return std::numeric_limits<std::int64_t>::max();
    return room;
}

std::int64_t headroom(const Account& account) {
    if (account.ceiling == no_ceiling) return no_ceiling;
    std::int64_t room = 0;
    // A balance far below zero leaves more room than the type holds; that is as good as no ceiling.
    if (__builtin_sub_overflow(account.ceiling, balance(account), &room)) return no_ceiling;
    // What is pending on this side arrives without being asked again, so its room is taken already.
    return room - pending_in(account);
}

}  // namespace tuma::ledger
