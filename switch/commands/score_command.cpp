#include "switch/commands/score_command.h"

#include "switch/commands/command_result.h"
#include "switch/ops/version.h"
#include "switch/replay/figures/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

namespace tuma {
namespace {

// A list of whole numbers between commas.
void add_list(CLI::App& app, const std::string& name, std::vector<std::int64_t>& values,
              std::int64_t low, std::int64_t high, const std::string& sentence) {
    app.add_option(name, values,
                   fmt::format("{} ({} to {}) [{}]", sentence, low, high, fmt::join(values, ",")))
        ->delimiter(',')
        ->check(CLI::Range(low, high))
        ->type_name("N,...");
}

Result<std::size_t> find_rail(const replay::Plan& plan, const std::string& name) {
    if (name.empty()) return std::size_t{0};
    const auto found = std::find_if(plan.rails.begin(), plan.rails.end(),
                                    [&](const replay::RailPlan& r) { return r.name == name; });
    if (found != plan.rails.end()) return static_cast<std::size_t>(found - plan.rails.begin());
    // A plan has few rails, so the message names them all.
    std::vector<std::string> names;
    names.reserve(plan.rails.size());
    for (const replay::RailPlan& rail : plan.rails) names.push_back(rail.name);
    return InputError{"--rail", fmt::format("the plan has no rail \"{}\"; it has: {}", name,
                                            fmt::join(names, ", "))};
}

// The plan's own advance comes first, unless it is one of the others.
replay::GridPlan grid_of(const ScoreFlags& flags, const replay::Plan& plan) {
    replay::GridPlan grid;
    grid.offers = replay::combine(flags.average_days, flags.factors_bp, flags.holdbacks_bp);
    if (plan.advance) {
        grid.day = plan.advance->day;
        grid.yield_bp = plan.advance->yield_bp;
        const replay::AdvanceOffer own{plan.advance->average_days, plan.advance->factor_bp,
                                       plan.advance->holdback_bp};
        if (std::find(grid.offers.begin(), grid.offers.end(), own) == grid.offers.end())
            // In front, so that it is the first row of the table.
            grid.offers.insert(grid.offers.begin(), own);
    }
    // Below 0 the flag was not given.
    if (flags.yield_bp >= 0) grid.yield_bp = flags.yield_bp;
    return grid;
}

}  // namespace

void add_score(CLI::App& app, ScoreFlags& flags) {
    CLI::App* score = app.add_subcommand(
        "score", "What a merchant's sales say to a lender, and what advances on them would do");
    add_sales_and_plan(*score, flags.files);
    score->add_option("--rail", flags.rail, "The rail to play the advances on [the plan's first]")
        ->type_name("NAME");
    add_list(*score, "--average-days", flags.average_days, 1, replay::average_days_max,
             "Sizes, in average days of sales");
    add_list(*score, "--factors-bp", flags.factors_bp, 10'000, replay::factor_bp_max,
             "Prices: due = principal x factor, basis points");
    add_list(*score, "--holdbacks-bp", flags.holdbacks_bp, 1, 10'000,
             "Shares of each day's settled sales that go to the lender, basis points");
    score
        ->add_option("--yield-bp", flags.yield_bp,
                     "What the advance earns a day until it is repaid, basis points of the "
                     "principal (0 to 10000) [the plan's [advance] yield_bp, or 0]")
        ->check(CLI::Range(0, 10'000))
        ->type_name("N");
    add_days_files(*score, flags.files);
    score->add_flag("--skip-bad", flags.files.skip_bad,
                    "Leave out bad rows of the sales, and what the rail cannot carry");
    score->add_flag("--json", flags.json, "Print one JSON object of integers instead of tables");
    score->footer(
        "The features look at the last 180 days of the plan's window. The advance is paid on the\n"
        "day that the plan's [advance] names, or on day 60; a shorter window without an [advance]\n"
        "has its features alone. All definitions: switch/replay/README.md\n"
        "Exit: 0 done, 1 something failed, 2 bad usage or bad input.");
}

int run_score(const ScoreFlags& flags) {
    const std::optional<ReplayInputs> inputs =
        read_replay_inputs(flags.files, [](std::uint64_t, std::uint64_t) {});
    if (!inputs) return exit_usage;
    const Result<std::size_t> rail = find_rail(inputs->plan, flags.rail);
    if (!rail) return usage_error(rail.error());
    Result<replay::Score> made = replay::make_score(inputs->plan, *rail, *inputs->sales,
                                                    inputs->dated(), grid_of(flags, inputs->plan));
    if (!made) return usage_error(made.error());
    replay::Score score = std::move(made).value();
    const RailRefusals refusals{score.rail.name, score.refused, score.refused_sum, score.refusals};
    // What --skip-bad leaves out is told of all the same.
    if (!tell_refusals(flags.files, *inputs, {&refusals, 1})) return exit_usage;
    score.sales_source = flags.files.sales;
    // The report says whether somebody chose the rail or it is the plan's first.
    score.is_rail_chosen = !flags.rail.empty();
    fmt::print("{}", flags.json ? replay::score_json(score, net::build_version().version)
                                : replay::score_text(score));
    return exit_ok;
}

}  // namespace tuma
