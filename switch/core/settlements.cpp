#include "switch/core/settlements.h"

#include "switch/core/movements.h"
#include "switch/core/rules/settlement.h"

#include <array>
#include <span>

namespace tuma::core {
namespace {

using ledger::Purpose;
using ledger::SettlementClosed;
using ledger::TransferRecord;

// Back: bank account → bank, trust → payable. Out: payable → trust, bank → bank account, and the
// payout's fee.
constexpr std::size_t payout_legs_max = 5;

struct PayoutLegs {
    std::array<ledger::Posting, payout_legs_max> legs{};
    std::size_t count = 0;
    Currency currency = Currency::kes;

    void add(AccountId debit, AccountId credit, std::int64_t amount) {
        // Most statements lack some of these flows, and the books refuse a leg of nothing.
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

// Posts what the statement says, or leaves it all for the next settlement when an account on the
// way is frozen or closed.
SettlementClosed pay_out(OpenBatch& batch, const AccountRules& rules, AccountId payable,
                         Timestamp due) {
    const Scheme& scheme = rules.entry->scheme;
    const SettlementRule& rule = rules.account_class->settlement;
    const ledger::Maturing maturing = batch.state.pending_settlements.find({due, payable});
    SettlementClosed closed = close_settlement(scheme, rule, payable, due, maturing, batch.now);
    const PayoutLegs payout = legs_of(closed, rules);
    // Nothing moves, but the statement is recorded all the same: it takes what fell due out of the
    // state.
    if (payout.count == 0) return closed;
    std::array<TransferRecord, payout_legs_max> space;
    const auto records = std::span{space}.first(payout.count);
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        // The legs belong to the moment that is settled. The statement counts them; what falls due
        // later does not.
        record.due_at = microseconds(due);
        return batch.state.books.plan_post(payout.legs.at(i), record);
    };
    // Nobody asked for it: the key is empty.
    if (move_set(batch, records, plan))
        return carry_settlement(scheme, rule, payable, due, maturing, batch.now);
    closed.payout = records.front().id;
    return closed;
}

}  // namespace

void settle_next(OpenBatch& batch) {
    const auto [due, payable] = *batch.state.pending_settlements.next();
    const AccountRules rules = batch.rulebook.of(payable, batch.state.terms);
    ensure(rules.is_settled_to_bank(), "only accounts that are settled have anything due");
    // The payout's records come before the statement, which names the first of them.
    batch.emit(pay_out(batch, rules, payable, due));
}

}  // namespace tuma::core
