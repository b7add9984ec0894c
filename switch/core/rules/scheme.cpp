#include "switch/core/rules/scheme.h"

#include "ledger/state/limit_counters.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::core {
namespace {

using ledger::AccountKind;

constexpr std::array<OperatorAccount, 5> operator_account_rows{{
    {AccountKind::trust, "trust"},
    {AccountKind::fee_income, "fees"},
    {AccountKind::tax_payable, "tax"},
    {AccountKind::commission, "commission"},
    {AccountKind::bank, "bank"},
}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool fits_place(char place, char c) {
    if (place == '#') return is_digit(c);
    if (place == '*') return is_digit(c) || is_letter(c) || c == '-' || c == '_';
    return place == c;
}

template <typename Wanted>
const PaymentType* find_holding(const std::vector<PaymentType>& types, LocalDay day,
                                const Wanted& is_wanted) {
    const auto found = std::find_if(types.begin(), types.end(), [&](const PaymentType& type) {
        return is_wanted(type) && type.period.holds(day);
    });
    return found == types.end() ? nullptr : &*found;
}

}  // namespace

ChargeReturn ReversalRule::of(ledger::Purpose purpose) const {
    switch (purpose) {
        case ledger::Purpose::fee:
            return fee;
        case ledger::Purpose::tax:
            return tax;
        case ledger::Purpose::commission:
            return commission;
        default:
            break;
    }
    unreachable("only charges come back by a rule of their own");
}

const PaymentType* Scheme::find_type(std::string_view wanted, LocalDay day) const {
    return find_holding(types, day, [&](const PaymentType& type) { return type.name == wanted; });
}

const PaymentType* Scheme::find_type(ledger::Purpose purpose, LocalDay day) const {
    return find_holding(types, day,
                        [&](const PaymentType& type) { return type.purpose == purpose; });
}

std::optional<std::uint8_t> Scheme::find_class(std::string_view wanted) const {
    const auto found = std::find_if(classes.begin(), classes.end(),
                                    [&](const AccountClass& of) { return of.name == wanted; });
    if (found == classes.end()) return std::nullopt;
    return static_cast<std::uint8_t>(found - classes.begin());
}

LocalDay Scheme::day_of(Timestamp time) const {
    return ledger::local_day(time, zone_offset_minutes);
}

bool fits(const AccountClass& account_class, std::string_view identity) {
    const auto& shapes = account_class.identifiers;
    return shapes.empty() ||
           std::any_of(shapes.begin(), shapes.end(), [identity](std::string_view shape) {
               return std::equal(shape.begin(), shape.end(), identity.begin(), identity.end(),
                                 fits_place);
           });
}

std::span<const OperatorAccount> operator_accounts() {
    return operator_account_rows;
}

ledger::Identity operator_account(std::string_view scheme, AccountKind kind) {
    const auto found =
        std::find_if(operator_account_rows.begin(), operator_account_rows.end(),
                     [kind](const OperatorAccount& account) { return account.kind == kind; });
    ensure(found != operator_account_rows.end(), "only some kinds are the operator's own");
    const auto identity = ledger::make_identity(fmt::format("{}.{}", scheme, found->suffix));
    ensure(identity.has_value(), "a scheme's name leaves room for the suffix");
    return *identity;
}

}  // namespace tuma::core
