// What the machine itself can do, measured beside a run, so that its numbers can be judged.
#pragma once

#include "loadgen/measure/histogram.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// Two percentiles of a probe, in microseconds.
struct Probe {
    std::uint64_t p50_us = 0;
    std::uint64_t p99_us = 0;
    std::uint64_t samples = 0;
};

/// Those of a histogram.
Probe probe_of(const Histogram& histogram);

/// Appends 4 KiB and calls fdatasync, `samples` times, in a file of its own in `directory` that is
/// removed afterwards. Throws std::system_error when the directory cannot be written.
Probe measure_fsync(const std::filesystem::path& directory, std::size_t samples = 200);

/// How much later than asked the thread wakes from sleeps of 1 ms.
Probe measure_timer_lag(std::size_t samples = 300);

/// The machine by name.
struct Machine {
    std::string cpu;  ///< model name; "unknown" where the kernel does not say
    unsigned cores = 0;
    std::string kernel;  ///< release, e.g. "6.1.0-18-amd64"
};
Machine read_machine();

/// The model name from the text of /proc/cpuinfo; "unknown" when there is none.
std::string cpu_model(std::string_view cpuinfo);

/// Clock ticks of all cores since boot, from the first line of /proc/stat.
struct CpuTicks {
    std::uint64_t total = 0;
    std::uint64_t steal = 0;
};
std::optional<CpuTicks> parse_cpu_ticks(std::string_view proc_stat);

/// Both clocks at one moment; take one before and one after a run.
struct UsageMark {
    std::optional<CpuTicks> machine;           ///< nothing where /proc/stat cannot be read
    std::chrono::microseconds process_cpu{0};  ///< user and system time of this process
    std::chrono::nanoseconds wall{0};          ///< monotonic
};
UsageMark mark_usage();

/// The share of all cores' time that the hypervisor gave to others; 0 when unknown.
double steal_share(const UsageMark& before, const UsageMark& after);
/// The share of one core this process used, over the wall time between the marks; may exceed 1.
double cpu_share(const UsageMark& before, const UsageMark& after);

/// The calibration block of a report.
struct Calibration {
    std::optional<Probe> fsync;  ///< nothing when it was not measured
    Probe timer_lag;
    Machine machine;
    double steal = 0;          ///< share, 0..1
    double generator_cpu = 0;  ///< share of one core
};

}  // namespace tuma::loadgen
