// Orders that repeat: what their records say, and when their next moment is.
#include "ledger/records/order_records.h"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;

TEST_CASE("order records: one that repeats says when, and is refused with anything beside it") {
    OrderOpened good;
    good.terms.id = OrderId{3};
    good.terms.debit = AccountId{2};
    good.terms.credit = AccountId{7};
    good.terms.amount = 4'000;
    good.terms.action = CustomerAction::approve;
    good.terms.flags = repeat_flags(RepeatPeriod::month, 31);
    good.terms.acts_at = 1;
    good.terms.expires_at = 1;
    const auto refused = [](const OrderOpened& record) {
        std::vector<std::byte> bytes;
        append(bytes, record);
        std::span<const std::byte> rest = bytes;
        const auto taken = take_order_opened(rest);
        return taken ? std::string("taken") : taken.error().field;
    };
    CHECK(refused(good) == "taken");
    const auto with = [&](const std::function<void(OrderTerms&)>& change) {
        OrderOpened bad = good;
        change(bad.terms);
        return refused(bad);
    };
    CHECK(with([](OrderTerms& t) { t.flags = repeat_flags(RepeatPeriod::day, 0); }) == "taken");
    for (const std::uint16_t flags :
         {repeat_flags(RepeatPeriod::day, 1), repeat_flags(RepeatPeriod::month, 0),
          static_cast<std::uint16_t>(repeat_flags(RepeatPeriod::day, 0) | order_flag_exclusive),
          static_cast<std::uint16_t>(repeat_flags(RepeatPeriod::month, 31) & ~order_flag_repeats),
          std::uint16_t{0x8000}}) {
        CAPTURE(flags);
        CHECK(with([&](OrderTerms& t) { t.flags = flags; }) == "flags");
    }
    CHECK(with([](OrderTerms& t) { t.debit = {}; }) == "flags");
    CHECK(with([](OrderTerms& t) { t.credit = {}; }) == "flags");
    CHECK(with([](OrderTerms& t) { t.parent = OrderId{1}; }) == "flags");
    CHECK(with([](OrderTerms& t) { t.action = CustomerAction::none; }) == "flags");
    CHECK(with([](OrderTerms& t) { t.acts_at = 0; }) == "flags");
    CHECK(with([](OrderTerms& t) { t.expires_at = 0; }) == "flags");
}

TEST_CASE(
    "order records: a month that lacks the day has its last one, and the next month has it again") {
    const auto follow = [](std::string_view from, RepeatPeriod period, unsigned day) {
        std::string days;
        Timestamp moment = parse_timestamp(from).value();
        for (int i = 0; i < 4; ++i) {
            moment = next_moment(moment, repeat_flags(period, day));
            CHECK(moment - std::chrono::floor<std::chrono::days>(moment) ==
                  std::chrono::hours{5} + std::chrono::microseconds{1});
            days += text(std::chrono::floor<std::chrono::days>(moment)) + " ";
        }
        return days;
    };
    CHECK(follow("2028-01-31T05:00:00.000001Z", RepeatPeriod::month, 31) ==
          "2028-02-29 2028-03-31 2028-04-30 2028-05-31 ");
    CHECK(follow("2026-12-30T05:00:00.000001Z", RepeatPeriod::two_months, 30) ==
          "2027-02-28 2027-04-30 2027-06-30 2027-08-30 ");
    CHECK(follow("2026-11-30T05:00:00.000001Z", RepeatPeriod::quarter, 30) ==
          "2027-02-28 2027-05-30 2027-08-30 2027-11-30 ");
    CHECK(follow("2026-08-31T05:00:00.000001Z", RepeatPeriod::half_year, 31) ==
          "2027-02-28 2027-08-31 2028-02-29 2028-08-31 ");
    CHECK(follow("2024-02-29T05:00:00.000001Z", RepeatPeriod::year, 29) ==
          "2025-02-28 2026-02-28 2027-02-28 2028-02-29 ");
    CHECK(follow("2026-12-30T05:00:00.000001Z", RepeatPeriod::day, 0) ==
          "2026-12-31 2027-01-01 2027-01-02 2027-01-03 ");
    CHECK(follow("2026-12-30T05:00:00.000001Z", RepeatPeriod::week, 0) ==
          "2027-01-06 2027-01-13 2027-01-20 2027-01-27 ");
    CHECK(follow("2026-12-30T05:00:00.000001Z", RepeatPeriod::two_weeks, 0) ==
          "2027-01-13 2027-01-27 2027-02-10 2027-02-24 ");
}
