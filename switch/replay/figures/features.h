// What a merchant's sales say about the merchant: the features that lenders against cash flow look
// at, as exact integers.
#pragma once

#include "switch/core/rules/calendar.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tuma::replay {

/// Features look at so many days, up to and with the last of the window; all of a shorter window.
inline constexpr std::int64_t look_back_days = 180;
/// The trend compares so many days with as many before them.
inline constexpr std::int64_t trend_days = 90;

/// Let x_1 … x_L be the sums of amounts of the L days looked at, refunds taken off, days without a
/// sale included, and S their sum. Shares are in millionths (ppm). What is rounded is rounded
/// half-up, away from zero; the coefficient of variation is cut. A feature without a meaning is
/// absent: a share of nothing, a trend of less than 180 days.
/// Source: cash-flow reference, section 5.
struct Features {
    core::LocalDay from{};       ///< first day looked at
    core::LocalDay to{};         ///< last day looked at
    std::int64_t days = 0;       ///< L
    std::uint64_t payments = 0;  ///< rows, refunds included
    std::uint64_t refunds = 0;
    std::int64_t active_days = 0;      ///< with a sale: a row above zero
    std::int64_t active_days_ppm = 0;  ///< of L
    std::int64_t mean_day = 0;         ///< S / L, minor units
    /// floor(10^6 x standard deviation / mean): the integer square root of
    /// 10^12 x (L x sum of x_i^2 - S^2) / S^2, both cut. Absent when S <= 0.
    std::optional<std::int64_t> variation_ppm;
    /// (A - B) / B, A the sum of the last 90 days, B of the 90 before. Absent when B <= 0.
    std::optional<std::int64_t> trend_ppm;
    std::int64_t longest_gap_days = 0;        ///< most days in a row without a sale
    std::optional<std::int64_t> top_day_ppm;  ///< the largest x_i / S; absent when S <= 0
    /// Sum of refunds / sum of sales before refunds. Absent without sales.
    std::optional<std::int64_t> refund_ppm;
    /// Sales to buyers with two sales or more / sales to known buyers; a refund is no visit. Absent
    /// when nothing was sold to a known buyer.
    std::optional<std::int64_t> repeat_buyer_ppm;
    /// The most sales to one buyer / all sales, in number. Absent when nothing was sold to a known
    /// buyer.
    std::optional<std::int64_t> top_customer_sales_ppm;
    /// The largest sum of one buyer, refunds taken off / S. Absent when no buyer is known, S <= 0.
    std::optional<std::int64_t> top_customer_value_ppm;

    bool operator==(const Features&) const = default;
};

/// Gathers the days of a window. Memory grows with the buyers of 180 days, not with the file.
class FeatureCounter {
public:
    /// Requires: from <= to.
    FeatureCounter(core::LocalDay from, core::LocalDay to);

    /// The sales of one day; days may come in any order, each once. Others than those looked at
    /// are stepped over.
    void add(core::LocalDay day, std::span<const Sale> sales);

    Features features() const;

private:
    struct Day {
        std::int64_t sum = 0;
        bool is_active = false;
    };
    struct Buyer {
        std::int64_t sum = 0;
        std::uint64_t sales = 0;
    };

    void add_days(Features& features) const;
    void add_trend(Features& features) const;
    void add_buyers(Features& features) const;
    std::int64_t sum(std::size_t first, std::size_t count) const;

    core::LocalDay from_;
    std::vector<Day> days_;
    std::unordered_map<std::uint64_t, Buyer> buyers_;
    std::uint64_t payments_ = 0;
    std::uint64_t refunds_ = 0;
    std::int64_t sold_ = 0;  ///< above zero only
};

/// One line of a table of features.
struct FeatureRow {
    std::string_view key;               ///< "active_days"
    std::string_view unit;              ///< "ppm", "minor", "days"
    std::optional<std::int64_t> value;  ///< nothing: has no meaning for these sales
    std::string_view meaning;
    std::string_view source;  ///< who looks at it
};
std::vector<FeatureRow> feature_rows(const Features& features);

}  // namespace tuma::replay
