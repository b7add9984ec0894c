#include "loadgen/arrivals/time_law.h"

#include "ledger/words/words.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <optional>

namespace tuma::loadgen {
namespace {

constexpr Duration law_time_max = std::chrono::hours{1};
/// By number of `TimeLaw::Kind`.
constexpr std::array<std::string_view, 3> kind_words{"fixed", "exp", "uniform"};

std::optional<Duration> time_of(std::string_view text) {
    const auto time = parse_duration(text);
    return time && *time <= law_time_max ? std::optional(*time) : std::nullopt;
}

Result<TimeLaw> read_law(TimeLaw::Kind kind, std::string_view times) {
    if (kind == TimeLaw::Kind::uniform) {
        const auto dots = times.find("..");
        const auto shortest = time_of(times.substr(0, dots));
        const auto longest =
            dots == std::string_view::npos ? std::nullopt : time_of(times.substr(dots + 2));
        if (shortest && longest && *shortest <= *longest)
            return TimeLaw{kind, (*shortest + *longest) / 2, *shortest, *longest};
    } else if (const auto mean = time_of(times)) {
        return TimeLaw{kind, *mean};
    }
    return InputError{"time", fmt::format("must be a duration of 0us to {}, as 2ms, or a mean as "
                                          "exp:5ms, or bounds as uniform:1ms..3ms",
                                          tuma::text(law_time_max))};
}

}  // namespace

Offset TimeLaw::draw(Random& random) const {
    if (kind == Kind::uniform)
        return Offset{random.between(Offset{shortest}.count(), Offset{longest}.count())};
    const Offset one = mean;
    if (kind == Kind::fixed) return one;
    // Fixed point and whole numbers: the same times on every machine.
    const Uint128 product = Uint128{random.exponential()} * static_cast<std::uint64_t>(one.count());
    return Offset{static_cast<std::int64_t>(product >> 32U)};
}

std::string TimeLaw::text() const {
    if (kind == Kind::uniform)
        return fmt::format("uniform:{}..{}", tuma::text(shortest), tuma::text(longest));
    return (kind == Kind::fixed ? "" : "exp:") + tuma::text(mean);
}

Result<TimeLaw> parse_time_law(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return read_law(TimeLaw::Kind::fixed, text);
    const std::string_view word = text.substr(0, colon);
    for (std::size_t i = 0; i < kind_words.size(); ++i)
        if (kind_words[i] == word)
            return read_law(static_cast<TimeLaw::Kind>(i), text.substr(colon + 1));
    return InputError{
        "time", none_of(word, kind_words) + " (or leave it out: then each takes just as long)"};
}

}  // namespace tuma::loadgen
