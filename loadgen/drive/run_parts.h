// What a run over any protocol begins and ends with.
#pragma once

#include "loadgen/arrivals/schedule.h"
#include "loadgen/arrivals/users.h"
#include "loadgen/drive/driver.h"
#include "loadgen/drive/options.h"
#include "loadgen/drive/progress.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/run_view.h"
#include "loadgen/report/report.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// For what comes before the run: connections, wallets, a token.
inline constexpr Duration set_up_timeout = std::chrono::seconds{30};

/// Planned length of the whole run, warm-up included; nothing when only the traffic ends it.
std::optional<Offset> planned_length(const LoadOptions& options);

/// When operations are due; nothing without a rate. `hours` are the scenario's, for a day.
std::optional<Schedule> schedule_for(const LoadOptions& options,
                                     std::span<const std::uint32_t> hours = {},
                                     Division division = {});
/// When users ask; nothing without users.
std::optional<Users> users_for(const LoadOptions& options);
/// The rate of the whole run where it changes, warm-up included: at the profile's first rate.
std::optional<RateProfile> changing_rate(const LoadOptions& options,
                                         std::span<const std::uint32_t> hours = {});

/// Has the recorder tell phases apart, where the rate has parts.
void set_phases(const LoadOptions& options, Recorder& recorder);

/// The settings table's rows that every protocol has.
RunSettings common_settings(const LoadOptions& options);

/// What --abort-when asks of a run; nothing where it is not given.
AbortReason abort_reason_for(const LoadOptions& options);

/// What makes a run of one protocol.
struct RunParts {
    RunSettings settings{};
    std::optional<RateProfile> rate{};  ///< where it changes
    std::vector<std::string> kinds{};   ///< names of the kinds of operations, by number
    std::string remark{};               ///< what a reader must know of the settings; mostly empty
    /// Sends; calls `on_begin` when the first request may leave.
    std::function<RunEnd(const std::function<void()>& on_begin, const OnProgress& on_progress)>
        drive{};
    /// What this protocol knows beside the recorder, before the run is judged.
    std::function<void(const RunEnd& end, RunReport& report)> add_facts{};
};

/// Where the results of a run grow.
struct RunResults {
    std::function<RunView()> view;  ///< so far, on the thread that is told of progress
    /// As `Recorder::follow` and `Recorder::executed`.
    std::function<void(const std::atomic<std::size_t>& reading)> follow;
    std::function<ResponseParts(std::size_t reading)> executed;
    /// Takes them over, once the run has ended; kinds as in `RunParts`.
    std::function<void(const std::vector<std::string>& kinds, RunReport& report)> take;
};
/// Those of one recorder, which must outlive them.
RunResults results_of(Recorder& recorder);

/// Measures the machine (and says so when a part of it cannot be measured), drives, asks the server
/// for its stages, judges. A server whose metrics cannot be had spoils no run.
RunReport measured(const LoadOptions& options, const RunResults& results, Progress& progress,
                   const RunParts& parts);

}  // namespace tuma::loadgen
