#include "switch/replay/run/rail_accounts.h"

#include "ledger/records/batch.h"
#include "ledger/words/ensure.h"
#include "switch/core/rules/scheme_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace tuma::replay {
namespace {

using ledger::AccountKind;

// Capitals keep them apart from the operator's accounts, whose names begin with the scheme's.
constexpr std::string_view customers_name = "Customers";
constexpr std::string_view suppliers_name = "Suppliers";
constexpr std::string_view lender_name = "Lender";
constexpr std::string_view at_once_name = "At-once";

// A name of the shape that the class asks for.
std::string merchant_name(const core::AccountClass& account_class) {
    if (account_class.identifiers.empty()) return "Merchant";
    // An identifier's pattern has signs for digits and letters.
    std::string name = account_class.identifiers.front();
    std::replace(name.begin(), name.end(), '#', '1');
    std::replace(name.begin(), name.end(), '*', 'M');
    return name;
}

ledger::Identity identity(std::string_view name) {
    const auto made = ledger::make_identity(name);
    ensure(made.has_value(), "names of accounts are printable and short");
    return *made;
}

const core::AccountClass& class_of(const RailPlan& rail) {
    return rail.scheme.classes.at(rail.account_class);
}

core::OpenAccount account(const RailPlan& rail, std::string_view name, AccountKind kind) {
    core::OpenAccount open;
    open.kind = kind;
    open.currency = rail.scheme.currency;
    open.identity = identity(name);
    // The customers' wallet is filled first; a merchant's refund may come before its first sale.
    // Without a floor: a refund can come first, and the replay must show it and not refuse it.
    open.floor = kind == AccountKind::wallet ? 0 : ledger::no_floor;
    return open;
}

core::OpenAccount account_under(const RailPlan& rail, std::string_view name, std::uint8_t number) {
    core::OpenAccount open = account(rail, name, rail.scheme.classes.at(number).kind);
    // The only scheme in these books.
    open.scheme = SchemeId{1};
    open.account_class = number;
    return open;
}

core::LoadScheme load(const core::Scheme& scheme) {
    core::LoadScheme command;
    command.name = identity(scheme.name);
    command.scheme_version = identity(scheme.version);
    auto content = std::make_shared<std::vector<std::byte>>(core::scheme_bytes(scheme));
    // A hash of what was loaded, since there may be no file.
    command.source_hash = ledger::sha256(*content);
    command.content = std::move(content);
    return command;
}

std::string bank_name(const RailPlan& rail) {
    return merchant_name(class_of(rail)) + ".bank";
}

std::string advance_name(const RailPlan& rail) {
    return merchant_name(class_of(rail)) + ".adv";
}

std::string fixed_name(const RailPlan& rail) {
    return merchant_name(class_of(rail)) + ".fix";
}

}  // namespace

ReceivingAccounts RailAccounts::receiving() const {
    ReceivingAccounts receiving;
    (is_settled_to_bank ? receiving.payable : receiving.till) = merchant;
    receiving.at_once = at_once;
    return receiving;
}

// In this order, because an account is opened under a scheme that is there.
std::vector<core::Command> opening_commands(const RailPlan& rail, const RailPurses& purses) {
    std::vector<core::Command> commands;
    commands.emplace_back(load(rail.scheme));
    commands.emplace_back(account(rail, customers_name, AccountKind::wallet));
    commands.emplace_back(account_under(rail, merchant_name(class_of(rail)), rail.account_class));
    // A settled merchant's bank account is opened by the switch itself.
    if (!class_of(rail).settlement.to_bank)
        commands.emplace_back(account(rail, bank_name(rail), AccountKind::bank_account));
    // Only rails that carry some of the methods have one.
    if (rail.at_once_class)
        commands.emplace_back(account_under(rail, at_once_name, *rail.at_once_class));
    commands.emplace_back(account(rail, suppliers_name, AccountKind::bank_account));
    commands.emplace_back(account(rail, lender_name, AccountKind::bank_account));
    if (purses.has_advance)
        commands.emplace_back(account(rail, advance_name(rail), AccountKind::bank_account));
    if (purses.has_fixed)
        commands.emplace_back(account(rail, fixed_name(rail), AccountKind::bank_account));
    return commands;
}

RailAccounts find_accounts(const ledger::Books& books, const RailPlan& rail,
                           const RailPurses& purses) {
    const auto find = [&](std::string_view name) {
        const AccountId id = books.find(identity(name));
        ensure(id, "the rail's accounts are open");
        return id;
    };
    RailAccounts accounts;
    // The operator's accounts came with the scheme.
    const auto own = [&](AccountKind kind) {
        return books.find(core::operator_account(rail.scheme.name, kind));
    };
    accounts.trust = own(AccountKind::trust);
    accounts.bank = own(AccountKind::bank);
    accounts.customers = find(customers_name);
    accounts.merchant = find(merchant_name(class_of(rail)));
    accounts.merchant_bank = find(bank_name(rail));
    if (rail.at_once_class) accounts.at_once = find(at_once_name);
    accounts.suppliers = find(suppliers_name);
    accounts.lender = find(lender_name);
    if (purses.has_advance) accounts.advance_purse = find(advance_name(rail));
    if (purses.has_fixed) accounts.fixed_purse = find(fixed_name(rail));
    accounts.is_settled_to_bank = class_of(rail).settlement.to_bank;
    return accounts;
}

}  // namespace tuma::replay
