#include "loadgen/drive/live_output.h"

#include "ledger/words/words.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr std::size_t waiting_max = 10'000;
constexpr std::array<std::string_view, 1> stream_formats{"ndjson"};

std::string line_of(const json::object& object) {
    return json::serialize(object) + "\n";
}

std::FILE* open_stream(const std::string& path) {
    if (path == "-") return stdout;
    std::FILE* const file = std::fopen(path.c_str(), "we");
    if (file == nullptr)
        throw WriteError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    return file;
}

}  // namespace

Result<std::string> parse_stream(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::string_view format = text.substr(0, colon);
    if (format != stream_formats.front())
        return InputError{"--stream", none_of(format, stream_formats) + "; as ndjson:FILE"};
    if (colon == std::string_view::npos || colon + 1 == text.size())
        return InputError{"--stream", "must be ndjson:FILE, or ndjson:- for standard output"};
    return std::string(text.substr(colon + 1));
}

std::string second_line(const TimelineRow& row) {
    return line_of({{"event", "second"},
                    {"second", row.second},
                    {"offered", row.offered},
                    {"sent", row.sent},
                    {"skipped", row.skipped},
                    {"ok", row.ok},
                    {"refused", row.refused},
                    {"errors", row.errors},
                    {"timeouts", row.timeouts},
                    {"p50_us", row.p50_us},
                    {"p99_us", row.p99_us},
                    {"max_us", row.max_us},
                    {"in_flight", row.in_flight},
                    {"warmup", row.warmup}});
}

std::string end_line(const RunReport& report) {
    return line_of({{"event", "end"},
                    {"valid", report.verdict.valid},
                    {"load", word(report.verdict.load)},
                    {"attained_per_s", report.attained_per_s()},
                    {"server_gone", !report.server_gone.empty()}});
}

std::string metrics_page(const RunView& recorder, const RunProgress& run) {
    Counts counts = recorder.counts();
    counts.add(recorder.warmup_counts());
    std::string page =
        "# HELP tuma_load_operations_total Operations of the run that ended, by how.\n"
        "# TYPE tuma_load_operations_total counter\n";
    for (const auto& [end, n] : {std::pair{"ok", counts.ok},
                                 {"refused", counts.refused},
                                 {"error", counts.errors},
                                 {"timeout", counts.timeouts},
                                 {"skipped", counts.skipped}})
        page += fmt::format("tuma_load_operations_total{{end=\"{}\"}} {}\n", end, n);
    page += fmt::format(
        "# HELP tuma_load_sent_total Operations sent.\n"
        "# TYPE tuma_load_sent_total counter\ntuma_load_sent_total {}\n"
        "# HELP tuma_load_in_flight Operations sent and not yet ended.\n"
        "# TYPE tuma_load_in_flight gauge\ntuma_load_in_flight {}\n"
        "# HELP tuma_load_behind_seconds By how much the oldest unsent request is late.\n"
        "# TYPE tuma_load_behind_seconds gauge\ntuma_load_behind_seconds {}\n",
        counts.sent, recorder.in_flight(), std::chrono::duration<double>(run.behind).count());
    const std::size_t closed = recorder.closed_rows();
    if (closed == 0) return page;
    const TimelineRow& last = recorder.timeline()[closed - 1];
    page +=
        "# HELP tuma_load_response_seconds Response times of the last whole second.\n"
        "# TYPE tuma_load_response_seconds gauge\n";
    for (const auto& [quantile, us] :
         {std::pair{"0.5", last.p50_us}, {"0.99", last.p99_us}, {"1", last.max_us}})
        page += fmt::format("tuma_load_response_seconds{{quantile=\"{}\"}} {:.6f}\n", quantile,
                            static_cast<double>(us) / 1e6);
    return page;
}

LineWriter::LineWriter(const std::string& path)
    : file_(open_stream(path)), owns_file_(path != "-"), thread_([this] { work(); }) {}

LineWriter::~LineWriter() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    has_news_.notify_one();
    thread_.join();
    if (owns_file_) static_cast<void>(std::fclose(file_));
}

void LineWriter::write(std::string line) {
    {
        const std::lock_guard lock(mutex_);
        if (lines_.size() >= waiting_max) lines_.pop_front();
        lines_.push_back(std::move(line));
    }
    has_news_.notify_one();
}

void LineWriter::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        has_news_.wait(lock, [this] { return ends_ || !lines_.empty(); });
        if (lines_.empty()) return;
        const std::string line = std::move(lines_.front());
        lines_.pop_front();
        lock.unlock();
        // A reader that is gone or a full disk costs the stream, and not the run.
        static_cast<void>(std::fwrite(line.data(), 1, line.size(), file_));
        static_cast<void>(std::fflush(file_));
        lock.lock();
    }
}

LiveOutput::LiveOutput(const LiveSettings& settings) {
    if (!settings.stream.empty()) lines_ = std::make_unique<LineWriter>(settings.stream);
    if (settings.metrics) page_ = std::make_unique<PageServer>(*settings.metrics, "/metrics");
}

std::optional<Endpoint> LiveOutput::metrics_endpoint() const {
    if (!page_) return std::nullopt;
    return page_->endpoint();
}

void LiveOutput::show(const RunProgress& run, const RunView& recorder) {
    if (page_) page_->set(metrics_page(recorder, run));
    // The last closed row may still get news of what was offered in it.
    if (lines_ && recorder.closed_rows() > written_ + 1)
        write_seconds(recorder.timeline().first(recorder.closed_rows() - 1));
}

void LiveOutput::end(const RunReport& report) {
    if (!lines_) return;
    write_seconds(report.timeline);
    lines_->write(end_line(report));
}

void LiveOutput::write_seconds(std::span<const TimelineRow> rows) {
    for (; written_ < rows.size(); ++written_) lines_->write(second_line(rows[written_]));
}

}  // namespace tuma::loadgen
