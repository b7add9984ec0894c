#include "switch/core/accounts.h"

#include "switch/core/requests.h"

#include <fmt/format.h>

#include <optional>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::AccountOpened;

// The bank account that a merchant under a settling class is paid out to.
constexpr std::string_view bank_suffix = ".bank";

std::optional<Refusal> plan_account(const OpenBatch& batch, const OpenAccount& command,
                                    AccountOpened& opened, std::optional<AccountOpened>& bank) {
    // The books' refusals come first, so that a taken name is refused alike with and without a
    // scheme.
    if (const auto refusal = batch.state.books.plan_open(opened)) return refusal;
    if (!command.scheme) {
        if (command.account_class != 0) return Refusal::account_class_not_found;
        return std::nullopt;
    }
    const RulebookEntry* entry = batch.rulebook.find(command.scheme);
    if (entry == nullptr) return Refusal::scheme_not_found;
    if (command.account_class >= entry->scheme.classes.size())
        return Refusal::account_class_not_found;
    const AccountClass& account_class = entry->scheme.classes[command.account_class];
    if (!fits(account_class, ledger::text(command.identity))) return Refusal::identity_invalid;
    if (command.currency != entry->scheme.currency) return Refusal::currency_mismatch;
    if (command.kind != account_class.kind) return Refusal::account_kind_not_allowed;
    // The account keeps the number of its class. A newer version of the scheme keeps the numbers
    // too (`keeps_classes` in schemes.cpp).
    opened.scheme = command.scheme;
    opened.account_class = command.account_class;
    if (!account_class.settlement.to_bank) return std::nullopt;

    // The longest identities leave no room for the suffix. Then the merchant is refused too:
    // without a bank account nothing could be paid out.
    const auto name =
        ledger::make_identity(fmt::format("{}{}", ledger::text(command.identity), bank_suffix));
    if (!name) return Refusal::identity_invalid;
    if (batch.state.books.find(*name)) return Refusal::identity_taken;
    if (batch.state.books.account_count() + 2 > batch.state.books.accounts_max())
        return Refusal::account_capacity_reached;
    // What a bank lets its customer overdraw is the bank's affair.
    bank.emplace();
    // Accounts are numbered in the order in which they are opened, and this one is opened right
    // after the merchant's.
    bank->id = AccountId{opened.id.value + 1};
    bank->floor = ledger::no_floor;
    bank->currency = command.currency;
    bank->kind = AccountKind::bank_account;
    bank->identity = *name;
    opened.payout = bank->id;
    return std::nullopt;
}

}  // namespace

Outcome open_account(OpenBatch& batch, const Request& request, const OpenAccount& command) {
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
    if (const auto refusal = plan_account(batch, command, opened, bank))
        return refuse(batch, request, *refusal);
    // The first record names an account that only the second opens. Both are in one batch, so
    // whoever reads whole batches never meets one without the other.
    batch.emit(opened);
    if (bank) batch.emit(*bank);
    return {.id = opened.id.value, .time = batch.now};
}

Outcome change_account(OpenBatch& batch, const Request& request, const ChangeAccount& command) {
    ledger::AccountChanged changed;
    changed.id = command.account;
    changed.reference = request.key.reference;
    changed.digest = request.digest;
    changed.participant = request.key.participant;
    changed.change = command.change;
    if (const auto refusal = batch.state.books.plan_change(changed))
        return refuse(batch, request, *refusal);
    batch.emit(changed);
    return {.id = changed.id.value, .time = batch.now};
}

Outcome query_account(OpenBatch& batch, const Request& /*request*/, const QueryAccount& command) {
    const AccountId id =
        command.account ? command.account : batch.state.books.find(command.identity);
    const ledger::Account* account = batch.state.books.find(id);
    // A query leaves nothing behind: its refusal is not remembered and takes no record.
    if (account == nullptr) return {.code = Refusal::account_not_found, .time = batch.now};
    return {.id = id.value,
            .time = batch.now,
            .balance = ledger::balance(*account),
            .account = AccountView{id, *account}};
}

}  // namespace tuma::core
