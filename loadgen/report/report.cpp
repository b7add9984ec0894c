// The results of a run, the judgement on them, and the files they become.
#include "loadgen/report/report.h"

#include "loadgen/measure/hdr_log.h"
#include "loadgen/measure/number_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

namespace tuma::loadgen {
namespace {

constexpr double attained_share_min = 0.99;
constexpr double lag_share_max = 0.10;
constexpr double generator_cpu_max = 0.80;
constexpr double steal_max = 0.02;
constexpr Duration late_answers_max = std::chrono::milliseconds{250};

Duration to_duration(Offset offset) {
    return std::chrono::duration_cast<Duration>(offset);
}

Duration planned(const RunSettings& settings) {
    return std::max(Duration{0}, settings.duration - settings.warmup);
}

Duration measured_time(const Recorder& recorder, const RunSettings& settings) {
    const Duration rest = planned(settings);
    // Nothing was answered: the plan is all that is known.
    if (!recorder.last_answered()) return rest;
    const Duration answered = to_duration(*recorder.last_answered()) - settings.warmup;
    // A closed loop has no plan to be measured against; it ends with its last answer.
    if (settings.closed_loop) return answered;
    // Late answers belong to the run, but a few of them must not stretch it and lower the rate.
    return std::max(rest, answered - std::min(late_answers_max, rest / 20));
}

void judge_open_loop(const RunReport& report, Verdict& verdict) {
    const double target = report.target_per_s();
    const double attained = report.attained_per_s();
    // Measured against what was scheduled, not against what was asked for: draws of arrivals differ
    // a little.
    if (attained < attained_share_min * target) {
        verdict.invalid_because.push_back(
            fmt::format("{} were attained of a target of {}, which is {}; less than 99 % means "
                        "that the load was not the one asked for",
                        rate_text(attained), rate_text(target), share_text(attained / target)));
    }
    const std::uint64_t lag = report.send_lag.value_at_percentile(99);
    const std::uint64_t response = report.response.value_at_percentile(99);
    const auto against =
        // With an objective its bound counts: a lag far below it cannot change the verdict.
        std::max(response, static_cast<std::uint64_t>(report.latency_bound.count()));
    // A tenth of what is measured may be the generator's own; more, and it measures itself.
    if (static_cast<double>(lag) > lag_share_max * static_cast<double>(against)) {
        verdict.invalid_because.push_back(fmt::format(
            "the p99 of send lag is {}, more than 10 % of the p99 response of {}: the wait before "
            "sending shapes the percentiles; latencies below {} are not to be trusted",
            latency_text(lag), latency_text(response), latency_text(verdict.trust_above_us)));
    }
    // Of one core, since the loop is one thread.
    if (report.calibration.generator_cpu > generator_cpu_max) {
        verdict.invalid_because.push_back(
            fmt::format("the generator used {} of a core, more than 80 %: it may have been the "
                        "bottleneck",
                        share_text(report.calibration.generator_cpu)));
    }
}

void judge_callbacks(const CallbackCounts& counts, Verdict& verdict) {
    // Counts that do not add up make every other number doubtful.
    if (const auto broken = broken_identity(counts))
        verdict.invalid_because.push_back("the callbacks do not agree: " + *broken);
    // A lost callback is a payment of which a merchant never heard.
    if (counts.lost > 0)
        verdict.invalid_because.push_back(fmt::format(
            "{} of {} callbacks had not come when the run ended; they are in no histogram. Take a "
            "longer --grace, or --callbacks=ignore if none is to be awaited",
            count_text(counts.lost), count_text(counts.expected)));
    if (counts.unreadable > 0)
        verdict.invalid_because.push_back(fmt::format(
            "{} callbacks could not be read or deciphered", count_text(counts.unreadable)));
}

void add_remarks(const RunReport& report, Verdict& verdict) {
    // Said with every closed loop, because its percentiles look so good.
    if (report.settings.closed_loop) {
        verdict.remarks.push_back(
            "Closed loop: the next request leaves when an answer has come, so response equals "
            "service. While the server stalls nobody new arrives, and the wait of those who would "
            "have come is missing from the tail (coordinated omission). Read the throughput here, "
            "and take latencies from an open-loop run.");
    } else if (verdict.trust_above_us > 0) {
        verdict.remarks.push_back(
            fmt::format("Latencies below {} (the p99.9 of send lag) are as much the generator's as "
                        "the server's.",
                        latency_text(verdict.trust_above_us)));
    }
    // A p99.9 of fewer operations is made of fewer than ten.
    if (report.response.count() > 0 && report.response.count() < 10'000) {
        verdict.remarks.push_back(
            fmt::format("{} operations are too few for a p99.9 that would come out the same again.",
                        count_text(report.response.count())));
    }
    if (report.response.over_top() > 0) {
        verdict.remarks.push_back(
            fmt::format("{} operations took more than an hour and are "
                        "counted as one hour.",
                        count_text(report.response.over_top())));
    }
    // A remark and no fault: for tests this is how it is done.
    const std::string& target = report.settings.target;
    if (target.find("127.0.0.1") != std::string::npos ||
        target.find("localhost") != std::string::npos ||
        target.find("[::1]") != std::string::npos) {
        verdict.remarks.push_back(
            "The server ran on the generator's machine: there is no network in these numbers, and "
            "both shared its cores.");
    }
}

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
    throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
}

std::string intervals_of(std::string_view tag, SparseCounts IntervalLatencies::*which,
                         const std::vector<IntervalLatencies>& intervals) {
    constexpr std::chrono::seconds length{1};
    std::string out;
    const auto histogram = std::make_unique<Histogram>();
    for (const IntervalLatencies& interval : intervals) {
        // Used again: a histogram is large, and there are three a second.
        histogram->clear();
        histogram->merge(interval.*which);
        const std::chrono::seconds start{interval.second};
        out += hdr_log_line(tag, start, length, *histogram);
    }
    return out;
}

/// Of the whole run: which callback came in which second is not kept.
std::string callback_lines(const RunReport& report) {
    if (!report.callbacks || report.callbacks->counts.arrived == 0) return {};
    constexpr std::chrono::milliseconds start{0};
    const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(report.measured);
    return hdr_log_line("callback", start, length, report.callbacks->from_intended) +
           hdr_log_line("callback_after_reply", start, length, report.callbacks->from_reply);
}

}  // namespace

double RunReport::attained_per_s() const {
    // Yes or no: both are answers.
    const double seconds = std::chrono::duration<double>(measured).count();
    return seconds > 0 ? static_cast<double>(counts.ok + counts.refused) / seconds : 0;
}

double RunReport::target_per_s() const {
    // Without the warm-up, as the counts are.
    const double seconds = std::chrono::duration<double>(planned(settings)).count();
    // A closed loop has no target.
    if (settings.closed_loop || seconds <= 0) return 0;
    return static_cast<double>(counts.scheduled) / seconds;
}

void take_results(const Recorder& recorder, RunReport& report) {
    report.counts = recorder.counts();
    report.warmup_counts = recorder.warmup_counts();
    report.measured = measured_time(recorder, report.settings);
    report.response = recorder.latencies().response;
    report.service = recorder.latencies().service;
    report.send_lag = recorder.latencies().send_lag;
    report.timeline.assign(recorder.timeline().begin(), recorder.timeline().end());
    report.intervals.assign(recorder.intervals().begin(), recorder.intervals().end());
}

Verdict judge(const RunReport& report) {
    Verdict verdict;
    // The warm-up's counts too: an operation that is lost there is lost by the same bug.
    for (const Counts* counts : {&report.counts, &report.warmup_counts}) {
        if (const std::optional<std::string> broken = broken_identity(*counts)) {
            verdict.invalid_because.push_back("the counts do not agree: " + *broken);
        }
    }
    if (report.callbacks) judge_callbacks(report.callbacks->counts, verdict);
    if (!report.server_gone.empty()) {
        verdict.invalid_because.push_back("the server went away: " + report.server_gone);
    }
    // A run without an answer has measured nothing.
    if (report.counts.ok + report.counts.refused == 0) {
        verdict.invalid_because.push_back("no operation was answered");
    }
    if (!report.settings.closed_loop) {
        verdict.trust_above_us = report.send_lag.value_at_percentile(99.9);
        judge_open_loop(report, verdict);
    }
    // Other guests had the processor, and their work is in these latencies.
    if (report.calibration.steal > steal_max) {
        verdict.invalid_because.push_back(
            fmt::format("the hypervisor gave {} of the processor to others, more than 2 %",
                        share_text(report.calibration.steal)));
    }
    add_remarks(report, verdict);
    // Valid is the absence of reasons, so that a verdict without a reason cannot be.
    verdict.valid = verdict.invalid_because.empty();
    return verdict;
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
           callback_lines(report);
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
    std::filesystem::rename(aside, path);
}

void write_report(const RunReport& report, const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    write_file_aside(directory / "timeline.csv", timeline_csv(report.timeline));
    write_file_aside(directory / "latency.hlog", latency_hlog(report));
    write_file_aside(directory / "report.html", report_html(report));
    // Last, so that whoever finds it finds the others too.
    write_file_aside(directory / "report.json", report_json(report));
}

}  // namespace tuma::loadgen
