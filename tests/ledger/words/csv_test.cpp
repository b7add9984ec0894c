// CSV records: quotes, line ends, places, bounds; and everything that is written can be read.
#include "ledger/words/csv.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <sstream>
#include <string>
#include <vector>

using namespace tuma;

namespace {

using Record = std::vector<std::string>;

struct Read {
    std::vector<Record> records;
    std::vector<std::uint64_t> lines;
    std::string error;
};

Read read_all(const std::string& text) {
    std::istringstream input(text);
    CsvReader csv(input, "f.csv");
    Read read;
    while (true) {
        const Result<bool> more = csv.next();
        if (!more) {
            read.error = more.error().text();
            return read;
        }
        if (!*more) return read;
        read.records.emplace_back(csv.fields().begin(), csv.fields().end());
        read.lines.push_back(csv.line());
        CHECK(csv.place() == fmt::format("f.csv:{}", csv.line()));
    }
}

std::string quoted(const std::string& field) {
    std::string text = "\"";
    for (const char c : field) {
        text += c;
        if (c == '"') text += c;
    }
    return text + "\"";
}

}  // namespace

TEST_CASE("csv: fields, quotes, line ends and blank lines") {
    const struct {
        std::string text;
        std::vector<Record> records;
        std::vector<std::uint64_t> lines;
    } rows[] = {
        {"", {}, {}},
        {"\n\r\n\n", {}, {}},
        {"a", {{"a"}}, {1}},
        {"a,b\n", {{"a", "b"}}, {1}},
        {"a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}, {1, 2}},
        {"a,b\n\n\nc", {{"a", "b"}, {"c"}}, {1, 4}},
        {",\n", {{"", ""}}, {1}},
        {"a,,b,\n", {{"a", "", "b", ""}}, {1}},
        {"\xEF\xBB\xBF"
         "a,b\n",
         {{"a", "b"}},
         {1}},
        {"\xEF\xBB\xBF", {}, {}},
        {"\"a\",\"b\"\r\n", {{"a", "b"}}, {1}},
        {"\"a,b\",c\n", {{"a,b", "c"}}, {1}},
        {"\"a\"\"b\"\n", {{"a\"b"}}, {1}},
        {"\"\"\"\"\n", {{"\""}}, {1}},
        {"\"\"\n", {{""}}, {1}},
        {"\"\",\"\"", {{"", ""}}, {1}},
        {"\"a\nb\",c\nd\n", {{"a\nb", "c"}, {"d"}}, {1, 3}},
        {"\"a\r\nb\"\r\nd", {{"a\r\nb"}, {"d"}}, {1, 3}},
        {" a , b \n", {{" a ", " b "}}, {1}},
        {"a\rb\n", {{"a\rb"}}, {1}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const Read read = read_all(row.text);
        CHECK(read.error.empty());
        CHECK(read.records == row.records);
        CHECK(read.lines == row.lines);
    }
}

TEST_CASE("csv: what is no CSV is refused with its line") {
    const struct {
        std::string text;
        std::size_t records_before;
        std::string error;
    } rows[] = {
        {"a,b\nc,d\"e\"\n", 1,
         "f.csv:2: a quote inside a field that does not begin with one; put the whole field in "
         "quotes and double the quotes in it"},
        {"a\n\"b\"c\n", 1,
         "f.csv:2: 'c' behind a closing quote; only a comma may follow, and a quote in the text "
         "is doubled"},
        {"a\n\n\"b\nc\" ,d\n", 1,
         "f.csv:4: ' ' behind a closing quote; only a comma may follow, and a quote in the text "
         "is doubled"},
        {"\"a\"\"\n\"\"b\"x\n", 0,
         "f.csv:2: 'x' behind a closing quote; only a comma may follow, and a quote in the text "
         "is doubled"},
        {"\"a\"\"\"\"b\n\"x\n", 0,
         "f.csv:2: 'x' behind a closing quote; only a comma may follow, and a quote in the text "
         "is doubled"},
        {"a\nb,\"c\nd\n", 1,
         "f.csv:2: a quote that is opened here is not closed; close it, and double a quote that "
         "belongs to the text"},
        {"a,b\n\"", 1,
         "f.csv:2: a quote that is opened here is not closed; close it, and double a quote that "
         "belongs to the text"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const Read read = read_all(row.text);
        CHECK(read.records.size() == row.records_before);
        CHECK(read.error == row.error);
    }
}

TEST_CASE("csv: a record has at most 65536 bytes, and 1000 fields") {
    const std::string longest(csv_record_max, 'x');
    CHECK(read_all("a\n" + longest + "\nb\n").records.size() == 3);
    CHECK(read_all("a\n" + longest + "x\nb\n").error ==
          "f.csv:2: a line of more than 65536 bytes; a table of values has shorter ones");
    CHECK(read_all(std::string(1'000'000, 'x')).error ==
          "f.csv:1: a line of more than 65536 bytes; a table of values has shorter ones");
    CHECK(read_all("\"" + std::string(1'000'000, '\n')).error ==
          "f.csv:1: a quote that is opened here is not closed; close it, and double a quote that "
          "belongs to the text");

    const std::string most(csv_fields_max - 1, ',');
    CHECK(read_all(most + "\n").records.at(0).size() == csv_fields_max);
    CHECK(read_all(most + ",\n").error == "f.csv:1: more than 1000 fields in a record");
    CHECK(read_all(most + ",\"\"\n").error == "f.csv:1: more than 1000 fields in a record");
}

TEST_CASE("csv: a stream that cannot be read is refused") {
    std::istringstream input("a,b\n");
    input.setstate(std::ios::failbit);
    CsvReader csv(input, "f.csv");
    const Result<bool> more = csv.next();
    REQUIRE(!more.has_value());
    CHECK(more.error().text() == "f.csv: cannot be read to its end");
}

TEST_CASE("csv: records far beyond the buffer come back as they were written") {
    std::string text;
    std::vector<Record> written;
    for (int i = 0; i < 40'000; ++i) {
        written.push_back({std::to_string(i), std::string(static_cast<std::size_t>(i % 40), 'y'),
                           i % 7 == 0 ? "two\nlines, \"quoted\"" : "plain"});
        const Record& record = written.back();
        text +=
            record[0] + "," + record[1] + "," + (i % 7 == 0 ? quoted(record[2]) : record[2]) + "\n";
    }
    REQUIRE(text.size() > 5 * csv_record_max);
    const Read read = read_all(text);
    CHECK(read.error.empty());
    CHECK(read.records == written);
    CHECK(read.lines.back() == 40'000 + 5'715);
}

TEST_CASE("csv: any text that is quoted comes back, whatever the line end") {
    CHECK(rc::check("any records", [] {
        const auto text =
            rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab,\"\n\r ;")));
        const auto record = rc::gen::nonEmpty(rc::gen::container<Record>(text));
        const auto written = *rc::gen::container<std::vector<Record>>(record);
        const std::string line_end = *rc::gen::element<std::string>("\n", "\r\n");
        std::string csv;
        for (const Record& fields : written) {
            std::string line;
            for (const std::string& field : fields)
                line += (line.empty() ? "" : ",") + quoted(field);
            csv += line + line_end;
        }
        const Read read = read_all(csv);
        RC_ASSERT(read.error.empty());
        RC_ASSERT(read.records == written);
    }));
}

TEST_CASE("csv: a column is found by its name") {
    const std::vector<std::string_view> header{"calendar", "date", "name"};
    CHECK(find_column(header, "date") == 1U);
    CHECK(find_column(header, "Date") == std::nullopt);
}
