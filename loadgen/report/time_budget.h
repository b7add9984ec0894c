// Where the time of an operation went, part by part, and what it cost.
#pragma once

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

struct RunReport;

/// Who had an operation meanwhile. Neither: it was on its way, or waited to be read.
enum class Holder : std::uint8_t { generator, server, neither };
std::string_view name(Holder holder);

/// A part of the mean response.
struct BudgetPart {
    std::string key;    ///< for programs: "queue_wait"
    std::string words;  ///< for people: "queue wait"
    std::string means;  ///< the moments between which it lies
    Holder holder = Holder::neither;
    double mean_us = 0;
    double share = 0;  ///< of the response

    /// Whether people are shown it. Most runs have no batches and enough places, and rows of
    /// nothing tell nothing; that this program had no delay of its own does.
    bool is_shown() const {
        return mean_us != 0 || holder != Holder::generator || key == "send_lag";
    }
};

/// The mean response of the operations that were executed and answered between the two readings of
/// the server's metrics; without them, within the measured time.
/// The parts are in the order of the way and sum to it; what is in no part of the server's or of
/// this program's has a row of its own. That row is below zero if the server's parts are longer
/// than the time between sending and answer, which is a fault of the figures and is remarked on.
struct TimeBudget {
    std::uint64_t operations = 0;  ///< 0: there is no budget
    double response_us = 0;
    std::vector<BudgetPart> parts;
    bool has_stages = false;  ///< the server said where the time in it went
};
TimeBudget time_budget(const RunReport& report);

/// What one executed operation cost; all that was done meanwhile, failures included, is on them.
struct CostRow {
    std::string key;  ///< for programs, with the unit: "server_cpu_us"
    std::string words;
    double value = 0;
    std::string text;  ///< with its unit
};
std::vector<CostRow> cost_rows(const RunReport& report);

/// What must be known of the figures: that they are of other operations too, that they do not fit,
/// that the projection has still to catch up.
std::vector<std::string> budget_remarks(const RunReport& report);

/// The section of the summary on the terminal; empty without executed operations.
std::string budget_text(const RunReport& report);
/// The section of the page, one stacked bar and tables; empty likewise.
std::string budget_html(const RunReport& report);
/// Adds "time_budget", "cost_per_operation" and "projection" to report.json.
void add_budget(const RunReport& report, boost::json::object& out);

}  // namespace tuma::loadgen
