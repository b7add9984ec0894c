#include "switch/core/order_payment.h"

#include "switch/core/left_orders.h"
#include "switch/core/movements.h"
#include "switch/core/rules/priced_payment.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace tuma::core {
namespace {

using ledger::Order;
using ledger::OrderTerms;

// Whether `original` is of the order that a refund gives back part of, which has that much left.
std::optional<Refusal> check_original(const OpenBatch& batch, const OrderTerms& terms,
                                      Original original) {
    if (!terms.parent || terms.purpose != ledger::Purpose::refund) return std::nullopt;
    const auto parent = find_order(batch, terms.parent);
    // The shell looked the records up by a number in the wish. They must be the parent's own, or
    // the charges of another sale would come back.
    if (parent == nullptr || original.empty() || original.front().id != parent->transfer)
        return Refusal::original_not_found;
    // Counted by the books and not by the order: an administrator may have reversed a part of it.
    const std::int64_t moved = original.front().amount;
    if (terms.amount > moved - gone_back_of(batch.state, parent->transfer))
        return Refusal::exceeds_original;
    return std::nullopt;
}

std::optional<Refusal> price_order(const OpenBatch& batch, const OrderTerms& terms, AccountId payer,
                                   PricedPayment& payment, Original original) {
    const ledger::Posting posting{terms.purpose, payer, terms.credit,
                                  Money{terms.amount, terms.currency}, terms.id.value};
    ledger::TransferRecord probe;
    const auto violation = batch.state.books.plan_post(posting, probe);
    // What a refund lacks may be what the operator gives back; the whole set is looked at later.
    const bool may_be_lacking =
        terms.purpose == ledger::Purpose::refund && violation == Refusal::insufficient_funds;
    if (violation && !may_be_lacking) return violation;
    if (const auto refusal = price_posting(batch.state, batch.rulebook, batch.now, posting,
                                           LimitCheck::counted_now, payment, original))
        return refusal;
    // Leg 0 is the payment itself and stays the payer's. Daraja's B2C takes charges from an account
    // of their own.
    for (std::size_t i = 1; i < payment.legs.size(); ++i)
        if (terms.charges && payment.legs[i].debit == payer) payment.legs[i].debit = terms.charges;
    return std::nullopt;
}

}  // namespace

std::optional<Refusal> pay(OpenBatch& batch, const OrderTerms& terms, AccountId payer,
                           TransferId& transfer, Original original) {
    if (const auto refusal = check_original(batch, terms, original)) return refusal;
    PricedPayment payment;
    if (const auto refusal = price_order(batch, terms, payer, payment, original)) return refusal;
    // What the operator gives back of its fee comes first: a merchant whose only sale it was could
    // not pay the whole otherwise.
    const bool gives_back = terms.purpose == ledger::Purpose::refund;
    auto& legs = payment.legs;
    if (gives_back) std::rotate(legs.begin(), legs.begin() + 1, legs.end());
    std::array<ledger::TransferRecord, payment_legs_max> space;
    const auto records = std::span{space}.first(legs.size());
    const auto plan = [&](std::size_t i, ledger::TransferRecord& leg) {
        // Charges fall due together with their payment, so that one statement has both.
        leg.due_at = microseconds(payment.due);
        return batch.state.books.plan_post(legs[i], leg);
    };
    // The order has keys of its own, so that the records carry none.
    if (const auto refusal = move_set(batch, records, plan)) return refusal;
    transfer = gives_back ? records.back().id : records.front().id;
    return std::nullopt;
}

// All of them in one set of records.
std::optional<Refusal> pay_members(OpenBatch& batch,
                                   const std::vector<std::shared_ptr<const Order>>& members,
                                   AccountId payer, std::vector<TransferId>& transfers) {
    std::vector<std::pair<ledger::Posting, Timestamp>> legs;
    std::vector<std::size_t> firsts;
    // What is bounded for the payer is bounded for all of it together.
    OrderTerms whole = members.front()->terms;
    whole.amount = 0;
    // Each is priced by itself, because fees are per payment and round per payment.
    for (const auto& member : members) {
        PricedPayment payment;
        if (const auto refusal = price_order(batch, member->terms, payer, payment, {}))
            return refusal;
        if (__builtin_add_overflow(whole.amount, member->terms.amount, &whole.amount))
            return Refusal::amount_too_large;
        firsts.push_back(legs.size());
        for (const ledger::Posting& leg : payment.legs) legs.emplace_back(leg, payment.due);
    }
    // Only its refusals matter (limits, funds). The legs of the sum are never posted.
    PricedPayment sum;
    if (const auto refusal = price_order(batch, whole, payer, sum, {})) return refusal;
    std::vector<ledger::TransferRecord> records(legs.size());
    const auto plan = [&](std::size_t i, ledger::TransferRecord& leg) {
        leg.due_at = microseconds(legs[i].second);
        return batch.state.books.plan_post(legs[i].first, leg);
    };
    if (const auto refusal = move_set(batch, records, plan)) return refusal;
    for (const std::size_t first : firsts) transfers.push_back(records[first].id);
    return std::nullopt;
}

}  // namespace tuma::core
