// The model of queues against theory. Arrivals are drawn, time is only a number: nothing waits.
#include "loadgen/fake/service_model.h"

#include "loadgen/measure/histogram.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <memory>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using us = std::chrono::microseconds;

constexpr int requests = 400'000;

TimeLaw fixed(Duration mean) {
    return {TimeLaw::Kind::fixed, mean};
}
TimeLaw exponential(Duration mean) {
    return {TimeLaw::Kind::exponential, mean};
}

/// What came of Poisson arrivals.
struct Served {
    std::unique_ptr<Histogram> residence = std::make_unique<Histogram>();
    std::uint64_t overloaded = 0;
    std::uint64_t at_once = 0;  ///< whose service began with the arrival

    double quantile_ms(double percentile) const {
        return static_cast<double>(residence->value_at_percentile(percentile)) / 1e3;
    }
};

Served serve_poisson(const ServiceSettings& settings, std::uint64_t per_second) {
    ServiceModel model(settings, 5);
    Schedule arrivals(Rate::per_second(per_second), Arrival::poisson, 9, std::chrono::hours{24});
    Served served;
    for (int i = 0; i < requests; ++i) {
        const Offset arrived = arrivals.take();
        const Service service = model.serve(arrived, 1);
        if (service.is_overloaded) {
            ++served.overloaded;
            continue;
        }
        served.residence->record(loadgen::microseconds(service.due - arrived));
        if (service.due - arrived <= service.takes) ++served.at_once;
    }
    return served;
}

bool is_near(double found, double right, double share) {
    CAPTURE(found);
    CAPTURE(right);
    return std::abs(found - right) <= share * right;
}

/// The share of customers of M/D/1 who wait no longer than `t`, both in units of the service time.
/// Source: Erlang (1909), "The theory of probabilities and telephone conversations".
double waits_at_most(double t, double rho) {
    double sum = 0;
    double factorial = 1;
    for (int k = 0; k <= static_cast<int>(t); ++k) {
        if (k > 0) factorial *= k;
        sum += std::pow(rho * (k - t), k) / factorial * std::exp(-rho * (k - t));
    }
    return (1 - rho) * sum;
}

/// The share of customers of M/M/c who wait at all, `a` being the load in servers.
double erlang_c(int c, double a) {
    double term = 1;
    double sum = 0;
    for (int k = 0; k < c; ++k) {
        sum += term;
        term *= a / (k + 1);
    }
    const double all_busy = term * c / (c - a);
    return all_busy / (sum + all_busy);
}

}  // namespace

TEST_CASE("service model: without places each request takes its own time") {
    const Served fix = serve_poisson({.time = fixed(milliseconds{2})}, 50'000);
    CHECK(fix.residence->min() == 2000);
    CHECK(fix.residence->value_at_percentile(99.9) <= 2001);

    const Served drawn = serve_poisson({.time = exponential(milliseconds{5})}, 50'000);
    for (const double p : {0.5, 0.9, 0.99})
        CHECK(is_near(drawn.quantile_ms(100 * p), -5 * std::log(1 - p), 0.02));
}

TEST_CASE("service model: one place and a fixed time are M/D/1") {
    const Served served = serve_poisson({.time = fixed(us{500}), .places = 1}, 1400);

    CHECK(is_near(served.residence->mean(), 500 + 0.7 * 500 / (2 * 0.3), 0.02));
    CHECK(is_near(static_cast<double>(served.at_once) / requests, 0.3, 0.02));
    for (const double t : {0.5, 1.0, 2.0, 5.0}) {
        CAPTURE(t);
        const auto us = static_cast<std::uint64_t>(500 * (1 + t));
        const double share =
            static_cast<double>(served.residence->count_at_or_below(us)) / requests;
        CHECK(is_near(share, waits_at_most(t, 0.7), 0.01));
    }
}

TEST_CASE("service model: one place and an exponential time are M/M/1") {
    const Served served = serve_poisson({.time = exponential(us{500}), .places = 1}, 1400);
    for (const double p : {0.5, 0.9, 0.99})
        CHECK(is_near(served.quantile_ms(100 * p), -std::log(1 - p) * 0.5 / 0.3, 0.04));
}

TEST_CASE("service model: several places are M/M/c") {
    const Served served = serve_poisson({.time = exponential(milliseconds{2}), .places = 4}, 1500);
    const double waits = 1 - static_cast<double>(served.at_once) / requests;
    CHECK(is_near(waits, erlang_c(4, 3.0), 0.02));
}

TEST_CASE("service model: a capacity below the load is what is served") {
    // 20 places of 50 ms serve 400/s, whatever comes; the last of the first 20 came after 19 ms.
    ServiceModel model({.time = fixed(milliseconds{50}), .places = 20}, 1);
    Offset last{0};
    for (int i = 0; i < 4000; ++i) last = model.serve(milliseconds{i}, 1).due;
    CHECK(last == seconds{10} + milliseconds{19});
}

TEST_CASE("service model: group commit takes along what came during the commit before") {
    ServiceModel model({.time = fixed(milliseconds{2}), .groups = true}, 1);
    CHECK(model.serve(milliseconds{0}, 1).due == milliseconds{2});
    CHECK(model.serve(us{1}, 1).due == milliseconds{4});
    CHECK(model.serve(us{1999}, 7).due == milliseconds{4});
    CHECK(model.serve(us{2001}, 1).due == milliseconds{6});
    CHECK(model.serve(milliseconds{20}, 1).due == milliseconds{22});

    std::map<Offset, int> sizes;
    ServiceModel bounded({.time = fixed(milliseconds{2}), .groups = true, .group_max = 3}, 1);
    for (int i = 0; i < 10; ++i) ++sizes[bounded.serve(Offset{i}, 1).due];
    CHECK(sizes == std::map<Offset, int>{{milliseconds{2}, 1},
                                         {milliseconds{4}, 3},
                                         {milliseconds{6}, 3},
                                         {milliseconds{8}, 3}});

    const Served served = serve_poisson({.time = fixed(milliseconds{2}), .groups = true}, 10'000);
    CHECK(served.residence->min() >= 1999);
    CHECK(served.residence->max() <= 4003);
}

TEST_CASE("service model: in a stall all work rests") {
    const Stalls stalls{milliseconds{200}, seconds{2}};
    ServiceModel delay({.time = fixed(milliseconds{2}), .stalls = stalls}, 1);
    const struct {
        Offset arrived;
        Offset due;
    } rows[] = {
        {milliseconds{0}, milliseconds{2}},
        {us{1'797'999}, us{1'799'999}},
        // Half of the work is done before the stall.
        {milliseconds{1799}, milliseconds{2001}},
        {milliseconds{1800}, milliseconds{2002}},
        {milliseconds{1999}, milliseconds{2002}},
        {milliseconds{2000}, milliseconds{2002}},
        {milliseconds{3900}, milliseconds{4002}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.arrived.count());
        CHECK(delay.serve(row.arrived, 1).due == row.due);
    }

    // As every reader of latencies should know it: 10 % wait for up to 200 ms.
    ServiceModel model({.time = fixed(milliseconds{2}), .stalls = stalls}, 1);
    Histogram residence;
    for (int i = 0; i < 60'000; ++i)
        residence.record(
            loadgen::microseconds(model.serve(milliseconds{i}, 1).due - milliseconds{i}));
    CHECK(residence.value_at_percentile(50) == 2000);
    CHECK(is_near(static_cast<double>(residence.value_at_percentile(99)), 184'000, 0.01));
    CHECK(is_near(static_cast<double>(residence.max()), 202'000, 0.002));
}

TEST_CASE("service model: a stall holds up those who wait in order, too") {
    ServiceModel model(
        {.time = fixed(milliseconds{100}), .places = 1, .stalls = {milliseconds{200}, seconds{1}}},
        1);
    CHECK(model.serve(milliseconds{750}, 1).due == milliseconds{1050});
    CHECK(model.serve(milliseconds{760}, 1).due == milliseconds{1150});
}

TEST_CASE("service model: what is beyond the capacity is overloaded at once, and no more") {
    const ServiceSettings settings{.time = fixed(us{500}), .capacity = 2000};
    std::uint64_t served = 0;
    ServiceModel model(settings, 1);
    for (int i = 0; i < 100'000; ++i) {
        const Offset arrived = us{100} * i;
        const Service service = model.serve(arrived, 1);
        CHECK(service.due == (service.is_overloaded ? arrived : arrived + us{500}));
        if (!service.is_overloaded) ++served;
    }
    // Ten seconds' worth, and what the bucket let in at the beginning.
    CHECK(served >= 20'000);
    CHECK(served <= 20'021);

    ServiceModel below(settings, 1);
    for (int i = 0; i < 10'000; ++i) CHECK_FALSE(below.serve(us{500} * i, 1).is_overloaded);

    // A batch counts by its operations.
    ServiceModel batches(settings, 1);
    served = 0;
    for (int i = 0; i < 1000; ++i)
        if (!batches.serve(milliseconds{10} * i, 100).is_overloaded) served += 100;
    CHECK(served >= 20'000);
    CHECK(served <= 20'200);
}

TEST_CASE("service model: a bound on those who wait counts nobody who is served") {
    ServiceModel model({.time = fixed(milliseconds{10}), .places = 2, .queue_max = 3}, 1);
    int served = 0;
    for (int i = 0; i < 10; ++i)
        if (!model.serve(Offset{0}, 1).is_overloaded) ++served;
    CHECK(served == 5);
    // Two have ended by now, two of those who waited are served.
    CHECK_FALSE(model.serve(milliseconds{10}, 1).is_overloaded);
    CHECK_FALSE(model.serve(milliseconds{10}, 1).is_overloaded);
    CHECK(model.serve(milliseconds{10}, 1).is_overloaded);
}

TEST_CASE("service model: each operation of a request can cost something") {
    ServiceModel model(
        {.time = fixed(milliseconds{1}), .per_operation = fixed(us{10}), .places = 1}, 1);
    CHECK(model.serve(Offset{0}, 1).due == us{1010});
    CHECK(model.serve(Offset{0}, 100).due == us{3010});
}

TEST_CASE("service model: an arrival that is stamped before the last one has come with it") {
    ServiceModel model({.time = fixed(milliseconds{1}), .places = 1}, 1);
    CHECK(model.serve(milliseconds{10}, 1).due == milliseconds{11});
    CHECK(model.serve(milliseconds{9}, 1).due == milliseconds{12});
    // Where nobody waits for another, it keeps its own time.
    ServiceModel free({.time = fixed(milliseconds{1}), .capacity = 2000}, 1);
    CHECK(free.serve(milliseconds{10}, 1).due == milliseconds{11});
    CHECK(free.serve(milliseconds{9}, 1).due == milliseconds{10});
}
