// What the doctor says, for people and for programs.
#include "loadgen/doctor/doctor.h"
#include "loadgen/measure/number_text.h"
#include "loadgen/report/json_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tuma::loadgen {
namespace {

namespace json = boost::json;

constexpr double busy_share = 0.5;
constexpr double steal_worth_saying = 0.02;
constexpr std::uint64_t slow_sync_us = 5'000;

/// Whether processes that wanted to run were more than this share of the cores.
bool is_busy(const Checkup& checkup) {
    return checkup.load_average > busy_share * std::max(1U, checkup.machine.cores);
}

std::string probe_row(std::string_view name, const Probe& probe) {
    return fmt::format("  {:<44} p50 {:>8}   p99 {:>8}\n", name, latency_text(probe.p50_us),
                       latency_text(probe.p99_us));
}

json::object json_of(const Probe& probe) {
    return {{"p50", probe.p50_us}, {"p99", probe.p99_us}, {"samples", probe.samples}};
}

}  // namespace

std::vector<std::string> advice(const Checkup& checkup) {
    std::vector<std::string> lines;
    const Leave& leave = checkup.leave;
    if (is_busy(checkup))
        lines.push_back(
            fmt::format("Other programs are at work (load average {:.1f} on {} cores): end them, "
                        "or take every figure as \"at most\".",
                        checkup.load_average, checkup.machine.cores));
    if (checkup.steal > steal_worth_saying)
        lines.push_back(fmt::format(
            "The hypervisor gave {} of the processor to others: repeat runs over some time, and "
            "compare only runs that were made in turns (tuma-load ab).",
            share_text(checkup.steal)));
    if (leave.cores == 1)
        lines.push_back(
            "Server and generator share one core, and each waits for the other: run tuma-load on "
            "another machine.");
    else if (leave.cores >= 4)
        lines.push_back(
            fmt::format("Give the generator a core of its own: taskset -c {} tuma-load "
                        "..., and the server the others: taskset -c 0-{} tuma serve ...",
                        leave.cores - 1, leave.cores - 2));
    if (leave.may_have_priority)
        lines.push_back(
            "Let the generator go before others when it wakes: chrt -f 1 tuma-load ... The "
            "server's own p50 may rise a little by it.");
    else
        lines.push_back(
            "With leave for it (root, or an rtprio limit), chrt -f 1 tuma-load ... makes the "
            "generator's own delays shorter.");
    if (leave.cores_of_quota && *leave.cores_of_quota < leave.cores)
        lines.push_back(
            fmt::format("The control group allows {:.1f} cores' time; who has used it "
                        "up stands still for tens of milliseconds. Raise cpu.max.",
                        *leave.cores_of_quota));
    if (leave.governor == "powersave" || leave.governor == "ondemand")
        lines.push_back(
            fmt::format("The clock frequency follows the load (governor {}): cpupower "
                        "frequency-set -g performance",
                        leave.governor));
    if (checkup.fsync && checkup.fsync->p50_us > slow_sync_us)
        lines.push_back(
            fmt::format("A sync takes {} here, and no durable answer is faster: give "
                        "the server's data another disk if that is not what is "
                        "measured.",
                        latency_text(checkup.fsync->p50_us)));
    return lines;
}

std::string checkup_text(const Checkup& checkup) {
    const Machine& machine = checkup.machine;
    std::string text = fmt::format(
        "{}, {} cores{}, kernel {}\nload average {:.1f} before; the hypervisor gave {} "
        "to others\n\n",
        machine.cpu, machine.cores,
        checkup.leave.cores == machine.cores
            ? ""
            : fmt::format(" ({} for this process)", checkup.leave.cores),
        machine.kernel, checkup.load_average, share_text(checkup.steal));
    text += probe_row("timer: late from a sleep of 1 ms", checkup.timer);
    text += probe_row("wake-up: an answer is there until it is read", checkup.wake_up);
    text += probe_row("round trip to a server without delay", checkup.round_trip);
    text += probe_row("own delay in sending, open loop", checkup.send_lag);
    if (checkup.fsync)
        text += probe_row("fsync of 4 KiB", *checkup.fsync);
    else
        text += fmt::format("  fsync: {}\n", checkup.fsync_problem);
    text += fmt::format("\nWhat an open-loop run can say here of a latency:\n  {:<7}{:>20}{:>19}\n",
                        "", "as one value from", "as a range from");
    for (const Resolution& resolution : checkup.resolutions)
        text += fmt::format("  {:<7}{:>20}{:>19}\n", fmt::format("p{:g}", resolution.percentile),
                            latency_text(resolution.one_value_us()),
                            latency_text(resolution.range_us()));
    text += "  Below that it can only say \"at most\".\n";
    text += "\nAdvice:\n";
    for (const std::string& line : advice(checkup)) text += fmt::format("  - {}\n", line);
    return text;
}

std::string checkup_json(const Checkup& checkup) {
    const Leave& leave = checkup.leave;
    json::object out{
        {"cpu", checkup.machine.cpu},
        {"cores", checkup.machine.cores},
        {"kernel", checkup.machine.kernel},
        {"cores_allowed", leave.cores},
        {"cores_of_quota",
         leave.cores_of_quota ? json::value(*leave.cores_of_quota) : json::value()},
        {"may_have_priority", leave.may_have_priority},
        {"governor", leave.governor},
        {"load_average", checkup.load_average},
        {"steal", checkup.steal},
        {"timer_lag_us", json_of(checkup.timer)},
        {"wake_up_us", json_of(checkup.wake_up)},
        {"round_trip_us", json_of(checkup.round_trip)},
        {"send_lag_us", json_of(checkup.send_lag)},
        {"fsync_us", checkup.fsync ? json::value(json_of(*checkup.fsync)) : json::value()}};
    json::object resolutions;
    for (const Resolution& resolution : checkup.resolutions)
        resolutions[fmt::format("p{:g}", resolution.percentile)] =
            json::object{{"one_value_from_us", resolution.one_value_us()},
                         {"range_from_us", resolution.range_us()}};
    out["resolution"] = std::move(resolutions);
    json::array lines;
    for (const std::string& line : advice(checkup)) lines.emplace_back(line);
    out["advice"] = std::move(lines);
    return json_text(out);
}

}  // namespace tuma::loadgen
