// Plan files: what they mean, and every error with its exact place and words.
#include "switch/replay/sales/plan.h"

#include "tests/switch/replay/run/small_replay.h"

using namespace tuma;
using namespace tuma::replay;

namespace {

const std::string merchant = "[merchant]\ncurrency = \"GBP\"\nfrom = 2024-02-26\nto = 2024-03-31\n";
const std::string kenyan = "[merchant]\ncurrency = \"KES\"\nfrom = 2024-02-26\nto = 2024-03-31\n";
const std::string cash = "[[rail]]\nname = \"cash\"\n";

std::string error_of(const std::string& text) {
    const Result<Plan> plan = parse_plan(text, "p.toml", {});
    return plan ? "accepted" : plan.error().text();
}

const std::string basis_points = " basis points (100 are 1 %) is needed";

struct ErrorRow {
    std::string text;
    std::string error;
};

void check_errors(const std::vector<ErrorRow>& rows) {
    for (const ErrorRow& row : rows) {
        CAPTURE(row.text);
        CHECK(error_of(row.text) == row.error);
    }
}

core::LocalDay day(int month, int number) {
    return std::chrono::year{2024} / month / number;
}

}  // namespace

TEST_CASE("plan: what is left out has the reference calculation's value") {
    const Plan plan = plan_of(merchant + "[advance]\nday = 3\n" + cash);

    CHECK(plan.merchant.currency == Currency::gbp);
    CHECK(plan.merchant.calendar == core::Calendar{});
    CHECK(plan.merchant.from == day(2, 26));
    CHECK(plan.merchant.to == day(3, 31));
    CHECK(plan.merchant.opening_days == 2);
    CHECK(plan.merchant.interest_rate_bp == 1'800);
    CHECK(plan.outgoings.mode == OutgoingsMode::proportional);
    CHECK(plan.outgoings.restock_bp == 6'000);
    CHECK(plan.outgoings.wages_bp == 2'200);
    CHECK(plan.outgoings.draw_bp == 400);
    CHECK(plan.outgoings.rent_bp == 1'200);
    REQUIRE(plan.advance.has_value());
    CHECK(plan.advance->day == 3);
    CHECK(plan.advance->average_days == 10);
    CHECK(plan.advance->factor_bp == 11'200);
    CHECK(plan.advance->holdback_bp == 1'000);
    CHECK(plan.source == "plan.toml");
    CHECK(!plan_of(merchant + cash).advance.has_value());
}

TEST_CASE("plan: the numbers of a rail become a scheme of its own") {
    const TemporaryDirectory directory;
    const auto holidays =
        write_file(directory.path() / "h.csv", "calendar,date\nGB-ENG,2024-03-29\n");
    const Result<Plan> plan = parse_plan(
        "[merchant]\ncurrency = \"GBP\"\ncalendar = \"GB-ENG\"\nfrom = 2024-02-26\n"
        "to = 2024-03-31\n[[rail]]\nname = \"card_T2\"\nfee_bp = 175\nfee_flat_minor = 20\n"
        "fee_cap_minor = 500\nfree_up_to_minor = 100\nlag_days = 2\nlag_unit = \"business\"\n"
        "roll = true\napplies_to = \"card\"\n",
        "p.toml", holidays);
    REQUIRE(plan.has_value());
    const RailPlan& rail = plan->rails.front();

    CHECK(rail.name == "card_T2");
    CHECK(!rail.is_from_scheme);
    CHECK(rail.applies_to == "card");
    CHECK(rail.scheme.name == "rail-1");  // capitals are no part of a scheme's name
    CHECK(rail.scheme.currency == Currency::gbp);
    CHECK(rail.scheme.calendar.name() == "GB-ENG");
    CHECK(!rail.scheme.calendar.is_business_day(day(3, 29)));
    const core::PaymentType* type = rail.scheme.find_type(rail.type, day(3, 1));
    REQUIRE(type != nullptr);
    core::FeeRule fee;
    fee.basis_points = 175;
    fee.flat = 20;
    fee.cap = 500;
    fee.free_up_to = 100;
    CHECK(type->fees == std::vector<core::FeeRule>{fee});
    const core::AccountClass& account_class = rail.scheme.classes.at(rail.account_class);
    CHECK(account_class.kind == ledger::AccountKind::settlement_payable);
    CHECK(account_class.settlement.to_bank);
    CHECK(account_class.settlement.lag_days == 2);
    CHECK(account_class.settlement.lag_unit == core::LagUnit::business);
    CHECK(account_class.settlement.roll);
    CHECK(account_class.settlement.negative_net == core::NegativeNet::collect);
    REQUIRE(rail.at_once_class.has_value());
    CHECK(rail.scheme.classes.at(*rail.at_once_class).kind == ledger::AccountKind::till);
    CHECK(rail.sentence ==
          "1.75 %, GBP 0.20 a payment, at most GBP 5.00, free up to GBP 1.00; T+2 business days "
          "(GB-ENG), sales of other days count on the next business day; only card payments, "
          "others at once and free");
}

TEST_CASE("plan: sentences say what a rail costs and when it pays") {
    const struct {
        std::string keys;
        std::string sentence;
    } rows[] = {
        {"", "free; at once"},
        {"fee_bp = 22", "0.22 %; at once"},
        {"fee_flat_minor = 17", "GBP 0.17 a payment; at once"},
        {"fee_bp = 220\nlag_days = 30", "2.20 %; T+30 calendar days"},
        {"lag_days = 1\nlag_unit = \"business\"", "free; T+1 business day (Monday to Friday)"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.keys);
        CHECK(plan_of(merchant + cash + row.keys).rails.front().sentence == row.sentence);
    }
}

TEST_CASE("plan: a rail may name a scheme, its type, class and the day of its tariff") {
    const auto rail = [](const std::string& keys) {
        return plan_of(kenyan +
                       "[[rail]]\nname = \"till\"\nscheme = \"mpesa-kenya\"\n"
                       "type = \"pay-merchant\"\n" +
                       keys)
            .rails.front();
    };
    const RailPlan now = rail("");
    CHECK(now.is_from_scheme);
    CHECK(now.scheme.name == "mpesa-kenya");
    CHECK(now.scheme.classes.at(now.account_class).name == "till");
    CHECK(now.sentence ==
          "mpesa-kenya 2025-01, pay-merchant: 0.55 %, at most KES 200.00, free up "
          "to KES 200.00; at once");

    const RailPlan then = rail("on = 2020-05-05\nclass = \"till-to-bank\"\n");
    CHECK(then.scheme.classes.at(then.account_class).name == "till-to-bank");
    CHECK(then.sentence.ends_with("; T+1 business day (KE), payouts from KES 35,000.00"));
    REQUIRE(then.scheme.find_type("pay-merchant", day(3, 1)) != nullptr);
    CHECK(then.scheme.find_type("pay-merchant", day(3, 1))->fees.front().basis_points == 50);
    CHECK(!core::check(then.scheme).has_value());

    const RailPlan part = rail("applies_to = \"mpesa\"\n");
    REQUIRE(part.at_once_class.has_value());
    CHECK(part.scheme.classes.at(*part.at_once_class).receives == "pay-at-once");
    CHECK(!core::check(part.scheme).has_value());
}

TEST_CASE(
    "plan: errors of the document and the merchant name file, line, key, what was found and what "
    "is needed") {
    check_errors({
        {"merchant\n",
         "p.toml:1: TOML: Error while parsing key-value pair: expected '=', saw '\\n'"},
        {cash, "p.toml:1: merchant: is missing; a table [merchant] is needed"},
        {merchant, "p.toml:1: rail: is missing; at least one [[rail]] is needed"},
        {merchant + "[rail]\nname = \"cash\"\n",
         "p.toml:5: rail: found a table; write each one as a table of its own under [[rail]], with "
         "two brackets"},
        {"rail = []\n" + merchant, "p.toml:1: rail: at least one [[rail]] is needed"},
        {merchant + "[rails]\n" + cash,
         "p.toml:5: rails: is no key of this table; did you mean "
         "rail?"},
        {"[merchant]\nfrom = 2024-02-26\nto = 2024-03-31\n" + cash,
         "p.toml:1: merchant.currency: is missing; three letters of ISO 4217 are needed, like "
         "\"GBP\""},
        {"[merchant]\ncurrency = \"GBP\"\nto = 2024-03-31\n" + cash,
         "p.toml:1: merchant.from: is missing; a date like 2016-03-01 is needed"},
        {"[merchant]\ncurrency = \"GBP\"\nfrom = \"2024-02-26\"\nto = 2024-03-31\n" + cash,
         "p.toml:3: merchant.from: found \"2024-02-26\"; a date like 2023-07-01 is needed, without "
         "quotation marks"},
        {"[merchant]\ncurrency = \"GBP\"\nfrom = 2024-02-26\nto = 2024-02-25\n" + cash,
         "p.toml:4: merchant.to: is before from"},
        {"[merchant]\ncurrency = \"GBP\"\nfrom = 1950-01-01\nto = 2024-02-25\n" + cash,
         "p.toml:4: merchant.to: makes 27084 days, at most 20000 are possible"},
        {"[merchant]\ncurrency = \"GBP\"\nfrom = 1850-01-01\nto = 1850-02-25\n" + cash,
         "p.toml:3: merchant.from: is in the year 1850; 1900 to 2199 are possible"},
        {merchant + "calendar = \"GB-ENG\"\n" + cash,
         "p.toml:5: merchant.calendar: \"GB-ENG\" needs a file of holidays, --holidays=FILE.csv; "
         "\"\" is weekends only"},
        {merchant + "opening_days = -1\n" + cash,
         "p.toml:5: merchant.opening_days: found -1; a whole number of 0 to 3650 average days is "
         "needed"},
    });
}

TEST_CASE(
    "plan: errors of outgoings and the advance name file, line, key, what was found and what is "
    "needed") {
    check_errors({
        {merchant + "[outgoings]\nmode = \"random\"\n" + cash,
         "p.toml:6: outgoings.mode: found \"random\"; one of \"proportional\", \"fixed\" is "
         "needed"},
        {merchant + "[outgoings]\nrent_bp = 10001\n" + cash,
         "p.toml:6: outgoings.rent_bp: found 10001; a whole number of 0 to 10000" + basis_points},
        {merchant + "[outgoings]\nrent_bp = 12.5\n" + cash,
         "p.toml:6: outgoings.rent_bp: found 12.5; a whole number of 0 to 10000" + basis_points},
        {merchant + "[advance]\nday = 35\n" + cash,
         "p.toml:6: advance.day: found 35; a whole number of 0 to 34, an index in the window, is "
         "needed"},
        {merchant + "[advance]\n" + cash,
         "p.toml:5: advance.day: is 60 when left out; 0 to 34 lie in the window"},
        {merchant + "[advance]\nday = 1\nholdback_bp = 0\n" + cash,
         "p.toml:7: advance.holdback_bp: found 0; a whole number of 1 to 10000" + basis_points},
    });
}

TEST_CASE(
    "plan: errors of a rail of numbers name file, line, key, what was found and what is needed") {
    check_errors({
        {merchant + "[[rail]]\nfee_bp = 5\n",
         "p.toml:5: rail[0].name: is missing; it names the rail and its files"},
        {merchant + "[[rail]]\nname = \"a b\"\n",
         "p.toml:6: rail[0].name: found \"a b\"; 1 to 40 of a-z, A-Z, 0-9, - and _ are needed, "
         "since files are named after it"},
        {merchant + "[[rail]]\nname = \"summary\"\n",
         "p.toml:6: rail[0].name: \"summary\" is the name of another output; choose another"},
        {merchant + cash + cash, "p.toml:8: rail[1].name: another rail is called \"cash\" too"},
        {merchant + cash + "fee_bp = 10001\n",
         "p.toml:7: rail[0].fee_bp: found 10001; a whole number of 0 to 10000" + basis_points},
        {merchant + cash + "fees_bp = 1\n",
         "p.toml:7: rail[0].fees_bp: is no key of this table; did you mean fee_bp?"},
        {merchant + cash + "lag_days = 401\n",
         "p.toml:7: rail[0].lag_days: found 401; a whole number of 0 to 400 days is needed"},
        {merchant + cash + "lag_unit = \"weeks\"\n",
         "p.toml:7: rail[0].lag_unit: found \"weeks\"; one of \"calendar\", \"business\" is "
         "needed"},
        {merchant + cash + "roll = 1\n",
         "p.toml:7: rail[0].roll: found 1; true or false is needed"},
        {merchant + cash + "type = \"pay-merchant\"\n",
         "p.toml:7: rail[0].type: needs scheme, the name of a scheme, beside it"},
    });
}

TEST_CASE(
    "plan: errors of a rail that names a scheme name file, line, key, what was found and what is "
    "needed") {
    const std::string till = "[[rail]]\nname = \"till\"\nscheme = \"mpesa-kenya\"\n";
    check_errors({
        {kenyan + till + "fee_bp = 5\n",
         "p.toml:8: rail[0].fee_bp: excludes scheme; give the scheme or the numbers, not both"},
        {kenyan + till,
         "p.toml:5: rail[0].type: is missing; it is what the merchant receives, "
         "\"pay-merchant\" for example"},
        {merchant + till + "type = \"pay-merchant\"\n",
         "p.toml:7: rail[0].scheme: mpesa-kenya is in KES, the merchant sells in GBP; give the "
         "numbers instead (fee_bp, fee_cap_minor, lag_days and so on) in GBP"},
        {kenyan + till + "type = \"send\"\n",
         "p.toml:8: rail[0].type: found \"send\", which no class of mpesa-kenya receives; "
         "merchants "
         "receive: pay-bill-business-pays, pay-bill-customer-pays, pay-bill-mgao, pay-merchant"},
        {kenyan + till + "type = \"pay-merchant\"\nclass = \"agent\"\n",
         "p.toml:9: rail[0].class: found \"agent\"; a class that receives pay-merchant is needed: "
         "till, till-to-bank"},
        {kenyan + till + "type = \"pay-bill-mgao\"\non = 2020-01-01\n",
         "p.toml:9: rail[0].on: mpesa-kenya has no tariff for pay-bill-mgao on 2020-01-01, only "
         "for "
         "2023-07-01 and later"},
        {"[merchant]\ncurrency = \"KES\"\nfrom = 2023-06-01\nto = 2024-03-31\n" + till +
             "type = \"pay-bill-mgao\"\n",
         "p.toml:8: rail[0].type: mpesa-kenya has no tariff for pay-bill-mgao on 2023-06-01, only "
         "for 2023-07-01 and later; with on = DATE the tariff of that day is used for all sales"},
    });
}

TEST_CASE("plan: the zone is the one that is said, else that of the schemes, else UTC") {
    const std::string merchant =
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-01-01\nto = 2024-01-31\n";
    const std::string cash = "[[rail]]\nname = \"cash\"\n";
    const std::string till =
        "[[rail]]\nname = \"till\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-merchant\"\n";
    const auto zone_of = [](const std::string& text) {
        const auto plan = parse_plan(text, "p.toml", {});
        REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().text()));
        return plan->merchant.zone;
    };
    CHECK(zone_of(merchant + cash) == std::chrono::minutes{0});
    CHECK(zone_of(merchant + cash + till) == std::chrono::hours{3});
    CHECK(zone_of(merchant + "zone = \"-07:00\"\n" + cash + till) == -std::chrono::hours{7});

    // A scheme of one's own in the same currency, elsewhere.
    const TemporaryDirectory folder;
    const std::string path = (folder.path() / "own.toml").string();
    std::ofstream(path) << "name = \"own\"\nversion = \"1\"\ncurrency = \"KES\"\nzone = "
                           "\"+01:00\"\n[[type]]\nname = \"pay\"\npurpose = "
                           "\"pay_merchant\"\n[[class]]\nname = \"shop\"\nkind = "
                           "\"till\"\nreceives = \"pay\"\n";
    const std::string own = "[[rail]]\nname = \"own\"\nscheme = \"" + path + "\"\ntype = \"pay\"\n";
    CHECK(zone_of(merchant + own) == std::chrono::hours{1});
    CHECK(zone_of(merchant + own + till) == std::nullopt);

    CHECK(parse_plan(merchant + "zone = \"Nairobi\"\n" + cash, "p.toml", {}).error().text() ==
          "p.toml:5: merchant.zone: found \"Nairobi\"; \"-14:00\" to \"+14:00\" is needed");
}

TEST_CASE("plan: a file of holidays that cannot be used is told without a calendar too") {
    const std::string text =
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-01-01\nto = 2024-01-31\n"
        "[[rail]]\nname = \"cash\"\n";
    CHECK(parse_plan(text, "p.toml", "/nonexistent/days.csv").error().text() ==
          "--holidays=/nonexistent/days.csv: cannot be opened for reading");
}

TEST_CASE("plan: a file that is not there is refused") {
    CHECK(read_plan("/nonexistent/plan.toml", {}).error().text() ==
          "/nonexistent/plan.toml: cannot be opened for reading");
}

TEST_CASE("plan: a calendar must have holidays in every year of the window") {
    const TemporaryDirectory directory;
    const auto holidays =
        write_file(directory.path() / "h.csv", "calendar,date\nX,2024-12-25\nY,2025-12-25\n");
    const auto error = [&](const std::string& calendar) {
        const auto plan = parse_plan(
            "[merchant]\ncurrency = \"GBP\"\nfrom = 2024-02-26\n"
            "to = 2025-01-31\ncalendar = \"" +
                calendar + "\"\n" + cash,
            "p.toml", holidays);
        return plan ? "accepted" : plan.error().text();
    };
    CHECK(error("") == "accepted");
    CHECK(error("X") ==
          "p.toml:5: merchant.calendar: X has no holiday in 2025; add that year to the file of "
          "holidays, or say \"\" for weekends only");
    CHECK(error("Z") ==
          "p.toml:5: merchant.calendar: " + holidays.string() +
              ": no calendar called \"Z\" in it; there are X, Y; add its days, or leave the "
              "file out for weekends only");
}
