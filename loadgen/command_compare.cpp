// tuma-load compare: report directories of two sides, read and weighed.
#include "ledger/words/ensure.h"
#include "loadgen/commands.h"
#include "loadgen/exit_codes.h"
#include "loadgen/report/compare.h"

#include <fmt/format.h>

namespace tuma::loadgen {

ExitCode exit_code_of(Finding verdict) {
    switch (verdict) {
        case Finding::better:
            return exit_done;
        case Finding::worse:
            return exit_worse;
        case Finding::undecided:
            return exit_undecided;
    }
    unreachable("every finding has an exit code");
}

int compare_command(const CompareCommand& command) {
    std::vector<MeasuredRun> sides[2];
    const std::vector<std::filesystem::path>* directories[2] = {&command.a, &command.b};
    for (std::size_t side = 0; side < 2; ++side) {
        for (const auto& directory : *directories[side]) {
            auto measured = read_run(directory);
            if (!measured) return wrong_usage(measured.error());
            sides[side].push_back(std::move(measured).value());
        }
    }
    if (!command.is_forced)
        if (const auto different = different_setup(sides[0], sides[1]))
            return wrong_usage(*different);
    const Comparison comparison =
        compare(sides[0], sides[1], command.in_turns ? Order::in_turns : Order::any);
    fmt::print("{}", command.as_json ? comparison_json(comparison) : comparison_text(comparison));
    return exit_code_of(comparison.verdict);
}

}  // namespace tuma::loadgen
