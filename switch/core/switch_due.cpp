// Deadlines: reservations that end, merchants that are paid out.
#include "switch/core/settlement.h"
#include "switch/core/switch.h"

#include <array>
#include <utility>

namespace tuma::core {
namespace {

using ledger::Purpose;
using ledger::SettlementClosed;
using ledger::TransferKind;
using ledger::TransferRecord;

// Back: bank account → bank, trust → payable. Out: payable → trust, bank → bank account, and the
// payout's fee.
constexpr std::size_t payout_legs_max = 5;

struct PayoutLegs {
    std::array<ledger::Posting, payout_legs_max> legs{};
    std::size_t count = 0;
    Currency currency = Currency::kes;

    void add(AccountId debit, AccountId credit, std::int64_t amount) {
        if (amount > 0)
            legs.at(count++) = {Purpose::payout, debit, credit, Money{amount, currency}, 0};
    }
};

PayoutLegs legs_of(const SettlementClosed& closed, const AccountRules& rules) {
    const OperatorAccounts& operators = rules.entry->accounts;
    const PayoutFlows flows = payout_flows(rules.account_class->settlement, closed);
    PayoutLegs legs;
    legs.currency = rules.entry->scheme.currency;
    // Collected first: the payable then holds all that is paid out.
    legs.add(rules.terms->payout, operators.bank, flows.collected);
    legs.add(operators.trust, closed.account, flows.collected);
    legs.add(closed.account, operators.trust, flows.paid);
    legs.add(operators.bank, rules.terms->payout, flows.paid);
    legs.add(closed.account, operators.fees, closed.payout_fee);
    return legs;
}

}  // namespace

void Switch::expire(TransferId reservation) {
    TransferRecord record;
    const auto refusal = state_.books.plan_end(reservation, TransferKind::expired, record);
    ensure(!refusal, "an open reservation can expire");
    emit(record);
}

// Posts what the statement says, or leaves it all for the next settlement when an account on the
// way is frozen or closed.
SettlementClosed Switch::pay_out(const AccountRules& rules, AccountId payable, Timestamp due) {
    const Scheme& scheme = rules.entry->scheme;
    const SettlementRule& rule = rules.account_class->settlement;
    const ledger::Maturing maturing = state_.maturities.find({due, payable});
    SettlementClosed closed = close_settlement(scheme, rule, payable, due, maturing, now_);
    const PayoutLegs payout = legs_of(closed, rules);
    if (payout.count == 0) return closed;
    std::array<TransferRecord, payout_legs_max> space;
    const auto records = std::span{space}.first(payout.count);
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        record.due_at = due.time_since_epoch().count();
        return state_.books.plan_post(payout.legs.at(i), record);
    };
    // Nobody asked for it: the key is empty.
    if (apply_set(Request{}, records, plan))
        return carry_settlement(scheme, rule, payable, due, maturing, now_);
    emit_set(records);
    closed.payout = records.front().id;
    return closed;
}

void Switch::settle(const ledger::Maturities::Key& key) {
    const AccountRules rules = rulebook_.of(key.second, state_.terms);
    ensure(rules.is_settled_to_bank(), "only accounts that are settled have anything due");
    const SettlementClosed closed = pay_out(rules, key.second, key.first);
    state_.apply(closed, now_);
    ledger::append(bytes_, closed);
    ++event_count_;
}

Switch::Due Switch::run_due(std::size_t limit) {
    ensure(is_open_, "running deadlines outside a batch");
    Due due;
    while (due.count() < limit) {
        const auto expiry = state_.books.next_expiry();
        const auto settlement = state_.maturities.next();
        const bool expires = expiry && expiry->first <= now_;
        const bool settles = settlement && settlement->first <= now_;
        if (!expires && !settles) break;
        if (expires && (!settles || expiry->first <= settlement->first)) {
            expire(expiry->second);
            ++due.expired;
        } else {
            settle(*settlement);
            ++due.settled;
        }
    }
    return due;
}

std::optional<Timestamp> Switch::next_deadline() const {
    const auto expiry = state_.books.next_expiry();
    const auto settlement = state_.maturities.next();
    if (!expiry && !settlement) return std::nullopt;
    if (!expiry) return settlement->first;
    if (!settlement) return expiry->first;
    return std::min(expiry->first, settlement->first);
}

ledger::State Switch::release(const ledger::Hash& last_hash) && {
    ensure(!is_open_, "the last batch is finished");
    state_.position.hash = last_hash;
    return std::move(state_);
}

}  // namespace tuma::core
