// Reading the machine: texts of /proc with known numbers, and probes that run at all.
#include "loadgen/measure/calibration.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <system_error>

using namespace tuma::loadgen;
using namespace std::chrono_literals;

TEST_CASE("calibration: the steal share is what the hypervisor took of all cores") {
    const std::optional<CpuTicks> before =
        parse_cpu_ticks("cpu  100 0 100 700 50 0 50 0 30 0\ncpu0 1 2 3\n");
    const std::optional<CpuTicks> after =
        parse_cpu_ticks("cpu  200 0 150 1500 80 0 60 10 90 0\ncpu0 1 2 3\n");
    REQUIRE(before.has_value());
    REQUIRE(after.has_value());
    CHECK(before->total == 1000);
    CHECK(after->total == 2000);
    CHECK(after->steal == 10);

    const UsageMark first{.machine = before, .process_cpu = 1s, .wall = 10s};
    const UsageMark last{.machine = after, .process_cpu = 2500ms, .wall = 12s};
    CHECK(steal_share(first, last) == doctest::Approx(0.01));
    CHECK(steal_share(last, first) == 0);
    CHECK(steal_share({}, last) == 0);
    CHECK(cpu_share(first, last) == doctest::Approx(0.75));
    CHECK(cpu_share(first, first) == 0);
}

TEST_CASE("calibration: texts that are not /proc/stat are refused") {
    for (const char* text : {"", "cpu0 1 2 3 4 5 6 7 8", "cpu  1 2 3", "cpu  1 2 x 4 5 6 7 8\n",
                             "cpu  1 2 3 4\n5 6 7 8\n"}) {
        CAPTURE(text);
        CHECK(!parse_cpu_ticks(text).has_value());
    }
}

TEST_CASE("calibration: the processor's name is found on x86 and ARM") {
    CHECK(cpu_model("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7763\nflags\t: fpu\n") ==
          "AMD EPYC 7763");
    CHECK(cpu_model("processor\t: 0\nBogoMIPS\t: 108.00\nModel\t\t: Raspberry Pi 5\n") ==
          "Raspberry Pi 5");
    CHECK(cpu_model("processor\t: 0\n") == "unknown");
    CHECK(cpu_model("") == "unknown");
}

TEST_CASE("calibration: the probes measure and leave nothing behind") {
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / "tuma-calibration-test";
    std::filesystem::create_directories(directory);

    const Probe fsync = measure_fsync(directory, 20);
    const Probe timer = measure_timer_lag(5);

    CHECK(fsync.samples == 20);
    CHECK(fsync.p50_us <= fsync.p99_us);
    CHECK(timer.samples == 5);
    CHECK(std::filesystem::is_empty(directory));
    std::filesystem::remove(directory);
    CHECK_THROWS_AS(measure_fsync(directory, 1), std::system_error);
    CHECK(read_machine().cores > 0);
    CHECK(!read_machine().kernel.empty());
    CHECK(mark_usage().wall.count() > 0);
}
