// All orders that decisions need, what they are found by, and the notices that wait to be sent.
//
// An order's states, each step one `OrderMoved`; what brings it about is decided in switch/core:
//
//     awaiting_merchant ─ its yes pays ─▶ succeeded        its no, or silence ─▶ failed
//     awaiting_customer ─ pays ─────────▶ succeeded        declines, or is refused ─▶ failed
//             │                                            the merchant ends it ─▶ closed
//             └ may be tried again, if `order_flag_keeps_open`      nobody in time ─▶ expired
//     processing ─ is told ─────────────▶ succeeded or failed, as was decided with its opening
//
// A notice's states, each step one `NoticeMoved`; an order has none, one or several:
//
//     waiting ─ its time has come ─▶ sending ─┬─ delivered
//        ▲                                    ├─ given_up: no attempt is left
//        └────────── tried again later ───────┘
//
// An order with `order_flag_repeats` that ends, other than by being closed, is opened anew for its
// next moment. It makes no other order leave: nobody could wait then until that one is kept.
//
// A group is an order with no money of its own and the members that follow it by number; they take
// its steps with it. A refund is an order whose terms name a parent: what it gives back counts in
// `Order::returned` of the parent from its opening on, and no longer if it fails.
//
// What is due, and when: an order that acts, expires or is told (`next_order_due`), a notice that
// waits (`next_notice_due`). Both lists are sets in order of time and number, so that what is due
// at one moment comes in the order in which it was opened.
//
// Where an order is, once it has ended:
//
//     here ── ended, `orders_max` newer ones have too ─▶ leaving ── `leaving_max` more ─▶ gone
//      ▲                                                                                   │
//      └───────────── something new happens to it: `OrderRecalled` ────────────────────────┘
//
// An order stays here while a notice about it, or an order that gives back part of it, is open.
//
// Who owns what: this owns the orders; each is immutable and shared, a step puts a new one in its
// place, so that outcomes and effects keep what they were given, also on other threads. Indexes
// (keys, deadlines, who is busy) follow from the orders and are not saved. Only one thread calls.
//
// What it buys: which orders are here depends on the records alone, never on who keeps those that
// have left; a replay and a switch that runs come to the same bytes. An order is found by each of
// its keys as long as the books are, and no key opens two (with the archive, as
// ledger/archive/order_archive.h keeps it). An ended order never moves again, so money moves for
// it once.
#pragma once

#include "ledger/records/order.h"
#include "ledger/records/state_bytes.h"
#include "ledger/state/key_filter.h"

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

/// A fold over orders and notices. By itself this forgets what has left; with `keep`,
/// `may_have_left` says what is to be looked for there. What `find` gives away never changes.
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
    /// The first of those two.
    std::optional<Timestamp> next_due() const;
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
    std::optional<std::string> violation(const OrderOpened& opened) const;
    std::optional<std::string> violation(const OrderMoved& moved) const;
    std::optional<std::string> violation(const NoticeMoved& moved) const;
    std::optional<std::string> violation(const OrderRecalled& recalled) const;

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
