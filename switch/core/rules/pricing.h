// What a payment costs: amount and tariff → fee, tax and commission, each with who bears it.
#pragma once

#include "ledger/words/refusal.h"
#include "switch/core/rules/scheme.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace tuma::core {

/// Money that moves beside the payment itself. `purpose` is fee (bearer → fee income), tax (bearer
/// → tax payable) or commission (fee income → commission; the bearer means nothing).
struct Charge {
    ledger::Purpose purpose = ledger::Purpose::fee;
    Bearer bearer = Bearer::payee;
    std::int64_t amount = 0;
    std::int64_t by_rate = 0;  ///< what of it the rate made; the rest is flat, a minimum or a band

    bool operator==(const Charge&) const = default;
};

/// Fee and tax of each fee rule, and a commission.
inline constexpr std::size_t charges_max = 2 * fees_per_type_max + 1;

/// All charges of one payment in the order of the rules; amounts are positive.
struct Price {
    std::array<Charge, charges_max> charges{};
    std::uint8_t charge_count = 0;

    std::span<const Charge> list() const { return std::span{charges}.first(charge_count); }
    /// Fee and tax that this side bears.
    std::int64_t borne_by(Bearer bearer) const;
};

/// One fee of `amount`, tax that is on top not counted; nothing when no band holds the amount or
/// the fee passes `ledger::amount_max`. `withdrawn` is what the payer withdrew before, for
/// `free_lifetime`. Source of the order free, rate, flat, cap: M-Pesa Buy Goods and card tariffs.
/// Requires: amount > 0.
std::optional<std::int64_t> fee_of(const FeeRule& rule, std::int64_t amount,
                                   std::int64_t withdrawn);

/// Prices `amount`. Refuses, in this order: not_offered (beyond the bands, or a fee beyond
/// `ledger::amount_max`), below_minimum, transaction_limit_exceeded (the type's own). Then `price`
/// is not to be used. A commission that its rule has no figure for is 0.
/// Requires: amount > 0.
std::optional<Refusal> price_payment(const PaymentType& type, std::int64_t amount,
                                     std::int64_t withdrawn, Price& price);

}  // namespace tuma::core
