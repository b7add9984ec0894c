#include "switch/core/schemes.h"

#include "switch/core/requests.h"
#include "switch/core/rules/scheme_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::AccountOpened;

OperatorAccounts find_operator_accounts(const std::string& scheme, const ledger::Books& books) {
    const auto find = [&](AccountKind kind) { return books.find(operator_account(scheme, kind)); };
    return {find(AccountKind::trust), find(AccountKind::fee_income), find(AccountKind::tax_payable),
            find(AccountKind::commission), find(AccountKind::bank)};
}

// Accounts refer to classes by number and were opened by what their class was then.
bool keeps_classes(const Scheme& older, const Scheme& newer) {
    // Accounts hold numbers of classes, so a newer version may add classes behind the others only.
    if (newer.currency != older.currency || newer.classes.size() < older.classes.size())
        return false;
    return std::equal(older.classes.begin(), older.classes.end(), newer.classes.begin(),
                      [](const AccountClass& a, const AccountClass& b) {
                          // The bank account is opened with the merchant's, so no class can begin
                          // or cease to be settled to a bank.
                          return a.name == b.name && a.kind == b.kind &&
                                 a.settlement.to_bank == b.settlement.to_bank;
                      });
}

// From here on the scheme is the one that decides. Own funds of a currency may be short as soon as
// one of its schemes says so.
void put_in_force(Rulebook& rulebook, ledger::Books& books, const ledger::SchemeHead& head,
                  RulebookEntry entry) {
    // By name, because the accounts of a new scheme have just been opened.
    entry.accounts = find_operator_accounts(entry.scheme.name, books);
    rulebook.put(head.id, std::move(entry));
    books.let_own_funds_be_short(head.currency, rulebook.own_funds_may_be_short(head.currency));
}

std::optional<Refusal> open_operator_accounts(const ledger::Books& books, const Scheme& scheme,
                                              std::vector<AccountOpened>& opened) {
    const std::span<const OperatorAccount> wanted = operator_accounts();
    opened.reserve(wanted.size());
    for (const OperatorAccount& account : wanted) {
        AccountOpened& record = opened.emplace_back();
        // Numbers follow those given so far: the records are carried out in this order and nothing
        // comes between.
        record.id = AccountId{static_cast<std::uint32_t>(books.account_count() + opened.size())};
        record.floor = ledger::no_floor;
        record.currency = scheme.currency;
        record.kind = account.kind;
        record.identity = operator_account(scheme.name, account.kind);
        if (books.find(record.identity)) return Refusal::identity_taken;
    }
    if (books.account_count() + opened.size() > books.accounts_max())
        return Refusal::account_capacity_reached;
    return std::nullopt;
}

std::optional<Refusal> plan_scheme(const OpenBatch& batch, const LoadScheme& command,
                                   ledger::SchemeLoaded& loaded, RulebookEntry& entry) {
    if (!command.content || command.content->size() > ledger::scheme_content_max)
        return Refusal::scheme_invalid;
    // Whoever wrote the bytes, they are read here as at every later start. What is journaled can
    // always be read again.
    Result<Scheme> scheme = read_scheme(*command.content);
    if (!scheme || scheme->name != ledger::text(command.name) ||
        scheme->version != ledger::text(command.scheme_version))
        return Refusal::scheme_invalid;
    // A known name keeps its number, which accounts refer to. Zero: all numbers are taken.
    loaded.head.id = batch.state.terms.id_for(command.name);
    if (!loaded.head.id) return Refusal::scheme_invalid;
    const RulebookEntry* older = batch.rulebook.find(loaded.head.id);
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

}  // namespace

Rulebook read_rulebook(ledger::State& state) {
    Rulebook rulebook;
    for (const ledger::SchemeLoaded& loaded : state.terms.schemes()) {
        Result<Scheme> scheme = read_scheme(loaded.content);
        // Hashes cover these bytes, so nobody has changed them: a program that knows more wrote
        // them. Going on without this tariff would decide otherwise than that program did.
        if (!scheme)
            throw ledger::StateError(
                fmt::format("scheme {} in the journal cannot be read: {}; start with the version "
                            "of tuma that wrote it",
                            ledger::text(loaded.head.name), scheme.error().text()));
        put_in_force(rulebook, state.books, loaded.head, {std::move(scheme).value(), {}});
    }
    return rulebook;
}

Outcome load_scheme(OpenBatch& batch, const Request& request, const LoadScheme& command) {
    ledger::SchemeLoaded loaded;
    loaded.head.reference = request.key.reference;
    loaded.head.digest = request.digest;
    loaded.head.participant = request.key.participant;
    RulebookEntry entry;
    if (const auto refusal = plan_scheme(batch, command, loaded, entry))
        return refuse(batch, request, *refusal);
    std::vector<AccountOpened> opened;
    if (batch.rulebook.find(loaded.head.id) == nullptr)
        if (const auto refusal = open_operator_accounts(batch.state.books, entry.scheme, opened))
            return refuse(batch, request, *refusal);

    // From here on it must succeed.
    batch.emit(loaded);
    for (const AccountOpened& record : opened) batch.emit(record);
    put_in_force(batch.rulebook, batch.state.books, loaded.head, std::move(entry));
    return {.id = loaded.head.id.value, .time = batch.now};
}

}  // namespace tuma::core
