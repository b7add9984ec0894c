#include "switch/replay/run/rail_desk.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace tuma::replay {
namespace {

// Who asks: the merchant for each sale, the replay itself for everything around them.
constexpr ParticipantId merchant_participant{1};
constexpr ParticipantId replay_participant{2};

std::array<std::byte, 16> two_numbers(std::uint64_t first, std::uint64_t second) {
    std::array<std::byte, 16> bytes;
    std::memcpy(bytes.data(), &first, sizeof first);
    std::memcpy(bytes.data() + sizeof first, &second, sizeof second);
    return bytes;
}

}  // namespace

// Records are folded as they are made, so that no journal has to be read again.
RailDesk::RailDesk(const RailPlan& rail, const RailPurses& purses, ledger::State state,
                   ledger::JournalStore* store)
    : rail_(rail),
      purses_(purses),
      switch_(std::move(state), store,
              [this](std::span<const std::byte> records) { book_.fold(records); }) {
    sale_.key.participant = merchant_participant;
    sale_.command = core::MoveMoney{};
    // A state that is taken up has its accounts already.
    if (switch_.state().books.account_count() == 0) return;
    accounts_ = find_accounts(switch_.state().books, rail_, purses_);
    book_ = DayBook(accounts_.receiving());
}

void RailDesk::begin(Timestamp local) {
    const Timestamp now = local - rail_.zone;
    // Opened with the first day, because they need a time.
    if (!accounts_.merchant) open_accounts(now);
    switch_.begin(now);
    // Numbers within one moment; the time makes them unique over all.
    if (now != now_) asked_ = 0;
    now_ = now;
}

void RailDesk::open_accounts(Timestamp now) {
    switch_.begin(now);
    now_ = now;
    for (const core::Command& command : opening_commands(rail_, purses_)) {
        const core::Outcome outcome = ask(command);
        if (outcome.code != Refusal::none) refuse(outcome.code, "opening its accounts");
    }
    switch_.end();
    accounts_ = find_accounts(switch_.state().books, rail_, purses_);
    book_ = DayBook(accounts_.receiving());
}

core::Outcome RailDesk::ask(const core::Command& command) {
    core::Request request;
    // The merchant's requests and the replay's have keys that can never meet.
    request.key.participant = replay_participant;
    request.key.reference =
        two_numbers(static_cast<std::uint64_t>(now_.time_since_epoch().count()), ++asked_);
    request.command = command;
    return switch_.handle(request);
}

Refusal RailDesk::sell(const Sale& sale, AccountId to) {
    const bool is_refund = sale.amount < 0;
    // The line is in the key, so that a file with a name twice sells twice.
    sale_.key.reference = two_numbers(sale.line, sale.txn_hash);
    auto& payment = std::get<core::MoveMoney>(sale_.command);
    payment.purpose = is_refund ? ledger::Purpose::refund : ledger::Purpose::pay_merchant;
    payment.debit = is_refund ? to : accounts_.customers;
    payment.credit = is_refund ? accounts_.customers : to;
    payment.amount = {is_refund ? -sale.amount : sale.amount, rail_.scheme.currency};
    payment.memo = sale.line;
    // Digest of what is asked: amount and receiver. The key holds the rest.
    sale_.digest = two_numbers(static_cast<std::uint64_t>(sale.amount), std::uint64_t{to.value});
    return switch_.handle(sale_).code;
}

void RailDesk::move(ledger::Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount,
                    std::uint64_t memo) {
    // The books refuse transfers of nothing, and nothing has happened.
    if (amount == 0) return;
    const Money money{amount, rail_.scheme.currency};
    const core::Outcome outcome = ask(core::MoveMoney{purpose, debit, credit, money, memo});
    // The replay asks only for what must succeed; a refusal is the end of this rail.
    if (outcome.code != Refusal::none)
        refuse(outcome.code, fmt::format("a {} of {} {}", ledger::name(purpose),
                                         alphabetic_code(money.currency), money.text()));
}

void RailDesk::refuse(Refusal refusal, const std::string& what) const {
    throw RequestRefused(InputError{
        fmt::format("rail {}", rail_.name),
        fmt::format("the switch refused {}: {}: {}", what, name(refusal), sentence(refusal))});
}

std::int64_t RailDesk::balance(AccountId account) const {
    const ledger::Account* found = switch_.state().books.find(account);
    ensure(found != nullptr, "the rail's accounts are open");
    return ledger::balance(*found);
}

std::int64_t RailDesk::cash() const {
    // A till's money is the merchant's cash; a payable's is not yet.
    std::int64_t sum = balance(accounts_.merchant_bank);
    if (!accounts_.is_settled_to_bank) sum += balance(accounts_.merchant);
    if (accounts_.at_once) sum += balance(accounts_.at_once);
    return sum;
}

}  // namespace tuma::replay
