// Business days: known dates by hand, and a walk day by day to compare with.
#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <vector>

using namespace tuma;
using core::Calendar;
using core::LocalDay;
using testing::day;
using testing::england;

namespace {

constexpr std::chrono::days one_day{1};

// The same by its definition: 1970-01-01 was a Thursday.
bool is_business_day(const std::set<LocalDay>& holidays, LocalDay of) {
    const auto since_monday = ((of.time_since_epoch().count() + 3) % 7 + 7) % 7;
    return since_monday < 5 && holidays.count(of) == 0;
}

}  // namespace

TEST_CASE("calendar: a business day is Monday to Friday and no holiday") {
    struct Row {
        const char* day;
        bool is_business_day;
    };
    const Row rows[] = {
        {"2018-03-29", true},   // Maundy Thursday
        {"2018-03-30", false},  // Good Friday
        {"2018-03-31", false},  // Saturday
        {"2018-04-01", false},  // Sunday
        {"2018-04-02", false},  // Easter Monday
        {"2018-04-03", true},   //
        {"2016-02-29", true},   // a leap day on a Monday
        {"2020-02-29", false},  // a leap day on a Saturday
        {"2018-12-24", true},  {"2018-12-25", false}, {"2018-12-26", false},
        {"2018-12-27", true},  {"2018-12-31", true},  {"2019-01-01", false},
        {"2020-12-26", false}, {"2020-12-28", false},  // for the 26th, a Saturday
        {"2021-12-27", false}, {"2021-12-28", false}, {"2022-01-03", false},
        {"2022-01-04", true},  {"1969-12-31", true},  // Wednesday
        {"1969-12-28", false},                        // Sunday
    };
    for (const Row& row : rows) {
        CAPTURE(row.day);
        CHECK(england().is_business_day(day(row.day)) == row.is_business_day);
    }
}

TEST_CASE("calendar: without holidays only weekends are off") {
    const Calendar weekends;
    CHECK(weekends.name().empty());
    CHECK(weekends.holidays().empty());
    CHECK(weekends.is_business_day(day("2018-12-25")));
    CHECK_FALSE(weekends.is_business_day(day("2018-12-29")));
    CHECK_FALSE(weekends.is_business_day(day("2018-12-30")));
}

TEST_CASE("calendar: holidays come in any order and are kept ascending, each once") {
    const Calendar calendar(
        "some", {day("2020-01-06"), day("2019-12-25"), day("2020-01-06"), day("2020-01-01")});
    const std::vector<LocalDay> kept(calendar.holidays().begin(), calendar.holidays().end());
    CHECK(kept == std::vector{day("2019-12-25"), day("2020-01-01"), day("2020-01-06")});
    CHECK(calendar.name() == "some");
    CHECK(calendar == Calendar("some", kept));
    CHECK_FALSE(calendar == Calendar("other", kept));
}

TEST_CASE("calendar: a holiday on a weekend changes nothing") {
    const Calendar calendar("weekend", {day("2018-06-16"), day("2018-06-17")});
    for (const char* text : {"2018-06-14", "2018-06-15", "2018-06-16", "2018-06-17"}) {
        CAPTURE(text);
        for (int count = 0; count < 5; ++count)
            CHECK(calendar.add_business_days(day(text), count) ==
                  Calendar{}.add_business_days(day(text), count));
    }
}

TEST_CASE("calendar: following is the day itself or the first business day after it") {
    struct Row {
        const char* day;
        const char* following;
    };
    const Row rows[] = {
        {"2018-06-15", "2018-06-15"},  // Friday
        {"2018-06-16", "2018-06-18"},  // Saturday
        {"2018-06-17", "2018-06-18"},  // Sunday
        {"2018-03-30", "2018-04-03"},  // Good Friday: over the weekend and Easter Monday
        {"2018-04-02", "2018-04-03"}, {"2018-12-25", "2018-12-27"}, {"2019-01-01", "2019-01-02"},
        {"2020-02-29", "2020-03-02"}, {"2021-12-25", "2021-12-29"}, {"2022-01-01", "2022-01-04"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.day);
        CHECK(england().following(day(row.day)) == day(row.following));
    }
}

TEST_CASE("calendar: the n-th business day strictly after a day, on dates known by hand") {
    struct Row {
        const char* day;
        int count;
        const char* expected;
    };
    const Row rows[] = {
        // An ordinary week: Friday, Saturday and Sunday all reach Tuesday in two.
        {"2018-06-14", 1, "2018-06-15"},
        {"2018-06-14", 2, "2018-06-18"},
        {"2018-06-15", 1, "2018-06-18"},
        {"2018-06-15", 2, "2018-06-19"},
        {"2018-06-16", 1, "2018-06-18"},
        {"2018-06-16", 2, "2018-06-19"},
        {"2018-06-17", 1, "2018-06-18"},
        {"2018-06-17", 2, "2018-06-19"},
        {"2018-06-18", 2, "2018-06-20"},
        {"2018-06-15", 5, "2018-06-22"},
        // Easter: Good Friday 30 March, Monday 2 April.
        {"2018-03-28", 1, "2018-03-29"},
        {"2018-03-28", 2, "2018-04-03"},
        {"2018-03-29", 1, "2018-04-03"},
        {"2018-03-29", 2, "2018-04-04"},
        {"2018-03-30", 1, "2018-04-03"},
        {"2018-03-31", 1, "2018-04-03"},
        {"2018-04-01", 2, "2018-04-04"},
        {"2018-04-02", 1, "2018-04-03"},
        {"2019-04-18", 1, "2019-04-23"},
        // Christmas and the turn of the year.
        {"2018-12-21", 2, "2018-12-27"},
        {"2018-12-24", 1, "2018-12-27"},
        {"2018-12-24", 3, "2018-12-31"},
        {"2018-12-24", 4, "2019-01-02"},
        {"2018-12-25", 1, "2018-12-27"},
        {"2018-12-31", 1, "2019-01-02"},
        {"2018-12-31", 2, "2019-01-03"},
        {"2016-12-23", 1, "2016-12-28"},
        {"2020-12-24", 1, "2020-12-29"},
        {"2020-12-31", 1, "2021-01-04"},
        {"2021-12-24", 1, "2021-12-29"},
        {"2021-12-31", 1, "2022-01-04"},
        // The end of February.
        {"2016-02-26", 1, "2016-02-29"},
        {"2016-02-26", 2, "2016-03-01"},
        {"2016-02-29", 1, "2016-03-01"},
        {"2017-02-28", 1, "2017-03-01"},
        {"2020-02-28", 1, "2020-03-02"},
        {"2020-02-29", 1, "2020-03-02"},
        // None: the day itself, whatever it is.
        {"2018-06-15", 0, "2018-06-15"},
        {"2018-06-16", 0, "2018-06-16"},
        {"2018-03-30", 0, "2018-03-30"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.day);
        CAPTURE(row.count);
        CHECK(england().add_business_days(day(row.day), row.count) == day(row.expected));
    }
}

TEST_CASE("calendar: four hundred business days are eighty weeks, and a holiday is a day more") {
    const LocalDay monday = day("2018-01-01");
    CHECK(Calendar{}.add_business_days(monday, 400) == day("2019-07-15"));
    const Calendar one("one", {day("2018-07-04")});
    CHECK(one.add_business_days(monday, 400) == day("2019-07-16"));
}

TEST_CASE("calendar: a day that rolls first takes longer than one that does not") {
    const LocalDay saturday = day("2018-06-16");
    CHECK(england().add_business_days(saturday, 2) == day("2018-06-19"));
    CHECK(england().add_business_days(england().following(saturday), 2) == day("2018-06-20"));
}

TEST_CASE("calendar: any calendar counts as a walk day by day does") {
    CHECK(rc::check("walks", [] {
        const int first = *rc::gen::inRange(-40'000, 40'000);
        const auto offsets = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-30, 300));
        std::vector<LocalDay> holidays;
        holidays.reserve(offsets.size());
        for (const int offset : offsets) holidays.emplace_back(std::chrono::days{first + offset});
        const std::set<LocalDay> known(holidays.begin(), holidays.end());
        const Calendar calendar("any", holidays);
        const LocalDay start{std::chrono::days{first + *rc::gen::inRange(-10, 310)}};
        const int count = *rc::gen::inRange(0, 401);

        LocalDay walked = start;
        for (int left = count; left > 0;) {
            walked += one_day;
            if (is_business_day(known, walked)) --left;
        }
        RC_ASSERT(calendar.add_business_days(start, count) == walked);
        RC_ASSERT(calendar.is_business_day(start) == is_business_day(known, start));
        LocalDay next = start;
        while (!is_business_day(known, next)) next += one_day;
        RC_ASSERT(calendar.following(start) == next);
        const int part = *rc::gen::inRange(0, count + 1);
        RC_ASSERT(calendar.add_business_days(calendar.add_business_days(start, part),
                                             count - part) == walked);
    }));
}
