// What the system says about this process.
#pragma once

#include <cstdint>
#include <optional>

namespace tuma::net {

/// Zero where the system does not tell.
struct ProcessUsage {
    double start_time_s = 0;  ///< since 1970-01-01 UTC
    double cpu_s = 0;         ///< user and system time of all threads
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_fds = 0;
    std::optional<std::uint64_t> storage_bytes_written;  ///< nothing where it is not told
};

/// Reads /proc/self.
ProcessUsage process_usage();

}  // namespace tuma::net
