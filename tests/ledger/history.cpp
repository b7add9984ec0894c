#include "tests/ledger/history.h"

#include <fmt/format.h>

#include <cstring>

namespace tuma::ledger {

History::History(JournalStore& store, std::uint64_t seed, const StateLimits& limits)
    : state(limits), store_(store), random_(seed) {
    state.position.time = Timestamp{Duration{1'790'000'000'000'000}};
}

void History::begin() {
    begin_batch(bytes_);
    const Timestamp time =
        state.position.time + Duration{static_cast<std::int64_t>(1 + draw(50'000))};
    state.position.time = time;
    header_ = BatchHeader{};
    header_.sequence = state.position.sequence + 1;
    header_.time_us = time.time_since_epoch().count();
    header_.first_transfer = state.position.next_transfer;
    header_.previous = state.position.hash;
}

void History::finish() {
    header_.next_transfer = state.position.next_transfer;
    const SealedBatch sealed = seal(header_, std::move(bytes_));
    store_.append(std::span{&sealed, 1});
    state.position.sequence += 1;
    state.position.hash = sealed.hash;
    bytes_ = {};
}

void History::next_batch_when_large() {
    if (header_.event_count < 8'000) return;
    finish();
    begin();
}

bool History::carry_out_transfer(TransferRecord& record) {
    record.id = state.position.next_transfer;
    const bool is_first = !record.is_continuation();
    carry_out(record, record.id.value, record.debit_balance_after);
    if (!is_first && record.key()) told.pop_back();
    return true;
}

void History::refuse(Refusal refusal) {
    RequestRefused refused;
    fill_key(refused);
    refused.refusal = refusal;
    carry_out(refused, 0, 0);
    told.back().code = refusal;
}

void History::open(std::size_t wallets) {
    wallets_ = wallets;
    begin();
    const auto open_one = [this](AccountKind kind, const std::string& identity,
                                 std::int64_t floor) {
        AccountOpened opened;
        fill_key(opened);
        opened.kind = kind;
        opened.floor = floor;
        opened.identity = *make_identity(identity);
        ensure(!state.books.plan_open(opened), "a valid account");
        carry_out(opened, opened.id.value, 0);
    };
    open_one(AccountKind::trust, "trust", no_floor);
    open_one(AccountKind::fee_income, "fees", 0);
    for (std::size_t i = 0; i < wallets; ++i) {
        next_batch_when_large();
        open_one(AccountKind::wallet, fmt::format("2547{:08}", i), 0);
    }
    for (std::size_t i = 0; i < wallets; ++i) {
        next_batch_when_large();
        TransferRecord record;
        const Posting posting{.purpose = Purpose::issue,
                              .debit = AccountId{1},
                              .credit = AccountId{static_cast<std::uint32_t>(3 + i)},
                              .amount = {1'000'000, Currency::kes}};
        ensure(!state.books.plan_post(posting, record), "a valid issue");
        fill_key(record);
        record.due_at = header_.time_us;
        carry_out_transfer(record);
    }
    finish();
}

void History::plain_batch(std::size_t transfers) {
    begin();
    for (std::size_t i = 0; i < transfers; ++i) {
        const AccountId from = wallet();
        const AccountId to = from.value == 3 ? AccountId{4} : AccountId{from.value - 1};
        TransferRecord record;
        const Posting posting{.debit = from,
                              .credit = to,
                              .amount = {static_cast<std::int64_t>(1 + draw(100)), Currency::kes},
                              .memo = i};
        if (state.books.plan_post(posting, record)) continue;
        fill_key(record);
        record.due_at = header_.time_us;
        carry_out_transfer(record);
    }
    finish();
}

void History::batch(std::size_t commands) {
    begin();
    refuse(Refusal::insufficient_funds);
    for (std::size_t i = 0; i < commands; ++i) step();
    finish();
}

void History::step() {
    switch (draw(12)) {
        case 0:
            refuse(Refusal::insufficient_funds);
            return;
        case 1:
        case 2:
        case 3:
            reserve();
            return;
        case 4:
        case 5:
            end_one();
            return;
        case 6:
        case 7:
            reverse_one();
            return;
        case 8: {
            AccountChanged changed;
            changed.id = wallet();
            changed.change = draw(3) == 0 ? AccountChange::freeze : AccountChange::unfreeze;
            fill_key(changed);
            if (!state.books.plan_change(changed)) carry_out(changed, changed.id.value, 0);
            return;
        }
        default:
            post_set();
            return;
    }
}

void History::post_set() {
    const bool has_fee = draw(2) == 0;
    TransferRecord record;
    const Posting posting{.debit = wallet(),
                          .credit = wallet(),
                          .amount = {static_cast<std::int64_t>(1 + draw(5'000)), Currency::kes},
                          .memo = draw(1000)};
    if (state.books.plan_post(posting, record)) return;
    fill_key(record);
    record.due_at = header_.time_us;
    if (has_fee) record.flags = flag_linked;
    const auto available_before = available(*state.books.find(posting.debit));
    if (has_fee && available_before < posting.amount.minor + 10) record.flags = 0;
    const bool is_set = record.flags != 0;
    carry_out_transfer(record);
    reversible_.push_back(record);
    if (!is_set) return;
    TransferRecord fee;
    const Posting fee_posting{.purpose = Purpose::adjust,
                              .debit = posting.debit,
                              .credit = AccountId{2},
                              .amount = {10, Currency::kes}};
    ensure(!state.books.plan_post(fee_posting, fee), "the fee fits");
    fee.reference = record.reference;
    fee.digest = record.digest;
    fee.participant = record.participant;
    fee.flags = flag_continuation;
    fee.due_at = header_.time_us;
    carry_out_transfer(fee);
    reversible_.push_back(fee);
}

void History::reserve() {
    TransferRecord record;
    const Posting posting{.purpose = Purpose::transfer,
                          .debit = wallet(),
                          .credit = wallet(),
                          .amount = {static_cast<std::int64_t>(1 + draw(5'000)), Currency::kes}};
    if (state.books.plan_reserve(posting, std::chrono::minutes{5}, state.position.time, record))
        return;
    fill_key(record);
    carry_out_transfer(record);
    reserved_.push_back(record.id);
}

void History::end_one() {
    if (reserved_.empty()) return;
    const std::size_t index = draw(reserved_.size());
    const TransferId id = reserved_[index];
    reserved_.erase(reserved_.begin() + static_cast<std::ptrdiff_t>(index));
    const std::int64_t amount = state.books.find_reservation(id)->amount;
    TransferRecord record;
    const std::uint64_t way = draw(4);
    if (way < 2) {
        const std::int64_t part =
            way == 0 ? 0 : 1 + static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(amount)));
        ensure(!state.books.plan_settle(id, part, record), "an open reservation settles");
    } else {
        const TransferKind kind = way == 2 ? TransferKind::released : TransferKind::expired;
        ensure(!state.books.plan_end(id, kind, record), "an open reservation ends");
    }
    if (way != 3) fill_key(record);
    carry_out_transfer(record);
    if (way < 2) reversible_.push_back(record);
}

void History::reverse_one() {
    if (reversible_.empty()) return;
    const TransferRecord original = reversible_[draw(reversible_.size())];
    const std::int64_t left = original.amount - state.books.reversed_amount(original.id);
    if (left == 0) return;
    const std::int64_t part =
        draw(2) == 0 ? 0 : 1 + static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(left)));
    TransferRecord record;
    if (state.books.plan_reverse(original, part, record)) return;
    fill_key(record);
    record.due_at = header_.time_us;
    carry_out_transfer(record);
}

}  // namespace tuma::ledger
