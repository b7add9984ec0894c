// What of a payment's charges comes back when the payment does: always a share of what was charged,
// reckoned over everything that has gone back so far. No tariff is looked at again.
//
// A sale of 42.00 with a fee of 0.25, given back in fifty parts of 0.84: after the n-th part
// 0.25 x n / 50 has come back, half up. That is 0.01 with the first part, nothing with the second,
// 0.01 with the third, and so on: 0.25 with the last one, never more.
#pragma once

#include "ledger/state/state.h"
#include "switch/core/rules/pricing.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tuma::core {

/// How much of a charge has come back once `gone_back` of a payment of `paid` has:
/// charged x gone_back / paid, half up. More for more, never more than `charged`, all with all.
/// Requires: 0 <= gone_back <= paid, paid > 0, charged >= 0.
std::int64_t share_of_charge(std::int64_t charged, std::int64_t gone_back, std::int64_t paid);

/// A part of a charge as it is posted, with what becomes of it.
struct ChargeLeg {
    Charge charge;
    ledger::ChargeFate fate = ledger::ChargeFate::comes_back;
};

/// The legs of one charge.
struct ChargeLegs {
    std::array<ChargeLeg, 2> legs{};
    std::uint8_t count = 0;

    std::span<const ChargeLeg> list() const { return std::span{legs}.first(count); }
};
/// The charge as one leg, or as two where only what the rate made of it comes back.
ChargeLegs charge_legs(const Charge& charge, const ReversalRule& rule);

/// What has gone back of a payment, whatever way.
std::int64_t gone_back_of(const ledger::State& state, TransferId payment);

/// How much of one charge comes back now.
struct ReturnedCharge {
    const ledger::TransferRecord* charge = nullptr;
    std::int64_t amount = 0;  ///< above 0
};

/// What comes back of the charges of a payment when `amount` of it goes back, beyond what has come
/// back before. `payment` is its record and those of its set behind it. What a record does not say
/// of its charge, `rule` says.
/// Requires: `amount` is not more than is left of the payment.
std::vector<ReturnedCharge> returned_charges(const ledger::State& state, const ReversalRule& rule,
                                             std::span<const ledger::TransferRecord> payment,
                                             std::int64_t amount);

/// What comes back with a refund of `amount` that names no payment: that share of the charges that
/// are left of all that was sold, reckoned over all such refunds so far (`ledger/state/takings.h`);
/// all of them where no more was sold. What comes back only until a settlement needs a payment to
/// be named. Requires: amount > 0.
ledger::ChargeSums returned_of_taking(const ledger::Taking& taking, const ReversalRule& rule,
                                      std::int64_t amount);

}  // namespace tuma::core
