#include "loadgen/report/time_budget.h"

#include "ledger/words/ensure.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/report.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

struct StageWords {
    std::string_view stage;
    std::string_view words;
    std::string_view means;
};

// In the order of the way.
constexpr std::array<StageWords, 7> stage_words{{
    {"http", "HTTP and dialect",
     "complete request to reply made, without what the engine had it for"},
    {"decode", "decode", "bytes read to commands in the engine's queue"},
    {"queue_wait", "queue wait", "until the batch began"},
    {"decide", "decide", "until the whole batch was decided"},
    {"append_wait", "append, without fsync", "until durable: waiting for the append before"},
    {"fsync", "fsync", "the append of the journal that made it durable"},
    {"reply", "reply", "durable to written to the socket"},
}};

constexpr std::string_view no_stage = "not_in_any_stage";

BudgetPart part_of(std::string_view key, std::string_view words, std::string_view means,
                   Holder holder, double mean_us) {
    return {.key = std::string(key),
            .words = std::string(words),
            .means = std::string(means),
            .holder = holder,
            .mean_us = mean_us};
}

BudgetPart stage_part(const StageMean& stage) {
    const auto* const row =
        std::find_if(stage_words.begin(), stage_words.end(),
                     [&](const StageWords& each) { return each.stage == stage.stage; });
    ensure(row != stage_words.end(), "every stage of an account has words");
    return part_of(stage.stage, row->words, row->means, Holder::server, stage.mean_us);
}

bool ends_with_callback(const RunReport& report) {
    const auto& more = report.settings.more;
    return std::find(more.begin(), more.end(),
                     std::pair<std::string, std::string>("until", "callback")) != more.end();
}

/// The service time less what the server has told of it.
BudgetPart remainder(const RunReport& report, double mean_us, bool has_stages) {
    if (!has_stages)
        return part_of("service", "server and way",
                       "sent to answered; the server did not say more (--admin)", Holder::neither,
                       mean_us);
    return part_of(no_stage, "not in any stage",
                   ends_with_callback(report)
                       ? "wire, wake-ups, kernel buffers, the customer and the callback"
                       : "wire, wake-ups, and kernel buffers that wait to be read",
                   Holder::neither, mean_us);
}

/// A row with what an operation has of `sum`; none where that is not known.
template <typename Number>
void add_row(std::vector<CostRow>& rows, std::string_view key, std::string_view words,
             const std::optional<Number>& sum, std::uint64_t operations, double scale,
             std::string (*text)(double)) {
    if (!sum) return;
    const double value =
        std::max(0.0, static_cast<double>(*sum)) * scale / static_cast<double>(operations);
    rows.push_back({.key = std::string(key),
                    .words = std::string(words),
                    .value = value,
                    .text = text(value)});
}

std::string time_text(double us) {
    return latency_text(us);
}

std::string bytes_text(double bytes) {
    return bytes < 99.95 ? fmt::format("{:.1f} bytes", bytes)
                         : count_text(static_cast<std::uint64_t>(std::llround(bytes))) + " bytes";
}

/// Of the generator the same bytes, seen from the other side.
void add_network(std::vector<CostRow>& rows, const ServerAccount& server,
                 std::uint64_t operations) {
    add_row(rows, "sent_bytes", "network, to the server", server.received_bytes, operations, 1,
            bytes_text);
    add_row(rows, "received_bytes", "network, from the server", server.sent_bytes, operations, 1,
            bytes_text);
}

std::optional<std::string> foreign_load(const RunReport& report) {
    if (!report.server || report.server->operations == 0) return std::nullopt;
    const auto ours = static_cast<double>(report.executed.operations);
    const auto all = static_cast<double>(report.server->operations);
    // What is in flight at one end or the other is in one count only.
    constexpr double enough_apart = 0.05;
    constexpr double few = 100;
    if (std::abs(all - ours) <= std::max(few, enough_apart * ours)) return std::nullopt;
    return fmt::format(
        "The server executed {} operations while this program saw {} answered: the server's stages "
        "are means over its own, and its cost is divided by those seen here.",
        count_text(report.server->operations), count_text(report.executed.operations));
}

std::optional<std::string> projection_remark(const RunReport& report) {
    if (!report.server || !report.server->projection_behind) return std::nullopt;
    const std::uint64_t behind = *report.server->projection_behind;
    // It commits now and then; what a second has brought is no backlog.
    const double seconds = std::chrono::duration<double>(report.measured).count();
    if (static_cast<double>(behind) * seconds <= static_cast<double>(report.server->batches))
        return std::nullopt;
    return fmt::format(
        "The SQL projection was {} batches behind at the end: a part of what the server's "
        "processor does for this load comes after the run and is not in its cost. A run that "
        "follows shares the processor with it, unless --wait-for-projection is given or the server "
        "has --project=off.",
        count_text(behind));
}

}  // namespace

std::string_view name(Holder holder) {
    switch (holder) {
        case Holder::generator:
            return "generator";
        case Holder::server:
            return "server";
        case Holder::neither:
            return "neither";
    }
    unreachable("every holder has a name");
}

TimeBudget time_budget(const RunReport& report) {
    const ResponseParts& seen = report.executed;
    TimeBudget budget;
    budget.operations = seen.operations;
    if (seen.operations == 0) return budget;
    budget.response_us = seen.mean_us(seen.response());
    budget.parts = {part_of("filling", "batch filling up", "due until its request was full",
                            Holder::generator, seen.mean_us(seen.filling)),
                    part_of("blocked", "blocked", "waiting for a place for a request in flight",
                            Holder::generator, seen.mean_us(seen.blocked)),
                    part_of("send_lag", "send lag", "this program's own delay before sending",
                            Holder::generator, seen.mean_us(seen.lag))};
    double left = seen.mean_us(seen.service);
    budget.has_stages = report.server && !report.server->stages.empty();
    if (budget.has_stages)
        for (const StageMean& stage : report.server->stages) {
            budget.parts.push_back(stage_part(stage));
            left -= stage.mean_us;
        }
    budget.parts.push_back(remainder(report, left, budget.has_stages));
    for (BudgetPart& part : budget.parts)
        part.share = budget.response_us > 0 ? part.mean_us / budget.response_us : 0;
    return budget;
}

std::vector<CostRow> cost_rows(const RunReport& report) {
    std::vector<CostRow> rows;
    const std::uint64_t operations = report.executed.operations;
    if (operations == 0) return rows;
    constexpr double us_per_s = 1e6;
    if (report.server) {
        const ServerAccount& server = *report.server;
        add_row(rows, "server_cpu_us", "server, processor", server.cpu_s, operations, us_per_s,
                time_text);
        add_row(rows, "projection_cpu_us", "of it the SQL projection", server.projection_cpu_s,
                operations, us_per_s, time_text);
        add_row(rows, "journal_bytes", "server, journal", server.journal_bytes, operations, 1,
                bytes_text);
        add_row(rows, "storage_bytes", "server, all writes to storage", server.storage_bytes,
                operations, 1, bytes_text);
    }
    add_row(rows, "generator_cpu_us", "generator, processor", report.generator_cpu_s, operations,
            us_per_s, time_text);
    if (report.server) add_network(rows, *report.server, operations);
    return rows;
}

std::vector<std::string> budget_remarks(const RunReport& report) {
    std::vector<std::string> out;
    const TimeBudget budget = time_budget(report);
    if (budget.operations == 0) return out;
    if (report.server && !budget.has_stages)
        out.emplace_back(
            "The server did not say where an operation's time went in it: it is older than this "
            "program, or is no switch.");
    if (const double left = budget.parts.back().mean_us; left < 0)
        out.push_back(fmt::format(
            "The server's stages are {} an operation longer than the time from sending to the "
            "answer: the two do not speak of the same operations.",
            latency_text(-left)));
    for (auto& remark : {foreign_load(report), projection_remark(report)})
        if (remark) out.push_back(*remark);
    return out;
}

std::string budget_text(const RunReport& report) {
    const TimeBudget budget = time_budget(report);
    if (budget.operations == 0) return {};
    constexpr double whole = 1.0;
    std::string out =
        fmt::format("\n  {:<24}{:>11}{:>9}\n", "where the time goes", "mean", "share");
    const auto row = [](std::string_view words, double us, double share) {
        return fmt::format("  {:<24}{:>11}{:>9}", words, latency_text(us), share_text(share));
    };
    for (const BudgetPart& part : budget.parts) {
        if (!part.is_shown()) continue;
        out += row(part.words, part.mean_us, part.share) +
               (part.holder == Holder::neither ? "  " : "") +
               (part.key == no_stage ? "wire, wake-ups, buffers" : "") + "\n";
    }
    out += row("= response", budget.response_us, whole) +
           fmt::format("  of {} executed\n", count_text(budget.operations));
    const std::vector<CostRow> rows = cost_rows(report);
    if (rows.empty()) return out;
    out += "\n  cost of an operation\n";
    for (const CostRow& cost : rows) out += fmt::format("  {:<30}{:>14}\n", cost.words, cost.text);
    return out;
}

void add_budget(const RunReport& report, json::object& out) {
    const TimeBudget budget = time_budget(report);
    const ResponseParts& seen = report.executed;
    json::array parts;
    for (const BudgetPart& part : budget.parts)
        parts.push_back({{"part", part.key},
                         {"holder", name(part.holder)},
                         {"mean_us", part.mean_us},
                         {"share", part.share}});
    out["time_budget"] = {{"operations", budget.operations},
                          {"response_us", budget.response_us},
                          {"server_operations",
                           report.server ? json::value(report.server->operations) : json::value()},
                          {"parts", std::move(parts)},
                          {"sums_ns",
                           {{"filling", seen.filling.count()},
                            {"blocked", seen.blocked.count()},
                            {"send_lag", seen.lag.count()},
                            {"service", seen.service.count()}}}};
    json::object cost;
    for (const CostRow& row : cost_rows(report)) cost[row.key] = row.value;
    out["cost_per_operation"] = std::move(cost);
    const bool is_known = report.server && report.server->projection_behind;
    out["projection"] = {{"batches_behind", is_known
                                                ? json::value(*report.server->projection_behind)
                                                : json::value()}};
}

}  // namespace tuma::loadgen
