// Sales files: what is read, in which order, and what is wrong with a row, line by line.
#include "switch/replay/sales/sales.h"

#include "switch/replay/sales/sales_row.h"
#include "switch/replay/sales/sales_store.h"
#include "tests/switch/replay/run/small_replay.h"

#include <map>

using namespace tuma;
using namespace tuma::replay;

namespace {

const std::string header = "txn_id,ts,amount_minor,method,customer\n";

core::LocalDay sales_day(int month, unsigned number) {
    return std::chrono::year{2024} / month / int(number);
}

/// A sales file that lives as long as its directory.
struct Site {
    TemporaryDirectory directory;
    std::filesystem::path path = directory.path() / "sales.csv";

    Result<SalesFile> open(const std::string& text, const SalesFile::Options& options = {}) const {
        write_file(path, text);
        return SalesFile::open(path, options);
    }
};

std::vector<std::pair<core::LocalDay, std::vector<std::int64_t>>> amounts_by_day(
    const SalesFile& sales) {
    std::vector<std::pair<core::LocalDay, std::vector<std::int64_t>>> days;
    sales.for_each_day([&](core::LocalDay of, std::span<const Sale> rows) {
        std::vector<std::int64_t> amounts;
        amounts.reserve(rows.size());
        for (const Sale& sale : rows) {
            CHECK(sale.day() == of);
            amounts.push_back(sale.amount);
        }
        days.emplace_back(of, amounts);
    });
    return days;
}

}  // namespace

TEST_CASE("sales: local times in all their forms") {
    const struct {
        std::string_view text;
        std::string_view time;
    } rows[] = {
        {"2016-03-01T18:30:00", "2016-03-01T18:30:00.000000Z"},
        {"2016-03-01 18:30:05", "2016-03-01T18:30:05.000000Z"},
        {"2016-03-01T18:30", "2016-03-01T18:30:00.000000Z"},
        {"2016-03-01", "2016-03-01T00:00:00.000000Z"},
        {"2016-02-29T00:00:00.5", "2016-02-29T00:00:00.500000Z"},
        {"2016-03-01T18:30:00.123456789", "2016-03-01T18:30:00.123456Z"},
        // The merchant's clock is that of +03:00.
        {"2016-03-01T18:30:00Z", "2016-03-01T21:30:00.000000Z"},
        {"2016-03-01T18:30:00+03:00", "2016-03-01T18:30:00.000000Z"},
        {"2016-03-01T18:30:00-0330", "2016-03-02T01:00:00.000000Z"},
        {"2016-03-01T18:30+02", "2016-03-01T19:30:00.000000Z"},
        {"1900-01-01", "1900-01-01T00:00:00.000000Z"},
        {"2199-12-31T23:59:59.999999", "2199-12-31T23:59:59.999999Z"},
        {"", "nothing"},
        {"1899-12-31", "nothing"},
        {"2200-01-01", "nothing"},
        {"2015-02-29", "nothing"},
        {"2016-13-01", "nothing"},
        {"2016-3-1", "nothing"},
        {"01/03/2016", "nothing"},
        {"2016-03-01T24:00:00", "nothing"},
        {"2016-03-01T18:60", "nothing"},
        {"2016-03-01T18:30:60", "nothing"},
        {"2016-03-01T18:30:00.", "nothing"},
        {"2016-03-01T18:30:00.1234567890", "nothing"},
        {"2016-03-01T18:30:00+24", "nothing"},
        {"2016-03-01T18:30:00+02:60", "nothing"},
        {"2016-03-01T18:30:00 ", "nothing"},
        {"2016-03-01T", "nothing"},
        {"2016-03-01x", "nothing"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto read = read_local_time(row.text, std::chrono::hours{3}, "a time");
        CHECK((read ? tuma::text(read->time) : "nothing") == row.time);
    }
}

TEST_CASE("sales: a time with a zone counts on the merchant's day, and is counted") {
    const Site site;
    SalesFile::Options options;
    options.from = sales_day(2, 27);
    options.to = sales_day(2, 27);
    options.zone = std::chrono::hours{8};
    const std::string rows = header +
                             "a,2024-02-26T16:30:00Z,1,,\n"
                             "b,2024-02-26 09:00:00 -0700,2,,\n"
                             "c,2024-02-27T23:59:59+08:00,4,,\n"
                             "d,2024-02-27T23:59:59,8,,\n"
                             "e,2024-02-27T16:00:00Z,16,,\n"
                             "f,2024-02-26T15:59:59.999999Z,32,,\n";
    const auto sales = site.open(rows, options);
    REQUIRE(sales.has_value());
    CHECK(sales->figures().gross == 1 + 2 + 4 + 8);
    CHECK(sales->figures().rows_outside == 2);
    CHECK(sales->figures().times_converted == 5);
    CHECK(!sales->figures().was_sorted);
    std::vector<std::int64_t> amounts;
    sales->for_each_day([&](core::LocalDay at, std::span<const Sale> of) {
        CHECK(at == sales_day(2, 27));
        for (const Sale& sale : of) amounts.push_back(sale.amount);
    });
    CHECK(amounts == std::vector<std::int64_t>{2, 1, 4, 8});
    CHECK(sales->txn_ids({3, 5}) == std::map<std::uint64_t, std::string>{{3, "b"}, {5, "d"}});

    options.zone.reset();
    const auto unknown = site.open(rows, options);
    REQUIRE(unknown.has_value());
    CHECK(unknown->figures().rows_bad == 5);
    CHECK(unknown->figures().bad_rows.front() ==
          BadRow{2,
                 "ts: found \"2024-02-26T16:30:00Z\", a time with a zone; the rails' schemes are "
                 "in several, so say merchant.zone in the plan"});
}

TEST_CASE("sales: columns in any order, more of them, quotes, CRLF and a byte order mark") {
    const Site site;
    const auto sales = site.open(
        "\xEF\xBB\xBFlines,customer,amount_minor,\"method\",txn_id,ts\r\n"
        "1,Ann,1200,card,a1,2024-02-26T10:00:00\r\n"
        "2,\"Bob, the \"\"elder\"\"\",-300,,a2,2024-02-26T10:05:00\r\n");
    REQUIRE(sales.has_value());
    std::vector<Sale> rows;
    sales->for_each_day([&](core::LocalDay, std::span<const Sale> of) {
        rows.insert(rows.end(), of.begin(), of.end());
    });
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].amount == 1'200);
    CHECK(rows[0].line == 2);
    CHECK(rows[0].txn_hash == stable_hash("a1"));
    CHECK(rows[0].customer == stable_hash("Ann"));
    CHECK(sales->figures().methods == std::vector<std::string>{"", "card"});
    CHECK(rows[0].method == 1);
    CHECK(rows[1].amount == -300);
    CHECK(rows[1].customer == stable_hash("Bob, the \"elder\""));
    CHECK(rows[1].method == 0);
}

TEST_CASE("sales: figures of the days wanted, and what lies outside") {
    const Site site;
    SalesFile::Options options;
    options.from = sales_day(2, 27);
    options.to = sales_day(2, 29);
    const auto sales = site.open(header +
                                     "a,2024-02-26T23:59:59.999999,1,,\n"
                                     "b,2024-02-27,500,cash,\n"
                                     "c,2024-02-28T09:00:00,700,card,\n"
                                     "b,2024-02-28T09:00:00,-200,card,\n"
                                     "b,2024-02-29T23:59:59,50,card,\n"
                                     "d,2024-03-01T00:00:00,9,,\n",
                                 options);
    REQUIRE(sales.has_value());
    const SalesFigures& figures = sales->figures();
    CHECK(figures.payments == 4);
    CHECK(figures.refunds == 1);
    CHECK(figures.gross == 1'050);
    CHECK(figures.gross_positive == 1'250);
    CHECK(figures.first_day == sales_day(2, 27));
    CHECK(figures.last_day == sales_day(2, 29));
    CHECK(figures.rows_outside == 2);
    CHECK(figures.rows_bad == 0);
    CHECK(figures.txn_ids_repeated == 2);
    CHECK(figures.was_sorted);
    CHECK(figures.sha256.size() == 64);
    const decltype(amounts_by_day(*sales)) expected{
        {sales_day(2, 27), {500}}, {sales_day(2, 28), {700, -200}}, {sales_day(2, 29), {50}}};
    CHECK(amounts_by_day(*sales) == expected);
    // As often as one likes.
    CHECK(amounts_by_day(*sales) == expected);
}

TEST_CASE("sales: rows out of order are put in order of time, then line") {
    const Site site;
    const auto sales = site.open(header +
                                 "a,2024-02-28T10:00:00,1,,\n"
                                 "b,2024-02-26T10:00:00,2,x,Eve\n"
                                 "c,2024-02-28T09:00:00,3,,\n"
                                 "bad\n"
                                 "d,2024-02-28T10:00:00,4,y,\n"
                                 "e,2024-02-26T10:00:00,5,,\n");
    REQUIRE(sales.has_value());
    CHECK(!sales->figures().was_sorted);
    CHECK(sales->figures().rows_bad == 1);
    const decltype(amounts_by_day(*sales)) expected{{sales_day(2, 26), {2, 5}},
                                                    {sales_day(2, 28), {3, 1, 4}}};
    CHECK(amounts_by_day(*sales) == expected);
    CHECK(amounts_by_day(*sales) == expected);
    std::vector<Sale> rows;
    sales->for_each_day([&](core::LocalDay, std::span<const Sale> of) {
        rows.insert(rows.end(), of.begin(), of.end());
    });
    CHECK(rows.front().customer == stable_hash("Eve"));
    CHECK(rows.front().txn_hash == stable_hash("b"));
    CHECK(sales->figures().methods.at(rows.front().method) == "x");
    CHECK(rows.back().line == 6);
}

TEST_CASE("sales: order does not matter before the first day wanted") {
    const Site site;
    SalesFile::Options options;
    options.from = sales_day(2, 27);
    const auto sales = site.open(header +
                                     "a,2024-02-27T10:00:00,1,,\n"
                                     "b,2024-02-26T10:00:00,2,,\n"
                                     "c,2024-02-27T10:00:00,3,,\n",
                                 options);
    REQUIRE(sales.has_value());
    CHECK(sales->figures().was_sorted);
}

TEST_CASE("sales: bad rows are listed with line and reason, and the others are read") {
    const std::string good = "a,2024-02-26T10:00:00,100,,\n";
    const std::string whole = "must be a whole number of minor units, below zero for a refund";
    const struct {
        std::string row;
        std::string reason;
    } rows[] = {
        {"a,2024-02-26,100,", "4 fields, the header has 5"},
        {"a,2024-02-26,100,,,", "6 fields, the header has 5"},
        {",2024-02-26,100,,", "txn_id: is empty, must name the payment"},
        {"a,yesterday,100,,",
         "ts: found \"yesterday\", must be a local date and time like 2016-03-01T18:30:00"},
        {"a,2024-02-26,,,", "amount_minor: found \"\", " + whole},
        {"a,2024-02-26,12.50,,", "amount_minor: found \"12.50\", " + whole},
        {"a,2024-02-26, 5,,", "amount_minor: found \" 5\", " + whole},
        {"a,2024-02-26,+5,,", "amount_minor: found \"+5\", " + whole},
        {"a,2024-02-26,1e3,,", "amount_minor: found \"1e3\", " + whole},
        {"a,2024-02-26,0,,", "amount_minor: found 0, which moves no money; leave the row out"},
        {"a,2024-02-26,1000000000000001,,",
         "amount_minor: found 1000000000000001, must be within -1000000000000000 and "
         "1000000000000000"},
        {"a,2024-02-26,99999999999999999999,,",
         "amount_minor: found 99999999999999999999, must be within -1000000000000000 and "
         "1000000000000000"},
        {"a,2024-02-26,5," + std::string(101, 'x') + ",",
         "method: 101 bytes, at most 100 are allowed"},
    };
    const Site site;
    for (const auto& row : rows) {
        CAPTURE(row.row);
        std::string text = header + good;
        text += row.row;
        text += "\n" + good;
        const auto sales = site.open(text);
        REQUIRE(sales.has_value());
        CHECK(sales->figures().rows_bad == 1);
        CHECK(sales->figures().bad_rows == std::vector<BadRow>{{3, row.reason}});
        CHECK(sales->figures().payments == 2);
    }
}

TEST_CASE("sales: a hundred bad rows are listed, all are counted") {
    const Site site;
    std::string text = header;
    for (int i = 0; i < 250; ++i) text += "bad\n";
    const auto sales = site.open(text);
    REQUIRE(sales.has_value());
    CHECK(sales->figures().bad_rows.size() == 100);
    CHECK(sales->figures().bad_rows.back().line == 101);
    CHECK(sales->figures().rows_bad == 250);
    CHECK(sales->figures().payments == 0);
}

TEST_CASE("sales: the column method is no place for a thousand names and one more") {
    MethodNames names;
    for (std::size_t i = 1; i <= methods_max; ++i)
        CHECK(names.number_of("m" + std::to_string(i)) == i);
    CHECK(!names.number_of("another").has_value());
    CHECK(names.number_of("m1") == 1);
    CHECK(names.number_of("") == 0);
}

TEST_CASE("sales: files that cannot be used are refused") {
    const Site site;
    const struct {
        std::string text;
        std::string reason;
    } rows[] = {
        {"", "is empty; it needs a header and rows"},
        {"txn_id,ts,amount\n",
         "the header lacks the column amount_minor; it needs txn_id, ts and amount_minor, and may "
         "have method and customer; found: txn_id, ts, amount"},
        {"a,2024-02-26,100\n",
         "the header lacks the column txn_id; it needs txn_id, ts and amount_minor, and may have "
         "method and customer; found: a, 2024-02-26, 100"},
        {"txn_id,ts,ts,amount_minor\n", "the header has the column ts twice"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto sales = site.open(row.text);
        REQUIRE(!sales.has_value());
        CHECK(sales.error().reason == row.reason);
    }
    CHECK(SalesFile::open(site.directory.path() / "none.csv", {}).error().reason ==
          "there is no such file");
    CHECK(SalesFile::open(site.directory.path(), {}).error().reason ==
          "must be a file, since it is read twice");
    CHECK(!site.open(header + "a,\"2024-02-26,5,,\n").has_value());
}

TEST_CASE("sales: amounts that together leave 64 bits are refused with their line") {
    const Site site;
    std::string text = header;
    for (int i = 0; i < 9'224; ++i) text += "a,2024-02-26,1000000000000000,,\n";
    const auto sales = site.open(text);
    REQUIRE(!sales.has_value());
    CHECK(sales.error().field == site.path.string() + ":9225: amount_minor");
    CHECK(sales.error().reason == "the amounts add up to more than 2^63-1 minor units");
}

TEST_CASE("sales: a file that changes between the two passes is noticed") {
    const Site site;
    const auto sales = site.open(header + "a,2024-02-26,5,,\n");
    REQUIRE(sales.has_value());
    write_file(site.path, header + "a,2024-02-26,6,,\n");
    CHECK_THROWS_AS(amounts_by_day(*sales), std::runtime_error);
    write_file(site.path, header + "a,2024-02-27,5,,\nb,2024-02-26,5,,\n");
    CHECK_THROWS_AS(amounts_by_day(*sales), std::runtime_error);
}

TEST_CASE("sales: repeats are counted beyond what memory is meant to hold") {
    RepeatCounter counter;
    constexpr std::uint64_t different = (1U << 20U) + 5;
    for (std::uint64_t i = 0; i < different; ++i) counter.add(stable_hash(std::to_string(i)));
    for (std::uint64_t i = 0; i < 7; ++i) counter.add(stable_hash(std::to_string(i)));
    CHECK(counter.repeated() == 7);
}

TEST_CASE("sales: hashes are the same everywhere and never 0") {
    CHECK(stable_hash("") != 0);
    CHECK(stable_hash("a1") != stable_hash("a2"));
    CHECK(stable_hash("536365") == 0x4F653FF608FABB6B);
}
