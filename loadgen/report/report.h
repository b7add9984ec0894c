// Everything a run is remembered by: what was asked, what came of it, and whether to believe it.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/arrivals/time_law.h"
#include "loadgen/measure/calibration.h"
#include "loadgen/measure/callback_tracker.h"
#include "loadgen/measure/counts.h"
#include "loadgen/measure/histogram.h"
#include "loadgen/measure/losses.h"
#include "loadgen/measure/recorder.h"
#include "loadgen/measure/response_parts.h"
#include "loadgen/measure/server_account.h"
#include "loadgen/measure/server_metrics.h"
#include "loadgen/report/phases.h"
#include "loadgen/report/verdict.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
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
    /// Where the rate has several parts: these, behind the warm-up. Then `rate` is their mean.
    std::vector<RatePiece> profile{};
    std::uint32_t users = 0;  ///< who wait, think and ask again; 0: none
    TimeLaw think{};          ///< how long
    bool closed_loop = false;
    std::string arrival;   ///< "constant", "poisson", "trace"; "closed" for a closed loop
    std::string overload;  ///< "queue", "skip", "abort"
    std::uint32_t connections = 0;
    std::uint32_t workers = 1;    ///< threads
    std::uint32_t batch = 0;      ///< operations a request, at most
    std::uint32_t in_flight = 0;  ///< requests a connection, at most
    Duration duration{0};         ///< measured, behind the warm-up; 0: until the traffic ends
    Duration warmup{0};
    Duration timeout{0};
    std::vector<std::pair<std::string, std::string>> more;  ///< further rows of the settings table
};

/// Percentiles that may be quoted are of these: all operations but the refused ones, which are
/// mostly quick. Errors and timeouts are in, with the time they took.
struct Quoted {
    std::uint64_t requests = 0;  ///< samples: operations of one request share its fortune
    Histogram response;
    Histogram floor;
};

/// Operations of one kind that ended in one way.
struct FateRow {
    std::string kind;
    Fate fate = Fate::executed;
    std::uint64_t requests = 0;
    Histogram response;
    Histogram floor;
};

/// Whether an objective was kept. Unknown: the generator's own pauses hide it, or too few requests.
enum class Kept : std::uint8_t { kept, broken, unknown };
std::string_view name(Kept kept);

struct SloResult {
    std::string text;  ///< "p99<20ms,errors<0.1%"
    Kept kept = Kept::kept;
    std::string
        why;  ///< the first term that was broken, or else not known; empty when all are kept
};

/// One run, complete. Histograms and counts leave the warm-up out.
struct RunReport {
    RunSettings settings;
    Timestamp started_at{};
    std::string durability = "unknown";  ///< as the server states it, e.g. "fsync"
    std::string version;                 ///< of the generator
    std::string server_version;  ///< as its admin address says; empty where that is not known
    std::string host;            ///< where the generator ran
    std::string command;         ///< its command line
    Counts counts;
    Counts warmup_counts;
    Counts window;         ///< what happened within `measured`, see `Recorder::window`
    Duration measured{0};  ///< from the end of the warm-up until nothing more was asked for
    /// Operations that were asked for in that time, where the rate was not the same all along.
    std::optional<double> asked;
    Histogram response;  ///< of all operations
    Histogram service;
    Histogram send_lag;
    Histogram blocked;
    Histogram floor;
    Histogram batch;  ///< of requests, where operations have times of their own; else empty
    Quoted quoted;
    std::vector<FateRow> fates;  ///< by kind, then executed, refused, failed; those that there were
    std::vector<PhaseRow> phases;  ///< in their order; none where the rate has no parts
    /// What callbacks did; nothing where there are none or they are ignored.
    std::optional<CallbackResults> callbacks;
    /// Connections that were lost and opened again; nothing where that was not asked for.
    std::optional<Losses> losses;
    /// What the numbers of refusals mean, where the protocol names them by words of its own.
    std::map<std::uint16_t, std::string> refusal_names;
    std::vector<TimelineRow> timeline;
    std::vector<IntervalLatencies> intervals;
    Calibration calibration;
    ResponseParts executed;     ///< answered between the readings of `server`, else in `measured`
    std::vector<Stage> stages;  ///< of the server, each by its own count: batches, submissions
    std::optional<ServerAccount> server;    ///< nothing where it did not say
    std::optional<double> generator_cpu_s;  ///< of this program, within `measured`
    std::uint64_t late_answers = 0;         ///< to requests that had timed out
    std::uint64_t duplicate_answers = 0;    ///< to requests that had an answer
    std::string aborted;                    ///< why --abort-when gave the run up; empty otherwise
    std::string unwritten;    ///< what kept acknowledgements from being written; empty otherwise
    std::string server_gone;  ///< what was in flight when the server went away; empty otherwise
    Verdict verdict;          ///< by `judge`
    /// What was asked to hold, and whether it did; nothing where nothing was asked.
    std::optional<SloResult> slo;

    /// Operations of a window's count a second of measured time; 0 without any.
    double per_s(std::uint64_t count) const;
    /// Executed operations a second: refusals are no success.
    double attained_per_s() const { return per_s(window.ok); }
    /// Operations that became due a second; a Poisson schedule draws a little more or less than is
    /// asked for.
    double offered_per_s() const { return per_s(window.scheduled); }
    /// What was asked for: the rate, or what a rate that changes has in that time; of a trace what
    /// was due; 0 in a closed loop.
    double asked_per_s() const;
};

/// Takes counts, latencies, timeline and intervals out of a finished recorder; `kinds` are the
/// names of the operations' kinds by number.
void take_results(const Recorder& recorder, const std::vector<std::string>& kinds,
                  RunReport& report);

/// Adds to `quoted` all fates but refusals.
void add_quoted(RunReport& report);

/// What two histograms of the same operations, of `requests` requests, say about a percentile of
/// both.
Bounds bounds_of(const Histogram& response, const Histogram& floor, std::uint64_t requests,
                 double percentile);

/// What half of the operations took at most in the best second, in seconds. Of all of them it would
/// be the queue of a server that is too slow.
double usual_response_s(const RunReport& report);
/// At least so many of those that were asked for, or the load was not held.
double least_ended(double asked, const RunSettings& settings);

/// Says whether the load was held, what the percentiles are worth, and what is broken.
/// Held: operations that ended in the window, however, are at least 99 % of those that were asked
/// for (of a Poisson schedule: or at most 3 standard deviations short). What an operation lasts may
/// be missing where the warm-up was shorter, and batches that were filling up. Else the server
/// could not, if all was sent or if requests waited longer for places than for this program. A
/// closed loop is held while at most 1 % fail. Invalid: an identity of counts broken, callbacks
/// included; a callback that was awaited lost or unreadable; the server went away; this program
/// could not send what was asked for; nothing executed.
Verdict judge(const RunReport& report);

/// What may be quoted of a run in one line:
/// "p50 336 to 383 µs, p99 1.10 to 1.34 ms, p99.9 at most 3.12 ms at 20 017/s, load held".
std::string quotation(const RunReport& report);

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
/// Reads it back. Refuses other columns and what is no number, by line.
Result<std::vector<TimelineRow>> parse_timeline_csv(std::string_view text);
/// "executed.transfer": its tag in latency.hlog; with ".floor" behind it that of its floor.
std::string fate_tag(const FateRow& row);
/// latency.hlog: one row a second for each of response, service, send_lag and floor; for the whole
/// run one of blocked, of batches, of each kind and fate, and of callbacks; two of each phase.
std::string latency_hlog(const RunReport& report);

/// A file or a directory cannot be written; the message names it and says why.
class WriteError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Makes the directory of a report where there is none, so that a run that cannot be kept is not
/// begun. Throws WriteError, also when it cannot be written in.
void make_report_directory(const std::filesystem::path& directory);

/// Writes report.json, report.html, latency.hlog and timeline.csv, each aside and then renamed;
/// makes the directory. What cannot be written does not keep the others from it. Throws WriteError.
void write_report(const RunReport& report, const std::filesystem::path& directory);

/// Writes `content` beside `path` and renames it there, so that no reader ever sees half a file.
/// Throws WriteError.
void write_file_aside(const std::filesystem::path& path, std::string_view content);

}  // namespace tuma::loadgen
