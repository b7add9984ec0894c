// The files that `tuma replay` and `tuma score` read, with what is wrong with them said in words.
#pragma once

#include "switch/replay/run/result.h"
#include "switch/replay/sales/outgoings.h"
#include "switch/replay/sales/plan.h"
#include "switch/replay/sales/sales.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma {

/// File names as given; empty where none was.
struct ReplayFiles {
    std::string sales;
    std::string plan;
    std::string holidays;
    std::string outgoings;
    bool skip_bad = false;  ///< leave out bad rows of the sales, and what a rail cannot carry
};

/// The flags --sales and --plan, and --holidays and --outgoings.
void add_sales_and_plan(CLI::App& command, ReplayFiles& files);
void add_days_files(CLI::App& command, ReplayFiles& files);

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

/// What one rail could not carry.
struct RailRefusals {
    std::string_view rail;
    std::uint64_t count = 0;
    std::int64_t sum = 0;  ///< minor units
    std::span<const replay::RefusedSale> listed;
};

/// Lists on standard error what the rails could not carry, with line, id, amount and reason. False
/// when there is something and `files` does not say to leave it out: the run is not to be used.
bool tell_refusals(const ReplayFiles& files, const ReplayInputs& inputs,
                   std::span<const RailRefusals> refusals);

}  // namespace tuma
