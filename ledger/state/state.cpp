#include "ledger/state.h"

#include "ledger/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

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
      keys(limits.request_keys_max, limits.request_keys_retention, limits.hash_seed),
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
    if (!orders.empty() && posts_money(record.kind)) old_refunds.apply(record);
    if (!terms.empty()) count(record, time);
    // Expiry is the switch's own doing, and a set is remembered once, by its first record.
    if (!record.key() || record.is_continuation()) return;
    keys.remember({.reference = record.reference,
                   .digest = record.digest,
                   .participant = record.participant,
                   .id = record.id.value,
                   .time_us = time.time_since_epoch().count(),
                   .balance = record.debit_balance_after});
}

void State::count(const TransferRecord& record, Timestamp time) {
    turnovers.apply(record, terms, time);
    if (!posts_money(record.kind)) return;
    maturities.apply(record, terms);
    takings.apply(record, terms);
}

void State::apply(const AccountOpened& opened, Timestamp time) {
    books.apply(opened);
    terms.apply(opened);
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
    maturities.apply(closed);
}

void State::apply(const ProfileStored& stored, Timestamp /*time*/) {
    profiles.apply(stored);
}

void State::apply(const OrderOpened& opened, Timestamp time) {
    orders.apply(opened, time);
}

void State::apply(const OrderMoved& moved, Timestamp time) {
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
struct Misfit {
    const State& state;

    std::optional<std::string> operator()(const TransferRecord& record) const {
        if (record.id != state.position.next_transfer)
            return fmt::format("transfer {} where {} is next", record.id.value,
                               state.position.next_transfer.value);
        return state.books.misfit(record);
    }
    std::optional<std::string> operator()(const RequestRefused&) const { return std::nullopt; }
    std::optional<std::string> operator()(const AccountOpened& opened) const {
        if (auto why = state.books.misfit(opened)) return why;
        return state.terms.misfit(opened);
    }
    std::optional<std::string> operator()(const SchemeLoaded& loaded) const {
        return state.terms.misfit(loaded);
    }
    std::optional<std::string> operator()(const SettlementClosed& closed) const {
        if (closed.payout >= state.position.next_transfer)
            return fmt::format("settlement of account {}: its payout, transfer {}, is not there",
                               closed.account.value, closed.payout.value);
        const Account* const payable = state.books.find(closed.account);
        if (payable == nullptr)
            return fmt::format("settlement of account {}, which does not exist",
                               closed.account.value);
        return state.maturities.misfit(closed, balance(*payable));
    }
    std::optional<std::string> operator()(const AccountChanged& changed) const {
        return state.books.misfit(changed);
    }
    std::optional<std::string> operator()(const ProfileStored&) const { return std::nullopt; }
    std::optional<std::string> operator()(const OrderOpened& opened) const {
        return state.orders.misfit(opened);
    }
    std::optional<std::string> operator()(const OrderMoved& moved) const {
        if (moved.head.transfer >= state.position.next_transfer)
            return fmt::format("order {}: its transfer {} is not there", moved.head.order.value,
                               moved.head.transfer.value);
        return state.orders.misfit(moved);
    }
    std::optional<std::string> operator()(const NoticeMoved& moved) const {
        return state.orders.misfit(moved);
    }
    std::optional<std::string> operator()(const OrderRecalled& recalled) const {
        return state.orders.misfit(recalled);
    }
};

std::optional<std::string> header_misfit(const BatchHeader& header, const Position& position) {
    if (header.sequence != position.sequence + 1)
        return fmt::format("sequence {} follows {}", header.sequence, position.sequence);
    if (header.previous != position.hash)
        return std::string("the chain is broken: previous hash differs from the batch before");
    if (header.first_transfer != position.next_transfer)
        return fmt::format("first transfer {} where {} is next", header.first_transfer.value,
                           position.next_transfer.value);
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
        std::uint16_t size = 0;
        std::memcpy(&size, bytes_.data() + offsetof(TransferRecord, size), sizeof size);
        if (bytes_.front() == std::byte{1} && bytes_.size() >= sizeof(TransferRecord)) {
            TransferRecord record;
            std::memcpy(&record, bytes_.data(), sizeof record);
            state_.books.prefetch(record.debit, record.credit);
            state_.keys.prefetch(record.key());
        }
        bytes_ = bytes_.subspan(std::min<std::size_t>(size, bytes_.size()));
    }

private:
    static constexpr int distance = 12;

    const State& state_;
    std::span<const std::byte> bytes_;
};

}  // namespace

std::optional<std::string> State::replay_next(std::span<const std::byte>& bytes, Timestamp time) {
    if (static_cast<RecordKind>(bytes.front()) != RecordKind::transfer) {
        const Result<Event> event = take_event(bytes);
        if (!event) return event.error().text();
        if (auto why = std::visit(Misfit{*this}, *event)) return why;
        apply(*event, time);
        return std::nullopt;
    }
    TransferRecord record;
    if (const auto error = take_transfer(bytes, record)) return error->text();
    if (auto why = Misfit{*this}(record)) return why;
    apply(record, time);
    return std::nullopt;
}

std::optional<std::string> State::replay(const BatchView& batch) {
    if (auto why = header_misfit(batch.header, position)) return why;
    const Timestamp time = batch.header.time();
    std::span<const std::byte> bytes = batch.records;
    LookAhead ahead(*this, bytes);
    std::uint32_t events = 0;
    for (; !bytes.empty(); ++events) {
        ahead.step();
        if (auto why = replay_next(bytes, time)) return why;
    }
    if (events != batch.header.event_count)
        return fmt::format("{} events where the header says {}", events, batch.header.event_count);
    if (batch.header.next_transfer != position.next_transfer)
        return fmt::format("next transfer {} where the header says {}",
                           position.next_transfer.value, batch.header.next_transfer.value);
    position.sequence = batch.header.sequence;
    position.hash = batch.hash;
    position.time = time;
    return std::nullopt;
}

void State::save(ByteSink& sink) const {
    write_value(sink, position.sequence);
    write_value(sink, position.time.time_since_epoch().count());
    write_value(sink, position.next_transfer.value);
    books.save(sink);
    keys.save(sink);
    terms.save(sink);
    turnovers.save(sink);
    maturities.save(sink);
    profiles.save(sink);
    orders.save(sink);
    takings.save(sink);
    old_refunds.save(sink);
}

void State::load(ByteSource& source) {
    position.sequence = read_value<std::uint64_t>(source);
    position.time = Timestamp{Duration{read_value<std::int64_t>(source)}};
    position.next_transfer.value = read_value<std::uint64_t>(source);
    if (!position.next_transfer) throw StateError("the saved state has no next transfer");
    books.load(source);
    keys.load(source);
    terms.load(source);
    turnovers.load(source);
    maturities.load(source);
    profiles.load(source);
    orders.load(source);
    takings.load(source);
    old_refunds.load(source);
}

std::vector<std::string> State::broken_invariants() const {
    std::vector<std::string> broken = books.broken_invariants();
    if (terms.empty()) return broken;
    for (std::uint32_t i = 1; i <= books.account_count(); ++i) {
        const AccountId id{i};
        const AccountTerms* const of = terms.find(id);
        if (of == nullptr || !of->payout) continue;
        const Account& payable = *books.find(id);
        const std::int64_t due = maturities.outstanding(id);
        if (due != balance(payable))
            broken.push_back(fmt::format("account {}: {} minor units fall due, its balance is {}",
                                         i, due, balance(payable)));
        const Account* const bank = books.find(of->payout);
        if (bank == nullptr || bank->kind != AccountKind::bank_account ||
            bank->currency != payable.currency)
            broken.push_back(
                fmt::format("account {}: is paid out to account {}, which is no bank "
                            "account of its currency",
                            i, of->payout.value));
    }
    return broken;
}

Hash State::hash() const {
    HashSink sink;
    save(sink);
    return sink.finish();
}

}  // namespace tuma::ledger
