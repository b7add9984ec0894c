// What a run says while it goes on: a repainted block on a terminal, plain lines elsewhere.
#pragma once

#include "loadgen/drive/driver.h"
#include "loadgen/measure/run_view.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::loadgen {

/// Writes to standard error, so that standard output holds results only.
class Progress {
public:
    enum class Style : std::uint8_t { quiet, lines, block };
    /// The style that suits standard error.
    static Style style_for_terminal(bool is_quiet);

    explicit Progress(Style style) : style_(style) {}

    /// A line that stays.
    void say(std::string_view sentence);
    /// A line that the next one replaces on a terminal; elsewhere about every tenth share is shown.
    void step(std::string_view what, std::uint64_t done, std::uint64_t total);

    /// Begins a run of this planned length (nothing: until the traffic ends).
    void begin_run(std::optional<Offset> planned);
    /// Shows how the run goes: five times a second as a block, once a second as lines.
    void show(const RunProgress& run, const RunView& recorder);
    /// Leaves the last picture on the screen.
    void end_run();

private:
    void clear_block();

    Style style_;
    std::optional<Offset> planned_;
    Offset next_{0};
    int block_lines_ = 0;
    std::uint64_t steps_shown_ = 0;
};

/// The state of a run in text, `line_end` between its parts: the rates and percentiles of the
/// newest second that is over, and what has been counted so far while there is none.
std::string progress_text(const RunProgress& run, const RunView& recorder,
                          std::optional<Offset> planned, std::string_view line_end);

}  // namespace tuma::loadgen
