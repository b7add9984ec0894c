#include "switch/core/left_orders.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <utility>

namespace tuma::core {
namespace {

using ledger::Orders;

bool is_away(const Orders& orders, OrderId id) {
    // Every number below the next one was given out, so an order that is not here must have left:
    // no filter is needed.
    return orders.may_have_left(id) && orders.find(id) == nullptr;
}

bool is_away(const Orders& orders, const std::string& key) {
    // Memory is asked first: the filter may be asked only about keys that are not here.
    return orders.find(key) == nullptr && orders.may_have_left(key);
}

bool is_away(const Orders& orders, const OrderRequest& wish) {
    const auto is_one_away = [&](const auto& part) { return is_away(orders, part); };
    // A key that is taken anywhere in a group refuses the whole group, so each of them must be
    // known.
    return is_away(orders, wish.terms.parent) ||
           std::any_of(wish.keys.begin(), wish.keys.end(), is_one_away) ||
           std::any_of(wish.members.begin(), wish.members.end(), is_one_away);
}

}  // namespace

bool lacks(const Orders& orders, const OpenOrder& command) {
    return is_away(orders, *command.wish);
}

bool lacks(const Orders& orders, const MoveOrder& command) {
    const OrderAction& act = *command.act;
    // An exclusive order is open, and open orders never leave memory.
    if (act.customer) return false;
    return act.order ? is_away(orders, act.order) : is_away(orders, act.key);
}

bool lacks(const Orders& orders, const QueryOrder& command) {
    if (command.customer) return false;
    return command.order ? is_away(orders, command.order) : is_away(orders, command.key);
}

bool lacks(const Orders& orders, const ListOrders& command) {
    // The newest are there unless memory is very small; nobody waits for the disk for a list to
    // look at.
    if (command.newest != 0) return false;
    const auto [first, stop] = listed_range(command, orders.next_order());
    // One that is gone is enough: the archive is asked for the whole range at once.
    for (OrderId id = first; id < stop; ++id.value)
        if (is_away(orders, id)) return true;
    return false;
}

bool lacks(const Orders& orders, const SendNotice& command) {
    return is_away(orders, command.order);
}

std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, OrderId id) {
    // What is in memory is newer than what was found: another request may have recalled the order
    // while the disk was read.
    if (auto order = batch.state.orders.find(id); order != nullptr || batch.finding == nullptr)
        return order;
    for (const auto& order : batch.finding->orders)
        if (order->terms.id == id) return order;
    return nullptr;
}

std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, const std::string& key) {
    if (auto order = batch.state.orders.find(key); order != nullptr || batch.finding == nullptr)
        return order;
    // Should several of them have the key, the newest is meant, as in memory
    // (`Orders::claim_keys`).
    std::shared_ptr<const ledger::Order> newest;
    for (const auto& order : batch.finding->orders) {
        const bool has_key =
            std::find(order->keys.begin(), order->keys.end(), key) != order->keys.end();
        if (has_key && (newest == nullptr || newest->terms.id < order->terms.id)) newest = order;
    }
    return newest;
}

std::shared_ptr<const ledger::Order> find_order(const OpenBatch& batch, OrderId id,
                                                const std::string& key) {
    return id ? find_order(batch, id) : find_order(batch, key);
}

void recall(OpenBatch& batch, OrderId id) {
    if (!id || batch.state.orders.find(id) != nullptr) return;
    const auto order = find_order(batch, id);
    ensure(order != nullptr, "only what was found is recalled");
    // A record with the whole order in it: a replay has no archive to look it up in.
    ledger::OrderRecalled recalled;
    recalled.order = *order;
    batch.emit(ledger::sized(std::move(recalled)));
}

}  // namespace tuma::core
