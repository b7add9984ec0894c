#include "switch/replay/figures/effective_rate.h"

#include "ledger/words/ensure.h"

namespace tuma::replay {
namespace {

__extension__ typedef unsigned __int128 Product;

// Factors of 0 to 1 in steps of 2^-62: a product fits 128 bits, and so does a sum of money times
// one.
constexpr unsigned fraction_bits = 62;
constexpr std::uint64_t one = std::uint64_t{1} << fraction_bits;

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
    // Rounded down, always: the search needs a value that never grows with a smaller factor.
    return static_cast<std::uint64_t>(Product{a} * b >> fraction_bits);
}

std::uint64_t power(std::uint64_t base, std::int64_t exponent) {
    std::uint64_t result = one;
    // By squaring, since years have hundreds of days and the search asks dozens of times.
    for (; exponent > 0; exponent /= 2) {
        if (exponent % 2 == 1) result = multiply(result, base);
        base = multiply(base, base);
    }
    return result;
}

// What the repayments are worth on the day of the advance when a day takes off all but `factor`.
Product present_value(std::span<const Repayment> repayments, std::uint64_t factor) {
    Product value = 0;
    std::uint64_t discount = one;
    std::int64_t day = 0;
    for (const Repayment& repayment : repayments) {
        // From repayment to repayment, so that no power is taken twice.
        discount = multiply(discount, power(factor, repayment.days - day));
        day = repayment.days;
        value += Product{static_cast<std::uint64_t>(repayment.amount)} * discount;
    }
    return value;
}

Product sum_of(std::span<const Repayment> repayments) {
    Product sum = 0;
    std::int64_t day = 0;
    for (const Repayment& repayment : repayments) {
        // Two on one day would be one, and an order would decide the result.
        ensure(repayment.days > day && repayment.amount > 0, "repayments follow one another");
        day = repayment.days;
        sum += static_cast<std::uint64_t>(repayment.amount);
    }
    return sum;
}

}  // namespace

std::optional<std::int64_t> effective_rate_ppm(std::int64_t principal,
                                               std::span<const Repayment> repayments) {
    ensure(principal > 0, "an advance is above zero");
    // Unsigned from here on: products need the last bit.
    const auto lent = static_cast<std::uint64_t>(principal);
    if (sum_of(repayments) < lent) return std::nullopt;

    // The largest factor at which the repayments are not worth more than the principal; a factor of
    // 0 is always small enough.
    std::uint64_t factor = 0;
    // Bit by bit from the top: after 62 steps no larger factor is left to try.
    for (std::uint64_t step = one; step > 0; step /= 2)
        if (factor + step <= one &&
            present_value(repayments, factor + step) <= Product{lent} << fraction_bits)
            factor += step;

    constexpr std::int64_t year = 365;
    constexpr std::uint64_t ppm = 1'000'000;
    const std::uint64_t kept = power(factor, year);
    constexpr std::uint64_t most = static_cast<std::uint64_t>(effective_rate_ppm_max);
    const Product gained = Product{one - kept} * ppm;
    // Compared before dividing: what was kept may be nothing.
    if (gained >= Product{kept} * most) return effective_rate_ppm_max;
    // To the nearest millionth.
    return static_cast<std::int64_t>((2 * gained + kept) / (2 * Product{kept}));
}

}  // namespace tuma::replay
