// All orders that decisions need, what they are found by, and the notices that wait to be sent.
#pragma once

#include "ledger/key_filter.h"
#include "ledger/order.h"
#include "ledger/state_bytes.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::ledger {

/// The hash by which the filter knows an order's key.
std::uint64_t hash_of_order_key(std::string_view key);

/// A fold over orders and notices. Orders that have ended are kept up to `orders_max`; beyond it
/// the one that ended first is on its way out, unless a notice about it or an order that gives back
/// part of it is still open. So that it can be written elsewhere first, it is still here until
/// `leaving_max` more are on their way. What has left comes back when something new happens to it
/// (`OrderRecalled`).
///
/// What is here depends on the records alone, never on who keeps what has left: by itself this
/// forgets it. With `keep`, `may_have_left` says what is to be looked for there.
/// Only one thread uses it, but what `find` gives away never changes.
class Orders {
public:
    explicit Orders(std::size_t orders_max = 1'000'000, std::size_t leaving_max = 0)
        : orders_max_(orders_max), leaving_max_(leaving_max) {}

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
    /// Nothing happens to one that is here.
    void apply(const OrderRecalled& recalled);
    /// Why it cannot be applied, or nothing.
    std::optional<std::string> misfit(const OrderOpened& opened) const;
    std::optional<std::string> misfit(const OrderMoved& moved) const;
    std::optional<std::string> misfit(const NoticeMoved& moved) const;
    std::optional<std::string> misfit(const OrderRecalled& recalled) const;

    /// From now on orders are given away by `take_leaving` and are not forgotten before somebody
    /// else has them: the first `until` that leave are there. `left` holds their keys.
    /// Requires: `left` outlives this; until >= left_before().
    void keep(const KeyFilter& left, std::uint64_t until);
    /// The first `until` orders that went are found elsewhere. Requires: it never decreases.
    void may_leave(std::uint64_t until) { kept_until_ = until; }
    bool are_kept() const { return left_ != nullptr; }
    /// False when opening so many orders might make one leave that nobody else has yet.
    bool has_room(std::size_t more) const;
    /// The order may be where those are kept that have left. Requires: it is not here.
    bool may_have_left(std::string_view key) const {
        return left_ != nullptr && left_->may_hold(hash_of_order_key(key));
    }
    bool may_have_left(OrderId id) const { return left_ != nullptr && id && id < next_order_; }
    /// Orders that were on their way out so far, those included that came back.
    std::uint64_t leaving() const { return leaving_count_; }
    /// How many of these are no longer here on that account.
    std::uint64_t left_before() const { return leaving_count_ - leaving_.size(); }
    /// What has begun to leave since the last call. Requires: `keep` was called.
    std::vector<std::shared_ptr<const Order>> take_leaving() { return std::exchange(to_keep_, {}); }
    /// Those on their way out from number `first` on. Requires: first >= left_before().
    std::vector<std::shared_ptr<const Order>> leaving_from(std::uint64_t first) const;
    /// What each order is given to that begins to leave, when nobody keeps them otherwise.
    using Farewell = std::function<void(const std::shared_ptr<const Order>&)>;
    void on_leaving(Farewell farewell) { farewell_ = std::move(farewell); }

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
    void leave(OrderId id);
    void forget_left();
    void come_back(OrderId id);
    bool is_leaving(OrderId id) const { return leaving_at_.contains(id); }
    /// The newest order with a key is found by it.
    void claim_keys(const Order& order);
    void load_leaving(ByteSource& source);
    void hold_parent(const Order& child);
    void release_parent(const Order& child);

    std::size_t orders_max_;
    std::size_t leaving_max_;
    OrderId next_order_{1};
    NoticeId next_notice_{1};
    boost::unordered_flat_map<OrderId, std::shared_ptr<const Order>, std::hash<OrderId>> orders_;
    /// Ordered, so that no chosen key can make it slow.
    std::map<std::string, OrderId, std::less<>> keys_;
    std::set<std::pair<Timestamp, OrderId>> deadlines_;
    boost::unordered_flat_map<AccountId, OrderId, std::hash<AccountId>> busy_;
    /// In the order in which they ended.
    std::deque<OrderId> ended_;
    /// On their way out, and which place in it counts: one that came back may have two.
    std::deque<OrderId> leaving_;
    boost::unordered_flat_map<OrderId, std::uint64_t, std::hash<OrderId>> leaving_at_;
    std::uint64_t leaving_count_ = 0;
    /// Open orders that give back part of this one.
    boost::unordered_flat_map<OrderId, std::uint32_t, std::hash<OrderId>> open_children_;
    std::vector<std::shared_ptr<const Order>> to_keep_;
    const KeyFilter* left_ = nullptr;
    std::uint64_t kept_until_ = 0;
    Farewell farewell_;
    std::map<NoticeId, Notice> notices_;
    std::set<std::pair<Timestamp, NoticeId>> notices_due_;
    boost::unordered_flat_map<OrderId, std::uint32_t, std::hash<OrderId>> notices_of_;
};

}  // namespace tuma::ledger
