#include "ledger/state/orders.h"

#include "ledger/records/batch.h"
#include "ledger/records/order_bytes.h"
#include "ledger/records/order_records.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace tuma::ledger {
namespace {

// How many ended orders an opening looks at; has_room reckons with it.
constexpr std::size_t looks_per_opening = 8;

Timestamp moment(std::int64_t us) {
    return Timestamp{Duration{us}};
}

struct SavedNotice {
    NoticeId id;
    OrderId order;
    std::int64_t next_at = 0;
    NoticeState state = NoticeState::waiting;
    std::uint8_t channel = 0;
    std::uint16_t attempts = 0;
    std::uint16_t status = 0;
    std::uint16_t reserved = 0;
};
static_assert(std::has_unique_object_representations_v<SavedNotice>);

// When something next happens to an open order without anybody's doing.
std::optional<Timestamp> due_of(const Order& order) {
    if (is_final(order.state)) return std::nullopt;
    std::optional<Timestamp> due;
    if (order.acts_at != Timestamp{}) due = order.acts_at;
    // Only a customer can be too late. What a merchant's silence means has its moment in `acts_at`.
    const Timestamp expires = moment(order.terms.expires_at);
    const bool can_expire = expires != Timestamp{} && order.state == OrderState::awaiting_customer;
    if (can_expire && (!due || expires < *due)) due = expires;
    return due;
}

bool is_exclusive(const Order& order) {
    return (order.terms.flags & order_flag_exclusive) != 0 && !is_final(order.state);
}

}  // namespace

std::uint64_t hash_of_order_key(std::string_view key) {
    // Clients choose keys. With SHA-256 they cannot choose them so that they share their bits.
    const Hash hash = sha256(std::as_bytes(std::span{key}));
    std::uint64_t value = 0;
    std::memcpy(&value, hash.data(), sizeof value);
    return value;
}

std::shared_ptr<const Order> Orders::find(OrderId id) const {
    const auto found = orders_.find(id);
    return found == orders_.end() ? nullptr : found->second;
}

std::shared_ptr<const Order> Orders::find(std::string_view key) const {
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : find(found->second);
}

std::shared_ptr<const Order> Orders::find_exclusive(AccountId debit) const {
    const auto found = busy_.find(debit);
    return found == busy_.end() ? nullptr : find(found->second);
}

const Notice* Orders::find(NoticeId id) const {
    const auto found = notices_.find(id);
    return found == notices_.end() ? nullptr : &found->second;
}

const Notice* Orders::find(OrderId order, std::uint8_t channel) const {
    // Rarely asked. An index would have to be kept up with every notice.
    for (const auto& [id, notice] : notices_)
        if (notice.order == order && notice.channel == channel) return &notice;
    return nullptr;
}

std::optional<std::pair<Timestamp, OrderId>> Orders::next_order_due() const {
    if (deadlines_.empty()) return std::nullopt;
    return *deadlines_.begin();
}

std::optional<std::pair<Timestamp, NoticeId>> Orders::next_notice_due() const {
    if (notices_due_.empty()) return std::nullopt;
    return *notices_due_.begin();
}

std::optional<Timestamp> Orders::next_due() const {
    const auto order = next_order_due();
    const auto notice = next_notice_due();
    if (!order && !notice) return std::nullopt;
    return std::min(order ? order->first : Timestamp::max(),
                    notice ? notice->first : Timestamp::max());
}

std::vector<Notice> Orders::sending() const {
    std::vector<Notice> under_way;
    for (const auto& [id, notice] : notices_)
        if (notice.state == NoticeState::sending) under_way.push_back(notice);
    return under_way;
}

std::vector<Notice> Orders::newest_notices(OrderId order, std::size_t most) const {
    std::vector<Notice> newest;
    for (auto at = notices_.rbegin(); at != notices_.rend() && newest.size() < most; ++at)
        if (!order || at->second.order == order) newest.push_back(at->second);
    return newest;
}

void Orders::add_deadline(const Order& order) {
    if (const auto due = due_of(order)) deadlines_.emplace(*due, order.terms.id);
}

void Orders::remove_deadline(const Order& order) {
    if (const auto due = due_of(order)) deadlines_.erase({*due, order.terms.id});
}

void Orders::put(std::shared_ptr<const Order> order) {
    // The deadline of the order that it replaces has been taken away before: it follows from what
    // that one was.
    add_deadline(*order);
    if (is_exclusive(*order)) busy_[order->debit] = order->terms.id;
    orders_[order->terms.id] = std::move(order);
}

void Orders::apply(const OrderOpened& opened, Timestamp time) {
    auto order = std::make_shared<Order>();
    // As the record is written, so that an order is the same whether it was decided or replayed.
    order->terms = sized(opened).terms;
    order->keys = opened.keys;
    order->content = opened.content;
    order->debit = opened.terms.debit;
    order->opened_at = time;
    order->moved_at = time;
    order->acts_at = moment(opened.terms.acts_at);
    order->state = first_state(opened.terms);
    claim_keys(*order);
    hold_parent(*order);
    if (const auto parent = find(opened.terms.parent)) {
        auto changed = std::make_shared<Order>(*parent);
        // From its opening on, or two open refunds could promise the same money. The parent is
        // replaced and not changed: others may hold it, on other threads too.
        changed->returned += opened.terms.amount;
        changed->children += 1;
        orders_[parent->terms.id] = std::move(changed);
    }
    next_order_.value = opened.terms.id.value + 1;
    put(std::move(order));
    // Such an order may open by itself, when nobody can be asked to wait until others are kept.
    // What it leaves undone is done by the next one that a request opens.
    if ((opened.terms.flags & order_flag_repeats) == 0) evict();
}

void Orders::apply(const OrderMoved& moved, Timestamp time) {
    const auto before = find(moved.head.order);
    ensure(before != nullptr, "an order that moves is there");
    // Both are found by what the order was; they must go before it becomes another.
    remove_deadline(*before);
    if (is_exclusive(*before)) busy_.erase(before->debit);
    auto order = std::make_shared<Order>(*before);
    take_over(*order, moved);
    order->moved_at = time;
    const std::shared_ptr<const Order> after = std::move(order);
    put(after);
    if (is_final(after->state)) end(*after);
}

void Orders::claim_keys(const Order& order) {
    for (const std::string& key : order.keys) {
        OrderId& owner = keys_[key];
        // Recalled orders come in any order. A newer one with the same key keeps it.
        owner = std::max(owner, order.terms.id);
    }
}

void Orders::hold_parent(const Order& child) {
    const OrderId parent = child.terms.parent;
    if (!parent || find(parent) == nullptr) return;
    // Until this part has ended, the parent may be changed again and has to stay.
    come_back(parent);
    open_children_[parent] += 1;
}

void Orders::release_parent(const Order& child) {
    // It is not counted where the parent was not here when the child was opened.
    const auto held = open_children_.find(child.terms.parent);
    if (held != open_children_.end() && --held->second == 0) open_children_.erase(held);
}

void Orders::end(const Order& order) {
    ended_.push_back(order.terms.id);
    if (order.state != OrderState::succeeded) give_back(order);
    release_parent(order);
}

// What a failed child would have given back is still to be had.
void Orders::give_back(const Order& child) {
    const auto parent = find(child.terms.parent);
    if (parent == nullptr) return;
    auto changed = std::make_shared<Order>(*parent);
    changed->returned -= child.terms.amount;
    changed->children -= 1;
    orders_[parent->terms.id] = std::move(changed);
}

void Orders::evict() {
    // A few may be held by what is still open; they must not make every opening a walk.
    for (std::size_t looks = 0; looks < looks_per_opening; ++looks) {
        if (orders_.size() - leaving_at_.size() <= orders_max_ || ended_.empty()) break;
        const OrderId oldest = ended_.front();
        ended_.pop_front();
        // Put behind the others, so that it is looked at again later.
        if (notices_of_.contains(oldest) || open_children_.contains(oldest))
            ended_.push_back(oldest);
        else
            leave(oldest);
    }
    forget_left();
}

void Orders::leave(OrderId id) {
    leaving_.push_back(id);
    // These numbers are how whoever keeps orders says how far it has come.
    leaving_at_[id] = leaving_count_++;
    if (left_ != nullptr) to_keep_.push_back(find(id));
    if (farewell_) farewell_(find(id));
}

void Orders::forget_left() {
    // By number alone: what the archive has written is not in the journal, and a replay must come
    // to the same orders.
    while (leaving_.size() > leaving_max_) {
        ensure(left_ == nullptr || left_before() < kept_until_,
               "an order leaves once somebody else has it");
        const OrderId id = leaving_.front();
        const std::uint64_t place = left_before();
        leaving_.pop_front();
        const auto counts = leaving_at_.find(id);
        // It came back meanwhile.
        if (counts == leaving_at_.end() || counts->second != place) continue;
        leaving_at_.erase(counts);
        const auto order = find(id);
        // A newer order may have taken the key over.
        for (const std::string& key : order->keys)
            if (const auto owner = keys_.find(key); owner != keys_.end() && owner->second == id)
                keys_.erase(owner);
        orders_.erase(id);
    }
}

void Orders::come_back(OrderId id) {
    // Its place in `leaving_` stays and counts no more: taking it out would renumber those behind
    // it.
    if (leaving_at_.erase(id) > 0) ended_.push_back(id);
}

void Orders::keep(const KeyFilter& left, std::uint64_t until) {
    ensure(until >= left_before(), "what has left is kept by somebody else");
    left_ = &left;
    kept_until_ = until;
}

bool Orders::has_room(std::size_t more) const {
    // Each opening makes at most as many leave as it looks at.
    return left_ == nullptr ||
           leaving_.size() + more * looks_per_opening <= leaving_max_ + kept_until_ - left_before();
}

std::vector<std::shared_ptr<const Order>> Orders::leaving_from(std::uint64_t first) const {
    std::vector<std::shared_ptr<const Order>> orders;
    for (std::uint64_t place = first; place < leaving_count_; ++place)
        orders.push_back(find(leaving_.at(static_cast<std::size_t>(place - left_before()))));
    return orders;
}

void Orders::apply(const OrderRecalled& recalled) {
    const OrderId id = recalled.order.terms.id;
    // Two requests may have asked for it at one time.
    if (find(id) != nullptr) return;
    orders_[id] = std::make_shared<const Order>(recalled.order);
    claim_keys(recalled.order);
    ended_.push_back(id);
}

void Orders::apply(const NoticeMoved& moved) {
    const bool is_over =
        moved.state == NoticeState::delivered || moved.state == NoticeState::given_up;
    if (moved.id == next_notice_) {
        next_notice_.value += 1;
        notices_of_[moved.order] += 1;
        // An order stays here while somebody is still to be told of it.
        come_back(moved.order);
    } else if (const Notice* before = find(moved.id)) {
        notices_due_.erase({before->next_at, moved.id});
    }
    // Nobody looks up a notice that has ended; the journal has it.
    if (is_over) {
        notices_.erase(moved.id);
        const auto left = notices_of_.find(moved.order);
        if (--left->second == 0) notices_of_.erase(left);
        return;
    }
    const Timestamp next_at = moment(moved.next_at);
    notices_[moved.id] = {moved.id,       moved.order,  moved.state, moved.channel,
                          moved.attempts, moved.status, next_at};
    if (moved.state == NoticeState::waiting) notices_due_.emplace(next_at, moved.id);
}

std::optional<std::string> Orders::violation(const OrderOpened& opened) const {
    const std::uint64_t id = opened.terms.id.value;
    if (opened.terms.id != next_order_)
        return fmt::format("order {} where {} is next", id, next_order_.value);
    for (std::size_t i = 0; i < opened.keys.size(); ++i) {
        const std::string& key = opened.keys[i];
        // Programs before this one forgot orders, and their keys were given again.
        const auto owner = find(key);
        bool is_taken = owner != nullptr && !is_final(owner->state);
        for (std::size_t j = 0; j < i; ++j) is_taken = is_taken || opened.keys[j] == key;
        if (is_taken) return fmt::format("order {}: its key '{}' is taken", id, key);
    }
    return std::nullopt;
}

std::optional<std::string> Orders::violation(const OrderMoved& moved) const {
    const auto order = find(moved.head.order);
    if (order == nullptr)
        return fmt::format("order {} moves and does not exist", moved.head.order.value);
    // What has ended stays so, or money could move twice for one order.
    if (is_final(order->state))
        return fmt::format("order {} moves and is {} already", moved.head.order.value,
                           name(order->state));
    return std::nullopt;
}

std::optional<std::string> Orders::violation(const NoticeMoved& moved) const {
    if (find(moved.order) == nullptr)
        return fmt::format("notice {}: order {} does not exist", moved.id.value, moved.order.value);
    if (moved.id == next_notice_) return std::nullopt;
    const Notice* const before = find(moved.id);
    if (before == nullptr || before->order != moved.order || before->channel != moved.channel)
        return fmt::format("notice {} goes on and is not open", moved.id.value);
    return std::nullopt;
}

std::optional<std::string> Orders::violation(const OrderRecalled& recalled) const {
    const OrderTerms& terms = recalled.order.terms;
    if (terms.id >= next_order_ || !terms.id)
        return fmt::format("order {} is recalled and never was", terms.id.value);
    return std::nullopt;
}

void Orders::save(ByteSink& sink) const {
    write_value(sink, next_order_.value);
    write_value(sink, next_notice_.value);
    // Keys, deadlines, busy accounts and open parts follow from the orders and are not saved.
    std::map<OrderId, std::shared_ptr<const Order>> sorted(orders_.begin(), orders_.end());
    write_value(sink, std::uint64_t{sorted.size()});
    for (const auto& [id, order] : sorted) save_order(sink, *order);
    write_value(sink, std::uint64_t{ended_.size()});
    for (const OrderId id : ended_) write_value(sink, id.value);
    write_value(sink, leaving_count_);
    write_value(sink, std::uint64_t{leaving_.size()});
    for (std::size_t i = 0; i < leaving_.size(); ++i) {
        const auto counts = leaving_at_.find(leaving_[i]);
        const bool is_counted = counts != leaving_at_.end() && counts->second == left_before() + i;
        write_value(sink, leaving_[i].value);
        write_value(sink, std::uint64_t{is_counted ? 1U : 0U});
    }
    write_value(sink, std::uint64_t{notices_.size()});
    for (const auto& [id, notice] : notices_)
        write_value(sink,
                    SavedNotice{id, notice.order, notice.next_at.time_since_epoch().count(),
                                notice.state, notice.channel, notice.attempts, notice.status, 0});
}

void Orders::load(ByteSource& source) {
    ensure(empty() && orders_.empty(), "loading into orders that are in use");
    next_order_.value = read_value<std::uint64_t>(source);
    next_notice_.value = read_value<std::uint64_t>(source);
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const auto order = read_order(source);
        if (order->terms.id >= next_order_ || find(order->terms.id) != nullptr)
            throw StateError("an order in the saved state is out of order");
        claim_keys(*order);
        put(order);
    }
    // Only those that are open hold their parents.
    for (const auto& [id, order] : orders_)
        if (!is_final(order->state) && find(order->terms.parent) != nullptr)
            open_children_[order->terms.parent] += 1;
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const OrderId id{read_value<std::uint64_t>(source)};
        const auto order = find(id);
        if (order == nullptr || !is_final(order->state))
            throw StateError("an order in the saved state has ended and is not there");
        ended_.push_back(id);
    }
    load_leaving(source);
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const auto saved = read_value<SavedNotice>(source);
        if (saved.id >= next_notice_ || find(saved.id) != nullptr || find(saved.order) == nullptr ||
            saved.channel >= notice_channels ||
            (saved.state != NoticeState::waiting && saved.state != NoticeState::sending))
            throw StateError("a notice in the saved state makes no sense");
        const Timestamp next_at = moment(saved.next_at);
        notices_[saved.id] = {saved.id,       saved.order,  saved.state, saved.channel,
                              saved.attempts, saved.status, next_at};
        notices_of_[saved.order] += 1;
        if (saved.state == NoticeState::waiting) notices_due_.emplace(next_at, saved.id);
    }
}

void Orders::load_leaving(ByteSource& source) {
    leaving_count_ = read_value<std::uint64_t>(source);
    const auto count = read_value<std::uint64_t>(source);
    if (count > leaving_count_) throw StateError("more orders are leaving than ever left");
    for (std::uint64_t i = 0; i < count; ++i) {
        const OrderId id{read_value<std::uint64_t>(source)};
        const bool is_counted = read_value<std::uint64_t>(source) != 0;
        const auto order = find(id);
        if (order == nullptr || !is_final(order->state))
            throw StateError("an order in the saved state is leaving and is not there");
        leaving_.push_back(id);
        if (is_counted && !leaving_at_.emplace(id, leaving_count_ - count + i).second)
            throw StateError("an order in the saved state leaves twice");
    }
}

}  // namespace tuma::ledger
