// Deadlines: reservations that end, merchants that are paid out.
#include "switch/core/settlement.h"
#include "switch/core/switch.h"

#include <algorithm>
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

constexpr Timestamp never = Timestamp::max();

template <typename Deadline>
Timestamp moment_of(const std::optional<Deadline>& deadline) {
    return deadline ? deadline->first : never;
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
        const auto order = state_.orders.next_order_due();
        const auto notice = state_.orders.next_notice_due();
        const Timestamp first = std::min(
            {moment_of(expiry), moment_of(settlement), moment_of(order), moment_of(notice)});
        if (first > now_) break;
        if (moment_of(expiry) == first) {
            expire(expiry->second);
            ++due.expired;
        } else if (moment_of(settlement) == first) {
            settle(*settlement);
            ++due.settled;
        } else if (moment_of(order) == first) {
            act(*state_.orders.find(order->second));
            ++due.orders;
        } else {
            begin_attempt(*state_.orders.find(notice->second));
            ++due.notices;
        }
    }
    return due;
}

std::optional<Timestamp> Switch::next_deadline() const {
    const Timestamp first = std::min(
        {moment_of(state_.books.next_expiry()), moment_of(state_.maturities.next()),
         moment_of(state_.orders.next_order_due()), moment_of(state_.orders.next_notice_due())});
    if (first == never) return std::nullopt;
    return first;
}

ledger::State Switch::release(const ledger::Hash& last_hash) && {
    ensure(!is_open_, "the last batch is finished");
    state_.position.hash = last_hash;
    return std::move(state_);
}

}  // namespace tuma::core
