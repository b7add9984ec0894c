// What is kept of a switch's time beside its books: DIR/clock.json.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::net {

/// Switch time at a moment of the machine's clocks. Losing it harms no payment: the books have a
/// time of their own.
struct ClockMark {
    bool is_by_hand = false;
    /// Tells one start of the machine from others; empty if it cannot be known.
    std::string boot{};
    Duration steady{};         ///< a reading of the steady clock,
    Timestamp wall{};          ///< of the wall clock,
    Timestamp time{};          ///< and switch time then
    bool nears_any = false;    ///< see RealClock
    std::uint64_t starts = 0;  ///< how often a switch was started on these books

    bool operator==(const ClockMark&) const = default;
};

/// {"clock":"wall","time":"2026-11-29T16:00:00.000000Z","wall":…,"boot":…,"steady_us":1,
/// "nears_any":false,"starts":1}
std::string to_json(const ClockMark& mark);
/// The inverse. Refuses everything else.
Result<ClockMark> read_clock_mark(std::string_view json);

std::filesystem::path clock_mark_path(const std::filesystem::path& data);
/// What the file holds, nothing if there is none. Refuses what `read_clock_mark` does, with the
/// file's name.
Result<std::optional<ClockMark>> load_clock_mark(const std::filesystem::path& data);
/// Durable when it returns: the old file or the new one is there at any moment. Throws StoreError.
void store_clock_mark(const std::filesystem::path& data, const ClockMark& mark);

/// The name that the system gave to this start of the machine; empty if it gave none.
std::string boot_name();

}  // namespace tuma::net
