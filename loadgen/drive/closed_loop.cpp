#include "loadgen/drive/closed_loop.h"

#include "loadgen/client/http_stream.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/measure/server_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tuma::loadgen {
namespace {

constexpr std::uint64_t requests_max = 16;
constexpr double queue_max = 1e9;
constexpr Duration queue_answer_timeout = std::chrono::seconds{2};

/// Operations, with one request on each connection.
std::uint64_t one_each(const LoadOptions& options) {
    return std::uint64_t{options.connections} * options.batch;
}

}  // namespace

SwitchQueue queue_in_metrics(std::string_view metrics) {
    const auto samples = parse_metrics(metrics);
    if (!samples) return {};
    const auto found = std::find_if(
        samples->begin(), samples->end(),
        [](const MetricSample& sample) { return sample.name == "tuma_queue_commands_max"; });
    // A switch of an earlier version does not say; what is out of bounds is no queue.
    if (found == samples->end() || !(found->value >= 1 && found->value <= queue_max)) return {};
    return {.operations = static_cast<std::uint64_t>(found->value), .is_asked = true};
}

SwitchQueue ask_for_queue(const std::optional<Endpoint>& admin) {
    if (!admin) return {};
    try {
        return queue_in_metrics(http_get(*admin, "/metrics", queue_answer_timeout));
    } catch (const ConnectionError&) {
        // Its stages will not be had either, and that is said.
        return {};
    }
}

std::uint32_t closed_loop_in_flight(const SwitchQueue& queue, const LoadOptions& options) {
    const std::uint64_t fits = queue.operations / one_each(options);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(fits, 1, requests_max));
}

std::string overfull_remark(const SwitchQueue& queue, std::uint32_t in_flight,
                            const LoadOptions& options) {
    const std::uint64_t operations = one_each(options) * in_flight;
    if (operations <= queue.operations) return {};
    return fmt::format(
        "Up to {} operations may be in flight ({} connections with {} requests of {}), and the "
        "switch's queue holds {}{}: more are refused as overloaded.",
        count_text(operations), options.connections, in_flight, options.batch,
        count_text(queue.operations),
        queue.is_asked ? "" : " unless its --queue says otherwise (--admin asks it)");
}

}  // namespace tuma::loadgen
