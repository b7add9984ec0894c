// A run told to other programs while it goes on: a line of JSON a second, a page for Prometheus.
#pragma once

#include "loadgen/client/page_server.h"
#include "loadgen/drive/driver.h"
#include "loadgen/measure/run_view.h"
#include "loadgen/report/report.h"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace tuma::loadgen {

/// Where to.
struct LiveSettings {
    std::string stream;  ///< a path, "-" for standard output, empty for none
    std::optional<Endpoint> metrics;

    bool is_on_standard_output() const { return stream == "-"; }
};

/// Reads "ndjson:-" or "ndjson:FILE" as what is behind the colon. Refuses other formats by name.
Result<std::string> parse_stream(std::string_view text);

/// One second as a line: {"event":"second","second":0,...}, the columns of timeline.csv.
std::string second_line(const TimelineRow& row);
/// The last line: {"event":"end","valid":true,"load":"held",...}.
std::string end_line(const RunReport& report);
/// The text format 0.0.4: counts since the beginning, warm-up included, and the last whole second.
std::string metrics_page(const RunView& recorder, const RunProgress& run);

/// Lines that are written by a thread of their own, so that a slow reader does not delay the load.
/// When 10,000 wait, the oldest are given up.
class LineWriter {
public:
    /// Opens the file, or takes standard output for "-". Throws WriteError.
    explicit LineWriter(const std::string& path);
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;
    /// Writes what waits.
    ~LineWriter();

    void write(std::string line);

private:
    void work();

    std::FILE* file_;
    bool owns_file_;
    std::mutex mutex_;
    std::condition_variable has_news_;
    std::deque<std::string> lines_;  ///< guarded by mutex_
    bool ends_ = false;              ///< guarded by mutex_
    std::thread thread_;
};

/// Told by the driver's thread about ten times a second.
class LiveOutput {
public:
    /// Throws WriteError, ConnectionError.
    explicit LiveOutput(const LiveSettings& settings);

    /// Where the page is; nothing without one.
    std::optional<Endpoint> metrics_endpoint() const;
    void show(const RunProgress& run, const RunView& recorder);
    /// The seconds that are left, and what came of the run.
    void end(const RunReport& report);

private:
    void write_seconds(std::span<const TimelineRow> rows);

    std::unique_ptr<LineWriter> lines_;
    std::unique_ptr<PageServer> page_;
    std::size_t written_ = 0;
};

}  // namespace tuma::loadgen
