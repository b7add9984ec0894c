#include "ledger/records/order_bytes.h"

#include "ledger/records/order_records.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace tuma::ledger {
namespace {

static_assert(std::has_unique_object_representations_v<RecallHead>);

Timestamp moment_of_us(std::int64_t us) {
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

OrderMoved as_move(const Order& order) {
    // An order is the sum of its moves, and only the newest one counts: so one record stands for
    // all of them.
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

// A record and its size before it, so that it can be read back without looking into it.
template <typename Record>
void save_record(ByteSink& sink, const Record& record) {
    std::vector<std::byte> bytes;
    append(bytes, record);
    // The size goes before it, although the record has one too: readers need not know which record
    // it is.
    write_value(sink, static_cast<std::uint64_t>(bytes.size()));
    sink.write(bytes);
}

std::vector<std::byte> read_record(ByteSource& source) {
    const auto size = read_value<std::uint64_t>(source);
    // The size of a record is 16 bits; what is longer was never written, and must not become an
    // allocation.
    if (size > 0xFFFF) throw StateError("an order in the saved state is too long");
    std::vector<std::byte> bytes(static_cast<std::size_t>(size));
    source.read(bytes);
    return bytes;
}

class VectorSink final : public ByteSink {
public:
    void write(std::span<const std::byte> bytes) override {
        content.insert(content.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte> content;
};

class SpanSource final : public ByteSource {
public:
    explicit SpanSource(std::span<const std::byte> bytes) : left_(bytes) {}
    void read(std::span<std::byte> bytes) override {
        // A record that is cut off ends here, before anything of it is believed.
        if (bytes.size() > left_.size()) throw StateError("an order ends too early");
        std::copy_n(left_.begin(), bytes.size(), bytes.begin());
        left_ = left_.subspan(bytes.size());
    }
    std::span<const std::byte> left() const { return left_; }

private:
    std::span<const std::byte> left_;
};

}  // namespace

void take_over(Order& order, const OrderMoved& moved) {
    order.state = moved.head.state;
    order.code = moved.head.code;
    order.refusal = moved.head.refusal;
    order.debit = moved.head.debit;
    order.transfer = moved.head.transfer;
    order.acts_at = moment_of_us(moved.head.acts_at);
    order.balances = moved.balances;
    order.answer = moved.answer;
}

void save_order(ByteSink& sink, const Order& order) {
    // Two journal records and five numbers: the format is documented once, and read by the readers
    // that are fuzzed already.
    save_record(sink, OrderOpened{order.terms, order.keys, order.content});
    save_record(sink, as_move(order));
    write_value(sink, SavedFacts{order.opened_at.time_since_epoch().count(),
                                 order.moved_at.time_since_epoch().count(), order.returned,
                                 order.children, 0});
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
    // Both parts may be fine and still not belong together.
    if (!opened_left.empty() || !moved_left.empty() || moved->head.order != opened->terms.id)
        throw StateError("an order in the saved state makes no sense");
    const auto facts = read_value<SavedFacts>(source);
    auto order = std::make_shared<Order>();
    order->terms = opened->terms;
    order->keys = opened->keys;
    order->content = opened->content;
    // The move overrides what the order was opened with, as it does in the fold.
    take_over(*order, *moved);
    order->opened_at = moment_of_us(facts.opened_at);
    order->moved_at = moment_of_us(facts.moved_at);
    order->returned = facts.returned;
    order->children = facts.children;
    return order;
}

std::vector<std::byte> order_bytes(const Order& order) {
    VectorSink sink;
    save_order(sink, order);
    return std::move(sink.content);
}

Result<std::shared_ptr<const Order>> order_of(std::span<const std::byte> bytes) {
    try {
        SpanSource source(bytes);
        auto order = read_order(source);
        // Bytes behind the end would be kept, hashed and never seen.
        if (!source.left().empty()) return InputError{"order", "has bytes behind its end"};
        return order;
    } catch (const StateError& error) {
        // From here on it is input like any other: whoever reads a row of the archive gets a
        // sentence, not an exception.
        return InputError{"order", error.what()};
    }
}

// Records and facts all end on a multiple of 8.
OrderRecalled sized(OrderRecalled record) {
    record.head.size =
        static_cast<std::uint16_t>(sizeof record.head + order_bytes(record.order).size());
    return record;
}

void append(std::vector<std::byte>& bytes, const OrderRecalled& record) {
    // The size is known only once the order is written: it has texts of any length in it.
    const std::vector<std::byte> order = order_bytes(record.order);
    RecallHead head = record.head;
    head.size = static_cast<std::uint16_t>(sizeof head + order.size());
    const auto front = std::as_bytes(std::span{&head, 1});
    bytes.insert(bytes.end(), front.begin(), front.end());
    bytes.insert(bytes.end(), order.begin(), order.end());
}

Result<OrderRecalled> take_order_recalled(std::span<const std::byte>& bytes) {
    OrderRecalled record;
    if (bytes.size() < sizeof record.head)
        return InputError{"record", "fewer bytes than a record of this kind"};
    std::memcpy(&record.head, bytes.data(), sizeof record.head);
    if (record.head.version != RecallHead{}.version) return InputError{"version", "is not known"};
    if (record.head.size < sizeof record.head || record.head.size % 8 != 0 ||
        record.head.size > bytes.size())
        return InputError{"size", "is not the size of this record"};
    if (record.head.reserved != 0) return InputError{"reserved", "must be zero"};
    const auto order = order_of(bytes.first(record.head.size).subspan(sizeof record.head));
    if (!order) return order.error();
    // Only what has ended ever leaves memory; an open order cannot have come back.
    if (!is_final((*order)->state)) return InputError{"state", "is not that of an ended order"};
    // Written anew and compared in length, because records that were padded by hand would otherwise
    // give other bytes than they were read from.
    if ((*order)->terms.size == 0 ||
        order_bytes(**order).size() + sizeof record.head != record.head.size)
        return InputError{"size", "is not that of the order"};
    record.order = **order;
    bytes = bytes.subspan(record.head.size);
    return record;
}

}  // namespace tuma::ledger
