#include "loadgen/fake/time_law.h"

#include "ledger/words/words.h"

#include <fmt/format.h>

#include <array>

namespace tuma::loadgen {
namespace {

constexpr Duration law_mean_max = std::chrono::hours{1};
constexpr std::string_view exponential_word = "exp";

}  // namespace

Offset TimeLaw::draw(Random& random) const {
    const Offset one = mean;
    if (kind == Kind::fixed) return one;
    // Fixed point and whole numbers: the same times on every machine.
    const Uint128 product = Uint128{random.exponential()} * static_cast<std::uint64_t>(one.count());
    return Offset{static_cast<std::int64_t>(product >> 32U)};
}

std::string TimeLaw::text() const {
    return (kind == Kind::fixed ? "" : "exp:") + tuma::text(mean);
}

Result<TimeLaw> parse_time_law(std::string_view text) {
    TimeLaw law;
    std::string_view duration = text;
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        const std::string_view word = text.substr(0, colon);
        if (word != exponential_word)
            return InputError{"time", none_of(word, std::array{exponential_word}) +
                                          " (or leave it out: then each takes just as long)"};
        law.kind = TimeLaw::Kind::exponential;
        duration = text.substr(colon + 1);
    }
    const auto mean = parse_duration(duration);
    if (!mean || *mean > law_mean_max)
        return InputError{"time", fmt::format("must be a duration of 0us to {}, as 2ms, or a mean "
                                              "as exp:5ms",
                                              tuma::text(law_mean_max))};
    law.mean = *mean;
    return law;
}

}  // namespace tuma::loadgen
