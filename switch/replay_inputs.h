// The files that `tuma replay` and `tuma score` read, with what is wrong with them said in words.
#pragma once

#include "switch/replay/outgoings.h"
#include "switch/replay/plan.h"
#include "switch/replay/sales.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tuma {

/// File names as given; empty where none was.
struct ReplayFiles {
    std::string sales;
    std::string plan;
    std::string holidays;
    std::string outgoings;
    bool skip_bad = false;  ///< leave bad rows of the sales out
};

/// What a replay needs, read and found good.
struct ReplayInputs {
    replay::Plan plan;
    std::optional<replay::SalesFile> sales;  ///< always there
    std::optional<replay::DatedOutgoings> outgoings;

    const replay::DatedOutgoings* dated() const { return outgoings ? &*outgoings : nullptr; }
};

/// Nothing when something cannot be used; why is then on standard error. `progress` is called now
/// and then with bytes read and bytes in the sales file.
std::optional<ReplayInputs> read_replay_inputs(
    const ReplayFiles& files, const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace tuma
