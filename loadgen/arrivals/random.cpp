// xoshiro256** and what is drawn from it; integers only wherever a schedule depends on it.
#include "loadgen/arrivals/random.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tuma::loadgen {
namespace {

__extension__ typedef unsigned __int128 Wide;

std::vector<std::uint64_t> zipf_weights(std::size_t n, double exponent) {
    ensure(n >= 1 && n <= (std::size_t{1} << 24), "a Zipf table has 1 to 2^24 ranks");
    ensure(exponent >= 0 && exponent <= 10, "a Zipf exponent lies between 0 and 10");
    // 2^38 × 2^24 ranks stays below the 2^63 that WeightedChoice allows, and the least weight of
    // the usual exponents is still far above the rounding.
    constexpr double scale = 274'877'906'944.0;
    std::vector<std::uint64_t> weights(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double weight = scale / std::pow(static_cast<double>(k + 1), exponent);
        // At least one: a weight that rounds to nothing would take the rank out of the game.
        weights[k] = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(weight)));
    }
    return weights;
}

}  // namespace

std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
}

Random::Random(std::uint64_t seed, std::uint64_t stream) {
    std::uint64_t mixed_stream = stream;
    std::uint64_t state = seed ^ (stream == 0 ? 0 : splitmix64(mixed_stream));
    // Its own generator for the state: seeds that differ in one bit must not give streams that look
    // alike.
    for (std::uint64_t& word : state_) word = splitmix64(state);
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    ensure(bound > 0, "there is no number below zero");
    // Lemire's method: the high half of a product, with the few biased low halves drawn again.
    Wide product = Wide{next()} * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
        const std::uint64_t biased = (0 - bound) % bound;
        while (static_cast<std::uint64_t>(product) < biased) product = Wide{next()} * bound;
    }
    return static_cast<std::uint64_t>(product >> 64U);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
    ensure(low <= high, "the range is empty");
    // Unsigned, because the range can be as wide as the type.
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    // The whole range has no number behind it.
    const std::uint64_t step = span == UINT64_MAX ? next() : below(span + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
}

double Random::unit() {
    // 53 bits are what a double holds exactly.
    return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

// In whole numbers, so that chances are the same on every machine.
bool Random::chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
}

FixedExponential Random::exponential() {
    for (std::uint64_t whole = 0;; ++whole) {
        // A run of falling numbers of odd length ends with the chance e^-first: von Neumann 1951.
        const std::uint64_t first = next();
        std::uint64_t smallest = first;
        std::size_t length = 1;
        for (std::uint64_t drawn = next(); drawn < smallest; drawn = next()) {
            smallest = drawn;
            ++length;
        }
        // An odd run is kept; the number of failures before it is the whole part.
        if (length % 2 == 1) return (whole << 32U) + (first >> 32U);
    }
}

WeightedChoice::WeightedChoice(std::span<const std::uint64_t> weights) {
    cumulative_.reserve(weights.size());
    std::uint64_t sum = 0;
    for (const std::uint64_t weight : weights) {
        // Compared without adding, since the sum is what could overflow.
        ensure(weight < (std::uint64_t{1} << 63U) - sum, "the weights sum to less than 2^63");
        sum += weight;
        cumulative_.push_back(sum);
    }
    ensure(sum > 0, "at least one weight is above zero");
    ensure(weights.size() <= UINT32_MAX, "there are fewer than 2^32 weights");
    begin_.reserve(weights.size());
    std::uint32_t index = 0;
    // Equal parts of the sum, each knowing where to begin: a draw looks at one or two weights then.
    for (std::size_t part = 0; part < weights.size(); ++part) {
        const auto point = static_cast<std::uint64_t>(Wide{sum} * part / weights.size());
        while (cumulative_[index] <= point) ++index;
        begin_.push_back(index);
    }
}

std::size_t WeightedChoice::draw(Random& random) const {
    // Part and point come from one number, so that the point lies in the part. Its bias is below
    // one in 2^64 of the sum, which no workload can notice.
    const Wide drawn = random.next();
    const auto part = static_cast<std::size_t>(drawn * begin_.size() >> 64U);
    const auto point = static_cast<std::uint64_t>(drawn * cumulative_.back() >> 64U);
    std::size_t index = begin_[part];
    while (cumulative_[index] <= point) ++index;
    return index;
}

Zipf::Zipf(std::size_t n, double exponent) : choice_(zipf_weights(n, exponent)) {}

}  // namespace tuma::loadgen
