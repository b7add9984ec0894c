#include "switch/core/rules/returned_fee.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::core {
namespace {

using ledger::ChargeFate;
using ledger::Purpose;
using ledger::TransferRecord;

ChargeFate fate_under(ChargeReturn word) {
    switch (word) {
        case ChargeReturn::nothing:
            return ChargeFate::stays;
        case ChargeReturn::all:
        case ChargeReturn::percentage_only:
            return ChargeFate::comes_back;
        case ChargeReturn::before_settlement:
            return ChargeFate::until_settled;
    }
    unreachable("a way in which charges come back outside the enumeration");
}

// While something falls due with the payment, its settlement is to come.
bool is_settled(const ledger::State& state, const TransferRecord& payment) {
    return !state.pending_settlements.entries().contains({payment.due(), payment.credit});
}

bool comes_back(const ledger::State& state, const ReversalRule& rule, const TransferRecord& payment,
                const TransferRecord& charge) {
    // What a refund gave back is charged again when the refund is taken back.
    if (payment.purpose == Purpose::refund) return true;
    // Records of version 1 say nothing of it. Then the scheme that is in force decides.
    const ChargeFate said = charge.fate();
    const ChargeFate fate = said == ChargeFate::unsaid ? fate_under(rule.of(charge.purpose)) : said;
    return fate == ChargeFate::comes_back ||
           (fate == ChargeFate::until_settled && !is_settled(state, payment));
}

}  // namespace

std::int64_t share_of_charge(std::int64_t charged, std::int64_t gone_back, std::int64_t paid) {
    ensure(gone_back >= 0 && gone_back <= paid && charged >= 0, "a part of a payment goes back");
    // A share is no more than the charge, whatever the currency is called.
    const auto share = scale(Money{charged, Currency::kes}, gone_back, paid, Rounding::half_up);
    ensure(share.has_value(), "a share of an amount fits where the amount does");
    return share->minor;
}

ChargeLegs charge_legs(const Charge& charge, const ReversalRule& rule) {
    ChargeLegs legs;
    const auto add = [&](std::int64_t amount, ChargeFate fate) {
        if (amount == 0) return;
        legs.legs.at(legs.count) = {charge, fate};
        legs.legs.at(legs.count++).charge.amount = amount;
    };
    const ChargeReturn word = rule.of(charge.purpose);
    // A record has one fate, so the charge becomes two: what the rate made comes back, the rest
    // stays.
    if (word == ChargeReturn::percentage_only) {
        add(charge.by_rate, ChargeFate::comes_back);
        add(charge.amount - charge.by_rate, ChargeFate::stays);
    } else {
        add(charge.amount, fate_under(word));
    }
    return legs;
}

std::int64_t gone_back_of(const ledger::State& state, TransferId payment) {
    // Refunds of version 1 name no payment, so the books do not count them as part of one.
    return state.books.reversed_amount(payment) + state.old_refunds.find(payment).amount;
}

std::vector<ReturnedCharge> returned_charges(const ledger::State& state, const ReversalRule& rule,
                                             std::span<const TransferRecord> payment,
                                             std::int64_t amount) {
    const TransferRecord& principal = payment.front();
    // The share is taken of all that has gone back and not of this part alone. So rounding does not
    // add up, and the last part brings the rest.
    const std::int64_t gone_back = gone_back_of(state, principal.id) + amount;
    // Which charges old refunds gave back their records do not say: the first ones.
    std::int64_t given_back = state.old_refunds.find(principal.id).charges;
    std::vector<ReturnedCharge> returned;
    for (const TransferRecord& charge : payment.subspan(1)) {
        // A set may hold several payments, each with its charges behind it.
        if (!ledger::is_charge(charge.purpose)) break;
        if (!comes_back(state, rule, principal, charge)) continue;
        const std::int64_t share = share_of_charge(charge.amount, gone_back, principal.amount) -
                                   state.books.reversed_amount(charge.id);
        const std::int64_t before = std::clamp<std::int64_t>(share, 0, given_back);
        given_back -= before;
        if (share > before) returned.push_back({&charge, share - before});
    }
    return returned;
}

ledger::ChargeSums returned_of_taking(const ledger::Taking& taking, const ReversalRule& rule,
                                      std::int64_t amount) {
    const ledger::ChargeSums charged = ledger::due_back(taking.charged, taking.sold, amount);
    const ledger::ChargeSums unsaid = ledger::due_back(taking.unsaid, taking.sold, amount);
    // Under a word like "until settled" nothing comes back: without a payment nobody can say
    // whether its settlement is over.
    const auto sum = [](std::int64_t said, std::int64_t other, ChargeReturn word) {
        return said + (fate_under(word) == ChargeFate::comes_back ? other : 0);
    };
    return {sum(charged.fees, unsaid.fees, rule.fee), sum(charged.taxes, unsaid.taxes, rule.tax)};
}

}  // namespace tuma::core
