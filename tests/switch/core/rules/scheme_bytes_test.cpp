// Schemes as bytes: the layout, round trips, and bytes that are not what is written.
#include "switch/core/rules/scheme_bytes.h"

#include "ledger/records/event.h"
#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace tuma;
using namespace tuma::core;
using testing::day;
using testing::sample_scheme;

namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    bytes.reserve(values.size());
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

// Two holidays and nothing else.
Scheme tiny_scheme() {
    Scheme scheme;
    scheme.name = "ab";
    scheme.version = "1";
    scheme.currency = Currency::kes;
    scheme.zone_offset_minutes = -2;
    scheme.calendar = Calendar("c", {day("1970-01-02"), day("1969-12-31")});
    scheme.reversal = {true, 258};
    return scheme;
}

// Where the parts of `tiny_scheme` lie.
constexpr std::size_t first_holiday_at = 14;
constexpr std::size_t type_count_at = 22;
constexpr std::size_t allowed_at = 24;
constexpr std::size_t returns_fee_at = 29;

void check_refused(const std::vector<std::byte>& bytes, std::string_view why) {
    const auto read = read_scheme(bytes);
    REQUIRE_FALSE(read.has_value());
    CAPTURE(read.error().text());
    CHECK(read.error().text().find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("scheme bytes: the layout, byte by byte") {
    CHECK(scheme_bytes(tiny_scheme()) ==
          bytes_of({
              1,                         // format
              2,   'a', 'b',             // name
              1,   '1',                  // version
              148, 1,                    // 404
              254, 255,                  // -2
              1,   'c',                  // calendar
              2,   0,                    // holidays
              255, 255, 255, 255,        // -1
              1,   0,   0,   0,          // 1
              0,                         // types
              0,                         // classes
              1,   2,   1,   0,   0, 0,  // reversals: allowed, 258 days, fee stays
          }));
}

TEST_CASE("scheme bytes: those of format 1 are read; their smallest payout looks at the net") {
    constexpr auto payable = static_cast<int>(ledger::AccountKind::settlement_payable);
    // As versions of the program before format 2 wrote them into journals.
    const auto old = bytes_of({
        1,                                   // format
        2,   'a', 'b',                       // name
        1,   '1',                            // version
        148, 1,   254,     255,              // 404, -2
        1,   'c', 0,       0,                // calendar, no holidays
        0,   1,                              // no type, one class
        1,   'm', payable,                   // name, kind
        0,   0,                              // any identity, receives nothing
        1,   7,   0,       0,   0, 1, 0,     // to the bank, 7 calendar days, no roll
        160, 5,   0,       0,                // cut-off 24:00, at 00:00
        80,  195, 0,       0,   0, 0, 0, 0,  // at least 500.00
        3,   0,   0,       0,   0, 0, 0, 0,  // a payout costs 0.03
        1,   1,                              // refunds netted, debts carried
        100, 0,   30,      0,   0, 0,        // 1 % held back for 30 days
        0,                                   // no limits
        1,   2,   1,       0,   0, 0,        // reversals: allowed, 258 days, fee stays
    });
    Scheme scheme = tiny_scheme();
    scheme.calendar = Calendar("c", {});
    AccountClass& merchant = scheme.classes.emplace_back();
    merchant.name = "m";
    merchant.kind = ledger::AccountKind::settlement_payable;
    merchant.settlement.to_bank = true;
    merchant.settlement.lag_days = 7;
    merchant.settlement.minimum_payout = 500'00;
    merchant.settlement.payout_fee = 3;
    merchant.settlement.reserve_basis_points = 100;
    merchant.settlement.reserve_days = 30;

    const auto read = read_scheme(old);
    REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().text()));
    CHECK(*read == scheme);
    CHECK(read->classes[0].settlement.minimum_basis == MinimumBasis::net);
    // What format 1 can say is written in it still.
    CHECK(scheme_bytes(*read) == old);
    Scheme other = *read;
    other.classes[0].settlement.minimum_basis = MinimumBasis::before_fees;
    auto newer = old;
    newer.front() = std::byte{2};
    check_refused(newer, "the middle of something");
    // Taxes and commissions stay too, own funds are covered; then the basis.
    newer.insert(newer.end(), {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});
    check_refused(newer, "format 2 for what format 1 can say");
    newer.back() = std::byte{2};
    CHECK(scheme_bytes(other) == newer);
    CHECK(read_scheme(newer).value() == other);
    for (std::size_t size = 0; size < old.size(); ++size)
        CHECK_FALSE(read_scheme(std::span{old}.first(size)).has_value());
}

TEST_CASE("scheme bytes: what is written is read, and only that") {
    for (const Scheme& scheme : {sample_scheme(), tiny_scheme()}) {
        const auto bytes = scheme_bytes(scheme);
        CHECK(bytes.size() == scheme_size(scheme));
        CHECK(bytes.size() <= ledger::scheme_content_max);
        const auto read = read_scheme(bytes);
        REQUIRE(read.has_value());
        CHECK(*read == scheme);
        CHECK(scheme_bytes(*read) == bytes);
    }
}

TEST_CASE("scheme bytes: any valid scheme comes back as it was") {
    std::mt19937_64 random(4'711);
    for (int i = 0; i < 1'000; ++i) {
        CAPTURE(i);
        const Scheme scheme = testing::random_scheme(random);
        const auto read = read_scheme(scheme_bytes(scheme));
        REQUIRE(read.has_value());
        CHECK(*read == scheme);
    }
}

TEST_CASE("scheme bytes: two schemes that differ anywhere have different bytes") {
    std::mt19937_64 random(99);
    std::vector<std::vector<std::byte>> seen;
    seen.reserve(300);
    for (int i = 0; i < 300; ++i) seen.push_back(scheme_bytes(testing::random_scheme(random)));
    std::sort(seen.begin(), seen.end());
    CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST_CASE("scheme bytes: cut short anywhere they are refused") {
    const auto bytes = scheme_bytes(sample_scheme());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(read_scheme(std::span{bytes}.first(size)).has_value());
    }
}

TEST_CASE("scheme bytes: nothing may follow them") {
    auto bytes = scheme_bytes(sample_scheme());
    bytes.push_back(std::byte{0});
    check_refused(bytes, "1 bytes behind the end");
}

TEST_CASE("scheme bytes: any altered byte is refused or is another scheme's") {
    for (const Scheme& scheme : {sample_scheme(), tiny_scheme()}) {
        const auto bytes = scheme_bytes(scheme);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            for (const unsigned flip : {0x01U, 0x02U, 0x80U, 0xFFU}) {
                CAPTURE(i);
                CAPTURE(flip);
                auto altered = bytes;
                altered[i] ^= static_cast<std::byte>(flip);
                const auto read = read_scheme(altered);
                if (!read) continue;
                CHECK_FALSE(*read == scheme);
                CHECK(scheme_bytes(*read) == altered);
            }
        }
    }
}

TEST_CASE("scheme bytes: every way to write the same thing differently is refused") {
    struct Row {
        std::size_t at;
        int value;
        const char* why;
    };
    const Row rows[] = {
        {0, 0, "format"},           {0, 2, "ends in the middle"},
        {0, 3, "format"},           {first_holiday_at, 254, ""},  // still before the second
        {allowed_at, 2, "neither"}, {returns_fee_at, 255, "neither"},
    };
    const auto bytes = scheme_bytes(tiny_scheme());
    for (const Row& row : rows) {
        CAPTURE(row.at);
        auto altered = bytes;
        altered.at(row.at) = static_cast<std::byte>(row.value);
        if (*row.why == '\0')
            CHECK_FALSE(*read_scheme(altered) == tiny_scheme());
        else
            check_refused(altered, row.why);
    }
    // The holidays the other way round, and one of them twice.
    auto turned = bytes;
    std::rotate(turned.begin() + first_holiday_at, turned.begin() + first_holiday_at + 4,
                turned.begin() + first_holiday_at + 8);
    check_refused(turned, "do not ascend");
    auto twice = bytes;
    std::copy_n(twice.begin() + first_holiday_at, 4, twice.begin() + first_holiday_at + 4);
    check_refused(twice, "do not ascend");
}

TEST_CASE("scheme bytes: a count beyond what is there costs nothing and is refused") {
    auto bytes = scheme_bytes(tiny_scheme());
    bytes.at(first_holiday_at - 2) = std::byte{0xFF};
    bytes.at(first_holiday_at - 1) = std::byte{0xFF};
    check_refused(bytes, "ends in the middle");
    bytes = scheme_bytes(tiny_scheme());
    bytes.at(type_count_at) = std::byte{0xFF};
    check_refused(bytes, "ends in the middle");
}

TEST_CASE("scheme bytes: what check refuses is not read") {
    auto bytes = scheme_bytes(tiny_scheme());
    bytes.at(2) = static_cast<std::byte>('A');
    check_refused(bytes, "name: 'Ab'");
    bytes = scheme_bytes(tiny_scheme());
    bytes.at(6) = std::byte{1};
    check_refused(bytes, "currency: 257");
}

TEST_CASE("scheme bytes: random bytes are refused") {
    std::mt19937_64 random(17);
    for (int i = 0; i < 20'000; ++i) {
        std::vector<std::byte> noise(random() % 64);
        for (std::byte& byte : noise) byte = static_cast<std::byte>(random() % 4);
        if (!noise.empty()) noise.front() = static_cast<std::byte>(1 + i % 2);
        CHECK_FALSE(read_scheme(noise).has_value());
    }
}

TEST_CASE("scheme bytes: format 2 is for what format 1 cannot say, and only for that") {
    Scheme scheme = tiny_scheme();
    scheme.reversal.fee = ChargeReturn::all;
    scheme.reversal.tax = ChargeReturn::percentage_only;
    scheme.reversal.commission = ChargeReturn::before_settlement;
    scheme.own_funds_may_be_short = true;
    auto bytes = scheme_bytes(scheme);
    CHECK(bytes.front() == std::byte{2});
    CHECK(std::vector(bytes.end() - 4, bytes.end()) == bytes_of({1, 2, 3, 1}));
    CHECK(read_scheme(bytes).value() == scheme);
    bytes.at(bytes.size() - 2) = std::byte{4};
    check_refused(bytes, "commission_returned");

    // What was written before there was format 2.
    scheme = tiny_scheme();
    scheme.reversal.fee = scheme.reversal.tax = scheme.reversal.commission = ChargeReturn::all;
    bytes = scheme_bytes(scheme);
    CHECK(bytes.front() == std::byte{1});
    CHECK(bytes.back() == std::byte{1});
    CHECK(read_scheme(bytes).value() == scheme);
    bytes.front() = std::byte{2};
    for (const int value : {1, 1, 0}) bytes.push_back(static_cast<std::byte>(value));
    check_refused(bytes, "format 2 for what format 1 can say");
}
