// Everything a run is remembered by: what was asked, what came of it, and whether to believe it.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/measure/calibration.h"
#include "loadgen/measure/callback_tracker.h"
#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/server_metrics.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::loadgen {

/// What the run was asked to do.
struct RunSettings {
    std::string target;  ///< "native:127.0.0.1:7000"
    std::string scenario;
    std::uint64_t seed = 0;
    std::optional<Rate> rate;  ///< nothing: closed loop (--rate=max), or a trace
    bool closed_loop = false;
    std::string arrival;   ///< "constant", "poisson", "trace"; "closed" for a closed loop
    std::string overload;  ///< "queue", "skip", "abort"
    std::uint32_t connections = 0;
    std::uint32_t batch = 0;      ///< operations a request, at most
    std::uint32_t in_flight = 0;  ///< requests a connection, at most
    Duration duration{0};         ///< warm-up included
    Duration warmup{0};
    Duration timeout{0};
    std::vector<std::pair<std::string, std::string>> more;  ///< further rows of the settings table
};

/// A judgement on a run.
struct Verdict {
    bool valid = true;
    std::vector<std::string> invalid_because;  ///< sentences
    std::vector<std::string> remarks;          ///< what a reader must know though the run is valid
    std::uint64_t trust_above_us = 0;  ///< percentiles below this are the generator's own noise
};

/// One run, complete. Histograms and counts leave the warm-up out.
struct RunReport {
    RunSettings settings;
    Timestamp started_at{};
    std::string durability = "unknown";  ///< as the server states it, e.g. "fsync"
    std::string version;                 ///< of the generator
    Counts counts;
    Counts warmup_counts;
    Duration measured{0};  ///< the time that `attained_per_s` divides by, see `take_results`
    Histogram response;
    Histogram service;
    Histogram send_lag;
    /// What callbacks did; nothing where there are none or they are ignored.
    std::optional<CallbackResults> callbacks;
    /// What the numbers of refusals mean, where the protocol names them by words of its own.
    std::map<std::uint16_t, std::string> refusal_names;
    std::vector<TimelineRow> timeline;
    std::vector<IntervalLatencies> intervals;
    Calibration calibration;
    std::vector<Stage> stages;
    /// The tightest latency that a search asks for; 0 outside a search.
    Duration latency_bound{0};
    std::string server_gone;  ///< what was in flight when the server went away; empty otherwise
    Verdict verdict;          ///< by `judge`

    /// Answered operations (done or refused) a second of measured time.
    double attained_per_s() const;
    /// Scheduled operations a second of the measured part of the schedule; 0 in a closed loop.
    double target_per_s() const;
};

/// Takes counts, latencies, timeline and intervals out of a finished recorder.
/// Measured time begins when the warm-up ends. In a closed loop it lasts to the last answer; in an
/// open loop for the rest of the planned duration, and longer when answers come later than a
/// quarter of a second (or a twentieth of that rest, if less) after its end.
/// Requires: settings.duration and settings.warmup are set.
void take_results(const Recorder& recorder, RunReport& report);

/// Says whether the numbers can be believed, and why not.
/// Invalid: an identity of counts broken, callbacks included; a callback that was awaited lost or
/// unreadable; the server went away; open loop with
/// less than 99 % of the target attained, with a p99 of send lag above 10 % of the p99 response (in
/// a search: of what is asked for, if that is more, since lag only makes a rate look worse), or
/// with more than 80 % of a core used by the generator; more than 2 % steal.
Verdict judge(const RunReport& report);

/// A refusal's stable name, or "code_N" for a number this program does not know.
std::string refusal_name(std::uint16_t code);
/// The words for it in this run.
std::string refusal_name(const RunReport& report, std::uint16_t code);

/// report.json as one object, with line breaks and a line feed at the end.
std::string report_json(const RunReport& report);
/// report.html: one page that needs nothing else.
std::string report_html(const RunReport& report);
/// The summary for a terminal, at most 80 columns wide.
std::string report_text(const RunReport& report);
/// timeline.csv with its heading.
std::string timeline_csv(const std::vector<TimelineRow>& timeline);
/// latency.hlog: one row a second for each of response, service, send_lag, and of callbacks one for
/// the whole run.
std::string latency_hlog(const RunReport& report);

/// Writes report.json, report.html, latency.hlog and timeline.csv, each aside and then renamed;
/// makes the directory. Throws std::system_error when it cannot.
void write_report(const RunReport& report, const std::filesystem::path& directory);

/// Writes `content` beside `path` and renames it there, so that no reader ever sees half a file.
/// Throws std::system_error.
void write_file_aside(const std::filesystem::path& path, std::string_view content);

}  // namespace tuma::loadgen
