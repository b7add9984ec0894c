// The half of the simulation that checks what the switch promises.
#include "ledger/store/recovery.h"
#include "tests/simulation/simulation.h"
#include "tests/support/full_filter.h"
#include "tests/support/words.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::simulation {
namespace {

using ledger::TransferKind;

std::string words(const core::Outcome& outcome) {
    return fmt::format("{} {} at {}, balance {}", name(outcome.code), outcome.id,
                       text(outcome.time), outcome.balance);
}

core::Outcome outcome_of(const ledger::RememberedRequest& known) {
    return {.code = known.code,
            .id = known.id,
            .time = Timestamp{Duration{known.time_us}},
            .balance = known.balance};
}

bool is_reservation_end(TransferKind kind) {
    return kind == TransferKind::settled || kind == TransferKind::released ||
           kind == TransferKind::expired;
}

bool posts(TransferKind kind) {
    return kind == TransferKind::posted || kind == TransferKind::settled ||
           kind == TransferKind::reversed;
}

// What the journal's events say about keys, reservations and settlements, counted.
struct Count {
    std::map<RequestKey, std::uint64_t> executions;
    std::map<RequestKey, Digest> digests;
    std::map<TransferId, std::uint64_t> endings;
    std::map<TransferId, std::int64_t> reversed;
    std::map<TransferId, std::int64_t> moved;
    Tally tally;
    /// By shop: what statements say has left its payable, and what came into it otherwise.
    std::map<AccountId, std::int64_t> paid_out;
    std::map<AccountId, std::int64_t> received;

    void add(const ledger::TransferRecord& record) {
        if (record.kind == TransferKind::reserved) endings.emplace(record.id, 0);
        if (is_reservation_end(record.kind)) ++endings[record.subject];
        if (record.kind == TransferKind::reversed)
            reversed[record.subject] += record.amount;
        else
            moved[record.id] = record.amount;
        if (record.key() && !record.is_continuation()) add_key(record.key(), record.digest);
        if (record.purpose == ledger::Purpose::payout || !posts(record.kind)) return;
        received[record.credit] += record.amount;
        received[record.debit] -= record.amount;
    }
    void add(const ledger::AccountOpened& opened) {
        // A scheme's own accounts and those that shops are paid out to come with another request.
        if (opened.key() && opened.participant) add_key(opened.key(), opened.digest);
    }
    void add(const ledger::AccountChanged& changed) { add_key(changed.key(), changed.digest); }
    void add(const ledger::RequestRefused& refused) { add_key(refused.key(), refused.digest); }
    void add(const ledger::SchemeLoaded& loaded) { add_key(loaded.key(), loaded.head.digest); }
    // Orders are not part of this traffic.
    void add(const ledger::ProfileStored&) {}
    void add(const ledger::OrderOpened&) {}
    void add(const ledger::OrderMoved&) {}
    void add(const ledger::NoticeMoved&) {}
    void add(const ledger::OrderRecalled&) {}
    void add(const ledger::SettlementClosed& closed) {
        paid_out[closed.account] += closed.paid_out + closed.payout_fee;
        ++tally["settlements"];
        if (closed.paid_out > 0) ++tally["payouts"];
        if (closed.paid_out < 0) ++tally["collections"];
        if (closed.carried_out != 0) ++tally["carried settlements"];
        if (closed.reserve_released != 0) ++tally["settlements of reserves"];
    }

    void add_key(const RequestKey& key, const Digest& digest) {
        ++executions[key];
        digests[key] = digest;
    }
};

}  // namespace

void Simulation::hear(const core::Request& request, const core::Outcome& outcome,
                      bool was_repeated) {
    ++tally_[std::string(name(outcome.code))];
    // Nothing was executed, and the same request may be sent again.
    if (outcome.code == Refusal::overloaded) return;
    if (outcome.is_replayed) ++tally_[was_repeated ? "replays to retries" : "other replays"];
    check_durable(request, outcome);
    if (std::holds_alternative<core::QueryAccount>(request.command)) return;
    const bool is_query = std::holds_alternative<core::QueryRequest>(request.command);
    if (outcome.code == Refusal::modified_request) {
        const auto told = told_.find(request.key);
        require(told == told_.end() || told->second.first != request.digest,
                "a request as it was answered before is not called modified");
        return;
    }
    check_told(request, outcome);
    if (!is_query) told_[request.key] = {request.digest, outcome};
}

void Simulation::read_durable() {
    store_->scan(durable_sequence_ + 1, [&](std::uint64_t sequence, auto bytes) {
        const auto check = ledger::check_batch(bytes, sequence);
        require(check.damage == ledger::BatchDamage::none, "durable batches are whole");
        durable_sequence_ = sequence;
        durable_next_transfer_ = check.view.header.next_transfer;
        for (auto records = check.view.records; !records.empty();) {
            const auto event = ledger::take_event(records);
            durable_keys_.insert(
                std::visit([](const auto& record) { return record.key(); }, *event));
        }
        return true;
    });
}

// Whatever is told must be on the disk already.
void Simulation::check_durable(const core::Request& request, const core::Outcome& outcome) {
    read_durable();
    if (outcome.account)
        require(outcome.account->account.last_transfer < durable_next_transfer_,
                "a query tells only what is durable");
    else if (!std::holds_alternative<core::QueryAccount>(request.command) &&
             outcome.code != Refusal::request_not_found)
        require(durable_keys_.contains(request.key), "what is told is durable");
}

void Simulation::check_told(const core::Request& request, const core::Outcome& outcome) {
    const auto told = told_.find(request.key);
    if (told == told_.end()) return;
    const auto& [digest, first] = told->second;
    const bool is_query = std::holds_alternative<core::QueryRequest>(request.command);
    require(is_query || digest == request.digest,
            "a used key with other content is refused as modified");
    if (first != outcome)
        throw BrokenPromise(fmt::format("the same request was told '{}' and later '{}'",
                                        words(first), words(outcome)));
    require(outcome.is_replayed, "a request that was answered is not executed again");
}

void Simulation::save(const ledger::State& state) {
    // The core has decided more than is durable; only what a restart finds may be saved.
    if (state.position.sequence != store_->last_sequence() || state.position.sequence == 0) return;
    const auto check = ledger::check_batch(store_->disk().back(), state.position.sequence);
    saved_ = testing::bytes_of(state);
    saved_hash_ = check.view.hash;
    ++tally_["saved states"];
}

ledger::State Simulation::replay_by_hand(bool from_saved) const {
    ledger::State state(limits_);
    if (from_saved) {
        testing::Bytes bytes;
        bytes.content = saved_;
        state.load(bytes);
        require(bytes.is_empty(), "a saved state is read to its end");
        state.position.hash = saved_hash_;
    }
    for (std::uint64_t i = state.position.sequence; i < disk_.size(); ++i) {
        const auto check = ledger::check_batch(disk_[i], i + 1);
        if (check.damage == ledger::BatchDamage::torn && i + 1 == disk_.size()) break;
        require(check.damage == ledger::BatchDamage::none, check.reason);
        const auto violation = state.replay(check.view);
        require(!violation, violation.value_or(""));
    }
    return state;
}

ledger::State Simulation::recover(ledger::MemoryJournal& store) {
    ledger::RecoveryOptions options;
    options.use_snapshots = false;
    ledger::Recovered recovered =
        ledger::recover(store, ledger::SnapshotFolder{"nowhere"}, limits_, options);
    const ledger::State by_hand = replay_by_hand(false);
    require(recovered.state.hash() == by_hand.hash(), "recovery is the replay of the journal");
    if (!saved_.empty())
        require(replay_by_hand(true).hash() == by_hand.hash(),
                "a saved state and the rest of the journal give the same state");
    if (recovered.torn_sequence) {
        require(*recovered.torn_sequence == disk_.size(), "only the last batch may be torn");
        store.drop_from(*recovered.torn_sequence);
        disk_ = store.disk();
    }
    require(recovered.state.position.sequence == disk_.size(), "the position is the journal's end");
    if (expected_) {
        ++tally_["restarts after all was durable"];
        require(recovered.state.hash() == *expected_, "nothing durable is lost over a restart");
    }
    // Life must go on the same way from either.
    if (!saved_.empty() && traffic_.chance(50)) return replay_by_hand(true);
    return std::move(recovered.state);
}

ledger::State Simulation::opened(ledger::MemoryJournal& store, ledger::KeyIndex& keys) {
    ledger::State state = recover(store);
    const ledger::Position& position = state.position;
    const auto notes = keys.open(
        store, state.keys, {state.keys.next(), position.sequence, position.hash, position.time});
    tally_["files of keys made anew"] += notes.size();
    if (has_full_filter_) testing::fill_filter(state.keys, position.time);
    check_recovered(state, keys);
    return state;
}

void Simulation::check_recovered(const ledger::State& state, const ledger::KeyIndex& keys) {
    const auto broken = state.broken_invariants();
    require(broken.empty(), broken.empty() ? "" : broken.front());
    for (const auto& [key, answer] : told_) {
        const auto* known = state.keys.find(key, state.position.time);
        std::optional<ledger::RememberedRequest> on_disk;
        if (known == nullptr && state.keys.may_have_left(key)) on_disk = keys.find(key);
        if (on_disk) known = &*on_disk;
        require(known != nullptr, "what a client was told is remembered over a crash");
        require(known->digest == answer.first, "the digest is remembered over a crash");
        if (outcome_of(*known) != answer.second)
            throw BrokenPromise(fmt::format("told '{}', after the crash it is '{}'",
                                            words(answer.second), words(outcome_of(*known))));
    }
}

void Simulation::check_history() {
    Count count;
    for (std::uint64_t i = 0; i < disk_.size(); ++i) {
        const auto check = ledger::check_batch(disk_[i], i + 1);
        for (auto bytes = check.view.records; !bytes.empty();) {
            const auto event = ledger::take_event(bytes);
            std::visit([&](const auto& record) { count.add(record); }, *event);
        }
    }
    for (const auto& [id, endings] : count.endings)
        require(endings == 1, "every reservation ends exactly once");
    for (const auto& [id, amount] : count.reversed)
        require(amount <= count.moved[id], "no more is moved back than was moved");
    for (const auto& [key, executions] : count.executions) {
        require(executions == 1, "one key is executed once");
        require(taken_.contains({key, count.digests[key]}), "what was never taken never happens");
    }
    for (const auto& [key, answer] : told_)
        require(count.executions.contains(key), "everything told is in the journal");
    const ledger::State state = replay_by_hand(false);
    for (const auto& [shop, amount] : count.paid_out)
        require(count.received[shop] == amount + state.pending_settlements.outstanding(shop),
                "what a shop received was paid out or still falls due");
    for (const auto& [what, times] : count.tally) tally_[what] += times;
    tally_["events"] += count.executions.size();
    tally_["batches"] += disk_.size();
}

}  // namespace tuma::simulation
