// Orders that have left memory: what a command lacks, what was found of it, what comes back.
#include "switch/core/switch.h"

#include <algorithm>
#include <utility>

namespace tuma::core {

bool Switch::lacks(OrderId id) const {
    return state_.orders.may_have_left(id) && state_.orders.find(id) == nullptr;
}

bool Switch::lacks(const std::string& key) const {
    return state_.orders.find(key) == nullptr && state_.orders.may_have_left(key);
}

bool Switch::lacks_any(const OrderWish& wish) const {
    const auto is_lacking = [this](const std::string& key) { return lacks(key); };
    return lacks(wish.terms.parent) ||
           std::any_of(wish.keys.begin(), wish.keys.end(), is_lacking) ||
           std::any_of(wish.members.begin(), wish.members.end(),
                       [this](const OrderWish& member) { return lacks_any(member); });
}

bool Switch::lacks_orders(const Command& command) const {
    if (!state_.orders.are_kept()) return false;
    if (const auto* open = std::get_if<OpenOrder>(&command)) return lacks_any(*open->wish);
    if (const auto* query = std::get_if<QueryOrder>(&command))
        return query->order ? lacks(query->order) : lacks(query->key);
    if (const auto* send = std::get_if<SendNotice>(&command)) return lacks(send->order);
    if (const auto* move = std::get_if<MoveOrder>(&command)) {
        const OrderAct& act = *move->act;
        if (act.customer) return false;
        return act.order ? lacks(act.order) : lacks(act.key);
    }
    if (const auto* list = std::get_if<ListOrders>(&command)) {
        const auto [first, stop] = listed_range(list->after, state_.orders.next_order());
        for (std::uint64_t id = first.value; id < stop.value; ++id)
            if (lacks(OrderId{id})) return true;
    }
    return false;
}

bool Switch::has_room_for(const Command& command) const {
    const auto* open = std::get_if<OpenOrder>(&command);
    return open == nullptr || state_.orders.has_room(1 + open->wish->members.size());
}

Outcome Switch::handle_order(const Request& request, const Finding* finding) {
    if (lacks_orders(request.command)) {
        const bool is_readable = finding == nullptr || finding->is_readable;
        const bool is_stale =
            finding == nullptr || state_.orders.left_before() > finding->orders_asked_at;
        if (!is_readable) return undecided(false);
        if (is_stale) return undecided(true);
    }
    // Better nothing than to forget an order for this one.
    if (!has_room_for(request.command)) return undecided(false);
    finding_ = finding;
    Outcome outcome = decide(request);
    finding_ = nullptr;
    return outcome;
}

std::shared_ptr<const ledger::Order> Switch::find_order(OrderId id) const {
    if (auto order = state_.orders.find(id); order != nullptr || finding_ == nullptr) return order;
    for (const auto& order : finding_->orders)
        if (order->terms.id == id) return order;
    return nullptr;
}

std::shared_ptr<const ledger::Order> Switch::find_order(const std::string& key) const {
    if (auto order = state_.orders.find(key); order != nullptr || finding_ == nullptr) return order;
    std::shared_ptr<const ledger::Order> newest;
    for (const auto& order : finding_->orders) {
        const bool has_key =
            std::find(order->keys.begin(), order->keys.end(), key) != order->keys.end();
        if (has_key && (newest == nullptr || newest->terms.id < order->terms.id)) newest = order;
    }
    return newest;
}

void Switch::recall(OrderId id) {
    if (!id || state_.orders.find(id) != nullptr) return;
    const auto order = find_order(id);
    ensure(order != nullptr, "only what was found is recalled");
    ledger::OrderRecalled recalled;
    recalled.order = *order;
    emit_record(ledger::sized(std::move(recalled)));
}

}  // namespace tuma::core
