// Files of holidays: which rows count, and what is refused with its line.
#include "switch/files/calendar_file.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace tuma;
using namespace std::chrono;

namespace {

/// A file of its own with this text.
class HolidaysFile {
public:
    explicit HolidaysFile(const std::string& text) : path_(directory_.path() / "days.csv") {
        std::ofstream(path_, std::ios::binary) << text;
    }
    const std::filesystem::path& path() const { return path_; }

private:
    TemporaryDirectory directory_;
    std::filesystem::path path_;
};

std::vector<core::LocalDay> days_of(const core::Calendar& calendar) {
    return {calendar.holidays().begin(), calendar.holidays().end()};
}

}  // namespace

TEST_CASE("calendar file: the rows of the calendar count, in any order, once each") {
    const std::vector<core::LocalDay> expected{sys_days{2024y / December / 12},
                                               sys_days{2024y / December / 25}};
    const std::string texts[] = {
        "calendar,date\nKE,2024-12-12\nKE,2024-12-25\n",
        "calendar,date\nKE,2024-12-25\nSE,2024-12-24\nKE,2024-12-12\nKE,2024-12-25\n",
        std::string("\xEF\xBB\xBF") + "calendar,date\r\nKE,2024-12-12\r\nKE,2024-12-25\r\n",
        "date,name,calendar\n2024-12-12,\"Jamhuri, the Day\",KE\n2024-12-25,\"Christmas\nDay\",KE",
        "\"calendar\",\"date\"\n\"KE\",\"2024-12-12\"\n\nKE,2024-12-25\n",
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        const HolidaysFile file(text);
        const Result<core::Calendar> calendar = read_calendar(file.path(), "KE");
        REQUIRE(calendar.has_value());
        CHECK(calendar->name() == "KE");
        CHECK(days_of(*calendar) == expected);
    }
}

TEST_CASE("calendar file: errors name file, line, what was found and what is needed") {
    const struct {
        std::string text;
        std::string place;  ///< behind the path
        std::string reason;
    } rows[] = {
        {"", "", "is empty; the header needs calendar and date"},
        {"\n\n", "", "is empty; the header needs calendar and date"},
        {"calendar,day\nKE,2024-12-12\n", ":1",
         "no column called date; the header needs calendar and date, and has calendar, day"},
        {"\nname;date\n", ":2",
         "no column called calendar; the header needs calendar and date, and has name;date"},
        {"calendar,date\nKE,2024-12-12\nSE,2024-02-30\n", ":3",
         "date: found \"2024-02-30\"; a date like 2023-12-25 is needed"},
        {"calendar,date\nKE,12.12.2024\n", ":2",
         "date: found \"12.12.2024\"; a date like 2023-12-25 is needed"},
        {"calendar,date\nKE,-024-12-12\n", ":2",
         "date: found \"-024-12-12\"; a date like 2023-12-25 is needed"},
        {"calendar,date\nKE\n", ":2", "1 fields; the header has more columns"},
        {"calendar,date\nKE,\"2024-12-12\n", ":2",
         "a quote that is opened here is not closed; close it, and double a quote that belongs to "
         "the text"},
        {"calendar,date\nSE,2024-12-24\nBR,2024-12-25\nSE,2024-12-26\n", "",
         "no calendar called \"KE\" in it; there are BR, SE; add its days, or leave the "
         "file out for weekends only"},
        {"calendar,date\n", "",
         "no calendar called \"KE\" in it; there are none; add its days, or leave the "
         "file out for weekends only"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const HolidaysFile file(row.text);
        const Result<core::Calendar> calendar = read_calendar(file.path(), "KE");
        REQUIRE(!calendar.has_value());
        CHECK(calendar.error() == InputError{file.path().string() + row.place, row.reason});
    }
}

TEST_CASE("calendar file: a file that cannot be read is refused") {
    const TemporaryDirectory directory;
    const auto missing = directory.path() / "missing.csv";
    const Result<core::Calendar> calendar = read_calendar(missing, "KE");
    REQUIRE(!calendar.has_value());
    CHECK(calendar.error() == InputError{missing.string(), "cannot be opened for reading"});

    const Result<core::Calendar> is_directory = read_calendar(directory.path(), "KE");
    REQUIRE(!is_directory.has_value());
    CHECK(is_directory.error() ==
          InputError{directory.path().string(), "is a directory; a file is needed"});
}

TEST_CASE("calendar file: without a calendar's name there are weekends only, but a file is read") {
    const TemporaryDirectory directory;
    CHECK(read_calendar({}, "").value() == core::Calendar{});
    CHECK(read_calendar(HolidaysFile("calendar,date\nKE,2024-12-12\n").path(), "").value() ==
          core::Calendar{});
    CHECK(read_calendar(directory.path() / "missing.csv", "").error().reason ==
          "cannot be opened for reading");
    CHECK(!read_calendar(HolidaysFile("day\n2024-12-12\n").path(), "").has_value());
    CHECK(!read_calendar(HolidaysFile("calendar,date\nKE,2024-02-30\n").path(), "").has_value());
}

TEST_CASE("calendar file: the holidays of eight countries, where the data folder is there") {
    const std::filesystem::path path = TUMA_SOURCE_DIR "/../shared/data/cal_holidays_2010_2027.csv";
    if (!std::filesystem::exists(path)) {
        MESSAGE("SKIPPED: no data folder beside the tree, so no real file of holidays");
        return;
    }
    const Result<core::Calendar> kenya = read_calendar(path, "KE");
    REQUIRE(kenya.has_value());
    CHECK(kenya->holidays().size() > 100);
    CHECK(!kenya->is_business_day(sys_days{2024y / December / 12}));
    CHECK(!read_calendar(path, "XX").has_value());
    CHECK(read_calendar(path, "XX").error().reason ==
          "no calendar called \"XX\" in it; there are BR, CN, GB-ENG, KE, KR, SE, UA, US-NJ; add "
          "its days, or leave the "
          "file out for weekends only");
}
