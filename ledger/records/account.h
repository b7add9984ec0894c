// An account: four sums, limits and a state; and what its kind says about it.
#pragma once

#include "ledger/words/ensure.h"
#include "ledger/words/id.h"
#include "ledger/words/money.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace tuma::ledger {

/// Which side increases the balance: debit for assets, credit for what the operator owes or earns.
enum class Side : std::uint8_t { debit, credit };

/// Whose money it is, for the safeguarding rule: e-money owed and own funds are covered by trust.
/// `outside` is money at other banks: recorded to be seen, neither owed nor kept by the switch.
enum class Cover : std::uint8_t { trust, owed, own, outside };

/// The chart of accounts.
enum class AccountKind : std::uint8_t {
    trust = 1,
    wallet = 2,
    till = 3,
    agent_float = 4,
    settlement_payable = 5,
    suspense = 6,
    fee_income = 7,
    tax_payable = 8,
    commission = 9,
    bank = 10,
    bank_account = 11,
};

/// One row of the chart: kind, stable name, normal side, whose money.
struct AccountKindRow {
    AccountKind kind;
    std::string_view name;
    Side normal_side;
    Cover cover;
    std::string_view sentence;
};

/// The chart of accounts in order of the kinds' numbers. It stands here because every movement
/// looks at it several times.
inline constexpr std::array<AccountKindRow, 11> account_kinds{{
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

/// The row of a kind read from outside, or null.
constexpr const AccountKindRow* find_account_kind(std::uint8_t kind) {
    return kind >= 1 && kind <= account_kinds.size() ? &account_kinds[kind - 1U] : nullptr;
}
/// The kind called `name` ("till"), or nothing.
std::optional<AccountKind> parse_account_kind(std::string_view name);
inline const AccountKindRow& row(AccountKind kind) {
    const AccountKindRow* found = find_account_kind(static_cast<std::uint8_t>(kind));
    ensure(found != nullptr, "an account kind outside the chart");
    return *found;
}

/// An account's name outside: MSISDN, till number, anything of 1..31 printable ASCII characters;
/// zero-filled to 32 bytes.
using Identity = std::array<char, 32>;

/// `text` as an identity, or nothing if it is empty, longer than 31 or not printable ASCII.
std::optional<Identity> make_identity(std::string_view text);
/// The characters before the zero fill.
std::string_view text(const Identity& identity);
/// True if made as `make_identity` makes them; for bytes from outside.
bool is_valid(const Identity& identity);

/// No floor: the account may go as far below zero as it likes (trust, clearing).
inline constexpr std::int64_t no_floor = std::numeric_limits<std::int64_t>::min();
/// No ceiling.
inline constexpr std::int64_t no_ceiling = std::numeric_limits<std::int64_t>::max();

/// Frozen: no new debits or credits; what was reserved before may still be settled or given back.
/// Closed: nothing ever again.
enum class AccountState : std::uint8_t { open = 0, frozen = 1, closed = 2 };
/// Stable lower-case name ("frozen").
std::string_view name(AccountState state);

/// One account, one cache line. All sums in minor units, never negative, only ever derived from
/// journal records. Balances count on the kind's normal side.
struct alignas(64) Account {
    std::int64_t debits_pending = 0;
    std::int64_t debits_posted = 0;
    std::int64_t credits_pending = 0;
    std::int64_t credits_posted = 0;
    /// Lowest balance allowed: 0 no overdraft, -500 a credit line of 500, `no_floor` none.
    std::int64_t floor = 0;
    /// Highest balance allowed, or `no_ceiling`.
    std::int64_t ceiling = no_ceiling;
    /// The newest transfer record that names this account; the start of its chain.
    TransferId last_transfer;
    ParticipantId owner;
    Currency currency = Currency::kes;
    AccountKind kind = AccountKind::wallet;
    AccountState state = AccountState::open;

    bool operator==(const Account&) const = default;
};
static_assert(sizeof(Account) == 64);

/// True if what is on it is the operator's own.
inline bool is_own(const Account& account) {
    return row(account.kind).cover == Cover::own;
}

/// Posted balance on the normal side; may be negative within a credit line.
inline std::int64_t balance(const Account& account) {
    return row(account.kind).normal_side == Side::credit
               ? account.credits_posted - account.debits_posted
               : account.debits_posted - account.credits_posted;
}
/// What may still leave: balance less pending outgoing less floor; `max` when there is no floor.
std::int64_t available(const Account& account);
/// What may still come in before the ceiling, pending incoming counted; `max` when there is none.
std::int64_t headroom(const Account& account);
/// Pending on the side that lowers the balance.
std::int64_t reserved(const Account& account);

}  // namespace tuma::ledger
