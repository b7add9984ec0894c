#include "switch/net/order_look_up.h"

#include <string>
#include <utility>

namespace tuma::net {
namespace {

using Found = std::vector<std::shared_ptr<const ledger::Order>>;

struct OrderLookUp {
    ledger::OrderArchive& archive;
    Found found{};

    void add(OrderId id) {
        if (!id) return;
        if (auto order = archive.find(id)) found.push_back(std::move(order));
    }
    void add(const std::string& key) {
        if (!archive.filter().may_hold(ledger::hash_of_order_key(key))) return;
        if (auto order = archive.find(key)) found.push_back(std::move(order));
    }
    void add(const core::OrderWish& wish) {
        add(wish.terms.parent);
        for (const std::string& key : wish.keys) add(key);
        for (const core::OrderWish& member : wish.members) add(member);
    }

    void operator()(const core::OpenOrder& command) { add(*command.wish); }
    void operator()(const core::MoveOrder& command) {
        add(command.act->order);
        if (!command.act->order) add(command.act->key);
    }
    void operator()(const core::QueryOrder& command) {
        add(command.order);
        if (!command.order) add(command.key);
    }
    void operator()(const core::SendNotice& command) { add(command.order); }
    void operator()(const core::ListOrders& command) {
        found = archive.range(OrderId{command.after.value + 1},
                              OrderId{command.after.value + core::listed_orders_max});
    }
    template <typename Other>
    void operator()(const Other&) {}
};

}  // namespace

Found look_up_orders(const core::Command& command, ledger::OrderArchive& archive) {
    OrderLookUp look_up{archive};
    std::visit(look_up, command);
    return std::move(look_up.found);
}

}  // namespace tuma::net
