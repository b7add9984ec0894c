// Probes of the disk, the timer and the processor.
#include "loadgen/measure/calibration.h"

#include "ledger/words/text.h"
#include "loadgen/measure/histogram.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <thread>

namespace tuma::loadgen {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::uint64_t microseconds_since(SteadyClock::time_point start) {
    const auto passed =
        std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start).count();
    // A clock that went back a little counts as no time.
    return passed < 0 ? 0 : static_cast<std::uint64_t>(passed);
}

[[noreturn]] void throw_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// A file that is gone from its directory at once and from the disk when closed.
class ProbeFile {
public:
    explicit ProbeFile(const std::filesystem::path& directory) {
        std::string path = (directory / "fsync-probe-XXXXXX").string();
        // A name of its own: two generators may measure in one directory.
        descriptor_ = ::mkstemp(path.data());
        if (descriptor_ < 0) throw_errno("cannot create a file in " + directory.string());
        // Gone at once, so that a run that is killed leaves nothing behind.
        ::unlink(path.c_str());
    }
    ~ProbeFile() { ::close(descriptor_); }
    ProbeFile(const ProbeFile&) = delete;
    ProbeFile& operator=(const ProbeFile&) = delete;

    void append(const std::array<char, 4096>& block) {
        const ssize_t written = ::write(descriptor_, block.data(), block.size());
        if (written < 0) throw_errno("cannot write the fsync probe");
        if (written != static_cast<ssize_t>(block.size())) {
            // A short write on a file means that the disk is full; errno may say nothing.
            errno = ENOSPC;
            throw_errno("cannot write the fsync probe");
        }
    }
    void sync() {
        if (::fdatasync(descriptor_) != 0) throw_errno("cannot sync the fsync probe");
    }

private:
    int descriptor_;
};

std::string read_all(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::chrono::microseconds microseconds_of(const timeval& time) {
    return std::chrono::seconds{time.tv_sec} + std::chrono::microseconds{time.tv_usec};
}

}  // namespace

Probe probe_of(const Histogram& histogram) {
    return {.p50_us = histogram.value_at_percentile(50),
            .p99_us = histogram.value_at_percentile(99),
            .samples = histogram.count()};
}

Probe measure_fsync(const std::filesystem::path& directory, std::size_t samples) {
    ProbeFile file(directory);
    std::array<char, 4096> block{};
    block.fill('t');
    // Not zeros: file systems may leave those out.
    const auto histogram = std::make_unique<Histogram>();
    // The first syncs create the file's own metadata and would not be typical.
    for (std::size_t i = 0; i < samples + 3; ++i) {
        const auto start = SteadyClock::now();
        file.append(block);
        file.sync();
        if (i >= 3) histogram->record(microseconds_since(start));
    }
    return probe_of(*histogram);
}

Probe measure_timer_lag(std::size_t samples) {
    const auto histogram = std::make_unique<Histogram>();
    for (std::size_t i = 0; i < samples; ++i) {
        // A deadline and not a duration, so that a late wake-up does not delay the next.
        const auto due = SteadyClock::now() + std::chrono::milliseconds{1};
        std::this_thread::sleep_until(due);
        // What is measured is the lag behind the deadline, which any schedule suffers too.
        histogram->record(microseconds_since(due));
    }
    return probe_of(*histogram);
}

std::string cpu_model(std::string_view cpuinfo) {
    // x86 says "model name", some ARM kernels "Model" or "Hardware".
    for (const std::string_view key : {"model name", "Model", "Hardware"}) {
        std::string_view rest = cpuinfo;
        while (!rest.empty()) {
            const std::size_t feed = rest.find('\n');
            const std::string_view line = rest.substr(0, feed);
            rest.remove_prefix(feed == std::string_view::npos ? rest.size() : feed + 1);
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != key) continue;
            const std::string_view value = trimmed(line.substr(colon + 1));
            // Some kernels have the key and no value.
            if (!value.empty()) return std::string(value);
        }
    }
    return "unknown";
}

Machine read_machine() {
    utsname system{};
    const bool is_known = ::uname(&system) == 0;
    return {.cpu = cpu_model(read_all("/proc/cpuinfo")),
            .cores = std::thread::hardware_concurrency(),
            .kernel = is_known ? system.release : "unknown"};
}

std::optional<CpuTicks> parse_cpu_ticks(std::string_view proc_stat) {
    // The first line adds up all cores; the others are single ones.
    if (!proc_stat.starts_with("cpu ")) return std::nullopt;
    std::string_view line = proc_stat.substr(4, proc_stat.find('\n') - 4);
    // user nice system idle iowait irq softirq steal; guest time is part of user already.
    constexpr std::size_t columns = 8;
    constexpr std::size_t steal_column = 7;
    CpuTicks ticks;
    // Columns that older kernels lack end the reading, and then nothing is known.
    for (std::size_t column = 0; column < columns; ++column) {
        line = trimmed(line);
        std::uint64_t value = 0;
        const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), value);
        if (code != std::errc{}) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
        ticks.total += value;
        if (column == steal_column) ticks.steal = value;
    }
    return ticks;
}

UsageMark mark_usage() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    // Read as close together as can be: shares are quotients of the two clocks.
    return {.machine = parse_cpu_ticks(read_all("/proc/stat")),
            .process_cpu = microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime),
            .wall = SteadyClock::now().time_since_epoch()};
}

double steal_share(const UsageMark& before, const UsageMark& after) {
    if (!before.machine || !after.machine) return 0;
    const CpuTicks& first = *before.machine;
    const CpuTicks& last = *after.machine;
    // Counters that went back are of another boot, or of a container that was moved.
    if (last.total <= first.total || last.steal < first.steal) return 0;
    return static_cast<double>(last.steal - first.steal) /
           static_cast<double>(last.total - first.total);
}

double cpu_share(const UsageMark& before, const UsageMark& after) {
    const double wall = std::chrono::duration<double>(after.wall - before.wall).count();
    // The clock is steady, but two marks can be one.
    if (wall <= 0) return 0;
    return std::chrono::duration<double>(after.process_cpu - before.process_cpu).count() / wall;
}

}  // namespace tuma::loadgen
