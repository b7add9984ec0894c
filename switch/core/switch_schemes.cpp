// Schemes and the accounts under them: loading, opening.
#include "switch/core/scheme_bytes.h"
#include "switch/core/switch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::AccountOpened;

// The bank account that a merchant under a settling class is paid out to.
constexpr std::string_view bank_suffix = ".bank";

OperatorAccounts find_operator_accounts(const std::string& scheme, const ledger::Books& books) {
    const auto find = [&](AccountKind kind) { return books.find(operator_account(scheme, kind)); };
    return {find(AccountKind::trust), find(AccountKind::fee_income), find(AccountKind::tax_payable),
            find(AccountKind::commission), find(AccountKind::bank)};
}

// Accounts refer to classes by number and were opened by what their class was then.
bool keeps_classes(const Scheme& older, const Scheme& newer) {
    if (newer.currency != older.currency || newer.classes.size() < older.classes.size())
        return false;
    return std::equal(older.classes.begin(), older.classes.end(), newer.classes.begin(),
                      [](const AccountClass& a, const AccountClass& b) {
                          return a.name == b.name && a.kind == b.kind &&
                                 a.settlement.to_bank == b.settlement.to_bank;
                      });
}

}  // namespace

Switch::Switch(ledger::State state) : state_(std::move(state)) {
    for (const ledger::SchemeLoaded& loaded : state_.terms.schemes()) {
        Result<Scheme> scheme = read_scheme(loaded.content);
        if (!scheme)
            throw ledger::StateError(
                fmt::format("scheme {} in the journal cannot be read: {}; start with the version "
                            "of tuma that wrote it",
                            ledger::text(loaded.head.name), scheme.error().text()));
        RulebookEntry entry{std::move(scheme).value(), {}};
        entry.accounts = find_operator_accounts(entry.scheme.name, state_.books);
        rulebook_.put(loaded.head.id, std::move(entry));
        apply_own_funds_rule(loaded.head.currency);
    }
}

void Switch::apply_own_funds_rule(Currency currency) {
    state_.books.let_own_funds_be_short(currency, rulebook_.own_funds_may_be_short(currency));
}

std::optional<Refusal> Switch::plan_account(const OpenAccount& command, AccountOpened& opened,
                                            std::optional<AccountOpened>& bank) const {
    if (const auto refusal = state_.books.plan_open(opened)) return refusal;
    if (!command.scheme) {
        if (command.account_class != 0) return Refusal::account_class_not_found;
        return std::nullopt;
    }
    const RulebookEntry* entry = rulebook_.find(command.scheme);
    if (entry == nullptr) return Refusal::scheme_not_found;
    if (command.account_class >= entry->scheme.classes.size())
        return Refusal::account_class_not_found;
    const AccountClass& account_class = entry->scheme.classes[command.account_class];
    if (!fits(account_class, ledger::text(command.identity))) return Refusal::identity_invalid;
    if (command.currency != entry->scheme.currency) return Refusal::currency_mismatch;
    if (command.kind != account_class.kind) return Refusal::account_kind_not_allowed;
    opened.scheme = command.scheme;
    opened.account_class = command.account_class;
    if (!account_class.settlement.to_bank) return std::nullopt;

    const auto name =
        ledger::make_identity(fmt::format("{}{}", ledger::text(command.identity), bank_suffix));
    if (!name) return Refusal::identity_invalid;
    if (state_.books.find(*name)) return Refusal::identity_taken;
    if (state_.books.account_count() + 2 > state_.books.accounts_max())
        return Refusal::account_capacity_reached;
    // What a bank lets its customer overdraw is the bank's affair.
    bank.emplace();
    bank->id = AccountId{opened.id.value + 1};
    bank->floor = ledger::no_floor;
    bank->currency = command.currency;
    bank->kind = AccountKind::bank_account;
    bank->identity = *name;
    opened.payout = bank->id;
    return std::nullopt;
}

Outcome Switch::on(const Request& request, const OpenAccount& command) {
    AccountOpened opened;
    opened.floor = command.floor;
    opened.ceiling = command.ceiling;
    opened.reference = request.key.reference;
    opened.digest = request.digest;
    opened.participant = request.key.participant;
    opened.currency = command.currency;
    opened.kind = command.kind;
    opened.identity = command.identity;
    std::optional<AccountOpened> bank;
    if (const auto refusal = plan_account(command, opened, bank)) return refuse(request, *refusal);
    emit_record(opened);
    if (bank) emit_record(*bank);
    return {.id = opened.id.value, .time = now_};
}

std::optional<Refusal> Switch::open_operator_accounts(const Scheme& scheme,
                                                      std::vector<AccountOpened>& opened) const {
    const std::span<const OperatorAccount> wanted = operator_accounts();
    opened.reserve(wanted.size());
    for (const OperatorAccount& account : wanted) {
        AccountOpened& record = opened.emplace_back();
        record.id =
            AccountId{static_cast<std::uint32_t>(state_.books.account_count() + opened.size())};
        record.floor = ledger::no_floor;
        record.currency = scheme.currency;
        record.kind = account.kind;
        record.identity = operator_account(scheme.name, account.kind);
        if (state_.books.find(record.identity)) return Refusal::identity_taken;
    }
    if (state_.books.account_count() + opened.size() > state_.books.accounts_max())
        return Refusal::account_capacity_reached;
    return std::nullopt;
}

std::optional<Refusal> Switch::plan_scheme(const LoadScheme& command, ledger::SchemeLoaded& loaded,
                                           RulebookEntry& entry) const {
    if (!command.content || command.content->size() > ledger::scheme_content_max)
        return Refusal::scheme_invalid;
    Result<Scheme> scheme = read_scheme(*command.content);
    if (!scheme || scheme->name != ledger::text(command.name) ||
        scheme->version != ledger::text(command.scheme_version))
        return Refusal::scheme_invalid;
    loaded.head.id = state_.terms.id_for(command.name);
    if (!loaded.head.id) return Refusal::scheme_invalid;
    const RulebookEntry* older = rulebook_.find(loaded.head.id);
    if (older != nullptr && !keeps_classes(older->scheme, *scheme)) return Refusal::scheme_invalid;
    loaded.head.currency = scheme->currency;
    loaded.head.zone_offset_minutes = static_cast<std::uint16_t>(scheme->zone_offset_minutes);
    loaded.head.source_hash = command.source_hash;
    loaded.head.name = command.name;
    loaded.head.scheme_version = command.scheme_version;
    loaded.content = *command.content;
    entry.scheme = std::move(scheme).value();
    return std::nullopt;
}

Outcome Switch::on(const Request& request, const LoadScheme& command) {
    ledger::SchemeLoaded loaded;
    loaded.head.reference = request.key.reference;
    loaded.head.digest = request.digest;
    loaded.head.participant = request.key.participant;
    RulebookEntry entry;
    if (const auto refusal = plan_scheme(command, loaded, entry)) return refuse(request, *refusal);
    std::vector<AccountOpened> opened;
    if (rulebook_.find(loaded.head.id) == nullptr)
        if (const auto refusal = open_operator_accounts(entry.scheme, opened))
            return refuse(request, *refusal);

    // From here on it must succeed.
    emit_record(loaded);
    for (const AccountOpened& record : opened) emit_record(record);
    entry.accounts = find_operator_accounts(entry.scheme.name, state_.books);
    rulebook_.put(loaded.head.id, std::move(entry));
    apply_own_funds_rule(loaded.head.currency);
    return {.id = loaded.head.id.value, .time = now_};
}

}  // namespace tuma::core
