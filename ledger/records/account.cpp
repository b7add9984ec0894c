#include "ledger/account.h"

#include <algorithm>

namespace tuma::ledger {
namespace {

constexpr std::array<AccountKindRow, 11> kinds{{
    {AccountKind::trust, "trust", Side::debit, Cover::trust,
     "Customers' money at the bank; the mirror of all e-money."},
    {AccountKind::wallet, "wallet", Side::credit, Cover::owed, "A customer's e-money."},
    {AccountKind::till, "till", Side::credit, Cover::owed, "A merchant's e-money."},
    {AccountKind::agent_float, "agent_float", Side::credit, Cover::owed,
     "E-money that an agent holds to serve cash-in and cash-out."},
    {AccountKind::settlement_payable, "settlement_payable", Side::credit, Cover::owed,
     "Sold but not yet paid out to the merchant's bank."},
    {AccountKind::suspense, "suspense", Side::credit, Cover::owed,
     "Money whose owner is being looked for."},
    {AccountKind::fee_income, "fee_income", Side::credit, Cover::own, "Fees the operator earned."},
    {AccountKind::tax_payable, "tax_payable", Side::credit, Cover::own,
     "Tax on fees, owed to the state."},
    {AccountKind::commission, "commission", Side::credit, Cover::own, "Commission owed to agents."},
    {AccountKind::bank, "bank", Side::debit, Cover::outside,
     "The banks outside; the mirror of all bank accounts."},
    {AccountKind::bank_account, "bank_account", Side::credit, Cover::outside,
     "Somebody's account at a bank outside: a merchant's, a supplier's, a lender's."},
}};

// Pending on the side that raises the balance.
std::int64_t pending_in(const Account& account) {
    return row(account.kind).normal_side == Side::credit ? account.credits_pending
                                                         : account.debits_pending;
}

}  // namespace

std::span<const AccountKindRow> account_kind_table() {
    return kinds;
}

const AccountKindRow* find_account_kind(std::uint8_t kind) {
    return kind >= 1 && kind <= kinds.size() ? &kinds[kind - 1U] : nullptr;
}

std::optional<AccountKind> parse_account_kind(std::string_view name) {
    for (const AccountKindRow& kind : kinds)
        if (kind.name == name) return kind.kind;
    return std::nullopt;
}

const AccountKindRow& row(AccountKind kind) {
    const AccountKindRow* found = find_account_kind(static_cast<std::uint8_t>(kind));
    ensure(found != nullptr, "an account kind outside the chart");
    return *found;
}

std::optional<Identity> make_identity(std::string_view text) {
    Identity identity{};
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
    if (size == 0 || size == identity.size()) return false;
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

std::int64_t balance(const Account& account) {
    return row(account.kind).normal_side == Side::credit
               ? account.credits_posted - account.debits_posted
               : account.debits_posted - account.credits_posted;
}

std::int64_t reserved(const Account& account) {
    return row(account.kind).normal_side == Side::credit ? account.debits_pending
                                                         : account.credits_pending;
}

std::int64_t available(const Account& account) {
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
    if (__builtin_sub_overflow(account.ceiling, balance(account), &room)) return no_ceiling;
    return room - pending_in(account);
}

}  // namespace tuma::ledger
