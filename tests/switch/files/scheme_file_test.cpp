// Scheme files: what a key means, and what is refused with file, line, key, bound and remedy.
#include "switch/files/scheme_file.h"

#include "ledger/records/sha256.h"
#include "ledger/state/books.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace tuma;
using namespace std::chrono;
using core::FeeRule;
using core::no_limit;
using ledger::AccountKind;
using ledger::Purpose;

namespace {

const std::string head = R"(name = "my"
version = "1"
currency = "KES"
zone = "+03:00"
)";

core::Scheme parse(const std::string& text) {
    const Result<SchemeFile> file = parse_scheme(text, "f.toml", {});
    REQUIRE_MESSAGE(file.has_value(), (file ? "" : file.error().text()));
    return file->scheme;
}

std::string error_of(const std::string& text) {
    const Result<SchemeFile> file = parse_scheme(text, "f.toml", {});
    return file ? "accepted" : file.error().text();
}

/// A wrong line, behind `before`, and what is said about it.
struct Wrong {
    std::string before;
    std::string line;
    std::string error;
};

void check_wrong(std::initializer_list<Wrong> rows) {
    for (const Wrong& row : rows) {
        CAPTURE(row.line);
        CHECK(error_of(row.before + row.line + "\n") == row.error);
    }
}

const std::string type = head + R"([[type]]
name = "send"
purpose = "transfer"
)";
const std::string fee = type + R"([[type.fee]]
bearer = "payer"
)";
const std::string tariff = head + R"([[type]]
name = "pay"
purpose = "pay_merchant"
)";
const std::string settled = tariff + R"([[class]]
name = "shop"
kind = "settlement_payable"
receives = "pay"
[class.settlement]
)";

}  // namespace

TEST_CASE("scheme file: every key of a type") {
    const core::Scheme scheme = parse(head + R"(
[[type]]
name = "out"
purpose = "withdraw"
from = 2023-07-01
to = 2024-02-29
minimum = "0.50"
maximum = 250_000
tax = {mode = "on_top", rate_bp = 1500, rounding = "down"}
[[type.fee]]
bearer = "payer"
bands = [["49.50", 0], [100, "1.05"]]
[[type.fee]]
bearer = "payee"
rate_bp = 55
flat = "0.10"
minimum = 1
cap = 200
free_up_to = "200.00"
free_lifetime = 1000
rounding = "half_even"
[type.commission]
rate_bp = 10
flat = 1
minimum = 2
cap = 3
free_up_to = 4
rounding = "up"
)");
    REQUIRE(scheme.types.size() == 1);
    core::PaymentType expected;
    expected.name = "out";
    expected.purpose = Purpose::withdraw;
    expected.period = {sys_days{2023y / July / 1}, sys_days{2024y / February / 29}};
    expected.minimum = 50;
    expected.maximum = 25'000'000;
    expected.tax = {core::TaxMode::on_top, 1500, Rounding::down};
    FeeRule bands;
    bands.bearer = core::Bearer::payer;
    bands.bands = {{4'950, 0}, {10'000, 105}};
    FeeRule rate;
    rate.bearer = core::Bearer::payee;
    rate.basis_points = 55;
    rate.flat = 10;
    rate.minimum = 100;
    rate.cap = 20'000;
    rate.free_up_to = 20'000;
    rate.free_lifetime = 100'000;
    rate.rounding = Rounding::half_even;
    expected.fees = {bands, rate};
    FeeRule commission;
    commission.bearer = core::Bearer::payer;
    commission.basis_points = 10;
    commission.flat = 100;
    commission.minimum = 200;
    commission.cap = 300;
    commission.free_up_to = 400;
    commission.rounding = Rounding::up;
    expected.commission = commission;
    CHECK(scheme.types[0] == expected);
}

TEST_CASE("scheme file: every key of a class, and of the whole") {
    const core::Scheme scheme = parse(R"(
name = "my-scheme"
version = "2024-02"
currency = "JPY"
zone = "-09:30"
calendar = "JP"
[[type]]
name = "pay"
purpose = "pay_merchant"
[[class]]
name = "shop"
kind = "settlement_payable"
identifiers = ["##-*", "shop"]
receives = "pay"
[class.settlement]
lag_days = 2
lag_unit = "business"
roll = true
cut_off = "23:30"
payout_at = "09:15"
minimum_payout = 500
payout_fee = 7
refunds_netted = false
negative_net = "collect"
reserve_bp = 500
reserve_days = 180
[[class.limits]]
from = 2020-01-01
to = 2020-12-31
per_transaction = 1
daily = 2
monthly = 3
yearly = "4"
lifetime = 5
ceiling = 6
[reversal]
allowed = false
within_days = 365
returns_fee = true
)");
    CHECK(scheme.name == "my-scheme");
    CHECK(scheme.version == "2024-02");
    CHECK(scheme.currency == Currency::jpy);
    CHECK(scheme.zone_offset_minutes == -570);
    CHECK(scheme.calendar.name() == "JP");
    CHECK(scheme.calendar.holidays().empty());
    CHECK(scheme.reversal == core::ReversalRule{false, 365, core::ChargeReturn::all,
                                                core::ChargeReturn::all, core::ChargeReturn::all});
    REQUIRE(scheme.classes.size() == 1);
    core::AccountClass expected;
    expected.name = "shop";
    expected.kind = AccountKind::settlement_payable;
    expected.identifiers = {"##-*", "shop"};
    expected.receives = "pay";
    expected.settlement = {
        true, 2,     core::LagUnit::business,    true, 23h + 30min, 9h + 15min, 500,
        7,    false, core::NegativeNet::collect, 500,  180};
    expected.limits = {
        {{sys_days{2020y / January / 1}, sys_days{2020y / December / 31}}, 1, 2, 3, 4, 5, 6}};
    CHECK(scheme.classes[0] == expected);
}

TEST_CASE("scheme file: what is left out has its default") {
    const core::Scheme scheme = parse(tariff + R"([[type.fee]]
bearer = "payee"
flat = 2
[[class]]
name = "shop"
kind = "settlement_payable"
[class.settlement]
lag_days = 0
lag_unit = "calendar"
[[class.limits]]
[[class]]
name = "wallet"
kind = "wallet"
)");
    CHECK(scheme.calendar == core::Calendar{});
    CHECK(scheme.reversal == core::ReversalRule{});
    REQUIRE(scheme.types.size() == 1);
    CHECK(scheme.types[0].period == core::Period{});
    CHECK(scheme.types[0].minimum == 1);
    CHECK(scheme.types[0].maximum == no_limit);
    CHECK(scheme.types[0].tax == core::TaxRule{});
    CHECK(!scheme.types[0].commission);
    FeeRule flat;
    flat.flat = 200;
    CHECK(scheme.types[0].fees == std::vector<FeeRule>{flat});
    REQUIRE(scheme.classes.size() == 2);
    core::SettlementRule settlement;
    settlement.to_bank = true;
    CHECK(scheme.classes[0].settlement == settlement);
    CHECK(scheme.classes[0].limits == std::vector<core::Limits>{{}});
    CHECK(scheme.classes[1].settlement == core::SettlementRule{});
    CHECK(scheme.classes[1].limits.empty());
}

TEST_CASE("scheme file: the hash is of the text, byte for byte") {
    ledger::Sha256 sha256;
    sha256.update(std::as_bytes(std::span{head.data(), head.size()}));
    const Result<SchemeFile> file = parse_scheme(head, "f.toml", {});
    REQUIRE(file.has_value());
    CHECK(file->source_hash == sha256.finish());
}

TEST_CASE("scheme file: amounts are read digit by digit, and never through a float") {
    const std::string amount = "; an amount of KES is needed, like 200 or \"0.10\"";
    check_wrong({
        {fee, "flat = 0.1",
         "f.toml:10: type[0].fee[0].flat: found 0.1; put quotation marks around an amount with "
         "decimals, so that it is read digit by digit and not as a floating-point number"},
        {fee, "flat = 1e3",
         "f.toml:10: type[0].fee[0].flat: found 1000; put quotation marks around an amount with "
         "decimals, so that it is read digit by digit and not as a floating-point number"},
        {fee, "flat = -1",
         "f.toml:10: type[0].fee[0].flat: found -1" + amount +
             ": only digits and one point are allowed"},
        {fee, "cap = \"1.234\"",
         "f.toml:10: type[0].fee[0].cap: found \"1.234\"" + amount +
             ": more than 2 decimals for KES"},
        {fee, "cap = \"1,234\"",
         "f.toml:10: type[0].fee[0].cap: found \"1,234\"" + amount +
             ": only digits and one point are allowed"},
        {fee, "cap = true", "f.toml:10: type[0].fee[0].cap: found true" + amount},
        {fee, "cap = [1]", "f.toml:10: type[0].fee[0].cap: found a list" + amount},
        {fee, "cap = 10_000_000_000_001",
         "f.toml:10: type[0].fee[0].cap: found 10000000000001; at most 10000000000000.00 KES is "
         "allowed"},
        {fee, "cap = \"92233720368547758.08\"",
         "f.toml:10: type[0].fee[0].cap: found \"92233720368547758.08\"" + amount +
             ": more than 9223372036854775807 minor units"},
        {fee, "bands = [[100, 0],\n[200, 0.5]]",
         "f.toml:11: type[0].fee[0].bands[1]: found 0.5; put quotation marks around an amount with "
         "decimals, so that it is read digit by digit and not as a floating-point number"},
    });
    CHECK(parse(fee + "flat = 10_000_000_000_000\n").types[0].fees[0].flat == ledger::amount_max);
}

TEST_CASE("scheme file: keys that are missing, unknown or of another kind") {
    check_wrong({
        {"", "version = \"1\"", "f.toml:1: name: is missing; 1 to 20 of a-z, 0-9, '-' and '_'"},
        {"", "name = 5", "f.toml:1: name: found 5; a text in quotation marks is needed"},
        {"name = \"a\"\n", "",
         "f.toml:1: version: is missing; your own, like \"1\" or \"2025-01\""},
        {"name = \"a\"\nversion = \"1\"\n", "",
         "f.toml:1: currency: is missing; three letters of ISO 4217, like \"KES\""},
        {"name = \"a\"\nversion = \"1\"\ncurrency = \"KES\"\n", "",
         "f.toml:1: zone: is missing; local time less UTC, like \"+03:00\""},
        {head, "holidays = 1",
         "f.toml:5: holidays: is no key of this table; those are name, version, currency, zone, "
         "calendar, type, class, reversal, operator"},
        {head, "calender = \"KE\"",
         "f.toml:5: calender: is no key of this table; did you mean calendar?"},
        {fee, "rate = 55",
         "f.toml:10: type[0].fee[0].rate: is no key of this table; those are "
         "bearer, bands, rate_bp, flat, minimum, cap, free_up_to, free_lifetime, "
         "rounding"},
        {fee, "freeupto = 1",
         "f.toml:10: type[0].fee[0].freeupto: is no key of this table; did you mean free_up_to?"},
        {head, "type = 5",
         "f.toml:5: type: found 5; write each one as a table of its own under [[type]], with two "
         "brackets"},
        {head, "[type]\nname = \"send\"",
         "f.toml:5: type: found a table; write each one as a table of its own under [[type]], with "
         "two brackets"},
        {head, "reversal = true",
         "f.toml:5: reversal: found true; a table is needed: [reversal] or reversal = {...}"},
        {head, "[reversal]\nallowed = 1",
         "f.toml:6: reversal.allowed: found 1; true or false is needed"},
        {head, "[[type]]\npurpose = \"transfer\"",
         "f.toml:5: type[0].name: is missing; every [[type]] has one"},
        {head, "[[type]]\nname = \"a\"",
         "f.toml:5: type[0].purpose: is missing; every [[type]] has one, like \"pay_merchant\" or "
         "\"transfer\""},
        {type, "[[type.fee]]\nflat = 1",
         "f.toml:8: type[0].fee[0].bearer: is missing; say who bears the fee, \"payer\" or "
         "\"payee\""},
        {fee, "cap = 1",
         "f.toml:8: type[0].fee[0].rate_bp: is missing; write rate_bp, flat or bands, or leave out "
         "the table"},
        {type, "tax = {rate_bp = 1}",
         "f.toml:8: type[0].tax.mode: is missing; say whether the tax is \"included\" in the fee "
         "or "
         "\"on_top\" of it"},
        {type, "tax = {mode = \"included\"}",
         "f.toml:8: type[0].tax.rate_bp: is missing; a tax has a rate"},
        {head, "[[class]]\nkind = \"wallet\"",
         "f.toml:5: class[0].name: is missing; every [[class]] has one"},
        {head, "[[class]]\nname = \"a\"",
         "f.toml:5: class[0].kind: is missing; every [[class]] has one, like \"wallet\" or "
         "\"till\""},
        {head, "[[class]]\nname = \"a\"\nkind = \"settlement_payable\"",
         "f.toml:5: class[0].settlement: is missing; a settlement_payable is paid out to a bank; a "
         "till has the money at once"},
        {settled, "lag_unit = \"calendar\"",
         "f.toml:12: class[0].settlement.lag_days: is missing; say how many days after the sale "
         "the "
         "money is paid out"},
        {settled, "lag_days = 1",
         "f.toml:12: class[0].settlement.lag_unit: is missing; say which days count, \"calendar\" "
         "or \"business\""},
    });
}

TEST_CASE("scheme file: values outside their bounds") {
    check_wrong({
        {"name = \"a\"\nversion = \"1\"\n", "currency = \"XXX\"",
         "f.toml:3: currency: 'XXX' has no minor unit in ISO 4217, so that no amount can be in it; "
         "a currency like KES is needed"},
        {"name = \"a\"\nversion = \"1\"\ncurrency = \"KES\"\n", "zone = \"+3\"",
         "f.toml:4: zone: found \"+3\"; \"-14:00\" to \"+14:00\" is needed"},
        {"name = \"a\"\nversion = \"1\"\ncurrency = \"KES\"\n", "zone = \"+14:01\"",
         "f.toml:4: zone: found \"+14:01\"; \"-14:00\" to \"+14:00\" is needed"},
        {type, "from = \"2023-07-01\"",
         "f.toml:8: type[0].from: found \"2023-07-01\"; a date like 2023-07-01 is needed, without "
         "quotation marks"},
        {type, "from = 2023-07-01T00:00:00",
         "f.toml:8: type[0].from: found a date with a time; a date like 2023-07-01 is needed"},
        {type, "to = 2023", "f.toml:8: type[0].to: found 2023; a date like 2023-07-01 is needed"},
        {type, "minimum = 10\nmaximum = 5",
         "f.toml:8: type[0].minimum: found 10.00; at most 5.00 is allowed, the maximum of this "
         "table"},
        {fee, "rate_bp = 0.55",
         "f.toml:10: type[0].fee[0].rate_bp: found 0.55; a whole number of 0 to 10000 basis points "
         "(100 are 1 %) is needed"},
        {fee, "rate_bp = 10001",
         "f.toml:10: type[0].fee[0].rate_bp: found 10001; a whole number of 0 to 10000 basis "
         "points "
         "(100 are 1 %) is needed"},
        {fee, "rate_bp = \"55\"",
         "f.toml:10: type[0].fee[0].rate_bp: found \"55\"; a whole number of 0 to 10000 basis "
         "points (100 are 1 %) is needed"},
        {fee, "flat = 1\nminimum = 3\ncap = 2",
         "f.toml:11: type[0].fee[0].minimum: found 3.00; at most 2.00 is allowed, the cap of this "
         "table"},
        {fee, "flat = 1\nrounding = \"nearest\"",
         "f.toml:11: type[0].fee[0].rounding: found \"nearest\"; one of \"half_up\", "
         "\"half_even\", "
         "\"down\", \"up\" is needed"},
        {fee, "bands = 5",
         "f.toml:10: type[0].fee[0].bands: found 5; a list of [up to and including, fee] is "
         "needed"},
        {fee, "bands = [[1, 2, 3]]",
         "f.toml:10: type[0].fee[0].bands[0]: found 3 values; each is [up to and including, fee]"},
        {fee, "bands = [[100, 1], 5]",
         "f.toml:10: type[0].fee[0].bands[1]: found 5; each is [up to and including, fee]"},
        {fee, "bands = [[100, 1], [100, 2]]",
         "f.toml:10: type[0].fee[0].bands: found a band up to 100.00 behind one up to 100.00; "
         "bands ascend"},
        {settled, "lag_days = 401",
         "f.toml:13: class[0].settlement.lag_days: found 401; a whole number of 0 to 400 days is "
         "needed"},
        {settled, "lag_days = 1\nlag_unit = \"days\"",
         "f.toml:14: class[0].settlement.lag_unit: found \"days\"; one of \"calendar\", "
         "\"business\" is needed"},
        {settled, "lag_days = 1\nlag_unit = \"business\"\ncut_off = \"24:01\"",
         "f.toml:15: class[0].settlement.cut_off: found \"24:01\"; a time of day in quotation "
         "marks "
         "of \"00:00\" to \"24:00\" is needed"},
        {settled, "lag_days = 1\nlag_unit = \"business\"\npayout_at = 09:00:00",
         "f.toml:15: class[0].settlement.payout_at: found 09:00:00; a time of day in quotation "
         "marks of \"00:00\" to \"23:59\" is needed"},
        {settled, "lag_days = 1\nlag_unit = \"business\"\npayout_at = \"24:00\"",
         "f.toml:15: class[0].settlement.payout_at: found \"24:00\"; a time of day in quotation "
         "marks of \"00:00\" to \"23:59\" is needed"},
        {head, "[[class]]\nname = \"a\"\nkind = \"wallet\"\nidentifiers = \"##\"",
         "f.toml:8: class[0].identifiers: found \"##\"; a list of texts is needed: [\"...\"]"},
        {head, "[[class]]\nname = \"a\"\nkind = \"wallet\"\nidentifiers = [7]",
         "f.toml:8: class[0].identifiers: found 7; each is a text in quotation marks"},
        {head, "[reversal]\nwithin_days = 4000",
         "f.toml:6: reversal.within_days: found 4000; a whole number of 0 to 3650 days is needed"},
    });
}

TEST_CASE("scheme file: what only the whole shows has its line too") {
    const struct {
        std::string text;
        std::string place;  ///< the beginning of the error
    } rows[] = {
        {"name = \"My Bank\"\nversion = \"1\"\ncurrency = \"KES\"\nzone = \"+00:00\"\n",
         "f.toml:1: name: "},
        {type + "from = 2024-01-01\n\n[[type]]\nname = \"send\"\npurpose = \"transfer\"\nfrom = "
                "2025-01-01\n",
         "f.toml:13: type[1].from: "},
        {type + "from = 2024-01-01\nto = 2023-01-01\n", "f.toml:8: type[0].from: "},
        {fee + "flat = 1\nbands = [[100, 1]]\n", "f.toml:11: type[0].fee[0].bands: "},
        {tariff + "[[class]]\nname = \"shop\"\nkind = \"till\"\nreceives = \"sell\"\n",
         "f.toml:11: class[0].receives: "},
        {settled + "lag_days = 1\nlag_unit = \"business\"\nreserve_bp = 5\n",
         "f.toml:12: class[0].settlement.reserve_days: "},
        {head + "[[class]]\nname = \"a\"\nkind = \"wallet\"\n[[class]]\nname = \"a\"\nkind = "
                "\"till\"\n",
         "f.toml:9: class[1].name: "},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const std::string error = error_of(row.text);
        CHECK(error.substr(0, row.place.size()) == row.place);
        CHECK(error.size() > row.place.size());
    }
}

TEST_CASE("scheme file: what is no TOML is refused with its line") {
    CHECK(error_of(head + "[[type]\n").substr(0, 14) == "f.toml:5: TOML");
    CHECK(error_of(head + "name = \"twice\"\n").substr(0, 14) == "f.toml:5: TOML");
    CHECK(error_of("") == "f.toml:1: name: is missing; 1 to 20 of a-z, 0-9, '-' and '_'");
}

TEST_CASE("scheme file: the first error is told, not the last") {
    CHECK(error_of("name = 1\nversion = 2\n").substr(0, 14) == "f.toml:1: name");
}

TEST_CASE("scheme file: a name is one of the built-in schemes or a file") {
    const TemporaryDirectory directory;
    const auto file = directory.path() / "my.toml";
    std::ofstream(file) << head;
    const Result<SchemeFile> found = find_scheme(file.string(), {});
    REQUIRE(found.has_value());
    CHECK(found->scheme.name == "my");

    const Result<SchemeFile> built_in = find_scheme("cash", {});
    REQUIRE(built_in.has_value());
    CHECK(built_in->scheme.name == "cash");

    CHECK(
        find_scheme("bitcoin", {}).error() ==
        InputError{"scheme",
                   "\"bitcoin\" is none of mpesa-kenya, wechat-china, alipay-china, swish-sweden, "
                   "pix-brazil, mtn-uganda, card-generic, cash, and no file: those end in .toml "
                   "or have a slash"});
    const std::string missing = (directory.path() / "missing.toml").string();
    CHECK(find_scheme(missing, {}).error() == InputError{missing, "cannot be opened for reading"});
    const std::string no_file = directory.path().string() + "/";
    CHECK(find_scheme(no_file, {}).error() ==
          InputError{no_file, "is a directory; a file is needed"});

    std::ofstream(file) << std::string(2'000'000, '#');
    CHECK(find_scheme(file.string(), {}).error() ==
          InputError{file.string(), "has more than 1048576 bytes, the most of a scheme file"});
}

TEST_CASE("scheme file: the calendar comes from the file of holidays, if there is one") {
    const TemporaryDirectory directory;
    const auto holidays = directory.path() / "days.csv";
    std::ofstream(holidays) << "calendar,date\nKE,2024-12-12\n";
    const std::string text = head + "calendar = \"KE\"\n";

    const Result<SchemeFile> with = parse_scheme(text, "f.toml", holidays);
    REQUIRE(with.has_value());
    CHECK(with->scheme.calendar == core::Calendar("KE", {sys_days{2024y / December / 12}}));

    const Result<SchemeFile> without = parse_scheme(text, "f.toml", {});
    REQUIRE(without.has_value());
    CHECK(without->scheme.calendar == core::Calendar("KE", {}));
    const Result<SchemeFile> unknown =
        parse_scheme(head + "calendar = \"KX\"\n", "f.toml", holidays);
    REQUIRE(!unknown.has_value());
    CHECK(unknown.error() ==
          InputError{
              "f.toml:5: calendar",
              holidays.string() +
                  ": no calendar called \"KX\" in it; there are KE; add its days, or leave the "
                  "file out for weekends only"});
}
