// What a replay found: one row a day and variant, and the measures over them.
#pragma once

#include "ledger/words/refusal.h"
#include "switch/replay/sales/plan.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

/// One day of one variant, minor units. Opening balance of the day + loan_advance + settled_gross -
/// fees - loan_repayment - outgoings = closing_balance.
struct DayRow {
    core::LocalDay date{};
    std::int64_t gross_sales = 0;
    std::int64_t settled_gross = 0;
    std::int64_t fees = 0;  ///< of what settled today
    std::int64_t loan_advance = 0;
    std::int64_t loan_repayment = 0;
    std::int64_t outgoings = 0;
    std::int64_t closing_balance = 0;  ///< of the books: bank account and till
    std::int64_t receivable = 0;       ///< gross sold less gross settled so far
    std::int64_t interest_accrued = 0;

    bool operator==(const DayRow&) const = default;
};

/// What became of the advance; only in the variant with one.
struct AdvanceMeasures {
    std::int64_t principal = 0;
    std::int64_t due = 0;
    std::int64_t repaid = 0;
    std::int64_t outstanding_end = 0;
    core::LocalDay day{};
    std::optional<core::LocalDay> repaid_on;
    std::optional<std::int64_t> days_to_repay;  ///< from the day of the advance

    bool operator==(const AdvanceMeasures&) const = default;
};

/// Measures of one variant as defined in the README of this folder; minor units, days.
struct Measures {
    std::int64_t days = 0;
    std::int64_t outgoings = 0;
    std::int64_t opening = 0;
    std::int64_t closing_end = 0;
    std::int64_t receivable_end = 0;
    std::int64_t days_short = 0;
    std::int64_t longest_short_run = 0;
    std::optional<core::LocalDay> first_short;
    std::int64_t min_closing = 0;
    core::LocalDay min_closing_on{};
    std::int64_t peak_financing = 0;  ///< -min_closing, not below 0
    std::int64_t opening_needed = 0;  ///< opening - min_closing, not below 0
    std::int64_t max_receivable = 0;
    std::int64_t mean_receivable = 0;
    std::int64_t interest = 0;
    std::optional<AdvanceMeasures> advance;

    bool operator==(const Measures&) const = default;
};

/// One way of living with a rail: with or without the advance, with fixed outgoings.
struct Variant {
    std::vector<DayRow> days;
    Measures measures;
};

/// A payment that a rail cannot carry.
struct RefusedSale {
    std::uint64_t line = 0;  ///< of the sales file
    core::LocalDay day{};
    std::int64_t amount = 0;  ///< minor units, negative for a refund
    Refusal refusal = Refusal::none;

    bool operator==(const RefusedSale&) const = default;
};

/// Refusals that are kept one by one; of more only the sums are known.
inline constexpr std::size_t refusals_listed = 1'000;

/// What one rail did to the merchant.
struct RailResult {
    std::string name;
    std::string sentence;
    std::uint64_t payments = 0;
    std::int64_t gross = 0;
    std::int64_t fees = 0;             ///< of all payments, settled or not
    std::int64_t fees_settled = 0;     ///< taken until the last day
    std::int64_t fee_share_micro = 0;  ///< fees / gross in millionths, half-up
    /// Fees if rounded once a day, not once a payment; nothing where the fee has a flat part, a cap
    /// or a free amount.
    std::optional<std::int64_t> fees_if_rounded_daily;
    Variant base;
    std::optional<Variant> with_advance;
    std::optional<Variant> fixed_outgoings;  ///< equal instalments of the same totals
    std::uint64_t events = 0;                ///< journal records
    std::uint64_t refused = 0;          ///< payments that the rail cannot carry; in no other figure
    std::int64_t refused_sum = 0;       ///< of them, minor units, refunds off
    std::vector<RefusedSale> refusals;  ///< the first `refusals_listed`, in order of time
    std::string head_hash;              ///< of the journal's last batch, hexadecimal
    double seconds = 0;                 ///< spent on this rail
};

struct ReplayResult {
    Plan plan;
    SalesFigures sales;
    std::string sales_source;
    std::string sales_sha256;
    bool outgoings_are_real = false;  ///< from --outgoings, not from the rule
    std::int64_t average_day = 0;     ///< gross div days
    std::vector<RailResult> rails;    ///< in the plan's order
    double seconds = 0;               ///< wall time of all
    int threads = 1;

    std::uint64_t refused() const {
        std::uint64_t sum = 0;
        for (const RailResult& rail : rails) sum += rail.refused;
        return sum;
    }
    std::uint64_t payments_decided() const {
        std::uint64_t sum = 0;
        for (const RailResult& rail : rails) sum += rail.payments;
        return sum;
    }
};

}  // namespace tuma::replay
