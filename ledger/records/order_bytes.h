// A whole order to bytes and back: in saved states, in the archive, and when it is recalled.
#pragma once

#include "ledger/records/order.h"
#include "ledger/records/state_bytes.h"
#include "ledger/words/result.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace tuma::ledger {

/// Puts what the move says into the order.
void take_over(Order& order, const OrderMoved& moved);

/// The two records that the order can be made from, each with its size before it, and what they do
/// not have.
void save_order(ByteSink& sink, const Order& order);
/// Throws StateError.
std::shared_ptr<const Order> read_order(ByteSource& source);

/// What `save_order` writes.
std::vector<std::byte> order_bytes(const Order& order);
/// Refuses bytes that are not those of one order.
Result<std::shared_ptr<const Order>> order_of(std::span<const std::byte> bytes);

/// As for the other records of orders (ledger/records/order_records.h).
void append(std::vector<std::byte>& bytes, const OrderRecalled& record);
OrderRecalled sized(OrderRecalled record);
/// Refuses what is not an order, and one that has not ended.
Result<OrderRecalled> take_order_recalled(std::span<const std::byte>& bytes);

}  // namespace tuma::ledger
