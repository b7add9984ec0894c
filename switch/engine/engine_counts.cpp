// What the engine tells the metrics: outcomes, and the state's sizes.
#include "switch/engine/engine.h"

#include <array>

namespace tuma::net {

void Engine::count_outcomes(const Batch& batch) {
    // Added up first: an atomic addition for each outcome would be paid by every request.
    std::array<std::uint64_t, refusal_codes_max> by_code{};
    std::uint64_t replays = 0;
    for (const auto& submission : batch.submissions) {
        const std::uint64_t executed_before = by_code[0];
        for (const core::Outcome& outcome : submission->outcomes) {
            ++by_code[static_cast<std::size_t>(outcome.code)];
            replays += outcome.is_replayed ? 1U : 0U;
        }
        submission->executed = static_cast<std::uint32_t>(by_code[0] - executed_before);
        submission->times.queue_wait = batch.begun - submission->submitted;
    }
    for (std::size_t code = 0; code < by_code.size(); ++code)
        if (by_code[code] != 0) metrics_.outcomes[code].add(by_code[code]);
    if (replays != 0) metrics_.replays.add(replays);
}

void Engine::update_gauges(Timestamp now) {
    const ledger::State& state = core_.state();
    metrics_.accounts.set(static_cast<std::int64_t>(state.books.account_count()));
    metrics_.reservations_open.set(static_cast<std::int64_t>(state.books.open_reservations()));
    metrics_.request_keys.set(static_cast<std::int64_t>(state.keys.size()));
    const auto window =
        std::chrono::duration_cast<std::chrono::seconds>(state.keys.effective_window(now));
    metrics_.request_key_window_s.set(window.count());
    metrics_.request_keys_evicted.raise_to(state.keys.evicted_by_capacity());
}

}  // namespace tuma::net
