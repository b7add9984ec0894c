// What can be done with one rail's books: sell, move money, look at a balance. Every one of them is
// a request to the switch; none of them writes into the books.
#pragma once

#include "switch/replay/run/rail_accounts.h"
#include "switch/replay/run/virtual_switch.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace tuma::replay {

/// The switch refused what the replay asked for; the rail cannot be compared.
class RequestRefused : public std::runtime_error {
public:
    explicit RequestRefused(const InputError& error)
        : std::runtime_error(error.text()), error_(error) {}
    const InputError& error() const { return error_; }

private:
    InputError error_;
};

class RailDesk {
public:
    /// `rail` must outlive it. `store` may be null.
    RailDesk(const RailPlan& rail, const RailPurses& purses, ledger::State state,
             ledger::JournalStore* store);
    RailDesk(const RailDesk&) = delete;
    RailDesk& operator=(const RailDesk&) = delete;

    /// Does everything due up to this local time, then opens a batch. Opens the accounts first if
    /// the books are empty.
    void begin(Timestamp local);
    void end() { switch_.end(); }

    /// A sale to `to`, or a refund from there. Refusal::none, or why the switch refused it.
    Refusal sell(const Sale& sale, AccountId to);
    /// Moves money for whoever owns the replay; 0 moves nothing. Throws RequestRefused.
    void move(ledger::Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount,
              std::uint64_t memo = 0);

    const RailAccounts& accounts() const { return accounts_; }
    std::int64_t balance(AccountId account) const;
    /// The merchant's: bank account and tills. What waits for a settlement is not cash.
    std::int64_t cash() const;
    /// What the journal said since the last call.
    DayFigures take_figures() { return book_.take(); }

    const VirtualSwitch& core() const { return switch_; }
    ledger::State release() && { return std::move(switch_).release(); }
    void flush() { switch_.flush(); }

private:
    void open_accounts(Timestamp now);
    core::Outcome ask(const core::Command& command);
    [[noreturn]] void refuse(Refusal refusal, const std::string& what) const;

    const RailPlan& rail_;
    RailPurses purses_;
    RailAccounts accounts_;
    DayBook book_{ReceivingAccounts{}};
    VirtualSwitch switch_;
    core::Request sale_;  ///< used again for each sale
    Timestamp now_{};
    std::uint64_t asked_ = 0;  ///< requests of the replay's own at `now_`
};

}  // namespace tuma::replay
