// The accounts of one rail's books: the merchant's, and those its money comes from and goes to.
#pragma once

#include "ledger/state/books.h"
#include "switch/core/command.h"
#include "switch/replay/run/day_book.h"
#include "switch/replay/sales/plan.h"

#include <string>
#include <vector>

namespace tuma::replay {

/// Which variants of living with the rail are kept beside the true accounts.
struct RailPurses {
    bool has_advance = false;
    bool has_fixed = false;
};

/// The numbers of the accounts, found in the books by their names.
struct RailAccounts {
    AccountId trust;  ///< the scheme's own, as is `bank`
    AccountId bank;
    AccountId customers;  ///< one wallet for all of them
    AccountId merchant;   ///< till or settlement payable
    AccountId merchant_bank;
    AccountId at_once;  ///< 0 unless the rail is for one method
    AccountId suppliers;
    AccountId lender;
    AccountId advance_purse;  ///< 0 without the variant
    AccountId fixed_purse;    ///< 0 without the variant
    bool is_settled_to_bank = false;

    ReceivingAccounts receiving() const;
};

/// What opens the accounts in empty books, in order: the scheme first, then its accounts under the
/// number 1.
std::vector<core::Command> opening_commands(const RailPlan& rail, const RailPurses& purses);

/// Requires: the books were opened with `opening_commands`.
RailAccounts find_accounts(const ledger::Books& books, const RailPlan& rail,
                           const RailPurses& purses);

}  // namespace tuma::replay
