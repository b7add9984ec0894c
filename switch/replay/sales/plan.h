// What a replay is to do: the merchant, the outgoings, an advance, and the rails to compare.
#pragma once

#include "ledger/words/money.h"
#include "ledger/words/result.h"
#include "switch/core/rules/scheme.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

struct MerchantPlan {
    Currency currency = Currency::kes;
    core::Calendar calendar;  ///< without a name: weekends only
    core::LocalDay from{};
    core::LocalDay to{};  ///< included
    /// Of the days and of times that name no zone, local time less UTC: as given, else that of the
    /// rails' schemes, else UTC; nothing when the schemes are in several.
    std::optional<std::chrono::minutes> zone = std::chrono::minutes{0};
    std::int64_t opening_days = 2;  ///< opening cash in average days of gross sales
    std::int64_t interest_rate_bp =
        1800;  ///< a year, ACT/365, simple, on negative closing balances
};

enum class OutgoingsMode : std::uint8_t { proportional = 1, fixed = 2 };

/// The rule of outgoings; basis points of gross sales.
struct OutgoingsPlan {
    OutgoingsMode mode = OutgoingsMode::proportional;
    std::int64_t restock_bp = 6000;  ///< of yesterday
    std::int64_t wages_bp = 2200;    ///< of the 7 days before, Fridays
    std::int64_t draw_bp = 400;      ///< of the 7 days before, Sundays
    std::int64_t rent_bp = 1200;     ///< of the calendar month before, each 1st
};

/// A share-of-sales advance.
struct AdvancePlan {
    std::int64_t day = 60;            ///< index in the window, the first day is 0
    std::int64_t average_days = 10;   ///< principal in average days of gross sales
    std::int64_t factor_bp = 11200;   ///< due = principal x factor
    std::int64_t holdback_bp = 1000;  ///< of each day's settled gross
    std::int64_t yield_bp = 0;        ///< what it earns a day, of the principal; for scores alone
};

/// One rail. The numbers of a plain rail are made into a scheme of its own, so that every payment
/// goes the same way.
struct RailPlan {
    std::string name;
    core::Scheme scheme;
    std::string type;  ///< the payment type of `scheme`, what the merchant's class receives
    std::uint8_t account_class = 0;  ///< the merchant's class, number in `scheme`
    /// The class of the till that other methods' payments go to; only with `applies_to`.
    std::optional<std::uint8_t> at_once_class;
    std::string applies_to;       ///< a payment method; empty: all. The others settle at once, free
    bool is_from_scheme = false;  ///< named a scheme instead of numbers
    /// What turns the merchant's clock into UTC; the plan's, else the scheme's.
    std::chrono::minutes zone{0};
    /// What the rail costs and when it pays, in words, for reports: "1.75 %, T+2 business days".
    std::string sentence;
};

struct Plan {
    MerchantPlan merchant;
    OutgoingsPlan outgoings;
    std::optional<AdvancePlan> advance;
    std::vector<RailPlan> rails;
    std::string source;  ///< the file's path, for reports
};

/// Bounds of a plan.
inline constexpr std::size_t rails_max = 64;
inline constexpr std::size_t rail_name_max = 40;
inline constexpr std::int64_t replay_days_max = 20'000;
inline constexpr std::int64_t average_days_max = 3'650;
inline constexpr std::int64_t interest_rate_bp_max = 1'000'000;
inline constexpr std::int64_t factor_bp_max = 100'000;

/// Reads a plan file. `holidays` is a CSV with the columns calendar and date, or empty.
/// Refuses with place ("plan.toml:12: rail[3].fee_bp"), what was found, and the bound; unknown keys
/// too, and a calendar that the holidays file does not have.
Result<Plan> read_plan(const std::filesystem::path& path, const std::filesystem::path& holidays);

/// The same from a text; `place` stands before every error ("plan.toml").
Result<Plan> parse_plan(std::string_view text, const std::string& place,
                        const std::filesystem::path& holidays);

}  // namespace tuma::replay
