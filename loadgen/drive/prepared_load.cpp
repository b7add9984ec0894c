#include "loadgen/drive/prepared_load.h"

#include "loadgen/drive/run_http.h"
#include "loadgen/drive/run_load.h"
#include "loadgen/drive/run_parts.h"
#include "loadgen/peers/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr double work_left_max_s = 60;

Result<RunOnce> prepare_native(const LoadOptions& load, const std::atomic<bool>& stop,
                               Progress& progress) {
    auto play = load_play(load);
    if (!play) return play.error();
    // Once: all runs use the same accounts.
    Accounts accounts = prepare_accounts(load, play->scenario, progress);
    return RunOnce([play = std::move(play).value(), accounts = std::move(accounts), &stop,
                    &progress](const LoadOptions& options) {
        return run_load(options, play, accounts, stop, progress);
    });
}

Result<RunOnce> prepare_peer(const LoadOptions& load, const std::atomic<bool>& stop,
                             Progress& progress) {
    auto play = load_play(load);
    if (!play) return play.error();
    if (auto wrong = not_for_peers(play->scenario)) return *wrong;
    const std::shared_ptr<Peer> peer = find_peer(load.target.protocol)
                                           ->reach({.target = load.target.endpoint,
                                                    .pg_parameters = load.pg_parameters,
                                                    .timeout = set_up_timeout});
    const auto tell = [&](std::uint64_t done, std::uint64_t total) {
        progress.step("accounts", done, total);
    };
    Accounts accounts = set_up_peer(*peer, play->scenario, tell);
    progress.say(fmt::format("{}, {}", peer->facts().version, peer->facts().durability));
    return RunOnce([play = std::move(play).value(), accounts = std::move(accounts), peer, &stop,
                    &progress](const LoadOptions& options) {
        return run_load(options, play, accounts, stop, progress, peer.get());
    });
}

}  // namespace

Result<RunOnce> prepare(const LoadOptions& load, const std::atomic<bool>& stop,
                        Progress& progress) {
    if (load.is_peer()) return prepare_peer(load, stop, progress);
    if (!load.is_http()) return prepare_native(load, stop, progress);
    auto merchant = prepare_merchant(load, progress);
    if (!merchant) return merchant.error();
    return RunOnce(
        [merchant = std::move(merchant).value(), &stop, &progress](const LoadOptions& options) {
            return run_http_load(options, merchant, stop, progress);
        });
}

Duration work_left(const RunReport& report) {
    const std::uint64_t given_up = report.counts.timeouts + report.warmup_counts.timeouts;
    if (given_up == 0) return Duration{0};
    const double per_s = std::max(1.0, report.attained_per_s());
    const double seconds = std::min(work_left_max_s, static_cast<double>(given_up) / per_s);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace tuma::loadgen
