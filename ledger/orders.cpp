#include "ledger/orders.h"

#include "ledger/ensure.h"
#include "ledger/order_records.h"

#include <fmt/format.h>

#include <cstring>
#include <vector>

namespace tuma::ledger {
namespace {

Timestamp moment(std::int64_t us) {
    return Timestamp{Duration{us}};
}

// What a saved order has beside the two records that it can be made from.
struct SavedFacts {
    std::int64_t opened_at = 0;
    std::int64_t moved_at = 0;
    std::int64_t returned = 0;
    std::uint32_t children = 0;
    std::uint32_t reserved = 0;
};

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

OrderMoved as_move(const Order& order) {
    OrderMoved moved;
    moved.head.state = order.state;
    moved.head.code = order.code;
    moved.head.order = order.terms.id;
    moved.head.transfer = order.transfer;
    moved.head.acts_at = order.acts_at.time_since_epoch().count();
    moved.head.debit = order.debit;
    moved.head.refusal = order.refusal;
    moved.balances = order.balances;
    moved.answer = order.answer;
    return moved;
}

void take_over(Order& order, const OrderMoved& moved) {
    order.state = moved.head.state;
    order.code = moved.head.code;
    order.refusal = moved.head.refusal;
    order.debit = moved.head.debit;
    order.transfer = moved.head.transfer;
    order.acts_at = moment(moved.head.acts_at);
    order.balances = moved.balances;
    order.answer = moved.answer;
}

// A record and its size before it, so that it can be read back without looking into it.
template <typename Record>
void save_record(ByteSink& sink, const Record& record) {
    std::vector<std::byte> bytes;
    append(bytes, record);
    write_value(sink, static_cast<std::uint64_t>(bytes.size()));
    sink.write(bytes);
}

std::vector<std::byte> read_record(ByteSource& source) {
    const auto size = read_value<std::uint64_t>(source);
    if (size > 0xFFFF) throw StateError("an order in the saved state is too long");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    source.read(bytes);
    return bytes;
}

std::shared_ptr<const Order> read_order(ByteSource& source) {
    const std::vector<std::byte> opened_bytes = read_record(source);
    std::span<const std::byte> opened_left = opened_bytes;
    Result<OrderOpened> opened = take_order_opened(opened_left);
    if (!opened) throw StateError("an order in the saved state: " + opened.error().text());
    const std::vector<std::byte> moved_bytes = read_record(source);
    std::span<const std::byte> moved_left = moved_bytes;
    const Result<OrderMoved> moved = take_order_moved(moved_left);
    if (!moved) throw StateError("an order in the saved state: " + moved.error().text());
    if (!opened_left.empty() || !moved_left.empty() || moved->head.order != opened->terms.id)
        throw StateError("an order in the saved state makes no sense");
    const auto facts = read_value<SavedFacts>(source);
    auto order = std::make_shared<Order>();
    order->terms = opened->terms;
    order->keys = opened->keys;
    order->content = opened->content;
    take_over(*order, *moved);
    order->opened_at = moment(facts.opened_at);
    order->moved_at = moment(facts.moved_at);
    order->returned = facts.returned;
    order->children = facts.children;
    return order;
}

// When something next happens to an open order without anybody's doing.
std::optional<Timestamp> due_of(const Order& order) {
    if (is_final(order.state)) return std::nullopt;
    std::optional<Timestamp> due;
    if (order.acts_at != Timestamp{}) due = order.acts_at;
    const Timestamp expires = moment(order.terms.expires_at);
    const bool can_expire = expires != Timestamp{} && order.state == OrderState::awaiting_customer;
    if (can_expire && (!due || expires < *due)) due = expires;
    return due;
}

bool is_exclusive(const Order& order) {
    return (order.terms.flags & order_flag_exclusive) != 0 && !is_final(order.state);
}

}  // namespace

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
    add_deadline(*order);
    if (is_exclusive(*order)) busy_[order->debit] = order->terms.id;
    orders_[order->terms.id] = std::move(order);
}

void Orders::apply(const OrderOpened& opened, Timestamp time) {
    auto order = std::make_shared<Order>();
    order->terms = sized(opened).terms;
    order->keys = opened.keys;
    order->content = opened.content;
    order->debit = opened.terms.debit;
    order->opened_at = time;
    order->moved_at = time;
    order->acts_at = moment(opened.terms.acts_at);
    order->state = first_state(opened.terms);
    for (const std::string& key : order->keys) keys_.emplace(key, opened.terms.id);
    if (const auto parent = find(opened.terms.parent)) {
        auto changed = std::make_shared<Order>(*parent);
        changed->returned += opened.terms.amount;
        changed->children += 1;
        orders_[parent->terms.id] = std::move(changed);
    }
    next_order_.value = opened.terms.id.value + 1;
    put(std::move(order));
    evict();
}

void Orders::apply(const OrderMoved& moved, Timestamp time) {
    const auto before = find(moved.head.order);
    ensure(before != nullptr, "an order that moves is there");
    remove_deadline(*before);
    if (is_exclusive(*before)) busy_.erase(before->debit);
    auto order = std::make_shared<Order>(*before);
    take_over(*order, moved);
    order->moved_at = time;
    const std::shared_ptr<const Order> after = std::move(order);
    put(after);
    if (is_final(after->state)) end(*after);
}

void Orders::end(const Order& order) {
    ended_.push_back(order.terms.id);
    if (order.state != OrderState::succeeded) give_back(order);
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
    // A few may be held by their notices; they must not make every opening a walk.
    for (int looks = 0; orders_.size() > orders_max_ && !ended_.empty() && looks < 8; ++looks) {
        const OrderId oldest = ended_.front();
        ended_.pop_front();
        if (notices_of_.contains(oldest)) {
            ended_.push_back(oldest);
            continue;
        }
        const auto order = find(oldest);
        for (const std::string& key : order->keys) keys_.erase(key);
        orders_.erase(oldest);
    }
}

void Orders::apply(const NoticeMoved& moved) {
    const bool is_over =
        moved.state == NoticeState::delivered || moved.state == NoticeState::given_up;
    if (moved.id == next_notice_) {
        next_notice_.value += 1;
        notices_of_[moved.order] += 1;
    } else if (const Notice* before = find(moved.id)) {
        notices_due_.erase({before->next_at, moved.id});
    }
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

std::optional<std::string> Orders::misfit(const OrderOpened& opened) const {
    const std::uint64_t id = opened.terms.id.value;
    if (opened.terms.id != next_order_)
        return fmt::format("order {} where {} is next", id, next_order_.value);
    for (std::size_t i = 0; i < opened.keys.size(); ++i) {
        const std::string& key = opened.keys[i];
        bool is_taken = keys_.contains(key);
        for (std::size_t j = 0; j < i; ++j) is_taken = is_taken || opened.keys[j] == key;
        if (is_taken) return fmt::format("order {}: its key '{}' is taken", id, key);
    }
    return std::nullopt;
}

std::optional<std::string> Orders::misfit(const OrderMoved& moved) const {
    const auto order = find(moved.head.order);
    if (order == nullptr)
        return fmt::format("order {} moves and does not exist", moved.head.order.value);
    if (is_final(order->state))
        return fmt::format("order {} moves and is {} already", moved.head.order.value,
                           name(order->state));
    return std::nullopt;
}

std::optional<std::string> Orders::misfit(const NoticeMoved& moved) const {
    if (find(moved.order) == nullptr)
        return fmt::format("notice {}: order {} does not exist", moved.id.value, moved.order.value);
    if (moved.id == next_notice_) return std::nullopt;
    const Notice* const before = find(moved.id);
    if (before == nullptr || before->order != moved.order || before->channel != moved.channel)
        return fmt::format("notice {} goes on and is not open", moved.id.value);
    return std::nullopt;
}

void Orders::save(ByteSink& sink) const {
    write_value(sink, next_order_.value);
    write_value(sink, next_notice_.value);
    std::map<OrderId, std::shared_ptr<const Order>> sorted(orders_.begin(), orders_.end());
    write_value(sink, std::uint64_t{sorted.size()});
    for (const auto& [id, order] : sorted) {
        save_record(sink, OrderOpened{order->terms, order->keys, order->content});
        save_record(sink, as_move(*order));
        write_value(sink, SavedFacts{order->opened_at.time_since_epoch().count(),
                                     order->moved_at.time_since_epoch().count(), order->returned,
                                     order->children, 0});
    }
    write_value(sink, std::uint64_t{ended_.size()});
    for (const OrderId id : ended_) write_value(sink, id.value);
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
        for (const std::string& key : order->keys)
            if (!keys_.emplace(key, order->terms.id).second)
                throw StateError("two orders in the saved state have one key");
        put(order);
    }
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const OrderId id{read_value<std::uint64_t>(source)};
        const auto order = find(id);
        if (order == nullptr || !is_final(order->state))
            throw StateError("an order in the saved state has ended and is not there");
        ended_.push_back(id);
    }
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

}  // namespace tuma::ledger
