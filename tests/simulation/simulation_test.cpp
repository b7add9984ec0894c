// Many seeded histories; TUMA_SEEDS or --seeds=N says how many, TUMA_SEED which is the first.
#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/simulation/simulation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace tuma;

namespace {

std::uint64_t number_from_environment(const char* variable, std::uint64_t otherwise) {
    const char* const text = std::getenv(variable);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Where a signal handler can find it.
std::atomic<std::uint64_t> running_seed{0};

// A failed `ensure` ends the process; without the seed that would be worth little.
void print_seed(int) {
    const auto seed = static_cast<unsigned long long>(running_seed.load());
    static_cast<void>(std::fprintf(
        stderr, "seed %llu: aborted; again with TUMA_SEED=%llu --seeds=1\n", seed, seed));
}

}  // namespace

int main(int argc, char** argv) {
    if (std::signal(SIGABRT, print_seed) == SIG_ERR) return 1;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        if (std::strncmp(argv[i], "--seeds=", 8) == 0)
            setenv("TUMA_SEEDS", argv[i] + 8, 1);
        else
            rest.push_back(argv[i]);
    }
    return doctest::Context(static_cast<int>(rest.size()), rest.data()).run();
}

TEST_CASE("simulation: no crash, delay, retry or reordering breaks a promise") {
    const std::uint64_t first = number_from_environment("TUMA_SEED", 1);
    const std::uint64_t seeds = number_from_environment("TUMA_SEEDS", 2'000);
    simulation::Tally tally;
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        running_seed = seed;
        try {
            simulation::Simulation history(seed);
            history.run();
            for (const auto& [what, count] : history.tally()) tally[what] += count;
        } catch (const std::exception& error) {
            FAIL(fmt::format("seed {}: {}; again with TUMA_SEED={} --seeds=1", seed, error.what(),
                             seed));
        }
    }
    std::string summary;
    for (const auto& [what, count] : tally) summary += fmt::format("\n  {:>9} {}", count, what);
    MESSAGE(fmt::format("{} seeds from {} on:{}", seeds, first, summary));

    // A run that has not been everywhere proves little.
    if (seeds < 1'000) return;
    for (const std::string_view what : {"none",
                                        "modified_request",
                                        "deadline_passed",
                                        "insufficient_funds",
                                        "ceiling_exceeded",
                                        "reservation_not_open",
                                        "original_not_found",
                                        "exceeds_original",
                                        "identity_taken",
                                        "account_capacity_reached",
                                        "leg_count_invalid",
                                        "debit_account_frozen",
                                        "overloaded",
                                        "replays to retries",
                                        "failed appends",
                                        "kills",
                                        "lost batches",
                                        "torn batches",
                                        "keys looked for in vain",
                                        "keys found on disk",
                                        "damaged files of keys",
                                        "files of keys made anew",
                                        "small jumps",
                                        "jumps of days",
                                        "starts of the machine",
                                        "saved states",
                                        "settlements",
                                        "payouts",
                                        "collections",
                                        "carried settlements",
                                        "settlements of reserves",
                                        "account_kind_not_allowed",
                                        "transaction_limit_exceeded",
                                        "daily_limit_exceeded",
                                        "not_offered",
                                        "restarts after all was durable"}) {
        CAPTURE(std::string(what));
        CHECK(tally[std::string(what)] > 0);
    }
}
