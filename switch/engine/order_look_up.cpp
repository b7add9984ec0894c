#include "switch/engine/order_look_up.h"

#include <string>
#include <utility>

namespace tuma::net {
namespace {

using Found = std::vector<std::shared_ptr<const ledger::Order>>;

struct OrderLookUp {
    ledger::OrderArchive& archive;
    Found found{};

    void add(OrderId id) {
        // Zero names no order; commands carry it where they name one by key.
        if (!id) return;
        if (auto order = archive.find(id)) found.push_back(std::move(order));
    }
    void add(const std::string& key) {
        // The filter spares the disk nearly every new key.
        if (!archive.filter().may_hold(ledger::hash_of_order_key(key))) return;
        if (auto order = archive.find(key)) found.push_back(std::move(order));
    }
    void add(const core::OrderRequest& wish) {
        // A refund needs its payment, which may have left memory long ago.
        add(wish.terms.parent);
        for (const std::string& key : wish.keys) add(key);
        // Members of a group have keys of their own.
        for (const core::OrderRequest& member : wish.members) add(member);
    }

    void operator()(const core::OpenOrder& command) { add(*command.wish); }
    void operator()(const core::MoveOrder& command) {
        add(command.act->order);
        // By number or by key, never by both: the number wins.
        if (!command.act->order) add(command.act->key);
    }
    void operator()(const core::QueryOrder& command) {
        add(command.order);
        if (!command.order) add(command.key);
    }
    void operator()(const core::SendNotice& command) { add(command.order); }
    void operator()(const core::ListOrders& command) {
        // A range, because a list goes on from where the last page ended.
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
