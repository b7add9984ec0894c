// A replay from texts: what most tests of this folder begin with.
#pragma once

#include "switch/replay/run/replay.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tuma::replay {

inline std::filesystem::path write_file(const std::filesystem::path& path,
                                        const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

/// A merchant in pounds without holidays, from 2024-02-26 (a Monday) to `to`.
inline std::string merchant_text(const std::string& to) {
    return "[merchant]\ncurrency = \"GBP\"\nfrom = 2024-02-26\nto = " + to + "\n";
}

inline Plan plan_of(const std::string& text) {
    const Result<Plan> plan = parse_plan(text, "plan.toml", {});
    if (!plan) FAIL(plan.error().text());
    return *plan;
}

/// Plays the rows of a sales file (without its header) over a plan.
inline ReplayResult replay_of(const Plan& plan, const std::string& rows,
                              const ReplayOptions& options = {},
                              const DatedOutgoings* dated = nullptr) {
    const TemporaryDirectory directory;
    const auto path =
        write_file(directory.path() / "sales.csv", "txn_id,ts,amount_minor,method\n" + rows);
    SalesFile::Options window;
    window.from = plan.merchant.from;
    window.to = plan.merchant.to;
    window.zone = plan.merchant.zone;
    const Result<SalesFile> sales = SalesFile::open(path, window);
    if (!sales) FAIL(sales.error().text());
    if (sales->figures().rows_bad != 0) FAIL(sales->figures().bad_rows.front().reason);
    const Result<ReplayResult> result = replay(plan, *sales, dated, options);
    if (!result) FAIL(result.error().text());
    return *result;
}

/// Where the data that is too large or not ours to keep lies: $TUMA_SHARED, or beside the tree.
inline std::filesystem::path shared_data() {
    const char* shared = std::getenv("TUMA_SHARED");
    const std::filesystem::path directory =
        shared != nullptr ? shared : std::filesystem::path(TUMA_SOURCE_DIR) / ".." / "shared";
    return directory / "data";
}

}  // namespace tuma::replay
