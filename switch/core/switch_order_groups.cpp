// Groups of orders: several payments that are made at once or not at all.
#include "ledger/order_records.h"
#include "switch/core/switch.h"

#include <utility>

namespace tuma::core {
namespace {

using ledger::CustomerAction;
using ledger::Order;
using ledger::OrderOpened;
using ledger::OrderTerms;

}  // namespace

// As for one order, and order_invalid for what cannot be a group.
std::optional<Refusal> Switch::check_members(const OrderWish& wish) const {
    if (wish.members.empty()) return std::nullopt;
    if (wish.members.size() > ledger::order_members_max || wish.decides_now || wish.terms.credit ||
        wish.terms.parent)
        return Refusal::order_invalid;
    for (const OrderWish& member : wish.members) {
        const OrderTerms& terms = member.terms;
        const bool is_plain = terms.credit && !terms.parent && terms.flags == 0 &&
                              member.members.empty() && !member.decides_now;
        if (!is_plain || terms.debit != wish.terms.debit) return Refusal::order_invalid;
        if (const auto refusal = check_wish(member)) return refusal;
    }
    return std::nullopt;
}

void Switch::open_member(const OrderWish& wish) {
    OrderOpened opened{wish.terms, wish.keys, wish.content};
    opened.terms.id = state_.orders.next_order();
    opened.terms.flags = ledger::order_flag_member;
    opened.terms.action = CustomerAction::none;
    emit_record(ledger::sized(std::move(opened)));
}

std::vector<std::shared_ptr<const Order>> Switch::members_of(const Order& order) const {
    std::vector<std::shared_ptr<const Order>> members;
    if ((order.terms.flags & ledger::order_flag_group) == 0) return members;
    for (std::uint64_t id = order.terms.id.value + 1;; ++id) {
        auto member = state_.orders.find(OrderId{id});
        if (member == nullptr || (member->terms.flags & ledger::order_flag_member) == 0)
            return members;
        members.push_back(std::move(member));
    }
}

// All of them in one set of records.
std::optional<Refusal> Switch::pay_members(const std::vector<std::shared_ptr<const Order>>& members,
                                           AccountId payer, std::vector<TransferId>& transfers) {
    std::vector<std::pair<ledger::Posting, Timestamp>> legs;
    std::vector<std::size_t> firsts;
    // What is bounded for the payer is bounded for all of it together.
    OrderTerms whole = members.front()->terms;
    whole.amount = 0;
    for (const auto& member : members) {
        PricedPayment payment;
        if (const auto refusal = price_order(member->terms, payer, payment)) return refusal;
        if (__builtin_add_overflow(whole.amount, member->terms.amount, &whole.amount))
            return Refusal::amount_too_large;
        firsts.push_back(legs.size());
        for (const ledger::Posting& leg : payment.list()) legs.emplace_back(leg, payment.due);
    }
    PricedPayment sum;
    if (const auto refusal = price_order(whole, payer, sum)) return refusal;
    std::vector<ledger::TransferRecord> records(legs.size());
    const auto plan = [&](std::size_t i, ledger::TransferRecord& leg) {
        leg.due_at = microseconds(legs[i].second);
        return state_.books.plan_post(legs[i].first, leg);
    };
    if (const auto refusal = apply_set(Request{}, records, plan)) return refusal;
    emit_set(records);
    for (const std::size_t first : firsts) transfers.push_back(records[first].id);
    return std::nullopt;
}

}  // namespace tuma::core
