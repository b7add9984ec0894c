// The histogram against exact sorting, at every cell's rim, and within its promised error.
#include "loadgen/measure/histogram.h"

#include "loadgen/arrivals/random.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

using namespace tuma::loadgen;

TEST_CASE("histogram: cells follow each other without gap or overlap up to one hour") {
    std::uint64_t next = 0;
    std::size_t index = 0;
    for (; index < Histogram::cell_count && next <= Histogram::highest_us; ++index) {
        const std::uint64_t low = Histogram::lowest_of(index);
        const std::uint64_t high = Histogram::highest_of(index);
        REQUIRE(low == next);
        REQUIRE(high >= low);
        REQUIRE(Histogram::middle_of(index) >= low);
        REQUIRE(Histogram::middle_of(index) <= high);
        REQUIRE(Histogram::index_of(low) == index);
        if (high <= Histogram::highest_us) REQUIRE(Histogram::index_of(high) == index);
        // No value stands for another that is more than a thousandth away.
        REQUIRE((high - low) * 1000 <= low);
        next = high + 1;
    }
    CHECK(next > Histogram::highest_us);
    CHECK(Histogram::lowest_of(2047) == 2047);
    CHECK(Histogram::highest_of(2047) == 2047);
    CHECK(Histogram::highest_of(2048) == 2049);
}

TEST_CASE("histogram: percentiles are the exact order statistics, up to the cell") {
    struct Row {
        double percentile;
        std::uint64_t value;
    };
    // 1..1000, each once: the sample of rank ceil(p/100 × 1000) is its own value.
    const Row rows[] = {{0, 1},      {0.05, 1},        {0.1, 1},      {0.2, 2},
                        {50, 500},   {50.05, 501},     {90, 900},     {99, 990},
                        {99.9, 999}, {99.90001, 1000}, {99.99, 1000}, {100, 1000}};
    const auto histogram = std::make_unique<Histogram>();
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram->record(value);

    for (const Row& row : rows) {
        CAPTURE(row.percentile);
        CHECK(histogram->value_at_percentile(row.percentile) == row.value);
    }
    CHECK(histogram->mean() == 500.5);
    CHECK(histogram->count_at_or_below(250) == 250);
}

TEST_CASE("histogram: agrees with sorting for any samples, within a thousandth") {
    CHECK(rc::check([](std::vector<std::uint64_t> samples) {
        RC_PRE(!samples.empty());
        const auto histogram = std::make_unique<Histogram>();
        // Spread over all magnitudes, so that small and large cells are met alike.
        for (std::size_t i = 0; i < samples.size(); ++i) {
            samples[i] = (samples[i] >> (i % 40)) % (Histogram::highest_us + 1);
            histogram->record(samples[i]);
        }
        std::sort(samples.begin(), samples.end());

        for (const int percentile : {0, 1, 10, 25, 50, 75, 90, 95, 99, 100}) {
            const std::size_t n = samples.size();
            const std::size_t rank =
                std::max<std::size_t>(1, (static_cast<std::size_t>(percentile) * n + 99) / 100);
            const std::uint64_t exact = samples[rank - 1];
            const std::uint64_t found = histogram->value_at_percentile(percentile);
            RC_ASSERT(found >= exact);
            RC_ASSERT((found - exact) * 1000 <= exact);
        }
        RC_ASSERT(histogram->count() == samples.size());
        RC_ASSERT(Histogram::index_of(histogram->min()) == Histogram::index_of(samples.front()));
        RC_ASSERT(histogram->max() == histogram->value_at_percentile(100));
    }));
}

TEST_CASE("histogram: an empty one answers zero") {
    const auto histogram = std::make_unique<Histogram>();

    CHECK(histogram->count() == 0);
    CHECK(histogram->min() == 0);
    CHECK(histogram->max() == 0);
    CHECK(histogram->mean() == 0);
    CHECK(histogram->value_at_percentile(99) == 0);
    CHECK(histogram->sparse().cells.empty());
}

TEST_CASE("histogram: values above an hour are counted as an hour, and said to be") {
    const auto histogram = std::make_unique<Histogram>();

    histogram->record_n(Histogram::highest_us, 2);
    histogram->record_n(Histogram::highest_us + 1, 3);
    histogram->record(UINT64_MAX);

    CHECK(histogram->count() == 6);
    CHECK(histogram->over_top() == 4);
    CHECK(Histogram::index_of(histogram->min()) == Histogram::index_of(Histogram::highest_us));
    CHECK(Histogram::index_of(histogram->min()) < Histogram::cell_count);
}

TEST_CASE("histogram: merging parts gives the same as recording all in one") {
    const auto whole = std::make_unique<Histogram>();
    const auto merged = std::make_unique<Histogram>();
    const auto from_sparse = std::make_unique<Histogram>();
    Random random(11);
    for (int part = 0; part < 4; ++part) {
        const auto piece = std::make_unique<Histogram>();
        for (int i = 0; i < 5000; ++i) {
            const std::uint64_t value = random.below(std::uint64_t{1} << (1 + random.below(33)));
            piece->record_n(value, 1 + random.below(3));
        }
        merged->merge(*piece);
        from_sparse->merge(piece->sparse());
    }
    Random again(11);
    for (int i = 0; i < 4 * 5000; ++i) {
        const std::uint64_t value = again.below(std::uint64_t{1} << (1 + again.below(33)));
        whole->record_n(value, 1 + again.below(3));
    }

    CHECK(*merged == *whole);
    CHECK(*from_sparse == *whole);
    CHECK(merged->over_top() > 0);
    merged->clear();
    CHECK(*merged == *std::make_unique<Histogram>());
}
