// The identities of counts.
#include "loadgen/measure/counts.h"

#include <fmt/format.h>

namespace tuma::loadgen {

void Counts::add(const Counts& other) {
    scheduled += other.scheduled;
    sent += other.sent;
    skipped += other.skipped;
    ok += other.ok;
    refused += other.refused;
    errors += other.errors;
    timeouts += other.timeouts;
    for (const auto& [code, n] : other.refusals) refusals[code] += n;
}

std::optional<std::string> broken_identity(const Counts& counts) {
    // The identities are what makes the numbers of a report believable; each is checked on its own.
    if (counts.scheduled != counts.sent + counts.skipped) {
        return fmt::format("{} operations were scheduled, but {} sent and {} skipped make {}",
                           counts.scheduled, counts.sent, counts.skipped,
                           counts.sent + counts.skipped);
    }
    if (counts.sent != counts.ended()) {
        return fmt::format(
            "{} operations were sent, but {} done, {} refused, {} errors and {} timeouts make {}",
            counts.sent, counts.ok, counts.refused, counts.errors, counts.timeouts, counts.ended());
    }
    std::uint64_t by_code = 0;
    // Refusals are counted twice, as a sum and by code, so that one can be checked by the other.
    for (const auto& [code, n] : counts.refusals) by_code += n;
    if (by_code != counts.refused) {
        return fmt::format("{} operations were refused, but the refusals by code make {}",
                           counts.refused, by_code);
    }
    return std::nullopt;
}

}  // namespace tuma::loadgen
