// From what a merchant asks to an order of the switch; what all dialects do so is in
// protocols/kit/payment.h.
#pragma once

#include "protocols/kit/payment.h"
#include "protocols/mpesa/orders/accounts.h"
#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/orders/test_customers.h"
#include "protocols/mpesa/wire/kinds.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace tuma::mpesa {

using protocols::failure_of;
using protocols::Movement;
using protocols::OrderPtr;
using protocols::put_failure;
using protocols::put_return;
using protocols::put_script;
using protocols::watch;

/// A wish with this content that moves no money yet. Keys and what is told are left to the caller.
core::OrderRequest wish_of(Kind kind, const Content& content);
/// The wish is to move that, or cannot: without one of the accounts it fails as if the operator had
/// not been found.
void put_movement(core::OrderRequest& wish, const Movement& movement);
/// A channel speaks at that moment, with the script's faults, and again if the options say so.
void put_channel(core::OrderRequest& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const Script& script, const Options& options);

/// The log is told that a request was accepted whose result will be this one, with what was
/// compared where the result does not say it; nothing for success.
void note_failure(http::ReplyNote& note, std::uint16_t code, std::string_view why = {});
/// Opens the order and goes on with the outcome. The log is told if the order is bound to fail.
protocols::Answer open_order(const CallPtr& call, core::OrderRequest wish,
                             std::function<protocols::Answer(const core::Outcome&)> then);
/// Asks for an order by key, or by number, and goes on; null if there is none.
protocols::Answer find_order(const CallPtr& call, core::QueryOrder query,
                             std::function<protocols::Answer(const OrderPtr&)> then);

/// The balance that was watched at this place, or null.
const ledger::WatchedBalance* balance_at(const ledger::Order& order, std::size_t place);

}  // namespace tuma::mpesa
