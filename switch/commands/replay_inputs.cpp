#include "switch/commands/replay_inputs.h"

#include "ledger/words/time.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
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
    // Only the first rows are kept: a wrong file may be bad in every row.
    if (count > rows.size())
        fmt::print(stderr, "tuma: {}: and {} more bad rows\n", file, count - rows.size());
    if (count > 0)
        fmt::print(stderr, "tuma: {}: {}; {}\n", file,
                   replay::counted(static_cast<std::int64_t>(count), "bad row"), remedy);
    return count > 0;
}

bool read_outgoings(const ReplayFiles& files, ReplayInputs& inputs) {
    if (files.outgoings.empty()) return true;
    auto outgoings = replay::read_outgoings(files.outgoings, inputs.plan.merchant.from,
                                            inputs.plan.merchant.to, inputs.plan.merchant.zone);
    if (!outgoings) {
        refuse(outgoings.error());
        return false;
    }
    // --skip-bad is no help here: an outgoing that is left out changes the cash of every day after
    // it.
    if (tell_bad_rows(files.outgoings, outgoings->bad_rows, outgoings->rows_bad, "mend them"))
        return false;
    inputs.outgoings = std::move(outgoings).value();
    return true;
}

bool read_sales(const ReplayFiles& files, replay::SalesFile::Options options,
                ReplayInputs& inputs) {
    options.from = inputs.plan.merchant.from;
    options.to = inputs.plan.merchant.to;
    options.zone = inputs.plan.merchant.zone;
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
    // A replay of nothing would look like a merchant who sells nothing.
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

// An id as the file has it, cut and without what a terminal would obey.
std::string shown(std::string_view id) {
    constexpr std::size_t most = 40;
    std::string copy(id.substr(0, most));
    std::replace_if(
        copy.begin(), copy.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return copy;
}

void tell_refusals(const ReplayFiles& files, const ReplayInputs& inputs, const RailRefusals& rail) {
    const Currency currency = inputs.plan.merchant.currency;
    std::set<std::uint64_t> lines;
    for (const replay::RefusedSale& sale : rail.listed) lines.insert(sale.line);
    // Ids are not held in memory. They are read from the file again, for these lines only.
    const std::map<std::uint64_t, std::string> ids = inputs.sales->txn_ids(lines);
    for (const replay::RefusedSale& sale : rail.listed)
        fmt::print(stderr, "tuma: {}:{}: rail {}: {} of {} {}: {}: {}\n", files.sales, sale.line,
                   rail.rail, shown(ids.at(sale.line)), alphabetic_code(currency),
                   Money{sale.amount, currency}.text(), name(sale.refusal), sentence(sale.refusal));
    if (rail.count > rail.listed.size())
        fmt::print(stderr, "tuma: {}: rail {}: and {} more that it cannot carry\n", files.sales,
                   rail.rail, rail.count - rail.listed.size());
    fmt::print(stderr, "tuma: {}: rail {} cannot carry {}, {} {} in all; {}\n", files.sales,
               rail.rail, replay::counted(static_cast<std::int64_t>(rail.count), "payment"),
               alphabetic_code(currency), Money{rail.sum, currency}.text(),
               files.skip_bad ? "left out" : "take them out, or leave them out with --skip-bad");
}

}  // namespace

bool tell_refusals(const ReplayFiles& files, const ReplayInputs& inputs,
                   std::span<const RailRefusals> refusals) {
    bool is_usable = true;
    // All rails are told of before anything is refused.
    for (const RailRefusals& rail : refusals) {
        if (rail.count == 0) continue;
        tell_refusals(files, inputs, rail);
        is_usable = files.skip_bad;
    }
    return is_usable;
}

void add_sales_and_plan(CLI::App& command, ReplayFiles& files) {
    command
        .add_option("--sales", files.sales,
                    "CSV with the columns txn_id, ts, amount_minor, and if known method, customer")
        ->required()
        ->type_name("FILE.csv");
    command.add_option("--plan", files.plan, "TOML: merchant, outgoings, advance, rails")
        ->required()
        ->type_name("FILE.toml");
}

void add_days_files(CLI::App& command, ReplayFiles& files) {
    command
        .add_option("--holidays", files.holidays,
                    "CSV with the columns calendar and date, for business days")
        ->type_name("FILE.csv");
    command
        .add_option("--outgoings", files.outgoings,
                    "CSV with date, amount_minor, label: what the merchant really paid, in place "
                    "of the plan's rule")
        ->type_name("FILE.csv");
}

std::optional<ReplayInputs> read_replay_inputs(
    const ReplayFiles& files, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    Result<replay::Plan> plan = replay::read_plan(files.plan, files.holidays);
    if (!plan) return refuse(plan.error());
    ReplayInputs inputs;
    inputs.plan = std::move(plan).value();
    replay::SalesFile::Options options;
    options.progress = progress;
    // The short file first: its mistakes show before the long one is read.
    if (!read_outgoings(files, inputs)) return std::nullopt;
    if (!read_sales(files, std::move(options), inputs)) return std::nullopt;
    return inputs;
}

}  // namespace tuma
