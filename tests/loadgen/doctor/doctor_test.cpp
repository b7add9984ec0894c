// The checkup of the machine: that it measures, and what it says of what it found.
#include "loadgen/doctor/doctor.h"

#include "tests/support/temporary_directory.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

Checkup quiet_machine() {
    Checkup checkup;
    checkup.machine = {"a processor", 2, "6.1"};
    checkup.leave.cores = 2;
    checkup.leave.may_have_priority = true;
    checkup.timer = {55, 300, 300};
    checkup.wake_up = {9, 60, 1000};
    checkup.round_trip = {40, 200, 1000};
    checkup.send_lag = {12, 480, 2000};
    checkup.fsync = Probe{900, 2000, 60};
    checkup.resolutions = {{50, 14}, {99, 480}};
    return checkup;
}

bool advises(const Checkup& checkup, const std::string& words) {
    for (const std::string& line : advice(checkup))
        if (line.find(words) != std::string::npos) return true;
    return false;
}

}  // namespace

TEST_CASE("doctor: measures everything, each with samples") {
    const TemporaryDirectory directory;
    CheckupSettings settings;
    settings.probe_directory = directory.path();
    settings.sleeps = 5;
    settings.syncs = 5;
    settings.round_trips = std::chrono::milliseconds{50};
    settings.open_loop = std::chrono::milliseconds{300};
    const Checkup checkup = check_machine(settings);

    CHECK(checkup.machine.cores > 0);
    CHECK(checkup.leave.cores > 0);
    CHECK(checkup.timer.samples == 5);
    REQUIRE(checkup.fsync);
    CHECK(checkup.fsync->samples == 5);
    CHECK(checkup.round_trip.samples > 0);
    CHECK(checkup.round_trip.samples == checkup.wake_up.samples);
    CHECK(checkup.round_trip.p50_us > 0);
    CHECK(checkup.wake_up.p50_us <= checkup.round_trip.p50_us);
    CHECK(checkup.send_lag.samples > 100);
    REQUIRE(checkup.resolutions.size() == 3);
    CHECK(checkup.resolutions.back().percentile == 99);
}

TEST_CASE("doctor: a directory that cannot be written costs only the fsync probe") {
    CheckupSettings settings;
    settings.probe_directory = "/nowhere";
    settings.sleeps = 1;
    settings.round_trips = std::chrono::milliseconds{1};
    settings.open_loop = std::chrono::milliseconds{20};
    const Checkup checkup = check_machine(settings);
    CHECK_FALSE(checkup.fsync);
    CHECK(checkup_text(checkup).find("/nowhere") != std::string::npos);
    CHECK(boost::json::parse(checkup_json(checkup)).at("fsync_us").is_null());
}

TEST_CASE("doctor: what a run can say follows from the generator's own delays") {
    const Resolution resolution{99, 480};
    CHECK(resolution.one_value_us() == 4800);
    CHECK(resolution.range_us() == 480);
    const std::string text = checkup_text(quiet_machine());
    CAPTURE(text);
    CHECK(text.find("p99                 4.80 ms             480 µs") != std::string::npos);
    CHECK(text.find("fsync of 4 KiB") != std::string::npos);
    const auto json = boost::json::parse(checkup_json(quiet_machine()));
    CHECK(json.at("resolution").at("p99").at("one_value_from_us").to_number<int>() == 4800);
    CHECK(json.at("resolution").at("p50").at("range_from_us").to_number<int>() == 14);
    CHECK(json.at("cores_of_quota").is_null());
    CHECK(json.at("advice").as_array().size() == advice(quiet_machine()).size());
}

TEST_CASE("doctor: advice is given where it is needed") {
    const Checkup quiet = quiet_machine();
    CHECK(advises(quiet, "chrt -f 1"));
    CHECK(advice(quiet).size() == 1);

    Checkup other = quiet;
    other.load_average = 3;
    CHECK(advises(other, "load average 3.0 on 2 cores"));
    other = quiet;
    other.steal = 0.05;
    CHECK(advises(other, "gave 5.0 %"));
    other = quiet;
    other.leave.cores = 1;
    CHECK(advises(other, "another machine"));
    other.leave.cores = 8;
    CHECK(advises(other, "taskset -c 7 tuma-load"));
    CHECK(advises(other, "taskset -c 0-6 tuma serve"));
    other = quiet;
    other.leave.may_have_priority = false;
    CHECK(advises(other, "rtprio"));
    other = quiet;
    other.leave.cores_of_quota = 1.5;
    CHECK(advises(other, "1.5 cores' time"));
    other = quiet;
    other.leave.governor = "powersave";
    CHECK(advises(other, "governor powersave"));
    other = quiet;
    other.fsync = Probe{12'000, 20'000, 60};
    CHECK(advises(other, "12.0 ms"));
}

TEST_CASE("doctor: the quota of a control group") {
    CHECK(cores_of_quota("200000 100000") == 2.0);
    CHECK(cores_of_quota("50000 100000") == 0.5);
    for (const char* text : {"", "max 100000", "max", "1 0", "x 1"}) {
        CAPTURE(text);
        CHECK_FALSE(cores_of_quota(text));
    }
}
