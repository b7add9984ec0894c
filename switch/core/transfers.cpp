#include "switch/core/transfers.h"

#include "switch/core/movements.h"
#include "switch/core/requests.h"
#include "switch/core/rules/priced_payment.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::Purpose;
using ledger::TransferKind;
using ledger::TransferRecord;

// What a reservation between these kinds of account is for; the books refuse what fits nothing.
Purpose purpose_between(AccountKind debit, AccountKind credit) {
    // An agent's float is debited only for a customer who hands cash in.
    if (debit == AccountKind::agent_float) return Purpose::deposit;
    switch (credit) {
        case AccountKind::till:
        case AccountKind::settlement_payable:
            return Purpose::pay_merchant;
        case AccountKind::agent_float:
            return Purpose::withdraw;
        case AccountKind::trust:
            return Purpose::redeem;
        case AccountKind::wallet:
        case AccountKind::suspense:
        case AccountKind::fee_income:
        case AccountKind::tax_payable:
        case AccountKind::commission:
        case AccountKind::bank:
        case AccountKind::bank_account:
            return Purpose::transfer;
    }
    unreachable("an account kind outside the chart");
}

std::optional<Refusal> check_open(const OpenBatch& batch, TransferId reservation) {
    const ledger::Reservation* open = batch.state.books.find_reservation(reservation);
    // One that is due but not yet given back (more were due than one batch takes) is over too.
    if (open == nullptr || open->expires_at <= batch.now) return Refusal::reservation_not_open;
    return std::nullopt;
}

// A record to be moved back and how much of it.
struct Part {
    const TransferRecord* original = nullptr;
    std::int64_t amount = 0;
};

// Whatever is left of a set that no scheme has a word on, the last leg first: its money may have
// come through the accounts of the legs before it.
std::vector<Part> all_parts(const std::vector<TransferRecord>& originals,
                            const ledger::Books& books) {
    std::vector<Part> parts;
    for (std::size_t i = originals.size(); i-- > 0;) {
        const std::int64_t left = originals[i].amount - books.reversed_amount(originals[i].id);
        if (left > 0) parts.push_back({&originals[i], left});
    }
    return parts;
}

// A payment or a part of it, and what comes back of its charges with it; 0 stands for all that is
// left. More than that is for the books to refuse.
std::vector<Part> payment_parts(const std::vector<TransferRecord>& originals, std::int64_t amount,
                                const ReversalRule& rule, const ledger::State& state) {
    const TransferRecord& principal = originals.front();
    const std::int64_t left = principal.amount - gone_back_of(state, principal.id);
    if (amount < 0 || amount > left) return {{&principal, amount}};
    const std::int64_t moved = amount == 0 ? left : amount;
    std::vector<Part> parts;
    for (const ReturnedCharge& part : returned_charges(state, rule, originals, moved))
        parts.push_back({part.charge, part.amount});
    // The last charge first, as for a set without a scheme, and the payment itself last: a merchant
    // may need its charges back to give the whole back.
    std::reverse(parts.begin(), parts.end());
    if (moved > 0) parts.push_back({&principal, moved});
    return parts;
}

std::optional<Refusal> check_rule(const ReversalRule& rule, Timestamp original, Timestamp now) {
    if (!rule.is_allowed) return Refusal::reversal_not_allowed;
    if (rule.within_days > 0 && original + std::chrono::days{rule.within_days} < now)
        return Refusal::reversal_too_late;
    return std::nullopt;
}

}  // namespace

Outcome move_money(OpenBatch& batch, const Request& request, const MoveMoney& command) {
    TransferRecord record = record_for(request);
    const ledger::Posting posting{command.purpose, command.debit, command.credit, command.amount,
                                  command.memo};
    const auto violation = batch.state.books.plan_post(posting, record);
    // What a refund lacks may be what it gets back of its charges; the whole set is looked at.
    const bool may_be_lacking =
        command.purpose == Purpose::refund && violation == Refusal::insufficient_funds;
    if (violation && !may_be_lacking) return refuse(batch, request, *violation);
    PricedPayment payment;
    if (const auto refusal = price_posting(batch.state, batch.rulebook, batch.now, posting,
                                           LimitCheck::counted_now, payment))
        return refuse(batch, request, *refusal);
    if (violation && payment.legs.size() == 1) return refuse(batch, request, *violation);
    record.due_at = microseconds(payment.due);
    // Most payments are one leg: the record planned above is carried out as it is, without a set.
    if (payment.legs.size() == 1) return accept(batch, record);
    std::array<TransferRecord, payment_legs_max> records;
    const std::int64_t incoming = command.purpose == Purpose::refund ? payment.incoming() : 0;
    const auto plan = [&](std::size_t i, TransferRecord& leg) {
        // All legs fall due together, so that a fee is in the statement that has its sale.
        leg.due_at = record.due_at;
        // The payment goes first and may spend what the legs behind it bring.
        return batch.state.books.plan_post(payment.legs[i], leg, i == 0 ? incoming : 0);
    };
    return move_set(batch, request, std::span{records}.first(payment.legs.size()), plan);
}

Outcome move_linked(OpenBatch& batch, const Request& request, const MoveLinked& command) {
    if (command.leg_count == 0 || command.leg_count > legs_max)
        return refuse(batch, request, Refusal::leg_count_invalid);
    std::array<TransferRecord, legs_max> records;
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        const Leg& leg = command.legs[i];
        // What waits for a settlement is paid out by the switch alone.
        if (batch.rulebook.of(leg.debit, batch.state.terms).is_settled_to_bank())
            return std::optional{Refusal::account_kind_not_allowed};
        return batch.state.books.plan_post({Purpose::adjust, leg.debit, leg.credit,
                                            Money{leg.amount, command.currency}, command.memo},
                                           record);
    };
    return move_set(batch, request, std::span{records}.first(command.leg_count), plan);
}

Outcome reserve(OpenBatch& batch, const Request& request, const Reserve& command) {
    const ledger::Account* debit = batch.state.books.find(command.debit);
    const ledger::Account* credit = batch.state.books.find(command.credit);
    ledger::Posting posting{Purpose::transfer, command.debit, command.credit, command.amount,
                            command.memo};
    // An account that does not exist is refused by the plan below.
    if (debit != nullptr && credit != nullptr)
        posting.purpose = purpose_between(debit->kind, credit->kind);
    TransferRecord record = record_for(request);
    if (const auto refusal =
            batch.state.books.plan_reserve(posting, command.timeout, batch.now, record))
        return refuse(batch, request, *refusal);
    // The fee is charged when it is settled; limits and what is not offered are decided now.
    PricedPayment payment;
    if (const auto refusal = price_posting(batch.state, batch.rulebook, batch.now, posting,
                                           LimitCheck::counted_now, payment))
        return refuse(batch, request, *refusal);
    // Only the refusals were wanted: no leg of the price moves yet.
    return accept(batch, record);
}

Outcome settle(OpenBatch& batch, const Request& request, const Settle& command) {
    if (const auto refusal = check_open(batch, command.reservation))
        return refuse(batch, request, *refusal);
    TransferRecord record = record_for(request);
    record.memo = command.memo;
    if (const auto refusal =
            batch.state.books.plan_settle(command.reservation, command.amount, record))
        return refuse(batch, request, *refusal);
    // What is settled is priced; it may be less than what was set aside.
    const ledger::Posting posting{record.purpose, record.debit, record.credit,
                                  Money{record.amount, record.currency}, command.memo};
    PricedPayment payment;
    if (const auto refusal = price_posting(batch.state, batch.rulebook, batch.now, posting,
                                           LimitCheck::counted_before, payment))
        return refuse(batch, request, *refusal);
    record.due_at = microseconds(payment.due);
    if (payment.legs.size() == 1) return accept(batch, record);
    std::array<TransferRecord, payment_legs_max> records;
    // The reservation is planned again within the set. The first plan was for the price, which
    // needs its sides and its amount.
    const auto plan = [&](std::size_t i, TransferRecord& leg) {
        leg.memo = command.memo;
        leg.due_at = record.due_at;
        return i == 0 ? batch.state.books.plan_settle(command.reservation, command.amount, leg)
                      : batch.state.books.plan_post(payment.legs[i], leg);
    };
    return move_set(batch, request, std::span{records}.first(payment.legs.size()), plan);
}

Outcome release(OpenBatch& batch, const Request& request, const Release& command) {
    if (const auto refusal = check_open(batch, command.reservation))
        return refuse(batch, request, *refusal);
    TransferRecord record = record_for(request);
    record.memo = command.memo;
    if (const auto refusal =
            batch.state.books.plan_end(command.reservation, TransferKind::released, record))
        return refuse(batch, request, *refusal);
    return accept(batch, record);
}

Outcome reverse(OpenBatch& batch, const Request& request, const Reverse& command) {
    if (!command.records || command.records->empty())
        return refuse(batch, request, Refusal::original_not_found);
    const std::vector<TransferRecord>& originals = *command.records;
    const TransferRecord& principal = originals.front();
    // A mistake of the shell and not of a client: the records were looked up by this very number.
    ensure(principal.id == command.original, "the original's own records are handed over");
    // What the switch did by itself (payouts) nobody takes back.
    // Charges go back with their payment and never by themselves.
    if (principal.is_continuation() || !principal.participant)
        return refuse(batch, request, Refusal::original_not_reversible);

    const AccountRules payee = batch.rulebook.of(principal.credit, batch.state.terms);
    const AccountRules payer = batch.rulebook.of(principal.debit, batch.state.terms);
    std::vector<Part> parts;
    // The payee's scheme has the word, as it had when the payment was priced.
    const AccountRules& rules = payee ? payee : payer;
    if (rules)
        if (const auto refusal =
                check_rule(rules.entry->scheme.reversal, command.original_time, batch.now))
            return refuse(batch, request, *refusal);
    // All legs of a linked set are adjustments. None of them is a charge, so nothing is shared out.
    if (rules && principal.purpose != ledger::Purpose::adjust) {
        parts = payment_parts(originals, command.amount, rules.entry->scheme.reversal, batch.state);
    } else if (command.amount == 0) {
        parts = all_parts(originals, batch.state.books);
    } else {
        parts.push_back({&principal, command.amount});
    }
    if (parts.empty()) return refuse(batch, request, Refusal::exceeds_original);

    // Money that goes back to or out of a settlement counts with what is sold now.
    const Timestamp due = usable_at(payee.is_settled_to_bank() ? payee : payer, batch.now);
    std::vector<TransferRecord> records(parts.size());
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        record.memo = command.memo;
        record.due_at = microseconds(due);
        return batch.state.books.plan_reverse(*parts[i].original, parts[i].amount, record);
    };
    return move_set(batch, request, records, plan);
}

void expire_next(OpenBatch& batch) {
    const auto next = batch.state.books.next_expiry();
    TransferRecord record;
    const auto refusal = batch.state.books.plan_end(next->second, TransferKind::expired, record);
    ensure(!refusal, "an open reservation can expire");
    emit_transfer(batch, record);
}

}  // namespace tuma::core
