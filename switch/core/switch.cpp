#include "switch/core/switch.h"

#include <array>
#include <utility>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::Purpose;
using ledger::TransferKind;
using ledger::TransferRecord;

// What a reservation between these kinds of account is for; the books refuse what fits nothing.
Purpose purpose_between(AccountKind debit, AccountKind credit) {
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

TransferRecord record_for(const Request& request) {
    TransferRecord record;
    record.reference = request.key.reference;
    record.digest = request.digest;
    record.participant = request.key.participant;
    return record;
}

Outcome replayed(const ledger::RememberedRequest& before) {
    return {.code = before.code,
            .is_replayed = true,
            .id = before.id,
            .time = Timestamp{Duration{before.time_us}},
            .balance = before.balance};
}

// Orders, notices and profiles are found by keys of their own: their commands carry no request's.
bool has_own_key(const Command& command) {
    return std::holds_alternative<StoreProfile>(command) ||
           std::holds_alternative<OpenOrder>(command) ||
           std::holds_alternative<MoveOrder>(command) ||
           std::holds_alternative<QueryOrder>(command) ||
           std::holds_alternative<ListOrders>(command) ||
           std::holds_alternative<EndAttempt>(command) ||
           std::holds_alternative<SendNotice>(command) ||
           std::holds_alternative<ListNotices>(command);
}

}  // namespace

void Switch::begin(Timestamp now, std::vector<std::byte> buffer, Timestamp outside) {
    ensure(!is_open_, "one batch is open at a time");
    ensure(now >= state_.position.time, "switch time never decreases");
    is_open_ = true;
    now_ = now;
    outside_ = outside;
    first_transfer_ = state_.position.next_transfer;
    event_count_ = 0;
    bytes_ = std::move(buffer);
    bytes_.clear();
    effects_.clear();
    ledger::begin_batch(bytes_);
}

Switch::Decided Switch::finish() {
    ensure(is_open_, "finishing a batch that was begun");
    is_open_ = false;
    if (event_count_ > 0) {
        state_.position.sequence += 1;
        state_.position.time = now_;
    }
    ledger::BatchHeader header;
    header.sequence = state_.position.sequence;
    header.time_us = now_.time_since_epoch().count();
    header.event_count = event_count_;
    header.first_transfer = first_transfer_;
    header.next_transfer = state_.position.next_transfer;
    return {header, std::move(bytes_)};
}

Switch::Known Switch::known(const RequestKey& key, const Finding* finding) const {
    if (const auto* in_memory = state_.keys.find(key, now_)) return {in_memory};
    if (!key || !state_.keys.may_have_left(key)) return {};
    if (finding != nullptr && !finding->is_readable) return {.is_unknowable = true};
    if (finding == nullptr || state_.keys.oldest() > finding->asked_at)
        return {.must_look_up = true};
    if (!finding->request || state_.keys.is_expired(*finding->request, now_)) return {};
    return {&*finding->request};
}

bool Switch::must_look_up(const Request& request) const {
    if (has_own_key(request.command)) return lacks_orders(request.command);
    return !std::holds_alternative<QueryAccount>(request.command) &&
           known(request.key, nullptr).must_look_up;
}

// Nothing has happened and nothing is remembered, so that the same request may come again.
Outcome Switch::undecided(bool must_look_up) const {
    return {.code = Refusal::overloaded, .time = now_, .must_look_up = must_look_up};
}

Outcome Switch::handle(const Request& request, const Finding* finding) {
    ensure(is_open_, "handling a request outside a batch");
    if (std::holds_alternative<QueryRequest>(request.command))
        return look_back(request.key, finding);
    if (std::holds_alternative<QueryAccount>(request.command)) return decide(request);
    if (has_own_key(request.command)) return handle_order(request, finding);
    if (!request.key) return {.code = Refusal::request_key_missing, .time = now_};
    const auto [before, must_look_up, is_unknowable] = known(request.key, finding);
    if (before != nullptr) {
        if (before->digest != request.digest)
            return {.code = Refusal::modified_request, .time = now_};
        return replayed(*before);
    }
    // Better nothing than to forget a request for this one.
    if (must_look_up || is_unknowable || !state_.keys.has_room()) return undecided(must_look_up);
    if (request.valid_until != Timestamp{} && request.valid_until < outside_)
        return refuse(request, Refusal::deadline_passed);
    return decide(request);
}

Outcome Switch::decide(const Request& request) {
    return std::visit([&](const auto& command) { return on(request, command); }, request.command);
}

void Switch::prefetch(const Request& request) const {
    state_.keys.prefetch(request.key);
    if (const auto* move = std::get_if<MoveMoney>(&request.command))
        state_.books.prefetch(move->debit, move->credit);
}

Outcome Switch::refuse(const Request& request, Refusal refusal) {
    ledger::RequestRefused refused;
    refused.participant = request.key.participant;
    refused.reference = request.key.reference;
    refused.digest = request.digest;
    refused.refusal = refusal;
    state_.apply(refused, now_);
    ledger::append(bytes_, refused);
    ++event_count_;
    return {.code = refusal, .time = now_};
}

void Switch::emit(TransferRecord& record) {
    record.id = state_.position.next_transfer;
    state_.apply(record, now_);
    ledger::append(bytes_, record);
    ++event_count_;
    check_own_funds(record);
}

// What was planned on the books keeps them covered; settling a reservation was planned before, by
// whichever rules held then.
void Switch::check_own_funds(const TransferRecord& record) const {
    if (record.kind == TransferKind::settled) return;
    // Whether they are short is quickly told; only then the accounts are looked at again.
    const bool is_short = state_.books.own_funds(record.currency).is_short();
    ensure(!is_short || !state_.books.lowers_own_funds(record),
           "no movement brings the operator's own funds below zero");
}

Outcome Switch::accept(TransferRecord& record) {
    emit(record);
    return {.id = record.id.value, .time = now_, .balance = record.debit_balance_after};
}

Outcome Switch::on(const Request& request, const MoveMoney& command) {
    TransferRecord record = record_for(request);
    const ledger::Posting posting{command.purpose, command.debit, command.credit, command.amount,
                                  command.memo};
    const auto misfit = state_.books.plan_post(posting, record);
    // What a refund lacks may be what it gets back of its charges; the whole set is looked at.
    const bool may_be_lacking =
        command.purpose == Purpose::refund && misfit == Refusal::insufficient_funds;
    if (misfit && !may_be_lacking) return refuse(request, *misfit);
    PricedPayment payment;
    if (const auto refusal =
            price_posting(state_, rulebook_, now_, posting, LimitCheck::counted_now, payment))
        return refuse(request, *refusal);
    if (misfit && payment.leg_count == 1) return refuse(request, *misfit);
    record.due_at = payment.due.time_since_epoch().count();
    if (payment.leg_count == 1) return accept(record);
    std::array<TransferRecord, payment_legs_max> records;
    const std::int64_t incoming = command.purpose == Purpose::refund ? payment.incoming() : 0;
    const auto plan = [&](std::size_t i, TransferRecord& leg) {
        leg.due_at = record.due_at;
        return state_.books.plan_post(payment.legs[i], leg, i == 0 ? incoming : 0);
    };
    return post_set(request, std::span{records}.first(payment.leg_count), plan);
}

Outcome Switch::on(const Request& request, const MoveLinked& command) {
    if (command.leg_count == 0 || command.leg_count > legs_max)
        return refuse(request, Refusal::leg_count_invalid);
    std::array<TransferRecord, legs_max> records;
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        const Leg& leg = command.legs[i];
        // What waits for a settlement is paid out by the switch alone.
        if (rulebook_.of(leg.debit, state_.terms).is_settled_to_bank())
            return std::optional{Refusal::account_kind_not_allowed};
        return state_.books.plan_post({Purpose::adjust, leg.debit, leg.credit,
                                       Money{leg.amount, command.currency}, command.memo},
                                      record);
    };
    return post_set(request, std::span{records}.first(command.leg_count), plan);
}

Outcome Switch::on(const Request& request, const Reserve& command) {
    const ledger::Account* debit = state_.books.find(command.debit);
    const ledger::Account* credit = state_.books.find(command.credit);
    ledger::Posting posting{Purpose::transfer, command.debit, command.credit, command.amount,
                            command.memo};
    if (debit != nullptr && credit != nullptr)
        posting.purpose = purpose_between(debit->kind, credit->kind);
    TransferRecord record = record_for(request);
    if (const auto refusal = state_.books.plan_reserve(posting, command.timeout, now_, record))
        return refuse(request, *refusal);
    // The fee is charged when it is settled; limits and what is not offered are decided now.
    PricedPayment payment;
    if (const auto refusal =
            price_posting(state_, rulebook_, now_, posting, LimitCheck::counted_now, payment))
        return refuse(request, *refusal);
    return accept(record);
}

std::optional<Refusal> Switch::check_open(TransferId reservation) const {
    const ledger::Reservation* open = state_.books.find_reservation(reservation);
    // One that is due but not yet given back (more were due than one batch takes) is over too.
    if (open == nullptr || open->expires_at <= now_) return Refusal::reservation_not_open;
    return std::nullopt;
}

Outcome Switch::on(const Request& request, const Settle& command) {
    if (const auto refusal = check_open(command.reservation)) return refuse(request, *refusal);
    TransferRecord record = record_for(request);
    record.memo = command.memo;
    if (const auto refusal = state_.books.plan_settle(command.reservation, command.amount, record))
        return refuse(request, *refusal);
    const ledger::Posting posting{record.purpose, record.debit, record.credit,
                                  Money{record.amount, record.currency}, command.memo};
    PricedPayment payment;
    if (const auto refusal =
            price_posting(state_, rulebook_, now_, posting, LimitCheck::counted_before, payment))
        return refuse(request, *refusal);
    record.due_at = payment.due.time_since_epoch().count();
    if (payment.leg_count == 1) return accept(record);
    std::array<TransferRecord, payment_legs_max> records;
    const auto plan = [&](std::size_t i, TransferRecord& leg) {
        leg.memo = command.memo;
        leg.due_at = record.due_at;
        return i == 0 ? state_.books.plan_settle(command.reservation, command.amount, leg)
                      : state_.books.plan_post(payment.legs[i], leg);
    };
    return post_set(request, std::span{records}.first(payment.leg_count), plan);
}

Outcome Switch::on(const Request& request, const Release& command) {
    if (const auto refusal = check_open(command.reservation)) return refuse(request, *refusal);
    TransferRecord record = record_for(request);
    record.memo = command.memo;
    if (const auto refusal =
            state_.books.plan_end(command.reservation, TransferKind::released, record))
        return refuse(request, *refusal);
    return accept(record);
}

Outcome Switch::post_set(const Request& request, std::span<TransferRecord> records,
                         const PlanLeg& plan) {
    if (const auto refusal = apply_set(request, records, plan)) return refuse(request, *refusal);
    emit_set(records);
    const TransferRecord& first = records.front();
    return {.id = first.id.value, .time = now_, .balance = first.debit_balance_after};
}

std::optional<Refusal> Switch::apply_set(const Request& request, std::span<TransferRecord> records,
                                         const PlanLeg& plan) {
    std::optional<ledger::Reservation> settled;
    for (std::size_t i = 0; i < records.size(); ++i) {
        TransferRecord& record = records[i];
        record = record_for(request);
        record.due_at = now_.time_since_epoch().count();
        if (const auto refusal = plan(i, record)) {
            while (i > 0) state_.books.undo(records[--i], settled);
            return refusal;
        }
        record.id = TransferId{state_.position.next_transfer.value + i};
        if (i > 0) record.flags |= ledger::flag_continuation;
        if (i + 1 < records.size()) record.flags |= ledger::flag_linked;
        if (record.kind == TransferKind::settled)
            settled = *state_.books.find_reservation(record.subject);
        // Each leg is planned on what the legs before it have done.
        state_.books.apply(record);
        check_own_funds(record);
    }
    return std::nullopt;
}

void Switch::emit_set(std::span<const TransferRecord> records) {
    for (const TransferRecord& record : records) {
        state_.remember(record, now_);
        ledger::append(bytes_, record);
        ++event_count_;
    }
}

Outcome Switch::on(const Request& request, const ChangeAccount& command) {
    ledger::AccountChanged changed;
    changed.id = command.account;
    changed.reference = request.key.reference;
    changed.digest = request.digest;
    changed.participant = request.key.participant;
    changed.change = command.change;
    if (const auto refusal = state_.books.plan_change(changed)) return refuse(request, *refusal);
    state_.apply(changed, now_);
    ledger::append(bytes_, changed);
    ++event_count_;
    return {.id = changed.id.value, .time = now_};
}

Outcome Switch::on(const Request&, const QueryAccount& command) const {
    const AccountId id = command.account ? command.account : state_.books.find(command.identity);
    const ledger::Account* account = state_.books.find(id);
    if (account == nullptr) return {.code = Refusal::account_not_found, .time = now_};
    return {.id = id.value,
            .time = now_,
            .balance = ledger::balance(*account),
            .account = AccountView{id, *account}};
}

Outcome Switch::on(const Request& request, const QueryRequest&) const {
    return look_back(request.key, nullptr);
}

Outcome Switch::look_back(const RequestKey& key, const Finding* finding) const {
    const auto [before, must_look_up, is_unknowable] = known(key, finding);
    if (must_look_up || is_unknowable) return undecided(must_look_up);
    if (before == nullptr) return {.code = Refusal::request_not_found, .time = now_};
    return replayed(*before);
}

}  // namespace tuma::core
