// Currencies, amounts as text, sums, and every rounding at its boundaries.
#include "ledger/words/money.h"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace tuma;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_CASE("money: the currencies that the rails need have the exponents of ISO 4217") {
    struct Row {
        const char* alphabetic_code;
        int number;
        int decimals;
    };
    // ISO 4217 list one: code, number, minor unit.
    const Row rows[] = {{"KES", 404, 2}, {"CNY", 156, 2}, {"SEK", 752, 2}, {"BRL", 986, 2},
                        {"USD", 840, 2}, {"EUR", 978, 2}, {"GBP", 826, 2}, {"UGX", 800, 0},
                        {"KRW", 410, 0}, {"UAH", 980, 2}, {"JPY", 392, 0}, {"KWD", 414, 3},
                        {"TZS", 834, 2}, {"NGN", 566, 2}, {"GHS", 936, 2}, {"RWF", 646, 0},
                        {"ZAR", 710, 2}, {"INR", 356, 2}, {"CHF", 756, 2}, {"CAD", 124, 2},
                        {"AUD", 36, 2}};
    for (const Row& row : rows) {
        CAPTURE(row.alphabetic_code);
        const auto currency = parse_currency(row.alphabetic_code);
        REQUIRE(currency.has_value());
        CHECK(static_cast<int>(*currency) == row.number);
        CHECK(std::string(alphabetic_code(*currency)) == row.alphabetic_code);
        const auto found = find_currency(static_cast<std::uint16_t>(row.number));
        REQUIRE(found.has_value());
        CHECK(found->decimals == row.decimals);
    }
}

TEST_CASE("money: all of ISO 4217 is there, with 0, 2, 3 and 4 decimals") {
    // List one of 2026-01-01: 178 codes, 17 without decimals, 139 with 2, 7 with 3, 2 with 4 and 13
    // without a minor unit; behind it five withdrawn ones with 2.
    std::map<int, int> by_decimals;
    for (const CurrencyRow& row : currency_table()) ++by_decimals[row.decimals];
    CHECK(by_decimals == std::map<int, int>{{0, 17}, {2, 139 + 5}, {3, 7}, {4, 2}});

    const struct {
        const char* alphabetic_code;
        int number;
        const char* million;  // minor units
    } rows[] = {
        {"THB", 764, "10000.00"}, {"MZN", 943, "10000.00"}, {"ZMW", 967, "10000.00"},
        {"XAF", 950, "1000000"},  {"XOF", 952, "1000000"},  {"XPF", 953, "1000000"},
        {"HKD", 344, "10000.00"}, {"NOK", 578, "10000.00"}, {"DKK", 208, "10000.00"},
        {"MXN", 484, "10000.00"}, {"JOD", 400, "1000.000"}, {"BHD", 48, "1000.000"},
        {"IQD", 368, "1000.000"}, {"OMR", 512, "1000.000"}, {"TND", 788, "1000.000"},
        {"LYD", 434, "1000.000"}, {"CLF", 990, "100.0000"}, {"UYW", 927, "100.0000"},
        {"UYI", 940, "1000000"},  {"ISK", 352, "1000000"},  {"VND", 704, "1000000"},
        {"CLP", 152, "1000000"},  {"MGA", 969, "10000.00"}, {"MRU", 929, "10000.00"},
        {"ALL", 8, "10000.00"},   {"XCG", 532, "10000.00"}, {"ZWG", 924, "10000.00"},
        {"XAD", 396, "10000.00"}, {"BGN", 975, "10000.00"}, {"HRK", 191, "10000.00"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.alphabetic_code);
        const Currency currency = parse_currency(row.alphabetic_code).value();
        CHECK(static_cast<int>(currency) == row.number);
        const Money million{1'000'000, currency};
        CHECK(million.text() == row.million);
        CHECK(Money::parse(row.million, currency).value() == million);
    }
}

TEST_CASE("money: what ISO 4217 lists without a minor unit cannot be held, and is told why") {
    for (const char* listed : {"XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU",
                               "XTS", "XUA", "XXX"}) {
        CAPTURE(listed);
        CHECK(has_no_minor_unit(listed));
        CHECK(parse_currency(listed).error().reason ==
              "'" + std::string(listed) +
                  "' has no minor unit in ISO 4217, so that no amount can be in it; a currency "
                  "like KES is needed");
    }
    for (const int number : {955, 956, 957, 958, 959, 960, 961, 962, 963, 964, 965, 994, 999})
        CHECK_FALSE(find_currency(static_cast<std::uint16_t>(number)).has_value());
    CHECK(parse_currency("KSH").error().reason ==
          "'KSH' is not a known ISO 4217 code; for example KES (list one of 2026-01-01)");
}

TEST_CASE("money: every currency is found by its number, and prints and reads its least amount") {
    for (const CurrencyRow& row : currency_table()) {
        CAPTURE(std::string(row.alphabetic_code));
        const auto found = find_currency(static_cast<std::uint16_t>(row.currency));
        REQUIRE(found.has_value());
        CHECK(found->alphabetic_code == row.alphabetic_code);
        CHECK(found->decimals == row.decimals);
        const Money least_amount{1, row.currency};
        CHECK(Money::parse(least_amount.text(), row.currency).value() == least_amount);
        CHECK_FALSE(Money::parse(
            "0." + std::string(static_cast<std::size_t>(row.decimals) + 1, '1'), row.currency));
    }
}

TEST_CASE("money: the table of currencies is in order of letters and without doubles") {
    std::set<std::uint16_t> numbers;
    std::string previous;
    for (const CurrencyRow& row : currency_table()) {
        CHECK(previous < std::string(row.alphabetic_code));
        CHECK(numbers.insert(static_cast<std::uint16_t>(row.currency)).second);
        previous = row.alphabetic_code;
    }
}

TEST_CASE("money: unknown currencies are refused") {
    for (const char* unknown : {"", "kes", "KE", "KESX", "XXX", " KES", "404"}) {
        CAPTURE(unknown);
        const auto currency = parse_currency(unknown);
        REQUIRE_FALSE(currency.has_value());
        CHECK(currency.error().field == "currency");
    }
    for (const int unknown : {0, 1, 405, 999, 65535})
        CHECK_FALSE(find_currency(static_cast<std::uint16_t>(unknown)).has_value());
}

TEST_CASE("money: parse reads exact amounts and text writes them back") {
    struct Row {
        const char* input;
        Currency currency;
        std::int64_t minor;
        const char* text;
    };
    const Row rows[] = {
        {"0", Currency::kes, 0, "0.00"},
        {"0.00", Currency::kes, 0, "0.00"},
        {"0.01", Currency::kes, 1, "0.01"},
        {"0.1", Currency::kes, 10, "0.10"},
        {"1234.50", Currency::kes, 123'450, "1234.50"},
        {"007", Currency::kes, 700, "7.00"},
        {"5", Currency::krw, 5, "5"},
        {"1.234", Currency::kwd, 1'234, "1.234"},
        {"1.2", Currency::kwd, 1'200, "1.200"},
        {"92233720368547758.07", Currency::kes, most, "92233720368547758.07"},
        {"9223372036854775807", Currency::jpy, most, "9223372036854775807"},
        {"9223372036854775.807", Currency::kwd, most, "9223372036854775.807"},
        {"000000000000000000000000000000.01", Currency::kes, 1, "0.01"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.input);
        const auto money = Money::parse(row.input, row.currency);
        REQUIRE(money.has_value());
        CHECK(*money == Money{row.minor, row.currency});
        CHECK(money->text() == row.text);
    }
}

TEST_CASE("money: parse refuses signs, blanks, exponents, surplus decimals and overflow") {
    struct Row {
        const char* input;
        Currency currency;
    };
    const Row rows[] = {
        {"", Currency::kes},
        {".", Currency::kes},
        {".5", Currency::kes},
        {"5.", Currency::kes},
        {"5.", Currency::krw},
        {"-1", Currency::kes},
        {"+1", Currency::kes},
        {" 1", Currency::kes},
        {"1 ", Currency::kes},
        {"1 000", Currency::kes},
        {"1,000", Currency::kes},
        {"1,5", Currency::kes},
        {"1e3", Currency::kes},
        {"1E3", Currency::kes},
        {"0x10", Currency::kes},
        {"1.2.3", Currency::kes},
        {"1..2", Currency::kes},
        {"1.234", Currency::kes},
        {"1.000", Currency::kes},
        {"1.0", Currency::krw},
        {"1.0000", Currency::kwd},
        {"NaN", Currency::kes},
        {"1.-1", Currency::kes},
        {"\xD9\xA1", Currency::kes},
        {"92233720368547758.08", Currency::kes},
        {"92233720368547759", Currency::kes},
        {"9223372036854775808", Currency::jpy},
        {"99999999999999999999999999", Currency::jpy},
    };
    for (const Row& row : rows) {
        CAPTURE(row.input);
        const auto money = Money::parse(row.input, row.currency);
        REQUIRE_FALSE(money.has_value());
        CHECK(money.error().field == "amount");
        CHECK_FALSE(money.error().reason.empty());
    }
    CHECK_FALSE(Money::parse(std::string_view{"1\0", 2}, Currency::kes).has_value());
}

TEST_CASE("money: text writes negative amounts down to the very lowest") {
    CHECK(Money{-5, Currency::kes}.text() == "-0.05");
    CHECK(Money{-100, Currency::kes}.text() == "-1.00");
    CHECK(Money{-7, Currency::krw}.text() == "-7");
    CHECK(Money{least, Currency::kes}.text() == "-92233720368547758.08");
    CHECK(Money{least, Currency::krw}.text() == "-9223372036854775808");
}

TEST_CASE("money: text of any amount is read back as the same amount") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 2'000; ++i) {
        const auto& row = currency_table()[random() % currency_table().size()];
        const auto minor = static_cast<std::int64_t>(random() >> (1 + random() % 63));
        const Money money{minor, row.currency};
        CAPTURE(money.text());
        const auto back = Money::parse(money.text(), row.currency);
        REQUIRE(back.has_value());
        CHECK(*back == money);
    }
}

TEST_CASE("money: adding and subtracting say when the result does not fit") {
    const auto kes = [](std::int64_t minor) { return Money{minor, Currency::kes}; };
    CHECK(add(kes(2), kes(3)) == kes(5));
    CHECK(add(kes(most), kes(0)) == kes(most));
    CHECK(add(kes(most - 1), kes(1)) == kes(most));
    CHECK(add(kes(most), kes(least)) == kes(-1));
    CHECK_FALSE(add(kes(most), kes(1)).has_value());
    CHECK_FALSE(add(kes(least), kes(-1)).has_value());
    CHECK(subtract(kes(2), kes(3)) == kes(-1));
    CHECK(subtract(kes(-1), kes(least)) == kes(most));
    CHECK(subtract(kes(least), kes(0)) == kes(least));
    CHECK_FALSE(subtract(kes(0), kes(least)).has_value());
    CHECK_FALSE(subtract(kes(least), kes(1)).has_value());
    CHECK_FALSE(subtract(kes(most), kes(-1)).has_value());
}

TEST_CASE("money: scale rounds as its name says, on both sides of zero") {
    struct Row {
        std::int64_t minor, numerator, denominator;
        std::int64_t down, up, half_up, half_even;
    };
    const Row rows[] = {
        {100, 1, 4, 25, 25, 25, 25},
        {1, 1, 2, 0, 1, 1, 0},
        {3, 1, 2, 1, 2, 2, 2},
        {5, 1, 2, 2, 3, 3, 2},
        {7, 1, 2, 3, 4, 4, 4},
        {1, 1, 3, 0, 1, 0, 0},
        {2, 1, 3, 0, 1, 1, 1},
        {-1, 1, 2, 0, -1, -1, 0},
        {-3, 1, 2, -1, -2, -2, -2},
        {-5, 1, 2, -2, -3, -3, -2},
        {-1, 1, 3, 0, -1, 0, 0},
        {-2, 1, 3, 0, -1, -1, -1},
        {5, -1, 2, -2, -3, -3, -2},
        {-5, -1, 2, 2, 3, 3, 2},
        {0, 7, 3, 0, 0, 0, 0},
        {10'000, 55, 10'000, 55, 55, 55, 55},
        {4'999, 1, 10'000, 0, 1, 0, 0},
        {5'000, 1, 10'000, 0, 1, 1, 0},
        {5'001, 1, 10'000, 0, 1, 1, 1},
        {15'000, 1, 10'000, 1, 2, 2, 2},
        {most, 1, 1, most, most, most, most},
        {least, 1, 1, least, least, least, least},
        {most, most, most, most, most, most, most},
        {most, 1, most, 1, 1, 1, 1},
        {1, 1, most, 0, 1, 0, 0},
        {least, 1, most, -1, -2, -1, -1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.minor);
        CAPTURE(row.numerator);
        CAPTURE(row.denominator);
        const Money amount{row.minor, Currency::kes};
        const auto scaled = [&](Rounding rounding) {
            const auto result = scale(amount, row.numerator, row.denominator, rounding);
            REQUIRE(result.has_value());
            CHECK(result->currency == Currency::kes);
            return result->minor;
        };
        CHECK(scaled(Rounding::down) == row.down);
        CHECK(scaled(Rounding::up) == row.up);
        CHECK(scaled(Rounding::half_up) == row.half_up);
        CHECK(scaled(Rounding::half_even) == row.half_even);
    }
}

TEST_CASE("money: scale multiplies on 128 bits and gives nothing when the result does not fit") {
    const auto down = [](std::int64_t minor, std::int64_t numerator, std::int64_t denominator) {
        return scale(Money{minor, Currency::usd}, numerator, denominator, Rounding::down);
    };
    CHECK(down(most, 1'000'000, 1'000'000) == Money{most, Currency::usd});
    CHECK(down(least, least, most).has_value() == false);
    CHECK_FALSE(down(most, 2, 1).has_value());
    CHECK_FALSE(down(least, -1, 1).has_value());
    CHECK_FALSE(down(least, least, 1).has_value());
    CHECK(down(least, 2, 2) == Money{least, Currency::usd});
    CHECK(down(most, 3, 4) == Money{6'917'529'027'641'081'855, Currency::usd});
    // The last rounding step itself may pass the bound.
    const Money highest{most, Currency::usd};
    CHECK(scale(highest, most - 1, most - 1, Rounding::up) == highest);
    CHECK_FALSE(scale(highest, most, most - 1, Rounding::up).has_value());
}
