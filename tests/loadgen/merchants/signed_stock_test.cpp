// Requests signed ahead: every number once, as late as is safe, never too old.
#include "loadgen/merchants/signed_stock.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>

using namespace tuma::loadgen;

TEST_CASE("signed stock: it is full when the run begins and left alone down to a quarter") {
    SignedStock stock({.requests_max = 100, .ready_max = 8, .workers = 2},
                      [](std::uint64_t number) { return std::to_string(number); });
    stock.fill();
    CHECK(stock.cost().ahead == 8);

    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 6; ++i) {
        const SignedStock::Request request = stock.take();
        CHECK(request.bytes == std::to_string(request.number));
        CHECK(request.number < 8);
        numbers.insert(request.number);
    }

    CHECK(numbers.size() == 6);
    CHECK(stock.cost().during == 0);
    CHECK(stock.cost().late == 0);
}

TEST_CASE("signed stock: beyond it every request is still handed out once") {
    std::atomic<int> made = 0;
    SignedStock stock({.requests_max = 50, .ready_max = 10, .workers = 2},
                      [&made](std::uint64_t number) {
                          ++made;
                          return std::to_string(number);
                      });
    stock.fill();
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 80; ++i) numbers.insert(stock.take().number);

    CHECK(numbers.size() == 80);
    const SigningCost cost = stock.cost();
    CHECK(cost.ahead == 10);
    CHECK(cost.late >= 30);
    CHECK(cost.ahead + cost.during + cost.late >= 80);
    CHECK(cost.microseconds_each() >= 0);
}

TEST_CASE("signed stock: what is too old is signed again under the same number") {
    SignedStock stock({.requests_max = 4, .ready_max = 4, .age_max = std::chrono::seconds{0}},
                      [](std::uint64_t number) { return std::to_string(number); });
    stock.fill();
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 4; ++i) numbers.insert(stock.take().number);

    CHECK(numbers == std::set<std::uint64_t>{0, 1, 2, 3});
    CHECK(stock.cost().late == 4);
}
