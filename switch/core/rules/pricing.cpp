#include "switch/core/rules/pricing.h"

#include "ledger/state/books.h"
#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::core {
namespace {

using ledger::Purpose;

__extension__ using Wide = __int128;

constexpr std::int64_t whole = 10'000;  // basis points

std::int64_t part_of(std::int64_t amount, std::int64_t numerator, std::int64_t denominator,
                     Rounding rounding) {
    // A part: it is no more than the amount, whatever the currency is called.
    const auto part = scale(Money{amount, Currency::kes}, numerator, denominator, rounding);
    ensure(part.has_value(), "a part of an amount fits where the amount does");
    return part->minor;
}

std::optional<std::int64_t> band_fee(std::span<const FeeBand> bands, std::int64_t amount) {
    // Bands ascend (`check`), and the upper end belongs to its band.
    const auto band =
        std::lower_bound(bands.begin(), bands.end(), amount,
                         [](const FeeBand& of, std::int64_t wanted) { return of.up_to < wanted; });
    // Beyond the last band nothing is offered. It is not free.
    if (band == bands.end()) return std::nullopt;
    return band->fee;
}

// What of the amount passes the payer's free total; all of it where there is none.
std::int64_t beyond_free_lifetime(const FeeRule& rule, std::int64_t amount,
                                  std::int64_t withdrawn) {
    // Wide: the sum of three amounts may not fit, the clamped result does.
    const Wide beyond = Wide{withdrawn} + amount - rule.free_lifetime;
    return static_cast<std::int64_t>(std::clamp<Wide>(beyond, 0, amount));
}

std::int64_t tax_on(const TaxRule& tax, std::int64_t fee) {
    switch (tax.mode) {
        case TaxMode::none:
            return 0;
        case TaxMode::included:
            // The fee holds its tax, and the rate is on the fee without it. So the tax is rate / (1
            // + rate) of the whole.
            return part_of(fee, tax.basis_points, whole + tax.basis_points, tax.rounding);
        case TaxMode::on_top:
            return part_of(fee, tax.basis_points, whole, tax.rounding);
    }
    unreachable("a tax mode outside the enumeration");
}

// What of the fee its rate made: it gives way to the flat part under a cap, and is not raised by a
// minimum.
std::int64_t rate_part(const FeeRule& rule, std::int64_t amount, std::int64_t withdrawn,
                       std::int64_t fee) {
    // A band's fee has no rate in it. A fee of 0 has no parts.
    if (!rule.bands.empty() || fee == 0) return 0;
    const std::int64_t part = part_of(beyond_free_lifetime(rule, amount, withdrawn),
                                      rule.basis_points, whole, rule.rounding);
    return std::clamp<std::int64_t>(fee - rule.flat, 0, part);
}

// A charge of which the rate made as much as of the fee that it is, or is a part of.
void add(Price& price, Purpose purpose, Bearer bearer, std::int64_t amount, std::int64_t rate_part,
         std::int64_t fee) {
    if (amount == 0) return;
    ensure(price.charge_count < charges_max, "a type has at most fees_per_type_max fees");
    // Rounded down, so that fee and tax together never claim more than the rate made.
    price.charges[price.charge_count++] = {purpose, bearer, amount,
                                           part_of(amount, rate_part, fee, Rounding::down)};
}

}  // namespace

std::int64_t Price::borne_by(Bearer bearer) const {
    std::int64_t sum = 0;
    // A commission moves between the operator's own accounts; no side of the payment bears it.
    for (const Charge& charge : list())
        if (charge.bearer == bearer && charge.purpose != Purpose::commission) sum += charge.amount;
    return sum;
}

std::optional<std::int64_t> fee_of(const FeeRule& rule, std::int64_t amount,
                                   std::int64_t withdrawn) {
    ensure(amount > 0, "only positive amounts are priced");
    if (!rule.bands.empty()) return band_fee(rule.bands, amount);
    // What is free costs nothing at all, neither the flat part nor the minimum.
    if (amount <= rule.free_up_to) return 0;
    const std::int64_t charged = beyond_free_lifetime(rule, amount, withdrawn);
    if (charged == 0) return 0;
    // Wide until the cap has been applied: the sum alone might not fit.
    Wide fee = part_of(charged, rule.basis_points, whole, rule.rounding);
    fee = std::max<Wide>(fee + rule.flat, rule.minimum);
    fee = std::min<Wide>(fee, rule.cap);
    if (fee > ledger::amount_max) return std::nullopt;
    return static_cast<std::int64_t>(fee);
}

std::optional<Refusal> price_payment(const PaymentType& type, std::int64_t amount,
                                     std::int64_t withdrawn, Price& price) {
    price.charge_count = 0;
    for (const FeeRule& rule : type.fees) {
        const auto fee = fee_of(rule, amount, withdrawn);
        if (!fee) return Refusal::not_offered;
        const std::int64_t tax = tax_on(type.tax, *fee);
        const bool is_part = type.tax.mode == TaxMode::included;
        const std::int64_t by_rate = rate_part(rule, amount, withdrawn, *fee);
        add(price, Purpose::fee, rule.bearer, is_part ? *fee - tax : *fee, by_rate, *fee);
        add(price, Purpose::tax, rule.bearer, tax, by_rate, *fee);
    }
    // After the fees, because the documented order of refusals begins with not_offered.
    if (amount < type.minimum) return Refusal::below_minimum;
    if (amount > type.maximum) return Refusal::transaction_limit_exceeded;
    if (!type.commission) return std::nullopt;
    // An amount beyond the commission's bands is no reason to refuse a payment: the agent gets
    // nothing.
    const std::int64_t commission = fee_of(*type.commission, amount, withdrawn).value_or(0);
    add(price, Purpose::commission, type.commission->bearer, commission,
        rate_part(*type.commission, amount, withdrawn, commission), commission);
    return std::nullopt;
}

}  // namespace tuma::core
