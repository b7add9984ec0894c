// What this machine can measure: its own delays, and which latencies can be told from them.
#pragma once

#include "loadgen/client/socket.h"
#include "loadgen/measure/calibration.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// What the kernel lets this process do.
struct Leave {
    unsigned cores = 0;  ///< on which it may run
    std::optional<double>
        cores_of_quota;              ///< so many cores' time by its control group; nothing: all
    bool may_have_priority = false;  ///< of real time
    std::string governor;            ///< of the clock frequency; empty where nobody says
};

/// Which values of a percentile a run tells apart from the generator's own delays.
struct Resolution {
    double percentile = 0;
    std::uint64_t own_us = 0;  ///< between floor and response of a server without delay

    /// From here on floor and response lie within 10 %, and it is said as one value.
    std::uint64_t one_value_us() const { return 10 * own_us; }
    /// From here on the response is at most twice the floor, and it is said as a range. What is
    /// below is only known to be "at most".
    std::uint64_t range_us() const { return own_us; }
};

/// What was found.
struct Checkup {
    Machine machine;
    Leave leave;
    double load_average = 0;     ///< of the minute before
    Probe timer;                 ///< how late the thread wakes from a sleep of 1 ms
    std::optional<Probe> fsync;  ///< of 4 KiB; nothing where it cannot be measured
    std::string fsync_problem;   ///< and why
    Probe round_trip;            ///< of a request to a server without delay, one at a time
    Probe wake_up;               ///< from the kernel's having the answer to its being read
    Probe send_lag;              ///< in an open loop
    std::vector<Resolution> resolutions;
    double steal = 0;  ///< share of the processor that the hypervisor gave to others
};

/// How long and where.
struct CheckupSettings {
    std::filesystem::path probe_directory = ".";
    std::size_t sleeps = 300;
    std::size_t syncs = 60;
    std::chrono::milliseconds round_trips{1000};
    std::chrono::milliseconds open_loop{2500};
    std::uint64_t rate = 1000;  ///< of the open loop, operations a second
};

/// Measures all of it, in about five seconds, against a server of its own in a thread of its own.
Checkup check_machine(const CheckupSettings& settings);

/// What would make measurements better, a sentence each; none where nothing stands out.
std::vector<std::string> advice(const Checkup& checkup);

/// For a terminal.
std::string checkup_text(const Checkup& checkup);
/// One object; times in microseconds.
std::string checkup_json(const Checkup& checkup);

/// Cores' time that a control group allows, from the text of its cpu.max ("200000 100000", "max
/// 100000"); nothing when it allows all.
std::optional<double> cores_of_quota(std::string_view cpu_max);

}  // namespace tuma::loadgen
