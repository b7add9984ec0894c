#include "switch/core/orders.h"

#include "ledger/records/order_records.h"
#include "switch/core/left_orders.h"
#include "switch/core/notices.h"
#include "switch/core/order_payment.h"
#include "switch/core/requests.h"

#include <algorithm>
#include <memory>
#include <optional>
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

bool is_bounded(const OrderRequest& wish) {
    const auto is_key = [](const std::string& key) {
        return !key.empty() && key.size() <= ledger::order_key_bytes_max;
    };
    return wish.keys.size() <= ledger::order_keys_max &&
           std::all_of(wish.keys.begin(), wish.keys.end(), is_key) &&
           wish.content.size() <= ledger::order_content_max &&
           wish.terms.watched_count <= ledger::watched_accounts_max &&
           wish.acts_after >= Duration{} && wish.expires_after >= Duration{};
}

bool has_double_keys(const OrderRequest& wish) {
    // An order is found by each of its keys, so two orders of one group must not share any.
    std::set<std::string_view> seen(wish.keys.begin(), wish.keys.end());
    std::size_t keys = wish.keys.size();
    for (const OrderRequest& member : wish.members) {
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

bool repeats(const OrderTerms& terms) {
    return (terms.flags & ledger::order_flag_repeats) != 0;
}

// Whether the wish repeats in a way that can go on without anybody's doing.
bool is_good_repeat(const OrderRequest& wish) {
    // The first moment is bound to come before the last one.
    const bool has_moments = wish.acts_after <= wish.expires_after && !wish.decides_now;
    return has_moments && ledger::can_repeat(wish.terms) && wish.members.empty();
}

// order_invalid, amount_not_positive, debit_account_not_found, credit_account_not_found,
// customer_busy, original_not_found, original_not_reversible, exceeds_original.
std::optional<Refusal> check_wish(const OpenBatch& batch, const OrderRequest& wish) {
    const OrderTerms& terms = wish.terms;
    const bool moves_money = terms.credit.value != 0;
    // Counts first: the checks below use them as bounds.
    if (!is_bounded(wish)) return Refusal::order_invalid;
    // Without a credited account the order is an enquiry: it has a result to tell and no money.
    if (!moves_money && terms.amount != 0) return Refusal::order_invalid;
    if (moves_money && wish.decides_now && !terms.debit) return Refusal::order_invalid;
    if (repeats(terms) && !is_good_repeat(wish)) return Refusal::order_invalid;
    // What is approved without anybody's doing needs to know who pays: nobody could be asked then,
    // and the moment would stay due for ever.
    const bool approves_itself = terms.action == CustomerAction::approve ||
                                 (terms.flags & ledger::order_flag_silence_accepts) != 0;
    if (!wish.decides_now && approves_itself && !terms.debit) return Refusal::order_invalid;
    if (moves_money && terms.amount <= 0) return Refusal::amount_not_positive;
    if (terms.debit && batch.state.books.find(terms.debit) == nullptr)
        return Refusal::debit_account_not_found;
    if (moves_money && batch.state.books.find(terms.credit) == nullptr)
        return Refusal::credit_account_not_found;
    // Their balances go into the record of the end, so they must exist from the start.
    for (std::size_t i = 0; i < terms.watched_count; ++i)
        if (batch.state.books.find(terms.watched[i]) == nullptr) return Refusal::account_not_found;
    if (terms.charges && batch.state.books.find(terms.charges) == nullptr)
        return Refusal::account_not_found;
    // The customer's handset shows one question at a time.
    if ((terms.flags & ledger::order_flag_exclusive) != 0 &&
        batch.state.orders.find_exclusive(terms.debit))
        return Refusal::customer_busy;
    if (!terms.parent) return std::nullopt;
    const auto parent = find_order(batch, terms.parent);
    if (parent == nullptr) return Refusal::original_not_found;
    if (parent->state != OrderState::succeeded || parent->terms.parent)
        return Refusal::original_not_reversible;
    // What a refund gives back counts from its opening on, so that two open ones cannot give the
    // same money back.
    if (parent->returned + terms.amount > parent->terms.amount ||
        parent->children >= ledger::order_children_max)
        return Refusal::exceeds_original;
    return std::nullopt;
}

// As for one order, and order_invalid for what cannot be a group.
std::optional<Refusal> check_members(const OpenBatch& batch, const OrderRequest& wish) {
    if (wish.members.empty()) return std::nullopt;
    // A group moves no money itself and has nothing to decide at its opening.
    if (wish.members.size() > ledger::order_members_max || wish.decides_now || wish.terms.credit ||
        wish.terms.parent)
        return Refusal::order_invalid;
    for (const OrderRequest& member : wish.members) {
        const OrderTerms& terms = member.terms;
        // A member takes the group's steps and none of its own: it asks nobody and gives nothing
        // back.
        const bool is_plain = terms.credit && !terms.parent && terms.flags == 0 &&
                              member.members.empty() && !member.decides_now;
        if (!is_plain || terms.debit != wish.terms.debit) return Refusal::order_invalid;
        if (const auto refusal = check_wish(batch, member)) return refusal;
    }
    return std::nullopt;
}

// An order that has one of the wish's keys already, or null.
std::shared_ptr<const Order> find_taken(const OpenBatch& batch, const OrderRequest& wish) {
    for (const std::string& key : wish.keys)
        if (auto existing = find_order(batch, key)) return existing;
    for (const OrderRequest& member : wish.members)
        if (auto existing = find_taken(batch, member)) return existing;
    return nullptr;
}

// Empty for an order that is no group.
std::vector<std::shared_ptr<const Order>> members_of(const ledger::Orders& orders,
                                                     const Order& order) {
    std::vector<std::shared_ptr<const Order>> members;
    if ((order.terms.flags & ledger::order_flag_group) == 0) return members;
    // Members have the numbers that follow the group's. The next order that is no member is
    // somebody else's.
    for (std::uint64_t id = order.terms.id.value + 1;; ++id) {
        auto member = orders.find(OrderId{id});
        if (member == nullptr || (member->terms.flags & ledger::order_flag_member) == 0)
            return members;
        members.push_back(std::move(member));
    }
}

// The order's next step as a record, which says all that changes or may change with it.
OrderMoved next_of(const Order& order, OrderState state) {
    OrderMoved moved;
    moved.head.order = order.terms.id;
    moved.head.debit = order.debit;
    moved.head.state = state;
    return moved;
}

// The same order for its next moment, if there is one. It opens in the batch that ends the one
// before, so that no moment is left out and none comes twice. Its keys stay with the first.
void repeat(OpenBatch& batch, const Order& order) {
    OrderOpened next{order.terms, {}, order.content};
    const Timestamp due{Duration{order.terms.acts_at}};
    // From when it was due, not from when it ended: a customer may have paid before.
    next.terms.acts_at = microseconds(ledger::next_moment(due, order.terms.flags));
    if (next.terms.acts_at > order.terms.expires_at) return;
    next.terms.id = batch.state.orders.next_order();
    batch.emit(ledger::sized(std::move(next)));
}

// Journals the step; whoever watches the end of an order sees balances and hears of it.
void record_step(OpenBatch& batch, const Order& order, OrderMoved moved) {
    const OrderId id = order.terms.id;
    const bool has_ended = ledger::is_final(moved.head.state);
    const bool succeeded = moved.head.state == OrderState::succeeded;
    // Balances as they are at the end of the order. By the time anybody is told, the accounts have
    // moved on.
    for (std::size_t i = 0; has_ended && i < order.terms.watched_count; ++i) {
        const AccountId account = order.terms.watched[i];
        const ledger::Account& found = *batch.state.books.find(account);
        moved.balances.push_back({account, 0, ledger::balance(found), ledger::reserved(found)});
    }
    const bool goes_on = repeats(order.terms) && moved.head.state != OrderState::closed;
    batch.emit(ledger::sized(std::move(moved)));
    if (!has_ended) return;
    // After the record, so that the notice shows the order as it ended.
    notify(batch, id, ledger::NoticeWhen::ended);
    if (succeeded) notify(batch, id, ledger::NoticeWhen::succeeded);
    if (goes_on) repeat(batch, order);
}

// The customer does nothing by itself any more.
void wait_for_nobody(OpenBatch& batch, const Order& order) {
    if (order.acts_at == Timestamp{}) return;
    OrderMoved moved = next_of(order, order.state);
    // A step's record replaces the answer, also by an empty one.
    moved.answer = order.answer;
    record_step(batch, order, std::move(moved));
}

void end_order(OpenBatch& batch, const Order& order, OrderState state, std::uint16_t code,
               const std::string& answer) {
    for (const auto& member : members_of(batch.state.orders, order))
        end_order(batch, *member, state, code, answer);
    OrderMoved moved = next_of(order, state);
    moved.head.code = code;
    // The record replaces all of these, so what stays as it is must be said again.
    moved.head.refusal = order.refusal;
    moved.head.transfer = order.transfer;
    moved.answer = answer.empty() ? order.answer : answer;
    record_step(batch, order, std::move(moved));
}

// The customer or the merchant says no: the order ends, or stays open where it may be tried again.
void decline(OpenBatch& batch, const Order& order, std::uint16_t code, const std::string& answer) {
    const bool waits_on = order.state == OrderState::awaiting_customer &&
                          (order.terms.flags & ledger::order_flag_keeps_open) != 0;
    if (waits_on)
        wait_for_nobody(batch, order);
    else
        end_order(batch, order, OrderState::failed, code, answer);
}

// The customer pays, or fails to: the order ends, or stays open as above.
std::optional<Refusal> approve(OpenBatch& batch, const Order& order, AccountId payer,
                               const std::string& answer) {
    // Nothing is recorded: whoever took the step may take it again and say who pays.
    if (!payer) return Refusal::payer_unknown;
    const auto members = members_of(batch.state.orders, order);
    std::vector<TransferId> transfers(members.empty() ? 1 : 0);
    // What moves no money itself is only said to be paid: an invoice, whose payments are orders of
    // their own. What was bound to fail has no account that is paid either, and fails.
    const bool has_movement = order.terms.credit || order.terms.action == CustomerAction::decline;
    std::optional<Refusal> refusal;
    if (!members.empty())
        refusal = pay_members(batch, members, payer, transfers);
    else if (has_movement)
        refusal = pay(batch, order.terms, payer, transfers.front());
    // The customer may try again until the order expires. What the books said goes to whoever took
    // this step.
    if (refusal && (order.terms.flags & ledger::order_flag_keeps_open) != 0) {
        wait_for_nobody(batch, order);
        return refusal;
    }
    const auto end = [&](const Order& one, TransferId transfer) {
        // What the books refuse ends the order as failed. The step itself was taken, so the request
        // is not refused.
        OrderMoved moved = next_of(one, refusal ? OrderState::failed : OrderState::succeeded);
        moved.head.debit = payer;
        moved.head.refusal = refusal.value_or(Refusal::none);
        moved.head.transfer = transfer;
        moved.answer = answer;
        record_step(batch, one, std::move(moved));
    };
    for (std::size_t i = 0; i < members.size(); ++i)
        end(*members[i], refusal ? TransferId{} : transfers[i]);
    end(order, refusal ? TransferId{} : transfers.front());
    return std::nullopt;
}

// The order's moment has come: somebody answers, or nobody has.
void act(OpenBatch& batch, const Order& order) {
    switch (order.state) {
        case OrderState::awaiting_customer: {
            // The state has one moment for both, acting and expiring. Which one has come is read
            // from the terms.
            const Timestamp expires{Duration{order.terms.expires_at}};
            const bool acts = order.acts_at != Timestamp{} &&
                              (expires == Timestamp{} || order.acts_at <= expires);
            if (!acts)
                end_order(batch, order, OrderState::expired, 0, {});
            else if (order.terms.action == CustomerAction::decline)
                decline(batch, order, order.terms.decline_code, {});
            else
                approve(batch, order, order.debit, {});
            return;
        }
        case OrderState::awaiting_merchant:
            if ((order.terms.flags & ledger::order_flag_silence_accepts) != 0)
                approve(batch, order, order.debit, {});
            else
                end_order(batch, order, OrderState::failed, order.terms.decline_code, {});
            return;
        case OrderState::processing: {
            // This was decided with the opening; only the telling took time.
            const bool failed = order.refusal != Refusal::none || order.code != 0;
            end_order(batch, order, failed ? OrderState::failed : OrderState::succeeded, order.code,
                      {});
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

void open_member(OpenBatch& batch, const OrderRequest& wish) {
    OrderOpened opened{wish.terms, wish.keys, wish.content};
    opened.terms.id = batch.state.orders.next_order();
    // A member with an action or flags of its own would have a deadline of its own.
    opened.terms.flags = ledger::order_flag_member;
    opened.terms.action = CustomerAction::none;
    batch.emit(ledger::sized(std::move(opened)));
}

// The money moves now, and only the telling takes time.
Outcome open_decided(OpenBatch& batch, const OrderRequest& wish, const OrderOpened& opened,
                     Original original) {
    OrderMoved moved;
    moved.head.order = opened.terms.id;
    moved.head.debit = opened.terms.debit;
    // The money is tried before anything is recorded of the order: a wish that is refused openly
    // leaves nothing.
    std::optional<Refusal> refusal;
    if (opened.terms.action == CustomerAction::decline)
        moved.head.code = opened.terms.decline_code;
    else if (opened.terms.amount > 0)
        refusal = pay(batch, opened.terms, opened.terms.debit, moved.head.transfer, original);
    if (refusal && wish.refuses_openly) return {.code = *refusal, .time = batch.now};
    moved.head.refusal = refusal.value_or(Refusal::none);
    moved.head.state = OrderState::processing;
    moved.head.acts_at = microseconds(batch.now + wish.acts_after);
    // Opening the refund changes its parent's sums, and the parent may have left memory.
    recall(batch, opened.terms.parent);
    batch.emit(opened);
    const auto order = batch.state.orders.find(opened.terms.id);
    record_step(batch, *order, std::move(moved));
    // What takes no time has ended with its opening.
    if (wish.acts_after == Duration{}) act(batch, *batch.state.orders.find(opened.terms.id));
    return with_order({.time = batch.now}, batch.state.orders.find(opened.terms.id));
}

}  // namespace

Outcome open_order(OpenBatch& batch, const Request& /*request*/, const OpenOrder& command) {
    const OrderRequest& wish = *command.wish;
    // Better nothing than to forget an order for this one.
    if (!batch.state.orders.has_room(1 + wish.members.size())) return undecided(batch, false);
    // Before the wish is checked: the same call again must hear of its order, although that very
    // order may have made the terms impossible.
    if (auto existing = find_taken(batch, wish))
        return with_order({.code = Refusal::order_exists, .time = batch.now}, std::move(existing));
    if (has_double_keys(wish)) return {.code = Refusal::order_invalid, .time = batch.now};
    if (const auto refusal = check_wish(batch, wish)) return {.code = *refusal, .time = batch.now};
    if (const auto refusal = check_members(batch, wish))
        return {.code = *refusal, .time = batch.now};
    OrderOpened opened{wish.terms, wish.keys, wish.content};
    opened.terms.id = batch.state.orders.next_order();
    if (!wish.members.empty()) opened.terms.flags |= ledger::order_flag_group;
    opened = ledger::sized(std::move(opened));
    if (wish.expires_after > Duration{})
        opened.terms.expires_at = microseconds(batch.now + wish.expires_after);
    if (wish.decides_now)
        return open_decided(batch, wish, opened,
                            command.original == nullptr ? Original{} : Original{*command.original});
    const bool asks = (wish.terms.flags & ledger::order_flag_ask_merchant) != 0;
    // Otherwise nobody acts by itself, and the order waits for a step from outside or its expiry.
    if (asks || wish.terms.action != CustomerAction::none)
        opened.terms.acts_at = microseconds(batch.now + wish.acts_after);
    recall(batch, opened.terms.parent);
    batch.emit(opened);
    for (const OrderRequest& member : wish.members) open_member(batch, member);
    if (asks) notify(batch, opened.terms.id, ledger::NoticeWhen::asked);
    return with_order({.time = batch.now}, batch.state.orders.find(opened.terms.id));
}

Outcome move_order(OpenBatch& batch, const Request& /*request*/, const MoveOrder& command) {
    const OrderAction& wanted = *command.act;
    const auto order = wanted.customer ? batch.state.orders.find_exclusive(wanted.customer)
                                       : find_order(batch, wanted.order, wanted.key);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = batch.now};
    std::optional<Refusal> refusal;
    // A group's step comes to its members through the group. A step of one member would break "all
    // or none".
    const bool does_not_fit =
        wanted.answer.size() > ledger::order_answer_max ||
        (order->terms.flags & ledger::order_flag_member) != 0 ||
        // It would wait for the end of the series, and the others would come after that.
        (wanted.step == OrderStep::ignore && repeats(order->terms)) ||
        (wanted.step == OrderStep::accept && order->state != OrderState::awaiting_merchant);
    // An order that has ended says so whatever the step carries. One that is processed has been
    // decided too: only the telling is left.
    if (ledger::is_final(order->state) || order->state == OrderState::processing) {
        refusal = Refusal::order_has_ended;
    } else if (does_not_fit) {
        refusal = Refusal::order_invalid;
    } else if (wanted.step == OrderStep::ignore) {
        wait_for_nobody(batch, *order);
    } else if (wanted.step == OrderStep::close) {
        end_order(batch, *order, OrderState::closed, wanted.code, wanted.answer);
    } else if (wanted.step == OrderStep::decline) {
        decline(batch, *order, wanted.code, wanted.answer);
    } else {
        // Only the customer who was asked can pay what one customer was asked for.
        const bool is_personal = (order->terms.flags & ledger::order_flag_exclusive) != 0;
        const bool pays_another = wanted.payer && !(is_personal && order->debit);
        const AccountId payer = pays_another ? wanted.payer : order->debit;
        refusal = approve(batch, *order, payer, wanted.answer);
    }
    return with_order({.code = refusal.value_or(Refusal::none), .time = batch.now},
                      find_order(batch, order->terms.id));
}

void act_next(OpenBatch& batch) {
    const ledger::Orders& orders = batch.state.orders;
    act(batch, *orders.find(orders.next_order_due()->second));
}

Outcome query_order(OpenBatch& batch, const Request& /*request*/, const QueryOrder& command) {
    auto order = command.customer ? batch.state.orders.find_exclusive(command.customer)
                                  : find_order(batch, command.order, command.key);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = batch.now};
    return with_order({.time = batch.now}, std::move(order));
}

Outcome list_orders(OpenBatch& batch, const Request& /*request*/, const ListOrders& command) {
    auto found = std::make_shared<std::vector<std::shared_ptr<const Order>>>();
    const OrderId end = batch.state.orders.next_order();
    const auto [first, stop] = listed_range(command, end);
    for (OrderId id = first; id < stop; ++id.value) {
        auto order = find_order(batch, id);
        // Where no archive keeps what leaves memory, such orders are nowhere.
        if (order == nullptr) continue;
        const std::uint16_t kind = order->terms.kind;
        if (kind >= command.kind_first && kind <= command.kind_last)
            found->push_back(std::move(order));
    }
    const std::uint64_t go_on = stop < end ? stop.value - 1 : 0;
    return {.id = command.newest == 0 ? go_on : end.value - 1,
            .time = batch.now,
            .orders = std::move(found)};
}

}  // namespace tuma::core
