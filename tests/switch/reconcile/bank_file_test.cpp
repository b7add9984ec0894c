// What can stand in a bank's file, and what is refused with its line.
#include "switch/reconcile/bank_file.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace tuma;
using namespace tuma::reconcile;

namespace {

constexpr core::LocalDay day = std::chrono::sys_days{std::chrono::year{2024} / 3 / 1};

Result<std::vector<Movement>> read(const std::string& text) {
    const TemporaryDirectory folder;
    const auto path = folder.path() / "bank.csv";
    std::ofstream(path, std::ios::binary) << text;
    return read_bank_file(path);
}

std::string refusal(const std::string& text) {
    const auto file = read(text);
    if (file) return "";
    const std::string said = file.error().text();
    return said.substr(said.find("bank.csv"));
}

}  // namespace

TEST_CASE("bank file: columns in any order, with days or times, with or without a reference") {
    const auto plain = read("date,account,amount_minor\n2024-03-01,shop.1,12345\n");
    REQUIRE(plain);
    CHECK(*plain == std::vector<Movement>{{day, 12345, "shop.1", "", 2}});

    const auto full = read(
        "\xEF\xBB\xBFnote,reference,amount_minor,ts,account\r\n"
        "x,\"A, B\",-5,2024-03-01T23:59:59,shop.1\r\n"
        "\r\n"
        "y,,7,2024-03-02 00:00,shop 2\r\n");
    REQUIRE(full);
    CHECK(*full == std::vector<Movement>{{day, -5, "shop.1", "A, B", 2},
                                         {day + std::chrono::days{1}, 7, "shop 2", "", 4}});

    // With both, the date counts.
    const auto both = read("date,ts,account,amount_minor\n2024-03-01,2024-03-02T01:00:00,a,1\n");
    REQUIRE(both);
    CHECK(both->front().day == day);

    const auto empty = read("date,account,amount_minor\n");
    REQUIRE(empty);
    CHECK(empty->empty());
}

TEST_CASE("bank file: a time with a zone is of the day where the account is paid out") {
    const TemporaryDirectory folder;
    const auto path = folder.path() / "bank.csv";
    std::ofstream(path) << "ts,account,amount_minor\n"
                           "2024-02-29T16:30:00Z,shop.bank,1\n"
                           "2024-02-29 09:30:00 -0700,shop.bank,2\n"
                           "2024-03-01T00:30:00,shop.bank,3\n"
                           "2024-02-29T16:30:00Z,stranger,4\n";
    const auto rows = read_bank_file(path, {{"shop.bank", std::chrono::hours{8}}});
    REQUIRE(rows);
    REQUIRE(rows->size() == 4);
    for (int i = 0; i < 3; ++i) CHECK(rows->at(static_cast<std::size_t>(i)).day == day);
    // Nobody knows where that is.
    CHECK(rows->at(3).day == day - std::chrono::days{1});
}

TEST_CASE("bank file: what cannot be used is refused with its line and the remedy") {
    struct Row {
        const char* text;
        const char* reason;
    };
    const Row rows[] = {
        {"", "bank.csv: is empty; a header is needed"},
        {"date,account\n",
         "bank.csv:1: no column called amount_minor; the header needs account, amount_minor and "
         "date or ts, and has date, account"},
        {"date,amount_minor\n",
         "bank.csv:1: no column called account; the header needs account, amount_minor and date or "
         "ts, and has date, amount_minor"},
        {"account,amount_minor\n",
         "bank.csv:1: no column called date or ts; the header needs account, amount_minor and date "
         "or ts, and has account, amount_minor"},
        {"date,account,amount_minor\n2024-03-01,a\n",
         "bank.csv:2: 2 fields; the header has more columns"},
        {"date,account,amount_minor\n2024-03-01,,5\n", "bank.csv:2: account is empty"},
        {"date,account,amount_minor\n2024-02-30,a,5\n",
         "bank.csv:2: date \"2024-02-30\" is not a date as 2024-03-01"},
        {"date,account,amount_minor\n2024-03-01T10:00:00,a,5\n",
         "bank.csv:2: date \"2024-03-01T10:00:00\" is not a date as 2024-03-01"},
        {"ts,account,amount_minor\n01.03.2024,a,5\n",
         "bank.csv:2: ts \"01.03.2024\" is not a time as 2024-03-01T10:00:00"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.text));
        CHECK(refusal(row.text) == row.reason);
    }
    for (const char* amount : {"", "0", "1.5", "+1", "1 000", "1000000000000001",
                               "-1000000000000001", "99999999999999999999", "ten"}) {
        CAPTURE(std::string(amount));
        CHECK(refusal(std::string("date,account,amount_minor\n2024-03-01,a,") + amount + "\n")
                  .starts_with("bank.csv:2: amount_minor \"" + std::string(amount) +
                               "\" is not a whole number of minor units"));
    }
    CHECK(!read_bank_file("no/such/file.csv"));
}

TEST_CASE("bank file: what is written is read back") {
    const std::vector<Movement> movements{{day, 12345, "shop.1", "payout 7", 2},
                                          {day, -1, "a \"b\", c", "", 3},
                                          {day + std::chrono::days{365}, 1, "x", "1,2", 4}};
    const auto back = read(bank_file_text(movements));
    REQUIRE(back);
    CHECK(*back == movements);
    CHECK(bank_file_text({}) == "date,account,amount_minor,reference\n");
}
