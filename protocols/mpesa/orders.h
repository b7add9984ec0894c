// From what a merchant asks to an order of the switch.
#pragma once

#include "protocols/adapter.h"
#include "protocols/mpesa/accounts.h"
#include "protocols/mpesa/content.h"
#include "protocols/mpesa/kinds.h"
#include "protocols/mpesa/magic.h"

#include <functional>
#include <initializer_list>
#include <vector>

namespace tuma::mpesa {

/// What an order moves, from where to where.
struct Movement {
    ledger::Purpose purpose = ledger::Purpose::pay_merchant;
    AccountId debit{};
    AccountId credit{};
    std::int64_t amount = 0;  ///< cents
};

/// A wish with this content that moves no money yet. Keys and what is told are left to the caller.
core::OrderWish wish_of(Kind kind, const Content& content);
/// The wish is to move that, or cannot: without one of the accounts it fails as if the operator had
/// not been found.
void put_movement(core::OrderWish& wish, const Movement& movement);
/// The order fails with this result, whatever the books say; no money moves.
void put_failure(core::OrderWish& wish, std::uint16_t code);
/// What the script says of the customer; `delay` is what holds unless it says how long.
void put_script(core::OrderWish& wish, const Script& script, Duration delay);
/// A channel speaks at that moment, with the script's faults.
void put_channel(core::OrderWish& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const Script& script, const Options& options);
/// The balances that are told with the order's end.
void watch(core::OrderWish& wish, std::initializer_list<AccountId> accounts);

/// Opens the order and goes on with the outcome.
protocols::Answer open_order(const CallPtr& call, core::OrderWish wish,
                             std::function<protocols::Answer(const core::Outcome&)> then);
/// Asks for an order by key, or by number, and goes on; null if there is none.
using OrderFound = std::function<protocols::Answer(std::shared_ptr<const ledger::Order>)>;
protocols::Answer find_order(const CallPtr& call, core::QueryOrder query, OrderFound then);

/// What account `identity` is to hold as the order knows it: the watched balance at `place`, if the
/// order has ended.
const ledger::WatchedBalance* balance_at(const ledger::Order& order, std::size_t place);

}  // namespace tuma::mpesa
