// Orders: opening, what customers and merchants do to them, and what happens to them by itself.
#include "ledger/order_records.h"
#include "switch/core/switch.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace tuma::core {
namespace {

using ledger::CustomerAction;
using ledger::Order;
using ledger::OrderMoved;
using ledger::OrderOpened;
using ledger::OrderState;
using ledger::OrderTerms;

bool is_bounded(const OrderWish& wish) {
    const auto is_key = [](const std::string& key) {
        return !key.empty() && key.size() <= ledger::order_key_bytes_max;
    };
    return wish.keys.size() <= ledger::order_keys_max &&
           std::all_of(wish.keys.begin(), wish.keys.end(), is_key) &&
           wish.content.size() <= ledger::order_content_max &&
           wish.terms.watched_count <= ledger::watched_accounts_max &&
           wish.acts_after >= Duration{} && wish.expires_after >= Duration{};
}

bool has_double_keys(const OrderWish& wish) {
    std::set<std::string_view> seen(wish.keys.begin(), wish.keys.end());
    std::size_t keys = wish.keys.size();
    for (const OrderWish& member : wish.members) {
        seen.insert(member.keys.begin(), member.keys.end());
        keys += member.keys.size();
    }
    return seen.size() != keys;
}

Outcome with_order(Outcome outcome, std::shared_ptr<const Order> order) {
    if (order != nullptr) outcome.id = order->terms.id.value;
    outcome.order = std::move(order);
    return outcome;
}

}  // namespace

std::shared_ptr<const Order> Switch::find_order(OrderId id, const std::string& key) const {
    return id ? find_order(id) : find_order(key);
}

// order_invalid, amount_not_positive, debit_account_not_found, credit_account_not_found,
// customer_busy, original_not_found, original_not_reversible, exceeds_original.
std::optional<Refusal> Switch::check_wish(const OrderWish& wish) const {
    const OrderTerms& terms = wish.terms;
    const bool moves_money = terms.credit.value != 0;
    if (!is_bounded(wish)) return Refusal::order_invalid;
    if (!moves_money && terms.amount != 0) return Refusal::order_invalid;
    if (moves_money && wish.decides_now && !terms.debit) return Refusal::order_invalid;
    if (moves_money && terms.amount <= 0) return Refusal::amount_not_positive;
    if (terms.debit && state_.books.find(terms.debit) == nullptr)
        return Refusal::debit_account_not_found;
    if (moves_money && state_.books.find(terms.credit) == nullptr)
        return Refusal::credit_account_not_found;
    for (std::size_t i = 0; i < terms.watched_count; ++i)
        if (state_.books.find(terms.watched[i]) == nullptr) return Refusal::account_not_found;
    if (terms.charges && state_.books.find(terms.charges) == nullptr)
        return Refusal::account_not_found;
    if ((terms.flags & ledger::order_flag_exclusive) != 0 &&
        state_.orders.find_exclusive(terms.debit))
        return Refusal::customer_busy;
    if (!terms.parent) return std::nullopt;
    const auto parent = find_order(terms.parent);
    if (parent == nullptr) return Refusal::original_not_found;
    if (parent->state != OrderState::succeeded || parent->terms.parent)
        return Refusal::original_not_reversible;
    if (parent->returned + terms.amount > parent->terms.amount ||
        parent->children >= ledger::order_children_max)
        return Refusal::exceeds_original;
    return std::nullopt;
}

std::shared_ptr<const Order> Switch::find_taken(const OrderWish& wish) const {
    for (const std::string& key : wish.keys)
        if (auto existing = find_order(key)) return existing;
    for (const OrderWish& member : wish.members)
        if (auto existing = find_taken(member)) return existing;
    return nullptr;
}

Outcome Switch::on(const Request&, const OpenOrder& command) {
    const OrderWish& wish = *command.wish;
    if (auto existing = find_taken(wish))
        return with_order({.code = Refusal::order_exists, .time = now_}, std::move(existing));
    if (has_double_keys(wish)) return {.code = Refusal::order_invalid, .time = now_};
    if (const auto refusal = check_wish(wish)) return {.code = *refusal, .time = now_};
    if (const auto refusal = check_members(wish)) return {.code = *refusal, .time = now_};
    OrderOpened opened{wish.terms, wish.keys, wish.content};
    opened.terms.id = state_.orders.next_order();
    if (!wish.members.empty()) opened.terms.flags |= ledger::order_flag_group;
    opened = ledger::sized(std::move(opened));
    if (wish.expires_after > Duration{})
        opened.terms.expires_at = microseconds(now_ + wish.expires_after);
    if (wish.decides_now)
        return open_decided(wish, opened,
                            command.original == nullptr ? Original{} : Original{*command.original});
    const bool asks = (wish.terms.flags & ledger::order_flag_ask_merchant) != 0;
    if (asks || wish.terms.action != CustomerAction::none)
        opened.terms.acts_at = microseconds(now_ + wish.acts_after);
    recall(opened.terms.parent);
    emit_record(opened);
    for (const OrderWish& member : wish.members) open_member(member);
    if (asks) notify(opened.terms.id, ledger::NoticeWhen::asked);
    return with_order({.time = now_}, state_.orders.find(opened.terms.id));
}

std::optional<Refusal> Switch::check_original(const OrderTerms& terms, Original original) const {
    if (!terms.parent || terms.purpose != ledger::Purpose::refund) return std::nullopt;
    const auto parent = find_order(terms.parent);
    if (parent == nullptr || original.empty() || original.front().id != parent->transfer)
        return Refusal::original_not_found;
    const std::int64_t moved = original.front().amount;
    if (terms.amount > moved - gone_back_of(state_, parent->transfer))
        return Refusal::exceeds_original;
    return std::nullopt;
}

Outcome Switch::open_decided(const OrderWish& wish, const OrderOpened& opened, Original original) {
    OrderMoved moved;
    moved.head.order = opened.terms.id;
    moved.head.debit = opened.terms.debit;
    std::optional<Refusal> refusal;
    if (opened.terms.action == CustomerAction::decline)
        moved.head.code = opened.terms.decline_code;
    else if (opened.terms.amount > 0)
        refusal = pay(opened.terms, opened.terms.debit, moved.head.transfer, original);
    if (refusal && wish.refuses_openly) return {.code = *refusal, .time = now_};
    moved.head.refusal = refusal.value_or(Refusal::none);
    moved.head.state = OrderState::processing;
    moved.head.acts_at = microseconds(now_ + wish.acts_after);
    recall(opened.terms.parent);
    emit_record(opened);
    const auto order = state_.orders.find(opened.terms.id);
    move_order(*order, std::move(moved));
    // What takes no time has ended with its opening.
    if (wish.acts_after == Duration{}) act(*state_.orders.find(opened.terms.id));
    return with_order({.time = now_}, state_.orders.find(opened.terms.id));
}

std::optional<Refusal> Switch::price_order(const OrderTerms& terms, AccountId payer,
                                           PricedPayment& payment, Original original) const {
    const ledger::Posting posting{terms.purpose, payer, terms.credit,
                                  Money{terms.amount, terms.currency}, terms.id.value};
    ledger::TransferRecord probe;
    const auto misfit = state_.books.plan_post(posting, probe);
    // What a refund lacks may be what the operator gives back; the whole set is looked at later.
    const bool may_be_lacking =
        terms.purpose == ledger::Purpose::refund && misfit == Refusal::insufficient_funds;
    if (misfit && !may_be_lacking) return misfit;
    if (const auto refusal = price_posting(state_, rulebook_, now_, posting,
                                           LimitCheck::counted_now, payment, original))
        return refusal;
    for (std::size_t i = 1; i < payment.leg_count; ++i)
        if (terms.charges && payment.legs[i].debit == payer) payment.legs[i].debit = terms.charges;
    return std::nullopt;
}

std::optional<Refusal> Switch::pay(const OrderTerms& terms, AccountId payer, TransferId& transfer,
                                   Original original) {
    if (const auto refusal = check_original(terms, original)) return refusal;
    PricedPayment payment;
    if (const auto refusal = price_order(terms, payer, payment, original)) return refusal;
    // What the operator gives back of its fee comes first: a merchant whose only sale it was could
    // not pay the whole otherwise.
    const bool gives_back = terms.purpose == ledger::Purpose::refund;
    const auto legs = std::span{payment.legs}.first(payment.leg_count);
    if (gives_back) std::rotate(legs.begin(), legs.begin() + 1, legs.end());
    std::array<ledger::TransferRecord, payment_legs_max> space;
    const auto records = std::span{space}.first(payment.leg_count);
    const auto plan = [&](std::size_t i, ledger::TransferRecord& leg) {
        leg.due_at = microseconds(payment.due);
        return state_.books.plan_post(legs[i], leg);
    };
    // The order has keys of its own, so that the records carry none.
    if (const auto refusal = apply_set(Request{}, records, plan)) return refusal;
    emit_set(records);
    transfer = gives_back ? records.back().id : records.front().id;
    return std::nullopt;
}

Outcome Switch::on(const Request&, const MoveOrder& command) {
    const OrderAct& wanted = *command.act;
    const auto order = wanted.customer ? state_.orders.find_exclusive(wanted.customer)
                                       : find_order(wanted.order, wanted.key);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = now_};
    std::optional<Refusal> refusal;
    const bool is_misfit =
        wanted.answer.size() > ledger::order_answer_max ||
        (order->terms.flags & ledger::order_flag_member) != 0 ||
        (wanted.step == OrderStep::accept && order->state != OrderState::awaiting_merchant);
    if (ledger::is_final(order->state) || order->state == OrderState::processing) {
        refusal = Refusal::order_has_ended;
    } else if (is_misfit) {
        refusal = Refusal::order_invalid;
    } else if (wanted.step == OrderStep::ignore) {
        wait_for_nobody(*order);
    } else if (wanted.step == OrderStep::close) {
        end_order(*order, OrderState::closed, wanted.code, wanted.answer);
    } else if (wanted.step == OrderStep::decline) {
        decline(*order, wanted.code, wanted.answer);
    } else {
        // Only the customer who was asked can pay what one customer was asked for.
        const bool is_personal = (order->terms.flags & ledger::order_flag_exclusive) != 0;
        const bool pays_another = wanted.payer && !(is_personal && order->debit);
        const AccountId payer = pays_another ? wanted.payer : order->debit;
        refusal = approve(*order, payer, wanted.answer);
    }
    return with_order({.code = refusal.value_or(Refusal::none), .time = now_},
                      find_order(order->terms.id));
}

std::optional<Refusal> Switch::approve(const Order& order, AccountId payer,
                                       const std::string& answer) {
    if (!payer) return Refusal::payer_unknown;
    const auto members = members_of(order);
    std::vector<TransferId> transfers(members.empty() ? 1 : 0);
    const auto refusal = members.empty() ? pay(order.terms, payer, transfers.front())
                                         : pay_members(members, payer, transfers);
    if (refusal && (order.terms.flags & ledger::order_flag_keeps_open) != 0) {
        wait_for_nobody(order);
        return refusal;
    }
    const auto end = [&](const Order& one, TransferId transfer) {
        OrderMoved moved;
        moved.head.order = one.terms.id;
        moved.head.debit = payer;
        moved.head.state = refusal ? OrderState::failed : OrderState::succeeded;
        moved.head.refusal = refusal.value_or(Refusal::none);
        moved.head.transfer = transfer;
        moved.answer = answer;
        move_order(one, std::move(moved));
    };
    for (std::size_t i = 0; i < members.size(); ++i)
        end(*members[i], refusal ? TransferId{} : transfers[i]);
    end(order, refusal ? TransferId{} : transfers.front());
    return std::nullopt;
}

void Switch::decline(const Order& order, std::uint16_t code, const std::string& answer) {
    const bool waits_on = order.state == OrderState::awaiting_customer &&
                          (order.terms.flags & ledger::order_flag_keeps_open) != 0;
    if (waits_on)
        wait_for_nobody(order);
    else
        end_order(order, OrderState::failed, code, answer);
}

void Switch::wait_for_nobody(const Order& order) {
    if (order.acts_at == Timestamp{}) return;
    OrderMoved moved;
    moved.head.order = order.terms.id;
    moved.head.state = order.state;
    moved.head.debit = order.debit;
    moved.answer = order.answer;
    move_order(order, std::move(moved));
}

void Switch::end_order(const Order& order, OrderState state, std::uint16_t code,
                       const std::string& answer) {
    for (const auto& member : members_of(order)) end_order(*member, state, code, answer);
    OrderMoved moved;
    moved.head.order = order.terms.id;
    moved.head.debit = order.debit;
    moved.head.state = state;
    moved.head.code = code;
    moved.head.refusal = order.refusal;
    moved.head.transfer = order.transfer;
    moved.answer = answer.empty() ? order.answer : answer;
    move_order(order, std::move(moved));
}

void Switch::move_order(const Order& order, OrderMoved moved) {
    const OrderId id = order.terms.id;
    const bool has_ended = ledger::is_final(moved.head.state);
    const bool succeeded = moved.head.state == OrderState::succeeded;
    for (std::size_t i = 0; has_ended && i < order.terms.watched_count; ++i) {
        const AccountId account = order.terms.watched[i];
        const ledger::Account& found = *state_.books.find(account);
        moved.balances.push_back({account, 0, ledger::balance(found), ledger::reserved(found)});
    }
    emit_record(ledger::sized(std::move(moved)));
    if (!has_ended) return;
    notify(id, ledger::NoticeWhen::ended);
    if (succeeded) notify(id, ledger::NoticeWhen::succeeded);
}

void Switch::act(const Order& order) {
    switch (order.state) {
        case OrderState::awaiting_customer: {
            const Timestamp expires{Duration{order.terms.expires_at}};
            const bool acts = order.acts_at != Timestamp{} &&
                              (expires == Timestamp{} || order.acts_at <= expires);
            if (!acts)
                end_order(order, OrderState::expired, 0, {});
            else if (order.terms.action == CustomerAction::decline)
                decline(order, order.terms.decline_code, {});
            else
                approve(order, order.debit, {});
            return;
        }
        case OrderState::awaiting_merchant:
            if ((order.terms.flags & ledger::order_flag_silence_accepts) != 0)
                approve(order, order.debit, {});
            else
                end_order(order, OrderState::failed, order.terms.decline_code, {});
            return;
        case OrderState::processing: {
            const bool failed = order.refusal != Refusal::none || order.code != 0;
            end_order(order, failed ? OrderState::failed : OrderState::succeeded, order.code, {});
            return;
        }
        case OrderState::succeeded:
        case OrderState::failed:
        case OrderState::closed:
        case OrderState::expired:
            break;
    }
    unreachable("an order that has ended has no deadline");
}

Outcome Switch::on(const Request&, const QueryOrder& command) const {
    auto order = find_order(command.order, command.key);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = now_};
    return with_order({.time = now_}, std::move(order));
}

Outcome Switch::on(const Request&, const ListOrders& command) const {
    auto found = std::make_shared<std::vector<std::shared_ptr<const Order>>>();
    const OrderId end = state_.orders.next_order();
    const auto [first, stop] = listed_range(command.after, end);
    for (OrderId id = first; id < stop; ++id.value) {
        auto order = find_order(id);
        if (order == nullptr) continue;
        const std::uint16_t kind = order->terms.kind;
        if (kind >= command.kind_first && kind <= command.kind_last)
            found->push_back(std::move(order));
    }
    return {.id = stop < end ? stop.value - 1 : 0, .time = now_, .orders = std::move(found)};
}

Outcome Switch::on(const Request&, const StoreProfile& command) {
    const ledger::ProfileStored& profile = *command.profile;
    if (profile.name.empty() || profile.name.size() > ledger::profile_name_max ||
        profile.content.size() > ledger::profile_content_max)
        return {.code = Refusal::order_invalid, .time = now_};
    const std::string* stored = state_.profiles.find(profile.name);
    const bool is_same = stored == nullptr ? profile.content.empty() : *stored == profile.content;
    if (!is_same) emit_record(ledger::sized(profile));
    return {.time = now_};
}

}  // namespace tuma::core
