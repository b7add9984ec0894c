// A scheme as data: finding its parts, shapes of identities, and everything that makes it invalid.
#include "switch/core/rules/scheme.h"

#include "ledger/state/books.h"
#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace tuma;
using namespace tuma::core;
using ledger::AccountKind;
using ledger::amount_max;
using ledger::Purpose;
using testing::day;
using testing::sample_scheme;

namespace {

// What is changed in the valid sample, and what is said about it.
struct BadRow {
    const char* field;
    const char* reason;  ///< a part of it
    std::function<void(Scheme&)> spoil;
};

void check_rows(std::initializer_list<BadRow> rows) {
    for (const BadRow& row : rows) {
        CAPTURE(row.field);
        CAPTURE(row.reason);
        Scheme scheme = sample_scheme();
        row.spoil(scheme);
        const auto error = check(scheme);
        REQUIRE(error);
        CAPTURE(error->text());
        CHECK(error->field == row.field);
        CHECK(error->reason.find(row.reason) != std::string::npos);
    }
}

void check_good(const std::function<void(Scheme&)>& change) {
    Scheme scheme = sample_scheme();
    change(scheme);
    const auto error = check(scheme);
    CHECK_MESSAGE(!error, (error ? error->text() : ""));
}

FeeRule& rate(Scheme& scheme) {
    return scheme.types[0].fees[0];
}

std::vector<FeeBand>& bands(Scheme& scheme) {
    return scheme.types[0].fees[1].bands;
}

SettlementRule& settlement(Scheme& scheme) {
    return scheme.classes[0].settlement;
}

Limits& limits(Scheme& scheme) {
    return scheme.classes[0].limits[0];
}

}  // namespace

TEST_CASE("scheme: the type of a name that holds on the day is found, both ends included") {
    const Scheme scheme = sample_scheme();
    struct Row {
        const char* name;
        const char* day;
        const PaymentType* expected;
    };
    const Row rows[] = {
        {"pay-merchant", "2017-12-31", nullptr},
        {"pay-merchant", "2018-01-01", scheme.types.data()},
        {"pay-merchant", "2023-06-30", scheme.types.data()},
        {"pay-merchant", "2023-07-01", &scheme.types[1]},
        {"pay-merchant", "2030-12-31", &scheme.types[1]},
        {"pay-merchant", "2031-01-01", nullptr},
        {"cash-out", "1990-01-01", &scheme.types[2]},
        {"cash-out", "2100-01-01", &scheme.types[2]},
        {"cash-ou", "2018-01-01", nullptr},
        {"", "2018-01-01", nullptr},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CAPTURE(row.day);
        CHECK(scheme.find_type(row.name, day(row.day)) == row.expected);
    }
}

TEST_CASE("scheme: the first type for a purpose that holds on the day is found") {
    Scheme scheme = sample_scheme();
    scheme.types.push_back(scheme.types[2]);
    scheme.types.back().name = "cash-out-2";
    CHECK(scheme.find_type(Purpose::withdraw, day("2020-01-01")) == &scheme.types[2]);
    CHECK(scheme.find_type(Purpose::pay_merchant, day("2025-01-01")) == &scheme.types[1]);
    CHECK(scheme.find_type(Purpose::pay_merchant, day("2017-01-01")) == nullptr);
    CHECK(scheme.find_type(Purpose::transfer, day("2020-01-01")) == nullptr);
}

TEST_CASE("scheme: classes are found by name") {
    const Scheme scheme = sample_scheme();
    CHECK(scheme.find_class("merchant") == 0);
    CHECK(scheme.find_class("tier-1") == 1);
    CHECK_FALSE(scheme.find_class("tier-2"));
    CHECK_FALSE(Scheme{}.find_class(""));
}

TEST_CASE("scheme: a day begins at the zone's midnight") {
    struct Row {
        int offset_minutes;
        const char* time;
        const char* day;
    };
    const Row rows[] = {
        {0, "2018-03-30T00:00:00Z", "2018-03-30"},
        {0, "2018-03-29T23:59:59.999999Z", "2018-03-29"},
        {180, "2018-03-29T20:59:59.999999Z", "2018-03-29"},  // Nairobi
        {180, "2018-03-29T21:00:00Z", "2018-03-30"},
        {480, "2018-12-31T16:00:00Z", "2019-01-01"},          // Shanghai
        {-180, "2019-01-01T02:59:59.999999Z", "2018-12-31"},  // São Paulo
        {-180, "2019-01-01T03:00:00Z", "2019-01-01"},
        {-210, "1970-01-01T00:00:00Z", "1969-12-31"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset_minutes);
        CAPTURE(row.time);
        Scheme scheme;
        scheme.zone_offset_minutes = static_cast<std::int16_t>(row.offset_minutes);
        CHECK(scheme.day_of(*parse_timestamp(row.time)) == day(row.day));
    }
}

TEST_CASE("scheme: an identity fits one of the shapes, or anything fits where there are none") {
    AccountClass merchant;
    CHECK(fits(merchant, "anything at all"));
    CHECK(fits(merchant, ""));
    merchant.identifiers = {"2547########", "M-*#", "till"};
    struct Row {
        const char* identity;
        bool fits;
    };
    const Row rows[] = {
        {"254712345678", true},
        {"25471234567", false},
        {"2547123456789", false},
        {"254812345678", false},
        {"25471234567x", false},
        {"M-a1", true},
        {"M-Z0", true},
        {"M--9", true},
        {"M-_9", true},
        {"M-5x", false},
        {"M-.1", false},
        {"M-#1", false},
        {"m-a1", false},
        {"till", true},
        {"Till", false},
        {"", false},
        {"til", false},
        {"2547########", false},
        {"M-\xC3"
         "1",
         false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.identity);
        CHECK(fits(merchant, row.identity) == row.fits);
    }
}

TEST_CASE("scheme: the operator's accounts are named after the scheme, the longest name too") {
    std::set<AccountKind> kinds;
    for (const OperatorAccount& account : operator_accounts()) kinds.insert(account.kind);
    CHECK(kinds == std::set{AccountKind::trust, AccountKind::fee_income, AccountKind::tax_payable,
                            AccountKind::commission, AccountKind::bank});
    CHECK(ledger::text(operator_account("mpesa-kenya", AccountKind::fee_income)) ==
          "mpesa-kenya.fees");
    CHECK(ledger::text(operator_account("x", AccountKind::trust)) == "x.trust");
    CHECK(ledger::text(operator_account("x", AccountKind::tax_payable)) == "x.tax");
    CHECK(ledger::text(operator_account("x", AccountKind::bank)) == "x.bank");
    const std::string longest(20, 'n');
    CHECK(ledger::text(operator_account(longest, AccountKind::commission)) ==
          longest + ".commission");
}

TEST_CASE("scheme: the sample and any random one are valid") {
    check_good([](Scheme&) {});
    std::mt19937_64 random(20'261'123);
    for (int i = 0; i < 500; ++i) {
        CAPTURE(i);
        const auto error = check(testing::random_scheme(random));
        CHECK_MESSAGE(!error, (error ? error->text() : ""));
    }
}

TEST_CASE("scheme: name, version, zone, currency and calendar are checked") {
    check_rows({
        {"name", "'' is not 1 to 20", [](Scheme& s) { s.name.clear(); }},
        {"name", "'Mpesa'", [](Scheme& s) { s.name = "Mpesa"; }},
        {"name", "'mpesa.kenya'", [](Scheme& s) { s.name = "mpesa.kenya"; }},
        {"name", "1 to 20", [](Scheme& s) { s.name.assign(21, 'n'); }},
        {"version", "'' is not 1 to 31", [](Scheme& s) { s.version.clear(); }},
        {"version", "without blanks", [](Scheme& s) { s.version = "July 2023"; }},
        {"version", "'a?b'",
         [](Scheme& s) {
             s.version =
                 "a\x1b"
                 "b";
         }},
        {"version", "1 to 31", [](Scheme& s) { s.version.assign(32, 'v'); }},
        {"zone_offset_minutes", "841 is outside -840 to 840",
         [](Scheme& s) { s.zone_offset_minutes = 841; }},
        {"zone_offset_minutes", "-841", [](Scheme& s) { s.zone_offset_minutes = -841; }},
        {"currency", "999", [](Scheme& s) { s.currency = static_cast<Currency>(999); }},
        {"calendar.name", "0 to 31",
         [](Scheme& s) { s.calendar = Calendar(std::string(32, 'c'), {}); }},
        {"calendar.holidays", "4001 of them; at most 4000",
         [](Scheme& s) {
             std::vector<LocalDay> days;
             days.reserve(4'001);
             for (int i = 0; i < 4'001; ++i) days.emplace_back(std::chrono::days{i});
             s.calendar = Calendar("many", days);
         }},
        {"calendar.holidays", "day 100001",
         [](Scheme& s) { s.calendar = Calendar("far", {LocalDay{std::chrono::days{100'001}}}); }},
        {"calendar.holidays", "day -100001",
         [](Scheme& s) { s.calendar = Calendar("far", {LocalDay{std::chrono::days{-100'001}}}); }},
        {"reversal.within_days", "-1 is outside 0 to 3650 days",
         [](Scheme& s) { s.reversal.within_days = -1; }},
        {"reversal.within_days", "3651", [](Scheme& s) { s.reversal.within_days = 3'651; }},
    });
    check_good([](Scheme& s) { s.name.assign(20, '0'); });
    check_good([](Scheme& s) { s.version.assign(31, '~'); });
    check_good([](Scheme& s) { s.zone_offset_minutes = 840; });
    check_good([](Scheme& s) { s.calendar = Calendar("with blanks", {}); });
    check_good([](Scheme& s) { s.calendar = Calendar(); });
}

TEST_CASE("scheme: every bound of a payment type is checked") {
    check_rows({
        {"type", "65 of them; at most 64", [](Scheme& s) { s.types.resize(65); }},
        {"type[2].name", "''", [](Scheme& s) { s.types[2].name.clear(); }},
        {"type[1].name", "1 to 31", [](Scheme& s) { s.types[1].name.assign(32, 'n'); }},
        {"type[2].name", "'Cash out'", [](Scheme& s) { s.types[2].name = "Cash out"; }},
        {"type[2].purpose", "number 8 has no price",
         [](Scheme& s) { s.types[2].purpose = Purpose::fee; }},
        {"type[2].purpose", "number 200",
         [](Scheme& s) { s.types[2].purpose = static_cast<Purpose>(200); }},
        {"type[1].purpose", "'pay-merchant'",
         [](Scheme& s) { s.types[1].purpose = Purpose::disburse; }},
        {"type[0].from", "2018-01-01 is after 2017-12-31",
         [](Scheme& s) { s.types[0].period.to = day("2017-12-31"); }},
        {"type[0].from", "day -100001",
         [](Scheme& s) { s.types[0].period.from = LocalDay{std::chrono::days{-100'001}}; }},
        {"type[0].to", "day 100001",
         [](Scheme& s) { s.types[0].period.to = LocalDay{std::chrono::days{100'001}}; }},
        {"type[1].from", "overlaps number [0]",
         [](Scheme& s) { s.types[1].period.from = day("2023-06-30"); }},
        {"type[1].from", "2018-01-01 to 2023-06-30",
         [](Scheme& s) { s.types[1].period = Period{}; }},
        {"type[0].minimum", "-1 is outside 0 to 1000000000000000 minor units",
         [](Scheme& s) { s.types[0].minimum = -1; }},
        {"type[0].maximum", "-1", [](Scheme& s) { s.types[0].maximum = -1; }},
        {"type[0].maximum", "1000000000000001",
         [](Scheme& s) { s.types[0].maximum = amount_max + 1; }},
        {"type[0].minimum", "25000001 is above the maximum, 25000000",
         [](Scheme& s) { s.types[0].minimum = 25'000'001; }},
        {"type[0].fee", "4 of them; at most 3", [](Scheme& s) { s.types[0].fees.resize(4); }},
        {"type[0].tax.mode", "3 is outside 0 to 2",
         [](Scheme& s) { s.types[0].tax.mode = static_cast<TaxMode>(3); }},
        {"type[0].tax.mode", "1500 basis points",
         [](Scheme& s) { s.types[0].tax.mode = TaxMode::none; }},
        {"type[0].tax.basis_points", "10001 is outside 0 to 10000",
         [](Scheme& s) { s.types[0].tax.basis_points = 10'001; }},
        {"type[0].tax.basis_points", "-1", [](Scheme& s) { s.types[0].tax.basis_points = -1; }},
        {"type[0].tax.rounding", "4 is outside 0 to 3",
         [](Scheme& s) { s.types[0].tax.rounding = static_cast<Rounding>(4); }},
        {"type[0].commission.bands[0].up_to", "0 is not above 0",
         [](Scheme& s) { s.types[0].commission->bands[0].up_to = 0; }},
    });
    check_good([](Scheme& s) { s.types[0].maximum = no_limit; });
    check_good([](Scheme& s) { s.types[0].minimum = s.types[0].maximum; });
    check_good([](Scheme& s) {
        s.types[1].name = "pay-later";
        s.types[1].period = Period{};
    });
    check_good([](Scheme& s) { s.types[2].fees.resize(3); });
}

TEST_CASE("scheme: every bound of a fee is checked") {
    check_rows({
        {"type[0].fee[0].bearer", "0 is outside 1 to 2",
         [](Scheme& s) { rate(s).bearer = static_cast<Bearer>(0); }},
        {"type[0].fee[1].bearer", "3",
         [](Scheme& s) { s.types[0].fees[1].bearer = static_cast<Bearer>(3); }},
        {"type[0].fee[0].rounding", "-1",
         [](Scheme& s) { rate(s).rounding = static_cast<Rounding>(-1); }},
        {"type[0].fee[0].basis_points", "10001", [](Scheme& s) { rate(s).basis_points = 10'001; }},
        {"type[0].fee[0].basis_points", "-1", [](Scheme& s) { rate(s).basis_points = -1; }},
        {"type[0].fee[0].flat", "-1", [](Scheme& s) { rate(s).flat = -1; }},
        {"type[0].fee[0].flat", "1000000000000001",
         [](Scheme& s) { rate(s).flat = amount_max + 1; }},
        {"type[0].fee[0].minimum", "-1", [](Scheme& s) { rate(s).minimum = -1; }},
        {"type[0].fee[0].minimum", "20001 is above the cap, 20000",
         [](Scheme& s) { rate(s).minimum = 20'001; }},
        {"type[0].fee[0].cap", "-1", [](Scheme& s) { rate(s).cap = -1; }},
        {"type[0].fee[0].free_up_to", "-1", [](Scheme& s) { rate(s).free_up_to = -1; }},
        {"type[0].fee[0].free_up_to", "9223372036854775807",
         [](Scheme& s) { rate(s).free_up_to = no_limit; }},
        {"type[0].fee[0].free_lifetime", "-5", [](Scheme& s) { rate(s).free_lifetime = -5; }},
        {"type[0].fee[0].bands", "1 bands beside a rate",
         [](Scheme& s) {
             rate(s).bands = {{10, 1}};
         }},
        {"type[0].fee[1].bands", "3 bands beside", [](Scheme& s) { s.types[0].fees[1].cap = 500; }},
        {"type[0].fee[1].bands", "65 of them; at most 64", [](Scheme& s) { bands(s).resize(65); }},
        {"type[0].fee[1].bands[0].up_to", "0 is not above 0",
         [](Scheme& s) { bands(s)[0].up_to = 0; }},
        {"type[0].fee[1].bands[1].up_to", "10000 is not above 10000",
         [](Scheme& s) { bands(s)[1].up_to = 10'000; }},
        {"type[0].fee[1].bands[2].up_to", "40000 is not above 50000",
         [](Scheme& s) { bands(s)[2].up_to = 40'000; }},
        {"type[0].fee[1].bands[2].up_to", "1000000000000001",
         [](Scheme& s) { bands(s)[2].up_to = amount_max + 1; }},
        {"type[0].fee[1].bands[0].fee", "-1", [](Scheme& s) { bands(s)[0].fee = -1; }},
        {"type[0].fee[1].bands[0].fee", "9223372036854775807",
         [](Scheme& s) { bands(s)[0].fee = no_limit; }},
    });
    check_good([](Scheme& s) { rate(s).cap = no_limit; });
    check_good([](Scheme& s) { rate(s).minimum = rate(s).cap; });
    check_good([](Scheme& s) { bands(s)[2].up_to = amount_max; });
    check_good([](Scheme& s) { rate(s) = FeeRule{}; });
}

TEST_CASE("scheme: every bound of a class and its limits is checked") {
    check_rows({
        {"class", "33 of them; at most 32", [](Scheme& s) { s.classes.resize(33); }},
        {"class[0].name", "''", [](Scheme& s) { s.classes[0].name.clear(); }},
        {"class[1].name", "class[0] already", [](Scheme& s) { s.classes[1].name = "merchant"; }},
        {"class[1].kind", "number 7",
         [](Scheme& s) { s.classes[1].kind = AccountKind::fee_income; }},
        {"class[1].kind", "number 99",
         [](Scheme& s) { s.classes[1].kind = static_cast<AccountKind>(99); }},
        {"class[0].kind", "till is not settled to a bank",
         [](Scheme& s) { s.classes[0].kind = AccountKind::till; }},
        {"class[0].identifiers", "9 of them; at most 8",
         [](Scheme& s) { s.classes[0].identifiers.assign(9, "#"); }},
        {"class[0].identifiers[1]", "''", [](Scheme& s) { s.classes[0].identifiers[1].clear(); }},
        {"class[0].identifiers[0]", "1 to 31",
         [](Scheme& s) { s.classes[0].identifiers[0].assign(32, '#'); }},
        {"class[0].identifiers[0]", "'a?'", [](Scheme& s) { s.classes[0].identifiers[0] = "a\n"; }},
        {"class[0].receives", "'pay'", [](Scheme& s) { s.classes[0].receives = "pay"; }},
        {"class[0].receives", "'cash-out'", [](Scheme& s) { s.classes[0].receives = "cash-out"; }},
        {"class[1].receives", "only till and settlement_payable",
         [](Scheme& s) { s.classes[1].receives = "pay-merchant"; }},
        {"class[0].limits", "17 of them; at most 16",
         [](Scheme& s) { s.classes[0].limits.resize(17); }},
        {"class[0].limits[0].per_transaction", "-1",
         [](Scheme& s) { limits(s).per_transaction = -1; }},
        {"class[0].limits[0].daily", "-1", [](Scheme& s) { limits(s).daily = -1; }},
        {"class[0].limits[0].monthly", "-1", [](Scheme& s) { limits(s).monthly = -1; }},
        {"class[0].limits[0].yearly", "-1", [](Scheme& s) { limits(s).yearly = -1; }},
        {"class[0].limits[0].lifetime", "-1", [](Scheme& s) { limits(s).lifetime = -1; }},
        {"class[0].limits[0].ceiling", "1000000000000001",
         [](Scheme& s) { limits(s).ceiling = amount_max + 1; }},
        {"class[0].limits[0].from", "is after",
         [](Scheme& s) { limits(s).period.to = day("2017-01-01"); }},
        {"class[0].limits[1].from", "overlaps number [0]",
         [](Scheme& s) {
             s.classes[0].limits.push_back(limits(s));
             s.classes[0].limits[1].period = {day("2018-12-31"), day("2019-12-31")};
         }},
        {"class[0].limits[1].from", "2017-01-01 to 2018-01-01 overlaps number [0]",
         [](Scheme& s) {
             s.classes[0].limits.push_back(limits(s));
             s.classes[0].limits[1].period = {day("2017-01-01"), day("2018-01-01")};
         }},
    });
    check_good([](Scheme& s) { s.classes[0].receives.clear(); });
    check_good([](Scheme& s) { s.classes[0].limits.clear(); });
    check_good([](Scheme& s) {
        s.classes[0].limits.push_back(limits(s));
        s.classes[0].limits[1].period = {day("2019-01-01"), day("2019-12-31")};
    });
}

TEST_CASE("scheme: every bound of a settlement rule is checked") {
    check_rows({
        {"class[0].settlement.lag_days", "401 is outside 0 to 400",
         [](Scheme& s) { settlement(s).lag_days = 401; }},
        {"class[0].settlement.lag_days", "-1", [](Scheme& s) { settlement(s).lag_days = -1; }},
        {"class[0].settlement.lag_unit", "0 is outside 1 to 2",
         [](Scheme& s) { settlement(s).lag_unit = static_cast<LagUnit>(0); }},
        {"class[0].settlement.cut_off", "1441 is outside 0 to 1440 minutes",
         [](Scheme& s) { settlement(s).cut_off = std::chrono::minutes{1'441}; }},
        {"class[0].settlement.cut_off", "-1",
         [](Scheme& s) { settlement(s).cut_off = std::chrono::minutes{-1}; }},
        {"class[0].settlement.payout_at", "1440 is outside 0 to 1439",
         [](Scheme& s) { settlement(s).payout_at = std::chrono::minutes{1'440}; }},
        {"class[0].settlement.minimum_payout", "-1",
         [](Scheme& s) { settlement(s).minimum_payout = -1; }},
        {"class[0].settlement.payout_fee", "-1", [](Scheme& s) { settlement(s).payout_fee = -1; }},
        {"class[0].settlement.negative_net", "3",
         [](Scheme& s) { settlement(s).negative_net = static_cast<NegativeNet>(3); }},
        {"class[0].settlement.reserve_basis_points", "10001",
         [](Scheme& s) { settlement(s).reserve_basis_points = 10'001; }},
        {"class[0].settlement.reserve_days", "401",
         [](Scheme& s) { settlement(s).reserve_days = 401; }},
        {"class[0].settlement.reserve_days", "hold it for 1 to 400 days",
         [](Scheme& s) { settlement(s).reserve_days = 0; }},
    });
    check_good([](Scheme& s) { settlement(s).cut_off = std::chrono::minutes{1'440}; });
    check_good([](Scheme& s) { settlement(s).lag_days = 400; });
    check_good([](Scheme& s) {
        settlement(s).reserve_basis_points = 0;
        settlement(s).reserve_days = 0;
    });
}

TEST_CASE("scheme: parts that are each within their bounds may together be too much") {
    Scheme scheme = sample_scheme();
    PaymentType big = scheme.types[0];
    big.fees.assign(3, FeeRule{});
    for (FeeRule& fee : big.fees)
        for (std::int64_t i = 1; i <= 64; ++i) fee.bands.push_back({i, i});
    scheme.types.assign(64, big);
    for (std::size_t i = 0; i < scheme.types.size(); ++i)
        scheme.types[i].name = "type-" + std::to_string(i);
    scheme.classes[0].receives = "type-0";
    const auto error = check(scheme);
    REQUIRE(error);
    CHECK(error->field == "scheme");
    CHECK(error->reason.find("at most 60000") != std::string::npos);
}
