// When receipts fall due, and what a settlement makes of them.
#pragma once

#include "ledger/records/event.h"
#include "ledger/state/pending_settlements.h"
#include "switch/core/rules/scheme.h"

namespace tuma::core {

/// When a sale at `time` is paid out: cut-off, roll, lag, local time of payout; never before
/// `time`. Requires: `rule.to_bank`.
Timestamp due_of_sale(const Scheme& scheme, const SettlementRule& rule, Timestamp time);

/// When the settlement after the one due at `due` is: the payout on the next day (business day with
/// a business lag) after it, and after `now`.
Timestamp next_settlement(const Scheme& scheme, const SettlementRule& rule, Timestamp due,
                          Timestamp now);

/// What is to become of `maturing` that fell due at `due`: reserve, payout or collection, what is
/// carried; everything of the statement but the number of the payout's transfer. Reserve is held
/// from sales only as far as the net allows, until the payout of a day `reserve_days` later. A
/// payout below the minimum, or not above its fee, is carried; the minimum looks at what is paid
/// out, the payout's fee included, before refunds that are collected beside it, and where the rule
/// says so before the fees on the sales. A negative net is carried or
/// collected as the rule says; a fee is taken from payouts only.
ledger::SettlementClosed close_settlement(const Scheme& scheme, const SettlementRule& rule,
                                          AccountId payable, Timestamp due,
                                          const ledger::Maturing& maturing, Timestamp now);

/// What of `maturing` is compared with the smallest payout, `reserve_held` not in it.
std::int64_t compared_with_minimum(const SettlementRule& rule, const ledger::Maturing& maturing,
                                   std::int64_t reserve_held);

/// The money that a statement moves, both at least 0: `paid` to the bank account, `collected` from
/// it; paid - collected = closed.paid_out. Where refunds are not netted and nothing was carried in,
/// sales are paid out and refunds collected beside them, unless the two cancel out or fees are more
/// than the sales.
struct PayoutFlows {
    std::int64_t paid = 0;
    std::int64_t collected = 0;

    bool operator==(const PayoutFlows&) const = default;
};
PayoutFlows payout_flows(const SettlementRule& rule, const ledger::SettlementClosed& closed);

/// The same with nothing paid out or collected and all of the net carried on: what happens when the
/// payable or its bank account is frozen or closed.
ledger::SettlementClosed carry_settlement(const Scheme& scheme, const SettlementRule& rule,
                                          AccountId payable, Timestamp due,
                                          const ledger::Maturing& maturing, Timestamp now);

}  // namespace tuma::core
