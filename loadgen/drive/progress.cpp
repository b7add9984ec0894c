#include "loadgen/drive/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tuma::loadgen {
namespace {

double seconds(Offset time) {
    return static_cast<double>(time.count()) / 1e9;
}

double milliseconds(std::uint64_t microseconds) {
    return static_cast<double>(microseconds) / 1e3;
}

/// The newest second that is complete, or null: the present one is still growing, and its rates
/// would look too low.
const TimelineRow* newest_row(const RunView& recorder) {
    const auto rows = recorder.timeline();
    const std::size_t closed = std::min(recorder.closed_rows(), rows.size());
    return closed == 0 ? nullptr : &rows[closed - 1];
}

std::string remaining(const RunProgress& run, std::optional<Offset> planned) {
    if (run.is_draining) return "draining";
    if (!planned) return "until all is sent";
    return fmt::format("{:.0f} s to go", seconds(std::max(*planned - run.now, Offset{0})));
}

std::string_view phase(const TimelineRow& row) {
    return row.warmup ? "warming up" : "measuring";
}

/// Counts instead of rates, and no percentiles: nothing that would be read as a rate of 0.
std::string first_second_text(const RunProgress& run, const RunView& recorder,
                              std::optional<Offset> planned, std::string_view line_end) {
    const auto rows = recorder.timeline();
    const TimelineRow row = rows.empty() ? TimelineRow{} : rows.front();
    return fmt::format(
        "{:6.1f} s {}, {}{}so far {} offered, {} attained, {} refused, {} errors, {} timeouts"
        "{}p50 ...  p99 ...  max ...  in flight {}  behind {:.1f} ms",
        seconds(run.now), rows.empty() ? "starting" : phase(row), remaining(run, planned), line_end,
        row.offered, row.ok, row.refused, row.errors, row.timeouts, line_end, recorder.in_flight(),
        seconds(run.behind) * 1e3);
}

}  // namespace

Progress::Style Progress::style_for_terminal(bool is_quiet) {
    if (is_quiet) return Style::quiet;
    // In a file or a pipe, going back over lines would only leave control characters.
    return ::isatty(STDERR_FILENO) == 1 ? Style::block : Style::lines;
}

void Progress::say(std::string_view sentence) {
    if (style_ == Style::quiet) return;
    clear_block();
    fmt::print(stderr, "{}\n", sentence);
    static_cast<void>(std::fflush(stderr));
}

void Progress::step(std::string_view what, std::uint64_t done, std::uint64_t total) {
    // Less is done before anybody has read it.
    constexpr std::uint64_t worth_showing = 50'000;
    if (style_ == Style::quiet || total < worth_showing) return;
    if (style_ == Style::block) {
        clear_block();
        fmt::print(stderr, "{}: {} of {}\n", what, done, total);
        block_lines_ = 1;
        return;
    }
    const std::uint64_t tenth = done * 10 / total;
    if (tenth == steps_shown_) return;
    steps_shown_ = tenth;
    fmt::print(stderr, "{}: {} of {}\n", what, done, total);
}

void Progress::begin_run(std::optional<Offset> planned) {
    planned_ = planned;
    next_ = Offset{0};
    block_lines_ = 0;
    steps_shown_ = 0;
}

void Progress::show(const RunProgress& run, const RunView& recorder) {
    if (style_ == Style::quiet || run.now < next_) return;
    if (style_ == Style::lines) {
        next_ = run.now + std::chrono::seconds{1};
        if (recorder.closed_rows() == 0) return;
        fmt::print(stderr, "{}\n", progress_text(run, recorder, planned_, " | "));
        return;
    }
    next_ = run.now + std::chrono::milliseconds{200};
    clear_block();
    const std::string text = progress_text(run, recorder, planned_, "\n");
    block_lines_ = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
    fmt::print(stderr, "{}\n", text);
    static_cast<void>(std::fflush(stderr));
}

void Progress::end_run() {
    block_lines_ = 0;
}

void Progress::clear_block() {
    if (block_lines_ > 0) fmt::print(stderr, "\x1b[{}A\x1b[J", block_lines_);
    block_lines_ = 0;
}

std::string progress_text(const RunProgress& run, const RunView& recorder,
                          std::optional<Offset> planned, std::string_view line_end) {
    const TimelineRow* row = newest_row(recorder);
    if (row == nullptr) return first_second_text(run, recorder, planned, line_end);
    return fmt::format(
        "{:6.1f} s {}, {}{}offered {}/s  attained {}/s  refused {}/s  errors {}/s  timeouts {}/s"
        "{}p50 {:.2f} ms  p99 {:.2f} ms  max {:.2f} ms  in flight {}  behind {:.1f} ms",
        seconds(run.now), phase(*row), remaining(run, planned), line_end, row->offered, row->ok,
        row->refused, row->errors, row->timeouts, line_end, milliseconds(row->p50_us),
        milliseconds(row->p99_us), milliseconds(row->max_us), row->in_flight,
        seconds(run.behind) * 1e3);
}

}  // namespace tuma::loadgen
