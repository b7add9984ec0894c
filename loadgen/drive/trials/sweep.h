// Many runs along one axis: which ones, in which order, and what they show together.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/drive/options.h"
#include "loadgen/measure/scalability.h"
#include "loadgen/report/curve_page.h"
#include "loadgen/report/report.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What is varied between the runs of a sweep.
struct SweepAxis {
    std::string name;            ///< "rate", or a row of `sweep_axes`
    std::vector<double> values;  ///< in rising order, none twice; empty: rates are searched
};

/// "batch, connections, customers, customers.zipf, ... or users".
std::string sweep_axes();

/// Reads "1k,2k,5k", or "auto". Refuses a "max", fewer than two rates, and more than 50.
Result<SweepAxis> parse_rates(std::string_view text);
/// Reads "merchants.zipf=0,0.7,1.4". Refuses unknown axes and
/// values that the axis does not have, with its bounds.
Result<SweepAxis> parse_vary(std::string_view text);
/// The options of the run at one value.
LoadOptions at_value(LoadOptions load, const SweepAxis& axis, double value);

/// Upwards in the first pass, downwards in the second and so on, so that what changes slowly on
/// the machine weighs on all values alike.
std::vector<double> sweep_order(std::vector<double> values, std::uint32_t passes);

/// The highest rate that the server holds, to 10 %: doubled until it is not held twice, then
/// bisected. `holds` makes a run.
std::optional<Rate> find_knee(Rate start, Rate highest, const std::function<bool(Rate)>& holds);
/// Ten rates up to 1.2 times the knee.
std::vector<double> rates_around(Rate knee);

struct SweepResult {
    SweepAxis axis;
    std::vector<CurvePoint> points;  ///< in the order in which they were run
    /// Where the number at work was varied in a closed loop.
    std::optional<ScalabilityFit> fit;
    std::string cut_short;
};

CurvePoint curve_point(const RunReport& report, double value);
/// Fits where it can be: the axis is in-flight or connections, in a closed loop with this many
/// connections and requests on each.
void fit_sweep(SweepResult& result, const LoadOptions& load);

std::string sweep_text(const SweepResult& result);
/// sweep.csv, sweep.json, sweep.html.
std::string sweep_csv(const SweepResult& result);
std::string sweep_json(const SweepResult& result);
std::string sweep_html(const SweepResult& result);

}  // namespace tuma::loadgen
