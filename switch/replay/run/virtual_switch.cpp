#include "switch/replay/run/virtual_switch.h"

#include <algorithm>
#include <utility>

namespace tuma::replay {
namespace {

constexpr std::size_t group_bytes = std::size_t{4} << 20U;
constexpr std::size_t deadlines_a_batch = 1'000;

}  // namespace

VirtualSwitch::VirtualSwitch(ledger::State state, ledger::JournalStore* store, OnRecords on_records)
    : core_(std::move(state)),
      store_(store),
      on_records_(std::move(on_records)),
      head_(core_.state().position.hash) {}

void VirtualSwitch::begin(Timestamp now) {
    // Deadline by deadline, each at its own moment: a payout of Tuesday must not carry Wednesday's
    // date.
    for (auto due = core_.next_deadline(); due && *due <= now; due = core_.next_deadline()) {
        // One that was missed, because a state was taken up late, is done at the first moment.
        core_.begin(std::max(*due, core_.state().position.time), std::move(buffer_));
        core_.run_due(deadlines_a_batch);
        // More may fall due at the same moment than one batch does; the loop comes back.
        end();
    }
    core_.begin(now, std::move(buffer_));
}

void VirtualSwitch::end() {
    core::Switch::Decided decided = core_.finish();
    buffer_ = std::move(decided.bytes);
    // An empty batch is none; its bytes are used again.
    if (decided.header.event_count == 0) return;
    events_ += decided.header.event_count;
    // Before it is sealed: the records are in the buffer, and nobody else will have them.
    on_records_(std::span{buffer_}.subspan(sizeof(ledger::BatchHeader)));
    decided.header.previous = head_;
    ledger::SealedBatch sealed = ledger::seal(decided.header, std::move(buffer_));
    head_ = sealed.hash;
    // Without a store only the chain of hashes is kept, which proves that two replays were the
    // same.
    if (store_ == nullptr) {
        buffer_ = std::move(sealed.bytes);
        return;
    }
    buffer_ = {};
    waiting_bytes_ += sealed.bytes.size();
    waiting_.push_back(std::move(sealed));
    // Many batches in one append: a sync for each would cost more than deciding it.
    if (waiting_bytes_ >= group_bytes) flush();
}

void VirtualSwitch::flush() {
    if (waiting_.empty()) return;
    store_->append(waiting_);
    store_->maintain();
    waiting_.clear();
    waiting_bytes_ = 0;
}

ledger::State VirtualSwitch::release() && {
    flush();
    return std::move(core_).release(head_);
}

}  // namespace tuma::replay
