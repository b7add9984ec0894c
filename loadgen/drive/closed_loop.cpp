#include "loadgen/drive/closed_loop.h"

#include "loadgen/client/server_readings.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/measure/server_metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

constexpr std::uint64_t requests_max = 16;
constexpr double queue_max = 1e9;

/// Operations, with one request on each connection.
std::uint64_t one_each(const LoadOptions& options) {
    return std::uint64_t{options.connections} * options.batch;
}

}  // namespace

SwitchQueue queue_in_metrics(std::string_view metrics) {
    const auto samples = parse_metrics(metrics);
    if (!samples) return {};
    const auto most = value_of(*samples, "tuma_queue_commands_max");
    // A switch of an earlier version does not say; what is out of bounds is no queue.
    if (!most || !(*most >= 1 && *most <= queue_max)) return {};
    return {.operations = static_cast<std::uint64_t>(*most), .is_asked = true};
}

SwitchQueue ask_for_queue(const std::optional<Endpoint>& admin) {
    if (!admin) return {};
    try {
        return queue_in_metrics(metrics_page(*admin));
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
