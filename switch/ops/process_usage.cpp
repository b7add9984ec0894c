#include "switch/ops/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tuma::net {
namespace {

double ticks_to_s(double ticks) {
    return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// The fields of /proc/self/stat behind the command's name, so that the first is field 3 of
/// proc(5).
std::istringstream stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    // The name may hold brackets and blanks itself, so the last bracket counts.
    const std::size_t name_end = line.rfind(')');
    return std::istringstream(name_end == std::string::npos ? "" : line.substr(name_end + 1));
}

double boot_time_s() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        // Seconds since 1970 of the machine's start; the process's start is told relative to it.
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    return 0;
}

std::optional<std::uint64_t> storage_bytes_written() {
    // Source: proc(5), write_bytes of /proc/[pid]/io; what is in the page cache counts already.
    std::ifstream file("/proc/self/io");
    std::string name;
    for (std::uint64_t bytes = 0; file >> name >> bytes;)
        if (name == "write_bytes:") return bytes;
    return std::nullopt;
}

}  // namespace

ProcessUsage process_usage() {
    ProcessUsage usage;
    // Source: proc(5), fields 14 utime, 15 stime, 22 starttime, 24 rss of /proc/[pid]/stat.
    // Fields are counted behind the name, which is field 2.
    std::istringstream fields = stat_fields();
    double ticks = 0;
    std::string field;
    for (int number = 3; fields >> field; ++number) {
        if (number == 14 || number == 15) ticks += std::stod(field);
        if (number == 22) usage.start_time_s = boot_time_s() + ticks_to_s(std::stod(field));
        if (number == 24)
            // Pages, not bytes.
            usage.resident_bytes =
                std::stoull(field) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    }
    usage.cpu_s = ticks_to_s(ticks);
    usage.storage_bytes_written = storage_bytes_written();
    std::error_code ignored;
    for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", ignored);
         entry != std::filesystem::directory_iterator(); entry.increment(ignored))
        // The iterator's own descriptor is among them; nobody misses one.
        ++usage.open_fds;
    return usage;
}

}  // namespace tuma::net
