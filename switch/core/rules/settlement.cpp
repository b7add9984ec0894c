#include "switch/core/rules/settlement.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::core {
namespace {

using ledger::Maturing;
using ledger::SettlementClosed;

constexpr std::chrono::days one_day{1};

Timestamp payout_on(const Scheme& scheme, const SettlementRule& rule, LocalDay day) {
    return day + rule.payout_at - std::chrono::minutes{scheme.zone_offset_minutes};
}

// The first day from `day` on that payouts are made on.
LocalDay payout_day(const Scheme& scheme, const SettlementRule& rule, LocalDay day) {
    return rule.lag_unit == LagUnit::business ? scheme.calendar.following(day) : day;
}

std::int64_t reserve_of(const Scheme& scheme, const SettlementRule& rule, const Maturing& maturing,
                        std::int64_t net) {
    const auto wanted = scale(Money{maturing.sales, scheme.currency}, rule.reserve_basis_points,
                              10'000, Rounding::half_up);
    ensure(wanted.has_value(), "a part of the sales fits where the sales do");
    return std::clamp<std::int64_t>(net, 0, wanted->minor);
}

Timestamp reserve_due(const Scheme& scheme, const SettlementRule& rule, Timestamp due) {
    const LocalDay day = scheme.day_of(due) + std::chrono::days{rule.reserve_days};
    return payout_on(scheme, rule, payout_day(scheme, rule, day));
}

// Refunds are collected beside the sales, unless something older is netted anyway.
bool pays_gross(const SettlementRule& rule, std::int64_t carried_in) {
    return !rule.refunds_netted && carried_in == 0;
}

// Divides what is left after the reserve into payout and fee, or leaves it for the next time.
void divide(const SettlementRule& rule, std::int64_t rest, const Maturing& maturing,
            SettlementClosed& closed) {
    if (rest < 0) {
        const bool collects = rule.negative_net == NegativeNet::collect;
        (collects ? closed.paid_out : closed.carried_out) = rest;
        return;
    }
    if (rest <= rule.payout_fee ||
        compared_with_minimum(rule, maturing, closed.reserve_held) < rule.minimum_payout) {
        closed.carried_out = rest;
        return;
    }
    closed.payout_fee = rule.payout_fee;
    closed.paid_out = rest - rule.payout_fee;
}

SettlementClosed statement(AccountId payable, Timestamp due, const Maturing& maturing) {
    SettlementClosed closed;
    closed.account = payable;
    closed.due_at = microseconds(due);
    closed.sales = maturing.sales;
    closed.refunds = maturing.refunds;
    closed.fees = maturing.fees;
    closed.adjustments = maturing.adjustments;
    closed.reserve_released = maturing.reserve;
    closed.carried_in = maturing.carried;
    closed.sales_count = maturing.sales_count;
    closed.refunds_count = maturing.refunds_count;
    return closed;
}

}  // namespace

Timestamp due_of_sale(const Scheme& scheme, const SettlementRule& rule, Timestamp time) {
    ensure(rule.to_bank, "only receipts that are settled to a bank fall due");
    const Timestamp local = time + std::chrono::minutes{scheme.zone_offset_minutes};
    LocalDay day = std::chrono::floor<std::chrono::days>(local);
    if (local - day >= rule.cut_off) day += one_day;
    if (rule.roll) day = scheme.calendar.following(day);
    if (rule.lag_unit == LagUnit::business)
        day = scheme.calendar.add_business_days(day, rule.lag_days);
    else
        day += std::chrono::days{rule.lag_days};
    return std::max(time, payout_on(scheme, rule, day));
}

Timestamp next_settlement(const Scheme& scheme, const SettlementRule& rule, Timestamp due,
                          Timestamp now) {
    LocalDay day = std::max(scheme.day_of(due) + one_day, scheme.day_of(now));
    day = payout_day(scheme, rule, day);
    if (payout_on(scheme, rule, day) <= now) day = payout_day(scheme, rule, day + one_day);
    return payout_on(scheme, rule, day);
}

std::int64_t compared_with_minimum(const SettlementRule& rule, const Maturing& maturing,
                                   std::int64_t reserve_held) {
    const std::int64_t collected = pays_gross(rule, maturing.carried) ? maturing.refunds : 0;
    const bool is_net = rule.minimum_basis == MinimumBasis::net;
    return maturing.net() - reserve_held + collected +
           (is_net ? 0 : maturing.fees + maturing.carried_fees);
}

SettlementClosed close_settlement(const Scheme& scheme, const SettlementRule& rule,
                                  AccountId payable, Timestamp due, const Maturing& maturing,
                                  Timestamp now) {
    SettlementClosed closed = statement(payable, due, maturing);
    const std::int64_t net = maturing.net();
    closed.reserve_held = reserve_of(scheme, rule, maturing, net);
    if (closed.reserve_held != 0)
        closed.reserve_due_at = microseconds(reserve_due(scheme, rule, due));
    divide(rule, net - closed.reserve_held, maturing, closed);
    if (closed.carried_out != 0)
        closed.next_due_at = microseconds(next_settlement(scheme, rule, due, now));
    return closed;
}

PayoutFlows payout_flows(const SettlementRule& rule, const SettlementClosed& closed) {
    const std::int64_t gross = closed.paid_out + closed.refunds;
    // Where fees eat up the sales there is nothing to pay out beside the refunds.
    if (closed.paid_out != 0 && pays_gross(rule, closed.carried_in) && gross >= 0)
        return {gross, closed.refunds};
    return {std::max<std::int64_t>(closed.paid_out, 0),
            std::max<std::int64_t>(-closed.paid_out, 0)};
}

SettlementClosed carry_settlement(const Scheme& scheme, const SettlementRule& rule,
                                  AccountId payable, Timestamp due, const Maturing& maturing,
                                  Timestamp now) {
    SettlementClosed closed = statement(payable, due, maturing);
    closed.carried_out = maturing.net();
    if (closed.carried_out != 0)
        closed.next_due_at = microseconds(next_settlement(scheme, rule, due, now));
    return closed;
}

}  // namespace tuma::core
