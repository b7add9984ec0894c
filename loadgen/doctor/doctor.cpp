#include "loadgen/doctor/doctor.h"

#include "ledger/words/text.h"
#include "loadgen/doctor/round_trips.h"
#include "loadgen/drive/driver.h"
#include "loadgen/fake/fake_server.h"
#include "loadgen/workload/accounts.h"
#include "loadgen/workload/workload.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t customers = 100;
constexpr Duration server_patience = std::chrono::seconds{10};

std::string text_of(const char* path) {
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
}

Leave read_leave() {
    Leave leave;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        leave.cores = static_cast<unsigned>(CPU_COUNT(&allowed));
    leave.cores_of_quota = cores_of_quota(text_of("/sys/fs/cgroup/cpu.max"));
    rlimit limit{};
    leave.may_have_priority =
        ::geteuid() == 0 || (::getrlimit(RLIMIT_RTPRIO, &limit) == 0 && limit.rlim_cur > 0);
    leave.governor = text_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    return leave;
}

/// A server that answers at once, in a thread of its own as long as this lives.
class NullServer {
public:
    NullServer() : server_({}), thread_([this] { serve(); }) {}
    NullServer(const NullServer&) = delete;
    NullServer& operator=(const NullServer&) = delete;
    ~NullServer() {
        stop_.store(true);
        thread_.join();
    }

    const Endpoint& endpoint() const { return server_.endpoint(); }

private:
    void serve() {
        try {
            server_.run(stop_);
        } catch (const ConnectionError&) {
            // Whoever calls it notices, and has more to say.
        }
    }

    std::atomic<bool> stop_{false};
    FakeServer server_;
    std::thread thread_;
};

/// The driver as in a run: what it sees of a server that takes no time is its own.
void measure_open_loop(const Endpoint& server, const CheckupSettings& settings, Checkup& checkup) {
    auto scenario = load_scenario("p2p");
    ensure(scenario.has_value(), "the scenario is part of the program");
    Scenario few = std::move(scenario).value();
    few.customers = customers;
    NativeClient client(server, ParticipantId{1}, server_patience);
    const Accounts accounts = set_up(client, few, [](std::uint64_t, std::uint64_t) {}).accounts;
    Workload workload(few, accounts, 1);
    const Offset length = settings.open_loop;
    MixedStream::Timing timing;
    timing.end = length;
    timing.operations.emplace(Rate::per_second(settings.rate), Arrival::poisson, 1, length);
    MixedStream traffic(workload, {}, std::move(timing));
    DriverSettings driving;
    driving.target = server;
    driving.connections = 4;
    driving.in_flight = 1000;
    driving.end = length;
    // The first requests meet a cold machine.
    Recorder recorder(length / 10);
    const std::atomic<bool> stop{false};
    const RunEnd end = drive(driving, traffic, recorder, nullptr, stop, [](const RunProgress&) {});
    if (!end.server_gone.empty()) throw ConnectionError(end.server_gone);
    const Latencies& latencies = recorder.latencies();
    checkup.send_lag = probe_of(latencies.send_lag);
    for (const double percentile : {50.0, 90.0, 99.0})
        checkup.resolutions.push_back(
            {percentile, latencies.response.value_at_percentile(percentile) -
                             latencies.floor.value_at_percentile(percentile)});
}

}  // namespace

std::optional<double> cores_of_quota(std::string_view cpu_max) {
    const std::size_t blank = cpu_max.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto quota = read_number<std::uint64_t>(cpu_max.substr(0, blank));
    const auto period = read_number<std::uint64_t>(cpu_max.substr(blank + 1));
    // "max" is no number, and no bound.
    if (!quota || !period || *period == 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

Checkup check_machine(const CheckupSettings& settings) {
    Checkup checkup;
    const UsageMark before = mark_usage();
    checkup.machine = read_machine();
    checkup.leave = read_leave();
    // First of all: what this program itself does must not be in it.
    double averages[1] = {0};
    if (::getloadavg(averages, 1) == 1) checkup.load_average = averages[0];
    checkup.timer = measure_timer_lag(settings.sleeps);
    try {
        checkup.fsync = measure_fsync(settings.probe_directory, settings.syncs);
    } catch (const std::system_error& error) {
        checkup.fsync_problem = error.what();
    }
    const NullServer server;
    const auto trips =
        std::make_unique<RoundTrips>(measure_round_trips(server.endpoint(), settings.round_trips));
    checkup.round_trip = probe_of(trips->time);
    checkup.wake_up = probe_of(trips->wake_up);
    measure_open_loop(server.endpoint(), settings, checkup);
    checkup.steal = steal_share(before, mark_usage());
    return checkup;
}

}  // namespace tuma::loadgen
