#include "ledger/state/state.h"

#include "ledger/records/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>

namespace tuma::ledger {
namespace {

// Bytes into SHA-256.
class HashSink final : public ByteSink {
public:
    void write(std::span<const std::byte> bytes) override { hash_.update(bytes); }
    Hash finish() { return hash_.finish(); }

private:
    Sha256 hash_;
};

}  // namespace

State::State(const StateLimits& limits)
    : books(limits.accounts_max, limits.hash_seed),
      keys(limits.request_keys_max, limits.request_keys_retention, limits.hash_seed,
           limits.key_filter_bytes),
      orders(limits.orders_max, limits.orders_leaving_max) {}

void State::apply(const Event& event, Timestamp time) {
    std::visit([this, time](const auto& record) { apply(record, time); }, event);
}

void State::apply(const TransferRecord& record, Timestamp time) {
    books.apply(record);
    remember(record, time);
}

void State::remember(const TransferRecord& record, Timestamp time) {
    ensure(record.id == position.next_transfer, "transfers are numbered without gaps");
    position.next_transfer.value += 1;
    // Books without orders and without schemes pay nothing for either.
    if (!orders.empty() && posts_money(record.kind)) old_refunds.apply(record);
    if (!terms.empty()) count(record, time);
    // Expiry is the switch's own doing, and a set is remembered once, by its first record.
    if (!record.key() || record.is_continuation()) return;
    // As `answer_of` reads the record: the audit holds clients' answers against that.
    keys.remember({.reference = record.reference,
                   .digest = record.digest,
                   .participant = record.participant,
                   .id = record.id.value,
                   .time_us = time.time_since_epoch().count(),
                   .balance = record.debit_balance_after});
}

void State::count(const TransferRecord& record, Timestamp time) {
    limit_counters.apply(record, terms, time);
    if (!posts_money(record.kind)) return;
    pending_settlements.apply(record, terms);
    takings.apply(record, terms);
}

void State::apply(const AccountOpened& opened, Timestamp time) {
    books.apply(opened);
    terms.apply(opened);
    // Without a key nobody will ask again.
    if (!opened.key()) return;
    keys.remember({.reference = opened.reference,
                   .digest = opened.digest,
                   .participant = opened.participant,
                   .id = opened.id.value,
                   .time_us = time.time_since_epoch().count()});
}

void State::apply(const AccountChanged& changed, Timestamp time) {
    books.apply(changed);
    if (!changed.key()) return;
    keys.remember({.reference = changed.reference,
                   .digest = changed.digest,
                   .participant = changed.participant,
                   .id = changed.id.value,
                   .time_us = time.time_since_epoch().count()});
}

void State::apply(const RequestRefused& refused, Timestamp time) {
    if (!refused.key()) return;
    keys.remember({.reference = refused.reference,
                   .digest = refused.digest,
                   .participant = refused.participant,
                   .code = refused.refusal,
                   .time_us = time.time_since_epoch().count()});
}

void State::apply(const SchemeLoaded& loaded, Timestamp time) {
    terms.apply(loaded);
    if (!loaded.key()) return;
    keys.remember({.reference = loaded.head.reference,
                   .digest = loaded.head.digest,
                   .participant = loaded.head.participant,
                   .id = loaded.head.id.value,
                   .time_us = time.time_since_epoch().count()});
}

void State::apply(const SettlementClosed& closed, Timestamp /*time*/) {
    pending_settlements.apply(closed);
}

void State::apply(const ProfileStored& stored, Timestamp /*time*/) {
    profiles.apply(stored);
}

void State::apply(const OrderOpened& opened, Timestamp time) {
    orders.apply(opened, time);
}

void State::apply(const OrderMoved& moved, Timestamp time) {
    // Before the order has its transfer: an order that has one already is not counted again.
    old_refunds.apply(moved, orders);
    orders.apply(moved, time);
}

void State::apply(const NoticeMoved& moved, Timestamp /*time*/) {
    orders.apply(moved);
}

void State::apply(const OrderRecalled& recalled, Timestamp /*time*/) {
    orders.apply(recalled);
}

namespace {

// Why a decoded event cannot be applied.
struct Violation {
    const State& state;

    std::optional<std::string> operator()(const TransferRecord& record) const {
        if (record.id != state.position.next_transfer)
            return fmt::format("transfer {} where {} is next", record.id.value,
                               state.position.next_transfer.value);
        return state.books.violation(record);
    }
    std::optional<std::string> operator()(const RequestRefused&) const { return std::nullopt; }
    std::optional<std::string> operator()(const AccountOpened& opened) const {
        if (auto why = state.books.violation(opened)) return why;
        return state.terms.violation(opened);
    }
    std::optional<std::string> operator()(const SchemeLoaded& loaded) const {
        return state.terms.violation(loaded);
    }
    std::optional<std::string> operator()(const SettlementClosed& closed) const {
        // Money moves first, and the record that tells of it comes behind.
        if (closed.payout >= state.position.next_transfer)
            return fmt::format("settlement of account {}: its payout, transfer {}, is not there",
                               closed.account.value, closed.payout.value);
        const Account* const payable = state.books.find(closed.account);
        if (payable == nullptr)
            return fmt::format("settlement of account {}, which does not exist",
                               closed.account.value);
        return state.pending_settlements.violation(closed, balance(*payable));
    }
    std::optional<std::string> operator()(const AccountChanged& changed) const {
        return state.books.violation(changed);
    }
    std::optional<std::string> operator()(const ProfileStored&) const { return std::nullopt; }
    std::optional<std::string> operator()(const OrderOpened& opened) const {
        return state.orders.violation(opened);
    }
    std::optional<std::string> operator()(const OrderMoved& moved) const {
        if (moved.head.transfer >= state.position.next_transfer)
            return fmt::format("order {}: its transfer {} is not there", moved.head.order.value,
                               moved.head.transfer.value);
        return state.orders.violation(moved);
    }
    std::optional<std::string> operator()(const NoticeMoved& moved) const {
        return state.orders.violation(moved);
    }
    std::optional<std::string> operator()(const OrderRecalled& recalled) const {
        return state.orders.violation(recalled);
    }
};

std::optional<std::string> header_violation(const BatchHeader& header, const Position& position) {
    if (header.sequence != position.sequence + 1)
        return fmt::format("sequence {} follows {}", header.sequence, position.sequence);
    if (header.previous != position.hash)
        return std::string("the chain is broken: previous hash differs from the batch before");
    if (header.first_transfer != position.next_transfer)
        return fmt::format("first transfer {} where {} is next", header.first_transfer.value,
                           position.next_transfer.value);
    // Windows, days and deadlines rest on times that never decrease.
    if (header.time() < position.time) return std::string("its time is before the last batch's");
    return std::nullopt;
}

// Goes over a batch's records some way ahead of their replay and asks for the memory that they will
// need; most of a replay's time would be waiting for it. Nothing is checked yet: only hints follow.
class LookAhead {
public:
    LookAhead(const State& state, std::span<const std::byte> records)
        : state_(state), bytes_(records) {
        for (int i = 0; i < distance; ++i) step();
    }

    void step() {
        if (bytes_.size() < sizeof(RequestRefused)) return;
        // Kind, version and size stand at the front of every record.
        std::uint16_t size = 0;
        std::memcpy(&size, bytes_.data() + offsetof(TransferRecord, size), sizeof size);
        // Nearly all records are transfers, and each needs two accounts and a key.
        if (bytes_.front() == std::byte{1} && bytes_.size() >= sizeof(TransferRecord)) {
            TransferRecord record;
            std::memcpy(&record, bytes_.data(), sizeof record);
            state_.books.prefetch(record.debit, record.credit);
            state_.keys.prefetch(record.key());
        }
        // A size of 0 does not move on. The replay refuses it when it gets there.
        bytes_ = bytes_.subspan(std::min<std::size_t>(size, bytes_.size()));
    }

private:
    static constexpr int distance = 12;

    const State& state_;
    std::span<const std::byte> bytes_;
};

}  // namespace

std::optional<std::string> State::replay_next(std::span<const std::byte>& bytes, Timestamp time) {
    // Transfers have a way of their own, without a variant in between: a replay is hardly anything
    // else.
    if (static_cast<RecordKind>(bytes.front()) != RecordKind::transfer) {
        const Result<Event> event = take_event(bytes);
        if (!event) return event.error().text();
        // The batch's hash only says that nobody altered it since. What it says must still be
        // possible.
        if (auto why = std::visit(Violation{*this}, *event)) return why;
        apply(*event, time);
        return std::nullopt;
    }
    TransferRecord record;
    if (const auto error = take_transfer(bytes, record)) return error->text();
    if (auto why = Violation{*this}(record)) return why;
    apply(record, time);
    return std::nullopt;
}

std::optional<std::string> State::replay(const BatchView& batch) {
    if (auto why = header_violation(batch.header, position)) return why;
    const Timestamp time = batch.header.time();
    std::span<const std::byte> bytes = batch.records;
    LookAhead ahead(*this, bytes);
    std::uint32_t events = 0;
    for (; !bytes.empty(); ++events) {
        ahead.step();
        if (auto why = replay_next(bytes, time)) return why;
    }
    // A writer's mistake has the right hash as well, and would be found here.
    if (events != batch.header.event_count)
        return fmt::format("{} events where the header says {}", events, batch.header.event_count);
    if (batch.header.next_transfer != position.next_transfer)
        return fmt::format("next transfer {} where the header says {}",
                           position.next_transfer.value, batch.header.next_transfer.value);
    // Last: until here the position names the batch before.
    position.sequence = batch.header.sequence;
    position.hash = batch.hash;
    position.time = time;
    return std::nullopt;
}

void State::save(ByteSink& sink) const {
    // Without the batch's hash: whoever decides does not know it before the batch is sealed.
    write_value(sink, position.sequence);
    write_value(sink, position.time.time_since_epoch().count());
    write_value(sink, position.next_transfer.value);
    std::apply([&](const auto&... part) { (part.save(sink), ...); }, parts_of(*this));
}

void State::load(ByteSource& source) {
    position.sequence = read_value<std::uint64_t>(source);
    position.time = Timestamp{Duration{read_value<std::int64_t>(source)}};
    position.next_transfer.value = read_value<std::uint64_t>(source);
    if (!position.next_transfer) throw StateError("the saved state has no next transfer");
    std::apply([&](auto&... part) { (part.load(source), ...); }, parts_of(*this));
}

std::vector<std::string> State::broken_invariants() const {
    std::vector<std::string> broken;
    const auto add = [&](std::vector<std::string> more) {
        broken.insert(broken.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    };
    // A part says what it needs by what it takes. The list needs no line for a new one.
    const auto check = [&](const auto& part) {
        if constexpr (requires { part.broken_invariants(); })
            add(part.broken_invariants());
        else if constexpr (requires { part.broken_invariants(books, terms); })
            add(part.broken_invariants(books, terms));
    };
    std::apply([&](const auto&... part) { (check(part), ...); }, parts_of(*this));
    return broken;
}

std::optional<Timestamp> State::next_due() const {
    std::optional<Timestamp> first;
    const auto look = [&](const auto& part) {
        if constexpr (HasMoments<decltype(part)>) {
            const std::optional<Timestamp> next = part.next_due();
            if (next && (!first || *next < *first)) first = next;
        }
    };
    std::apply([&](const auto&... part) { (look(part), ...); }, parts_of(*this));
    return first;
}

Hash State::hash() const {
    HashSink sink;
    save(sink);
    return sink.finish();
}

}  // namespace tuma::ledger
