#include "switch/replay_inputs.h"

#include "ledger/time.h"
#include "switch/replay/number_text.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma {
namespace {

std::nullopt_t refuse(const InputError& error) {
    fmt::print(stderr, "tuma: {}\n", error.text());
    return std::nullopt;
}

// Lists the rows and says what to do; true if there are any.
bool tell_bad_rows(const std::string& file, const std::vector<replay::BadRow>& rows,
                   std::uint64_t count, std::string_view remedy) {
    for (const replay::BadRow& row : rows)
        fmt::print(stderr, "tuma: {}:{}: {}\n", file, row.line, row.reason);
    if (count > rows.size())
        fmt::print(stderr, "tuma: {}: and {} more bad rows\n", file, count - rows.size());
    if (count > 0)
        fmt::print(stderr, "tuma: {}: {}; {}\n", file,
                   replay::counted(static_cast<std::int64_t>(count), "bad row"), remedy);
    return count > 0;
}

bool read_outgoings(const ReplayFiles& files, ReplayInputs& inputs) {
    if (files.outgoings.empty()) return true;
    auto outgoings =
        replay::read_outgoings(files.outgoings, inputs.plan.merchant.from, inputs.plan.merchant.to);
    if (!outgoings) {
        refuse(outgoings.error());
        return false;
    }
    if (tell_bad_rows(files.outgoings, outgoings->bad_rows, outgoings->rows_bad, "mend them"))
        return false;
    inputs.outgoings = std::move(outgoings).value();
    return true;
}

bool read_sales(const ReplayFiles& files, replay::SalesFile::Options options,
                ReplayInputs& inputs) {
    options.from = inputs.plan.merchant.from;
    options.to = inputs.plan.merchant.to;
    Result<replay::SalesFile> sales = replay::SalesFile::open(files.sales, options);
    if (!sales) {
        refuse(sales.error());
        return false;
    }
    const replay::SalesFigures& figures = sales->figures();
    const bool has_bad_rows =
        tell_bad_rows(files.sales, figures.bad_rows, figures.rows_bad,
                      files.skip_bad ? "skipped" : "mend them, or leave them out with --skip-bad");
    if (has_bad_rows && !files.skip_bad) return false;
    if (figures.payments == 0) {
        const std::string outside =
            figures.rows_outside == 0
                ? "it has no good row"
                : fmt::format("{} outside them; change merchant.from and merchant.to in {}",
                              figures.rows_outside == 1
                                  ? "1 row is"
                                  : fmt::format("{} rows are", figures.rows_outside),
                              files.plan);
        refuse({files.sales, fmt::format("no sale on the plan's days, {} to {}: {}",
                                         tuma::text(inputs.plan.merchant.from),
                                         tuma::text(inputs.plan.merchant.to), outside)});
        return false;
    }
    inputs.sales = std::move(sales).value();
    return true;
}

}  // namespace

std::optional<ReplayInputs> read_replay_inputs(
    const ReplayFiles& files, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    Result<replay::Plan> plan = replay::read_plan(files.plan, files.holidays);
    if (!plan) return refuse(plan.error());
    ReplayInputs inputs;
    inputs.plan = std::move(plan).value();
    replay::SalesFile::Options options;
    options.progress = progress;
    if (!read_outgoings(files, inputs)) return std::nullopt;
    if (!read_sales(files, std::move(options), inputs)) return std::nullopt;
    return inputs;
}

}  // namespace tuma
