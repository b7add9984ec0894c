// What may be said of a run: whether its load was held, what each percentile is worth, what is
// broken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Whether the server was put under the load that was asked for.
enum class LoadHeld : std::uint8_t {
    held,
    not_held_server,     ///< the server did not keep up
    not_held_generator,  ///< this program did not send in time; the run is invalid
};
/// "held", "not held: the server could not", "not held: the generator could not".
std::string_view name(LoadHeld held);
/// "held", "server", "generator", for programs.
std::string_view word(LoadHeld held);

/// Whether this "PROTOCOL:HOST:PORT" is on the generator's own machine, as far as its name says.
bool is_on_this_machine(std::string_view target);

/// Fewer requests than this beyond a percentile, and another run would give another one.
inline constexpr std::uint64_t requests_beyond_min = 10;

/// What is known of one percentile of the response time that customers would have seen had the
/// generator never been late: it lies between `floor_us` and `response_us`.
struct Bounds {
    double percentile = 0;          ///< 99.9
    std::uint64_t floor_us = 0;     ///< of the floor, see `LatencyFloor`
    std::uint64_t response_us = 0;  ///< as measured, with the generator's own delays in it
    /// How far chance alone could move the two: of the floor at the lower and of the response at
    /// the upper rank of np +- 2 sqrt(np(1-p)), n being requests and not operations. About 95 %.
    std::uint64_t low_us = 0;
    std::uint64_t high_us = 0;
    std::uint64_t requests_beyond = 0;  ///< n(1-p)
    bool is_enough = false;  ///< at least `requests_beyond_min`; else it is not to be quoted

    /// response / floor; infinity without a floor.
    double width() const;
};

/// "p99 = 1.30 ms", "p99 1.20 to 1.34 ms" or "p99 at most 1.34 ms", by how wide the bounds are: up
/// to 1.1, up to 2, more. "p99.9 needs 10 000 requests" where there are too few.
std::string statement(const Bounds& bounds);
/// The same without the percentile's name: "1.30 ms", "1.20 to 1.34 ms", "at most 1.34 ms", "-".
std::string value_statement(const Bounds& bounds);
/// "p50", "p99.9".
std::string percentile_name(double percentile);

/// A judgement on a run.
struct Verdict {
    LoadHeld load = LoadHeld::held;
    std::string load_because;                  ///< a sentence when it was not held
    std::vector<Bounds> bounds;                ///< p50, p90, p95, p99, p99.9 of all but refusals
    bool valid = true;                         ///< nothing is broken
    std::vector<std::string> invalid_because;  ///< sentences
    std::vector<std::string> remarks;          ///< what a reader must know of a run that is valid

    /// The bounds of one of those percentiles, or null.
    const Bounds* find(double percentile) const;
};

}  // namespace tuma::loadgen
