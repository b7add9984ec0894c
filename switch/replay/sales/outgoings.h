// What the merchant pays and when: by the rule of the plan, or from a file of dated outgoings.
#pragma once

#include "switch/replay/sales/plan.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tuma::replay {

enum class OutgoingKind : std::uint8_t { restock = 1, wages = 2, draw = 3, rent = 4, dated = 5 };

/// One payment out of the merchant's cash at the end of a day; minor units, positive.
struct Outgoing {
    OutgoingKind kind = OutgoingKind::dated;
    std::int64_t amount = 0;
    std::uint64_t line = 0;  ///< of the file, for dated ones

    bool operator==(const Outgoing&) const = default;
};

/// The rule of outgoings. Restock is each day's, from yesterday's gross sales. Wages (Fridays) and
/// draw (Sundays) come from the 7 days before, rent (each 1st) from the calendar month before, as
/// far as these days lie in the window. Each is rounded half-up, and left out when it is not above
/// zero. With `OutgoingsMode::fixed` restock stays as it is; wages, draw and rent are equal
/// instalments: half_up(gross of the whole window x rate) div the number of Fridays, Sundays,
/// firsts in the window, on each of them. Source: cash-flow reference, section 6, rule 5.
class OutgoingsRule {
public:
    OutgoingsRule(const OutgoingsPlan& plan, OutgoingsMode mode, core::LocalDay from,
                  core::LocalDay to, std::int64_t gross_of_window);

    /// What is paid at the end of the day after `gross_before`, whose element i is the gross sales
    /// of day `from` + i.
    std::vector<Outgoing> due(std::span<const std::int64_t> gross_before) const;

    std::int64_t weekly_wage() const { return instalments_.wages; }
    std::int64_t monthly_rent() const { return instalments_.rent; }

private:
    struct Instalments {
        std::int64_t wages = 0;
        std::int64_t draw = 0;
        std::int64_t rent = 0;
    };

    OutgoingsPlan plan_;
    OutgoingsMode mode_;
    core::LocalDay from_;
    Instalments instalments_;  ///< of the fixed mode
};

/// The merchant's own dated outgoings, by day.
struct DatedOutgoings {
    std::map<core::LocalDay, std::vector<Outgoing>> days;
    std::vector<BadRow> bad_rows;  ///< the first 100
    std::uint64_t rows_bad = 0;

    std::vector<Outgoing> due(core::LocalDay day) const;
};

/// Reads a CSV with the columns date, amount_minor and label; positive amounts go out. Several rows
/// a day are allowed; a date is a day, or a time with a zone, which is converted to `zone` (local
/// time less UTC). Bad rows, and days outside `from` to `to`, are listed, not refused.
/// Refuses: a file that cannot be read, is empty or lacks a column.
Result<DatedOutgoings> read_outgoings(
    const std::filesystem::path& path, core::LocalDay from, core::LocalDay to,
    const std::optional<std::chrono::minutes>& zone = std::chrono::minutes{0});

}  // namespace tuma::replay
