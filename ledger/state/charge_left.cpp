#include "ledger/state/charge_left.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <limits>

namespace tuma::ledger {
namespace {

constexpr std::int64_t units_max = std::numeric_limits<std::int64_t>::max();
constexpr ExactAmount units_limit = ExactAmount{1} << 64;

}  // namespace

std::optional<ExactAmount> scaled(ExactAmount exact, std::int64_t part, std::int64_t whole) {
    ensure(exact >= 0 && part >= 0 && whole > 0, "scaling what is left of a charge");
    // Whole units and the rest of one, each by itself: below 2^127 and 2^121, so that 128 bits do.
    const ExactAmount units = (exact >> exact_amount_bits) * part;
    const ExactAmount quotient = units / whole;
    // Shifted up below, more than this would not fit into 128 bits.
    if (quotient >= units_limit) return std::nullopt;
    const ExactAmount rest = ((units - quotient * whole) << exact_amount_bits) +
                             (exact & (exact_unit - 1)) * part + whole / 2;
    const ExactAmount sum = (quotient << exact_amount_bits) + rest / whole;
    // The rest may have carried one more unit over.
    if (sum >> exact_amount_bits >= units_limit) return std::nullopt;
    return sum;
}

std::int64_t rounded(ExactAmount exact) {
    constexpr ExactAmount half = exact_unit / 2;
    // Thirds and the like are cut at 2^-56, so that a half may have lost a little. It is a half
    // still.
    constexpr ExactAmount nearly = exact_unit >> 32;
    const ExactAmount units = (exact + half - nearly) >> exact_amount_bits;
    return static_cast<std::int64_t>(std::min<ExactAmount>(units, units_max));
}

ExactAmount ChargeLeft::exact() const {
    // Roundings may add up to a little less than nothing.
    return std::max<ExactAmount>(ExactAmount{amount} * exact_unit + off, 0);
}

ExactAmount ChargeLeft::exact_after(std::int64_t part, std::int64_t whole) const {
    // Nothing is left of what was sold, and so nothing of its charge, whatever was rounded on the
    // way.
    if (part == 0) return 0;
    ensure(part < whole, "less is left of what was sold than there was");
    const auto share = scaled(exact(), part, whole);
    ensure(share.has_value(), "a share is less than the whole");
    return *share;
}

void ChargeLeft::count_from(ExactAmount exact, ExactAmount bound) {
    ensure(bound <= off_limit, "what is off has room");
    const ExactAmount difference = exact - ExactAmount{amount} * exact_unit;
    const bool is_small = -bound < difference && difference < bound;
    off = is_small ? static_cast<std::int64_t>(difference) : 0;
}

std::int64_t due_back(const ChargeLeft& left, ExactAmount exact) {
    // Earlier refunds may have given back more than their share by rounding up.
    return std::max<std::int64_t>(left.amount - rounded(exact), 0);
}

std::int64_t take(ChargeLeft& left, std::int64_t wanted) {
    // More may come back than was ever counted, as in books that are older than this count.
    const std::int64_t taken = std::min(left.amount, wanted);
    left.amount -= taken;
    return wanted - taken;
}

}  // namespace tuma::ledger
