// The command line of the server of known behaviour.
#include "loadgen/command_line.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

CommandLine read_fake(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"tuma-load", "fake"});
    return read_command_line(static_cast<int>(arguments.size()), arguments.data(), 77);
}

FakeSettings settings_of(const std::vector<const char*>& arguments) {
    const CommandLine line = read_fake(arguments);
    const auto* fake = std::get_if<FakeCommand>(&line);
    REQUIRE(fake != nullptr);
    return fake->settings;
}

}  // namespace

TEST_CASE("command fake: without options it answers at once, on loopback and a free port") {
    const FakeSettings settings = settings_of({});
    CHECK(settings.listen == Endpoint{"127.0.0.1", 0});
    CHECK(settings.service.time == TimeLaw{});
    CHECK(settings.seed == 1);
    CHECK(settings.is_durable);
}

TEST_CASE("command fake: takes all options") {
    const FakeSettings settings = settings_of(
        {"--listen=[::1]:7000", "--delay=exp:5ms", "--places=20", "--per-operation=10us",
         "--stall=200ms/2s", "--capacity=2000", "--queue=30", "--refuse=30%:ceiling_exceeded",
         "--silent=1%", "--duplicate=50%", "--drop=1@3s", "--garble=http@2s", "--die=5s",
         "--memory", "--spin=0us", "--seed=9", "--json"});
    CHECK(settings.listen == Endpoint{"::1", 7000});
    CHECK(settings.service.time == TimeLaw{TimeLaw::Kind::exponential, milliseconds{5}});
    CHECK(settings.service.per_operation == TimeLaw{TimeLaw::Kind::fixed, Duration{10}});
    CHECK(settings.service.places == 20);
    CHECK(settings.service.stalls == Stalls{milliseconds{200}, seconds{2}});
    CHECK(settings.service.capacity == 2000);
    CHECK(settings.service.queue_max == 30);
    CHECK(settings.refusing == Refusing{{300'000}, Refusal::ceiling_exceeded});
    CHECK(settings.silent == Share{10'000});
    CHECK(settings.duplicate == Share{500'000});
    CHECK(settings.drop == Dropping{1, seconds{3}});
    CHECK(settings.garble == Garbling{Garble::http, seconds{2}});
    CHECK(settings.die == seconds{5});
    CHECK_FALSE(settings.is_durable);
    CHECK(settings.spin == Duration{0});
    CHECK(settings.seed == 9);
}

TEST_CASE("command fake: one place is one after the other, and a group is one commit") {
    const FakeSettings serial = settings_of({"--serial=100us"});
    CHECK(serial.service.places == 1);
    CHECK(serial.service.time.mean == Duration{100});
    const FakeSettings group = settings_of({"--group=2ms", "--group-max=64"});
    CHECK(group.service.groups);
    CHECK(group.service.group_max == 64);
}

TEST_CASE("command fake: wrong usage ends with 2") {
    const std::vector<std::vector<const char*>> rows{
        {"--listen=nowhere"},
        {"--delay=2"},
        {"--delay=2ms", "--serial=1ms"},
        {"--serial=1ms", "--group=1ms"},
        {"--serial=1ms", "--places=2"},
        {"--group=1ms", "--places=2"},
        {"--group-max=2"},
        {"--queue=2"},
        {"--places=-1"},
        {"--capacity=10000001"},
        {"--stall=2s/1s"},
        {"--refuse=30"},
        {"--silent=101%"},
        {"--drop=3s"},
        {"--garble=http"},
        {"--die=2d"},
        {"--spin=1s"},
        {"--delya=2ms"},
        {"extra"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.front());
        const CommandLine line = read_fake(row);
        const auto* none = std::get_if<NoCommand>(&line);
        REQUIRE(none != nullptr);
        CHECK(none->exit_code == 2);
    }
}
