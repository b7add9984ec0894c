// Rows of bars and of boxes: text in HTML, lengths as shares of the row.
#pragma once

#include "ledger/words/money.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tuma::replay {

/// A length with its figure written behind it.
struct Bar {
    std::int64_t value = 0;  ///< below 0 is drawn as 0
    std::string text;
    std::string css_class;
};

struct BarRow {
    std::string name;
    std::string note;  ///< smaller, under the name
    std::vector<Bar> bars;
};

/// A vertical line across all rows at `value`.
struct BarMark {
    std::int64_t value = 0;
    std::string label;
};

/// Empty without rows. All bars share one scale from 0 to the largest.
std::string bar_rows(const std::string& title, const std::vector<BarRow>& rows,
                     const std::optional<BarMark>& mark = std::nullopt);

/// What is said of a distribution; by nearest rank, so each is one of the values.
struct Quantiles {
    std::int64_t least = 0;
    std::int64_t p5 = 0;
    std::int64_t p25 = 0;
    std::int64_t median = 0;
    std::int64_t p75 = 0;
    std::int64_t p95 = 0;
    std::int64_t most = 0;

    bool operator==(const Quantiles&) const = default;
};
Quantiles quantiles(std::vector<std::int64_t> values);

struct BoxRow {
    std::string name;
    std::string note;
    Quantiles quantiles;
    std::string text;  ///< the figures in words
};

/// Boxes over an axis of money. Empty without rows.
std::string box_rows(const std::string& title, const std::vector<BoxRow>& rows, Currency currency);

}  // namespace tuma::replay
