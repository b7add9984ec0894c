// All orders that decisions need, what they are found by, and the notices that wait to be sent.
#pragma once

#include "ledger/order.h"
#include "ledger/state_bytes.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::ledger {

/// A fold over orders and notices. Orders that have ended are kept up to `orders_max`; beyond it
/// the one that ended first leaves, unless a notice about it is still open. Only one thread uses
/// it, but what `find` gives away never changes.
class Orders {
public:
    explicit Orders(std::size_t orders_max = 1'000'000) : orders_max_(orders_max) {}

    /// The order, or null if it never was or has left.
    std::shared_ptr<const Order> find(OrderId id) const;
    /// The order found by `key`, or null.
    std::shared_ptr<const Order> find(std::string_view key) const;
    /// The exclusive order that is open for this account, or null.
    std::shared_ptr<const Order> find_exclusive(AccountId debit) const;
    const Notice* find(NoticeId id) const;
    /// The first open notice of an order on a channel, or null. O(open notices).
    const Notice* find(OrderId order, std::uint8_t channel) const;

    OrderId next_order() const { return next_order_; }
    NoticeId next_notice() const { return next_notice_; }
    std::size_t size() const { return orders_.size(); }
    std::size_t open_notices() const { return notices_.size(); }
    bool empty() const { return next_order_ == OrderId{1}; }

    /// The order that acts or expires first, ties by number; nothing when none is to.
    std::optional<std::pair<Timestamp, OrderId>> next_order_due() const;
    /// The waiting notice whose attempt is due first, ties by number.
    std::optional<std::pair<Timestamp, NoticeId>> next_notice_due() const;
    /// Notices whose attempt was begun and has no result, in order of their numbers.
    std::vector<Notice> sending() const;
    /// Open notices of `order`, or of all orders when it is 0, the newest first, `most` at most.
    std::vector<Notice> newest_notices(OrderId order, std::size_t most) const;

    void apply(const OrderOpened& opened, Timestamp time);
    void apply(const OrderMoved& moved, Timestamp time);
    void apply(const NoticeMoved& moved);
    /// Why it cannot be applied, or nothing.
    std::optional<std::string> misfit(const OrderOpened& opened) const;
    std::optional<std::string> misfit(const OrderMoved& moved) const;
    std::optional<std::string> misfit(const NoticeMoved& moved) const;

    /// In order of their numbers.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    void put(std::shared_ptr<const Order> order);
    void add_deadline(const Order& order);
    void remove_deadline(const Order& order);
    void give_back(const Order& child);
    void end(const Order& order);
    void evict();

    std::size_t orders_max_;
    OrderId next_order_{1};
    NoticeId next_notice_{1};
    boost::unordered_flat_map<OrderId, std::shared_ptr<const Order>, std::hash<OrderId>> orders_;
    /// Ordered, so that no chosen key can make it slow.
    std::map<std::string, OrderId, std::less<>> keys_;
    std::set<std::pair<Timestamp, OrderId>> deadlines_;
    boost::unordered_flat_map<AccountId, OrderId, std::hash<AccountId>> busy_;
    /// In the order in which they ended.
    std::deque<OrderId> ended_;
    std::map<NoticeId, Notice> notices_;
    std::set<std::pair<Timestamp, NoticeId>> notices_due_;
    boost::unordered_flat_map<OrderId, std::uint32_t, std::hash<OrderId>> notices_of_;
};

}  // namespace tuma::ledger
