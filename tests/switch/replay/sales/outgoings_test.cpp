// The rule of outgoings by hand, and files of dated ones.
#include "switch/replay/sales/outgoings.h"

#include "tests/switch/replay/run/small_replay.h"

#include <numeric>

using namespace tuma;
using namespace tuma::replay;

namespace {

using std::chrono::days;

// A Monday; the window holds a 29 February.
constexpr core::LocalDay first_monday{std::chrono::year{2024} / 2 / 26};

std::int64_t sum_of(const std::vector<Outgoing>& outgoings) {
    return std::accumulate(
        outgoings.begin(), outgoings.end(), std::int64_t{0},
        [](std::int64_t sum, const Outgoing& outgoing) { return sum + outgoing.amount; });
}

OutgoingsRule rule(OutgoingsMode mode, core::LocalDay to, std::int64_t gross) {
    return {OutgoingsPlan{}, mode, first_monday, to, gross};
}

}  // namespace

TEST_CASE("outgoings: restock daily, wages on Fridays, draw on Sundays, rent on each first") {
    const OutgoingsRule proportional =
        rule(OutgoingsMode::proportional, first_monday + days{40}, 0);
    const struct {
        std::vector<std::int64_t> gross_before;
        std::vector<Outgoing> due;
    } rows[] = {
        {{}, {}},
        {{100}, {{OutgoingKind::restock, 60, 0}}},
        {{101}, {{OutgoingKind::restock, 61, 0}}},  // 60.6
        {{100, 0}, {}},
        {{100, -50}, {}},
        // Friday 1 March: all four days before are February's.
        {{100, 200, 300, 400},
         {{OutgoingKind::restock, 240, 0},
          {OutgoingKind::wages, 220, 0},
          {OutgoingKind::rent, 120, 0}}},
        // Sunday 3 March.
        {{100, 200, 300, 400, 500, 600},
         {{OutgoingKind::restock, 360, 0}, {OutgoingKind::draw, 84, 0}}},
        // Friday 8 March: seven days, not eleven.
        {{1'000, 1'000, 1'000, 1'000, 10, 10, 10, 10, 10, 10, 10},
         {{OutgoingKind::restock, 6, 0}, {OutgoingKind::wages, 15, 0}}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.gross_before.size());
        CHECK(proportional.due(row.gross_before) == row.due);
    }
    // Monday 1 April: rent is of the 31 days of March alone.
    std::vector<std::int64_t> gross(4, 1'000);
    gross.resize(4 + 31, 10);
    CHECK(proportional.due(gross) ==
          std::vector<Outgoing>{{OutgoingKind::restock, 6, 0}, {OutgoingKind::rent, 37, 0}});
}

TEST_CASE("outgoings: a week or month of refunds takes no wages back") {
    const OutgoingsRule proportional =
        rule(OutgoingsMode::proportional, first_monday + days{40}, 0);
    CHECK(proportional.due(std::vector<std::int64_t>{0, 0, 0, -500}).empty());
}

TEST_CASE("outgoings: fixed ones are whole instalments of the window's totals") {
    // 26 February to 24 March: Fridays 1, 8, 15, 22; Sundays 3, 10, 17, 24; one first.
    const OutgoingsRule fixed = rule(OutgoingsMode::fixed, first_monday + days{27}, 9'999);

    CHECK(fixed.weekly_wage() == 2'200 / 4);  // half_up(2,199.78) div 4
    CHECK(fixed.monthly_rent() == 1'200);
    const std::vector<std::int64_t> four(4, 0);
    CHECK(fixed.due(four) ==
          std::vector<Outgoing>{{OutgoingKind::wages, 550, 0}, {OutgoingKind::rent, 1'200, 0}});
    // Restock stays what it was.
    const std::vector<std::int64_t> six(6, 100);
    CHECK(fixed.due(six) ==
          std::vector<Outgoing>{{OutgoingKind::restock, 60, 0}, {OutgoingKind::draw, 100, 0}});
    CHECK(sum_of(rule(OutgoingsMode::fixed, first_monday + days{1}, 9'999).due({})) == 0);
    CHECK(sum_of(rule(OutgoingsMode::fixed, first_monday + days{27}, -9'999).due(four)) == 0);
}

TEST_CASE("outgoings: dated ones come from a file, several a day") {
    const TemporaryDirectory directory;
    const auto path = write_file(directory.path() / "out.csv",
                                 "label,date,amount_minor\n"
                                 "rent,2024-02-26,120000\n"
                                 "\"salt, pepper\",2024-02-26,350\n"
                                 "wages,2024-03-01,9999\n");
    const Result<DatedOutgoings> read = read_outgoings(path, first_monday, first_monday + days{6});
    REQUIRE(read.has_value());
    CHECK(read->rows_bad == 0);
    CHECK(read->due(first_monday) ==
          std::vector<Outgoing>{{OutgoingKind::dated, 120'000, 2}, {OutgoingKind::dated, 350, 3}});
    CHECK(read->due(first_monday + days{1}).empty());
    CHECK(sum_of(read->due(first_monday + days{4})) == 9'999);
}

TEST_CASE("outgoings: bad rows of a file are listed with their lines") {
    const TemporaryDirectory directory;
    const auto path = write_file(directory.path() / "out.csv",
                                 "date,amount_minor,label\n"
                                 "2024-02-25,5,a\n"
                                 "2024-03-04,5,b\n"
                                 "2024-02-30,5,c\n"
                                 "2024-02-27 10:00,5,d\n"
                                 "2024-02-27,0,e\n"
                                 "2024-02-27,-5,f\n"
                                 "2024-02-27,5.00,g\n"
                                 "2024-02-27\n"
                                 "2024-02-27,5,good\n");
    const Result<DatedOutgoings> read = read_outgoings(path, first_monday, first_monday + days{6});
    REQUIRE(read.has_value());
    const std::string amount =
        "\", must be a whole number of minor units from 1 to 1000000000000000";
    const std::vector<BadRow> expected{
        {2, "date: found 2024-02-25, must be a day of the plan, 2024-02-26 to 2024-03-03"},
        {3, "date: found 2024-03-04, must be a day of the plan, 2024-02-26 to 2024-03-03"},
        {4, "date: found \"2024-02-30\", must be a day like 2016-03-01"},
        {5, "date: found \"2024-02-27 10:00\", must be a day like 2016-03-01"},
        {6, "amount_minor: found \"0" + amount},
        {7, "amount_minor: found \"-5" + amount},
        {8, "amount_minor: found \"5.00" + amount},
        {9, "only 1 fields"},
    };
    CHECK(read->bad_rows == expected);
    CHECK(read->rows_bad == 8);
    CHECK(sum_of(read->due(first_monday + days{1})) == 5);
}

TEST_CASE("outgoings: a date that names a zone is the merchant's day") {
    const TemporaryDirectory directory;
    const auto path = write_file(directory.path() / "out.csv",
                                 "date,amount_minor,label\n"
                                 "2024-02-26T16:30:00Z,5,tea\n"
                                 "2024-02-28T00:00:00+09:00,7,rent\n"
                                 "2024-02-27T16:30:00,9,no zone\n");
    const auto read =
        read_outgoings(path, first_monday, first_monday + days{6}, std::chrono::hours{8});
    REQUIRE(read.has_value());
    CHECK(sum_of(read->due(first_monday + days{1})) == 5 + 7);
    CHECK(read->bad_rows ==
          std::vector<BadRow>{
              {4, "date: found \"2024-02-27T16:30:00\", must be a day like 2016-03-01"}});
    const auto unknown = read_outgoings(path, first_monday, first_monday + days{6}, std::nullopt);
    CHECK(unknown.value().rows_bad == 3);
}

TEST_CASE("outgoings: a file that is no such file is refused") {
    const TemporaryDirectory directory;
    const auto field = [&](const std::string& text) {
        const auto path = write_file(directory.path() / "out.csv", text);
        const auto read = read_outgoings(path, first_monday, first_monday);
        return read ? std::string("accepted") : read.error().reason;
    };
    CHECK(field("") == "is empty; it needs a header and rows");
    CHECK(field("date,amount\n") ==
          "the header must have the columns date, amount_minor and label; found: date, amount");
    CHECK(!read_outgoings(directory.path() / "none.csv", first_monday, first_monday).has_value());
}
