// A closed loop stays below the switch's queue, or says that it does not.
#include "loadgen/drive/closed_loop.h"

#include <doctest/doctest.h>

using namespace tuma::loadgen;

namespace {

LoadOptions load_of(std::uint32_t connections, std::uint32_t batch) {
    LoadOptions load;
    load.connections = connections;
    load.batch = batch;
    return load;
}

}  // namespace

TEST_CASE("closed loop: the queue is what the switch's metrics say, or the usual one") {
    const SwitchQueue asked = queue_in_metrics(
        "# TYPE tuma_queue_commands_max gauge\ntuma_queue_commands 3\ntuma_queue_commands_max "
        "8190\n");
    CHECK(asked.operations == 8190);
    CHECK(asked.is_asked);
    // An earlier switch, a page that is none, a number that cannot be.
    for (const char* page : {"tuma_queue_commands 3\n", "<html>", "tuma_queue_commands_max 0\n",
                             "tuma_queue_commands_max NaN\n", "tuma_queue_commands_max -1\n",
                             "tuma_queue_commands_max +Inf\n", ""}) {
        CAPTURE(page);
        const SwitchQueue usual = queue_in_metrics(page);
        CHECK(usual.operations == 262'144);
        CHECK_FALSE(usual.is_asked);
    }
    CHECK_FALSE(ask_for_queue(std::nullopt).is_asked);
}

TEST_CASE("closed loop: no more is in flight than the queue holds") {
    const struct {
        std::uint64_t queue;
        std::uint32_t connections;
        std::uint32_t batch;
        std::uint32_t in_flight;
    } rows[] = {{262'144, 4, 1, 16},     {262'144, 4, 8190, 8}, {100'000, 4, 8190, 3},
                {8190, 1, 8190, 1},      {8190, 4, 100, 16},    {8190, 4, 200, 10},
                {262'144, 20'000, 1, 13}};
    for (const auto& row : rows) {
        CAPTURE(row.queue);
        CAPTURE(row.batch);
        const SwitchQueue queue{.operations = row.queue, .is_asked = true};
        const LoadOptions load = load_of(row.connections, row.batch);
        CHECK(closed_loop_in_flight(queue, load) == row.in_flight);
        CHECK(overfull_remark(queue, row.in_flight, load).empty());
    }
}

TEST_CASE("closed loop: what cannot stay below the queue is said with all of its factors") {
    const SwitchQueue asked{.operations = 8190, .is_asked = true};
    const LoadOptions large = load_of(4, 8190);
    CHECK(closed_loop_in_flight(asked, large) == 1);
    CHECK(overfull_remark(asked, 1, large) ==
          "Up to 32 760 operations may be in flight (4 connections with 1 requests of 8190), and "
          "the switch's queue holds 8 190: more are refused as overloaded.");
    CHECK(overfull_remark({}, 100, large).find("unless its --queue says otherwise") !=
          std::string::npos);
}
