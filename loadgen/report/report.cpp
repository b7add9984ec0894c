// The results of a run, and the files they become.
#include "loadgen/report/report.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/hdr_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace tuma::loadgen {
namespace {

/// Closes its descriptor on every way out.
class OpenFile {
public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    ~OpenFile() { ::close(descriptor_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

[[noreturn]] void throw_errno(const std::filesystem::path& path) {
    throw WriteError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

std::string intervals_of(std::string_view tag, SparseCounts IntervalLatencies::*which,
                         const std::vector<IntervalLatencies>& intervals) {
    constexpr std::chrono::seconds length{1};
    std::string out;
    const auto histogram = std::make_unique<Histogram>();
    for (const IntervalLatencies& interval : intervals) {
        // Used again: a histogram is large, and there are four a second.
        histogram->clear();
        histogram->merge(interval.*which);
        const std::chrono::seconds start{interval.second};
        out += hdr_log_line(tag, start, length, *histogram);
    }
    return out;
}

/// Of the whole run: what is not kept by second.
std::string whole_run_lines(const RunReport& report) {
    constexpr std::chrono::milliseconds start{0};
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(report.measured);
    std::string out;
    const auto add = [&](const std::string& tag, const Histogram& histogram) {
        if (histogram.count() > 0) out += hdr_log_line(tag, start, length, histogram);
    };
    add("blocked", report.blocked);
    add("batch", report.batch);
    for (const FateRow& row : report.fates) {
        add(fate_tag(row), row.response);
        add(fate_tag(row) + ".floor", row.floor);
    }
    if (report.callbacks) {
        add("callback", report.callbacks->from_intended);
        add("callback_after_reply", report.callbacks->from_reply);
    }
    return out;
}

}  // namespace

double RunReport::per_s(std::uint64_t count) const {
    return rate_over(static_cast<double>(count), measured);
}

double RunReport::asked_per_s() const {
    if (settings.closed_loop) return 0;
    if (asked) return rate_over(*asked, measured);
    if (settings.rate) return settings.rate->per_second();
    return per_s(window.scheduled);
}

void take_results(const Recorder& recorder, const std::vector<std::string>& kinds,
                  RunReport& report) {
    ensure(kinds.size() <= kinds_max, "as many kinds as a recorder knows");
    report.counts = recorder.counts();
    report.warmup_counts = recorder.warmup_counts();
    report.window = recorder.window();
    report.executed = recorder.executed();
    report.measured = std::chrono::duration_cast<Duration>(
        std::max(Offset{0}, recorder.window_end() - Offset{report.settings.warmup}));
    const Latencies& latencies = recorder.latencies();
    report.response = latencies.response;
    report.service = latencies.service;
    report.send_lag = latencies.send_lag;
    report.blocked = latencies.blocked;
    report.floor = latencies.floor;
    report.batch = recorder.batch_response();
    report.timeline.assign(recorder.timeline().begin(), recorder.timeline().end());
    report.intervals.assign(recorder.intervals().begin(), recorder.intervals().end());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        for (const Fate fate : {Fate::executed, Fate::refused, Fate::failed}) {
            const FateLatencies* found = recorder.fate(static_cast<std::uint8_t>(kind), fate);
            if (found == nullptr) continue;
            report.fates.push_back({.kind = kinds[kind],
                                    .fate = fate,
                                    .requests = found->requests,
                                    .response = found->response,
                                    .floor = found->floor});
        }
    }
    add_quoted(report);
    take_phases(recorder, report);
}

void add_quoted(RunReport& report) {
    for (const FateRow& row : report.fates) {
        if (row.fate == Fate::refused) continue;
        report.quoted.requests += row.requests;
        report.quoted.response.merge(row.response);
        report.quoted.floor.merge(row.floor);
    }
}

std::string fate_tag(const FateRow& row) {
    return fmt::format("{}.{}", name(row.fate), row.kind);
}

std::string timeline_csv(const std::vector<TimelineRow>& timeline) {
    // `parse_timeline_csv` reads exactly these columns.
    std::string out =
        "second,offered,sent,skipped,ok,refused,errors,timeouts,p50_us,p99_us,max_us,in_flight,"
        "warmup\n";
    for (const TimelineRow& row : timeline) {
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{}\n", row.second, row.offered,
                           row.sent, row.skipped, row.ok, row.refused, row.errors, row.timeouts,
                           row.p50_us, row.p99_us, row.max_us, row.in_flight, row.warmup ? 1 : 0);
    }
    return out;
}

std::string latency_hlog(const RunReport& report) {
    return hdr_log_header(report.started_at) +
           intervals_of("response", &IntervalLatencies::response, report.intervals) +
           intervals_of("service", &IntervalLatencies::service, report.intervals) +
           intervals_of("send_lag", &IntervalLatencies::send_lag, report.intervals) +
           intervals_of("floor", &IntervalLatencies::floor, report.intervals) +
           whole_run_lines(report) + phases_hlog(report);
}

void write_file_aside(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::path aside = path;
    // With this process's number: two runs may write into one directory.
    aside += fmt::format(".{}.part", ::getpid());
    {
        const int descriptor =
            ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (descriptor < 0) throw_errno(aside);
        const OpenFile file(descriptor);
        while (!content.empty()) {
            const ssize_t written = ::write(file.descriptor(), content.data(), content.size());
            // A signal is no error.
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw_errno(aside);
            content.remove_prefix(static_cast<std::size_t>(written));
        }
        // Durable before it has its name.
        if (::fsync(file.descriptor()) != 0) throw_errno(aside);
    }
    std::error_code failure;
    std::filesystem::rename(aside, path, failure);
    if (failure)
        throw WriteError(fmt::format("cannot write {}: {}", path.string(), failure.message()));
}

void make_report_directory(const std::filesystem::path& directory) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (failure)
        throw WriteError(
            fmt::format("cannot make the directory {}: {}", directory.string(), failure.message()));
    if (::access(directory.c_str(), W_OK) != 0) throw_errno(directory);
}

void write_report(const RunReport& report, const std::filesystem::path& directory) {
    make_report_directory(directory);
    std::string problems;
    const auto write = [&](const char* name, const std::string& content) {
        try {
            write_file_aside(directory / name, content);
        } catch (const WriteError& error) {
            problems += fmt::format("{}{}", problems.empty() ? "" : "; ", error.what());
        }
    };
    write("timeline.csv", timeline_csv(report.timeline));
    write("latency.hlog", latency_hlog(report));
    write("report.html", report_html(report));
    // Last, so that whoever finds it finds the others too.
    write("report.json", report_json(report));
    if (!problems.empty()) throw WriteError(problems);
}

}  // namespace tuma::loadgen
