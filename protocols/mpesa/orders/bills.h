// Invoices of Bill Manager as orders, and which of a customer's payments is for which.
//
// An invoice moves no money. It waits until its business cancels it or says that it is paid. A
// payment by its account reference is an order of its own, which is linked to the oldest invoice
// that waits: by a key with the invoice's number and its own place among the invoice's payments.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/wire/call.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// Longest references of an invoice: order keys are made of them.
inline constexpr std::size_t bill_reference_max = 64;

/// What a payment is for.
struct Bill {
    OrderId invoice;
    std::size_t place = 1;  ///< among the invoice's payments, from 1 on
};

using Orders = std::vector<OrderPtr>;

/// The key of a business's invoice by its external reference.
std::string invoice_key(std::string_view shortcode, std::string_view external);
/// The reminders that would be sent of an invoice by SMS from now on: three of them, as far as
/// their days are not past. None is sent; each is an order that can be seen, and expires on its
/// day.
std::vector<core::OrderRequest> reminders_of(const Content& invoice, Timestamp now);
/// Asks for the end of an invoice's reminders, too; there may be none.
void close_reminders(protocols::Asking& asking, const Content& invoice);

/// Makes keys of places: 1, 2, 3 …
using KeyOf = std::function<std::string(std::size_t)>;
/// Finds, for each of these, the orders with its keys up to the first key that nobody has, and goes
/// on.
protocols::Answer find_chains(const CallPtr& call, std::vector<KeyOf> keys,
                              std::function<protocols::Answer(const std::vector<Orders>&)> then);
/// The keys of the invoices of one account.
KeyOf account_keys(const std::string& shortcode, const std::string& reference);
/// The keys of an invoice's payments.
KeyOf payment_keys(OrderId invoice);

/// Finds what a customer's payment with this content is for, if its receiver sends invoices, and
/// goes on; nothing where no invoice with its reference waits.
protocols::Answer with_bill(
    const CallPtr& call, const Content& content,
    const std::function<protocols::Answer(const std::optional<Bill>&)>& then);
/// What the content of a payment of that bill remembers.
void note_bill(Content& content, const Call& call, const std::optional<Bill>& bill);
/// The wish is to pay the bill, and callbackurl is told.
void put_bill(core::OrderRequest& wish, Kind kind, const std::optional<Bill>& bill,
              const Script& script, const Options& options);
/// True if the wish was refused because another payment has taken its place; the next one is taken
/// then.
bool moved_on(std::optional<Bill>& bill, const core::Outcome& outcome);

/// What callbackurl is told of a payment. Source: mpesa reference, section 1.19.
protocols::Callback bill_callback(const ledger::Order& order, const Content& content);

}  // namespace tuma::mpesa
