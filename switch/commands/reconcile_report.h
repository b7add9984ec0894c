// What a reconciliation found, in words and as JSON.
#pragma once

#include "switch/reconcile/payouts.h"

#include <optional>
#include <string>
#include <vector>

namespace tuma {

/// The days that are compared; both ends included, nothing: open.
struct DayRange {
    std::optional<core::LocalDay> from;
    std::optional<core::LocalDay> to;

    bool contains(core::LocalDay day) const {
        return (!from || day >= *from) && (!to || day <= *to);
    }
};

struct Reconciliation {
    reconcile::Payouts books;               ///< movements of the range, once compared
    std::vector<reconcile::Movement> bank;  ///< likewise
    DayRange range;
    reconcile::Matching matching;
};

/// Sums, the first 100 breaks a line each, sums by kind of break, and "clean" when there are none.
std::string reconcile_text(const Reconciliation& found);

/// One object of integers, dates and names, with all breaks.
std::string reconcile_json(const Reconciliation& found);

}  // namespace tuma
