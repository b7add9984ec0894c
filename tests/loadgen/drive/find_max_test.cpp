// The search for the highest rate, against curves that are known.
#include "loadgen/drive/find_max.h"

#include <doctest/doctest.h>

#include <set>

using namespace tuma::loadgen;

namespace {

/// A system that keeps the objective up to `limit` operations a second.
std::function<Trial(Rate)> up_to(std::uint64_t limit) {
    return [limit](Rate rate) {
        Trial trial;
        trial.offered = rate;
        trial.has_passed = rate.millihertz <= limit * 1000;
        if (!trial.has_passed) trial.why = "p99 is too high";
        return trial;
    };
}

}  // namespace

TEST_CASE("find max: ends within the precision below the true limit, wherever it lies") {
    for (const std::uint64_t limit : {3U, 900U, 1000U, 1001U, 12'345U, 250'000U, 1'300'000U}) {
        CAPTURE(limit);
        const SearchSettings settings{.start = Rate::per_second(1000),
                                      .highest = Rate::per_second(10'000'000)};
        const SearchResult result = find_max(settings, up_to(limit));
        REQUIRE(result.found.has_value());
        CHECK(result.found->per_second() <= static_cast<double>(limit));
        CHECK(result.found->per_second() * 1.05 >= static_cast<double>(limit) * 0.999);
        std::size_t confirmations = 0;
        for (const Trial& trial : result.trials)
            if (trial.is_confirmation) ++confirmations;
        CHECK(confirmations == 3);
        CHECK(result.trials.size() < 35);
    }
}

TEST_CASE("find max: ends between two rates that have nothing between them") {
    const SearchSettings settings{.start = Rate{1}, .highest = Rate{8}};
    const SearchResult result = find_max(settings, [](Rate rate) {
        Trial trial;
        trial.offered = rate;
        trial.has_passed = rate.millihertz <= 1;
        return trial;
    });
    REQUIRE(result.found.has_value());
    CHECK(result.found->millihertz == 1);
}

TEST_CASE("find max: stops at the highest rate allowed") {
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(3000)};
    const SearchResult result = find_max(settings, up_to(1'000'000));
    REQUIRE(result.found.has_value());
    CHECK(*result.found == Rate::per_second(3000));
    for (const Trial& trial : result.trials) CHECK(trial.offered.millihertz <= 3'000'000);
}

TEST_CASE("find max: a system that keeps nothing has no rate") {
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(3000)};
    const SearchResult result = find_max(settings, up_to(0));
    CHECK(!result.found);
    CHECK(result.trials.size() == 11);
}

TEST_CASE("find max: a rate that is not confirmed is lowered") {
    int confirmations_refused = 2;
    const auto lucky = [&](Rate rate) {
        Trial trial = up_to(1000)(rate);
        // The bisection passes at its limit, the first confirmations there do not.
        if (rate.per_second() == 1000 && trial.has_passed && confirmations_refused-- < 2)
            trial.has_passed = false;
        return trial;
    };
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(1001)};
    const SearchResult result = find_max(settings, lucky);
    REQUIRE(result.found.has_value());
    CHECK(*result.found == Rate{950'000});
}

TEST_CASE("find max: a server that goes away ends the search") {
    int trials = 0;
    const auto dies = [&](Rate rate) {
        Trial trial = up_to(1'000'000)(rate);
        trial.is_server_gone = ++trials == 3;
        if (trial.is_server_gone) trial.has_passed = false;
        return trial;
    };
    const SearchSettings settings{.start = Rate::per_second(1000),
                                  .highest = Rate::per_second(10'000'000)};
    const SearchResult result = find_max(settings, dies);
    CHECK(!result.found);
    CHECK(trials == 3);
}
