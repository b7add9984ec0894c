// Replays by hand: what happens in each kind of case, over ten years, and what is refused.
#include "switch/replay/run/replay.h"

#include "ledger/audit/audit.h"
#include "ledger/records/batch.h"
#include "ledger/store/sqlite_journal.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_file.h"
#include "switch/replay/report/summary.h"
#include "switch/replay/run/rail_run.h"
#include "tests/switch/replay/run/invented_merchant.h"
#include "tests/switch/replay/run/small_replay.h"

#include <fmt/format.h>

using namespace tuma;
using namespace tuma::replay;

namespace {

using std::chrono::days;

// A Monday.
constexpr core::LocalDay monday{std::chrono::year{2024} / 2 / 26};

}  // namespace

TEST_CASE("replay: kept books are a journal that an audit finds clean") {
    const TemporaryDirectory directory;
    const Plan plan =
        plan_of(merchant_text("2024-04-30") +
                "[advance]\nday = 5\n[[rail]]\n"
                "name = \"card\"\nfee_bp = 175\nlag_days = 2\nlag_unit = \"business\"\n"
                "[[rail]]\nname = \"till\"\nfee_bp = 55\n");
    std::string rows;
    for (int i = 0; i < 200; ++i)
        rows +=
            fmt::format("t{},2024-03-{:02}T12:00:00,{},\n", i, 1 + i / 8, i % 7 == 0 ? -50 : 900);
    ReplayOptions options;
    options.books = directory.path() / "books";
    const ReplayResult result = replay_of(plan, rows, options);
    for (const RailResult& rail : result.rails) {
        CAPTURE(rail.name);
        ledger::SqliteJournalReader journal(options.books / rail.name);
        ledger::AuditOptions bounds;
        bounds.limits.accounts_max = 64;
        bounds.limits.request_keys_max = 1'024;
        const ledger::AuditReport report = ledger::audit(journal, bounds);
        CHECK(report.is_clean());
        CHECK(report.figures.events == rail.events);
        CHECK(ledger::hex(report.figures.head_hash) == rail.head_hash);
    }
    const ReplayResult not_kept = replay_of(plan, rows);
    CHECK(summary_csv(result) == summary_csv(not_kept));
    CHECK(result.rails.front().head_hash == not_kept.rails.front().head_hash);
}

TEST_CASE("replay: ten years of virtual time pass without drift") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"GBP\"\nfrom = 2015-01-01\nto = 2024-12-31\n"
        "[[rail]]\nname = \"card\"\nfee_bp = 175\nlag_days = 2\nlag_unit = \"business\"\n"
        "[[rail]]\nname = \"monthly\"\nfee_bp = 220\nlag_days = 30\n");
    std::string rows;
    for (core::LocalDay day = plan.merchant.from; day <= plan.merchant.to; day += days{1})
        rows += fmt::format("t,{}T23:59:59.999999,1000,\n", date_text(day));
    const ReplayResult result = replay_of(plan, rows);

    for (const RailResult& rail : result.rails) {
        REQUIRE(rail.base.days.size() == 3'653);
        CHECK(rail.base.days.back().date == core::LocalDay{std::chrono::year{2024} / 12 / 31});
        CHECK(rail.gross == 3'653'000);
    }
    // A sale in a day's last microsecond is that day's, after any number of days.
    const std::vector<DayRow>& card = result.rails[0].base.days;
    for (const DayRow& row : card) {
        const unsigned weekday = std::chrono::weekday{row.date}.iso_encoding();
        // Tuesday pays what Friday and the weekend before had, after Thursday's on Monday.
        const std::int64_t sales = weekday > 5 ? 0 : weekday == 2 ? 3 : 1;
        if (row.date > plan.merchant.from + days{7}) CHECK(row.settled_gross == sales * 1'000);
        CHECK(row.gross_sales == 1'000);
    }
    CHECK(result.rails[1].base.days.back().receivable == 30'000);
    CHECK(result.rails[1].fees == 3'653 * 22);
}

TEST_CASE("replay: refunds before any sale, and settlements below zero, are collected") {
    const Plan plan = plan_of(merchant_text("2024-03-03") +
                              "opening_days = 0\n[outgoings]\nrestock_bp = 0\nwages_bp = 0\n"
                              "draw_bp = 0\nrent_bp = 0\n[[rail]]\nname = \"card\"\nfee_bp = 100\n"
                              "lag_days = 1\n[[rail]]\nname = \"till\"\nfee_bp = 100\n");
    const ReplayResult result = replay_of(plan,
                                          "a,2024-02-26T09:00:00,-5000,\n"
                                          "b,2024-02-27T09:00:00,2000,\n"
                                          "c,2024-02-28T09:00:00,4000,\n");
    const auto closings = [&](std::size_t rail) {
        std::vector<std::int64_t> balances;
        for (const DayRow& row : result.rails[rail].base.days)
            balances.push_back(row.closing_balance);
        return balances;
    };
    CHECK(closings(0) == std::vector<std::int64_t>{0, -5'000, -3'020, 940, 940, 940, 940});
    CHECK(closings(1) == std::vector<std::int64_t>{-5'000, -3'020, 940, 940, 940, 940, 940});
    CHECK(result.sales.refunds == 1);
    CHECK(result.rails[0].payments == 3);
    CHECK(result.rails[0].fees == 60);
}

TEST_CASE("replay: payments of other methods settle at once and free") {
    const Plan plan = plan_of(merchant_text("2024-02-28") +
                              "[[rail]]\nname = \"card\"\nfee_bp = 100\nlag_days = 1\n"
                              "applies_to = \"card\"\n");
    const ReplayResult result = replay_of(plan,
                                          "a,2024-02-26T09:00:00,1000,cash\n"
                                          "b,2024-02-26T09:00:00,2000,card\n"
                                          "c,2024-02-26T09:00:00,-100,cash\n"
                                          "d,2024-02-26T09:00:00,10,\n");
    const RailResult& rail = result.rails.front();
    CHECK(rail.base.days[0].gross_sales == 2'910);
    CHECK(rail.base.days[0].settled_gross == 910);
    CHECK(rail.base.days[0].fees == 0);
    CHECK(rail.base.days[0].receivable == 2'000);
    CHECK(rail.base.days[1].settled_gross == 2'000);
    CHECK(rail.base.days[1].fees == 20);
    CHECK(rail.fees_if_rounded_daily == 20);

    const TemporaryDirectory directory;
    const auto sales = SalesFile::open(write_file(directory.path() / "s.csv",
                                                  "txn_id,ts,amount_minor,method\n"
                                                  "a,2024-02-26,5,mobile\nb,2024-02-26,5,\n"),
                                       {});
    const auto refused = replay::replay(plan, *sales, nullptr, {});
    REQUIRE(!refused.has_value());
    CHECK(
        refused.error().text() ==
        "plan.toml: rail card: applies_to: found \"card\", but no sale has it as its method; they "
        "have: \"\", \"mobile\"");
}

TEST_CASE("replay: a real scheme has its tariff of the day, its cap and its least payout") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-02-26\nto = 2024-03-03\n"
        "[[rail]]\nname = \"till\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-merchant\"\n"
        "[[rail]]\nname = \"then\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-merchant\"\n"
        "on = 2020-06-01\n"
        "[[rail]]\nname = \"bank\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-merchant\"\n"
        "class = \"till-to-bank\"\n");
    // 200 are free; 0.55 % of 1,000 and of 100,000, which is above the cap of 200.
    const ReplayResult result = replay_of(plan,
                                          "a,2024-02-26T00:00:00,20000,\n"
                                          "b,2024-02-26T23:59:59,100000,\n"
                                          "c,2024-02-27T12:00:00,10000000,\n");
    CHECK(result.rails[0].fees == 0 + 550 + 20'000);
    CHECK(result.rails[0].base.days[0].fees == 550);
    CHECK(result.rails[0].base.days[0].settled_gross == 120'000);
    CHECK(result.rails[0].base.days[1].settled_gross == 10'000'000);
    CHECK(result.rails[1].fees == 0 + 500 + 20'000);
    // The bank gets at least KSh 35,000: of Monday's 1,200 only the fee is settled on Tuesday, the
    // rest waits for Tuesday's sales.
    const std::vector<DayRow>& bank = result.rails[2].base.days;
    CHECK(bank[0].settled_gross == 0);
    CHECK(bank[1].settled_gross == 550);
    CHECK(bank[1].fees == 550);
    CHECK(bank[1].receivable == 10'119'450);
    CHECK(bank[2].settled_gross == 10'119'450);
    CHECK(bank[2].fees == 20'000);
    CHECK(bank[2].receivable == 0);
}

TEST_CASE("replay: where a scheme gives the fee back with a refund, it counts as not charged") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"CNY\"\nfrom = 2024-02-26\nto = 2024-02-28\n"
        "[[rail]]\nname = \"bank\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "[[rail]]\nname = \"wallet\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "class = \"merchant-at-once\"\n");
    // 0.6 % of 500.00 and of 100.00.
    const ReplayResult result = replay_of(plan,
                                          "a,2024-02-26T09:00:00,50000,\n"
                                          "b,2024-02-26T10:00:00,-10000,\n");
    for (const RailResult& rail : result.rails) {
        CAPTURE(rail.name);
        CHECK(rail.fees == 300 - 60);
        CHECK(rail.fees_settled == 300 - 60);
        CHECK(rail.gross == 40'000);
    }
    CHECK(result.rails[0].base.days[1].settled_gross == 40'000);
    CHECK(result.rails[1].base.days[0].settled_gross == 40'000);
}

TEST_CASE("replay: refunds in parts give back what was charged, and never more") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"CNY\"\nfrom = 2024-02-26\nto = 2024-02-28\n"
        "[[rail]]\nname = \"bank\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "[[rail]]\nname = \"wallet\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "class = \"merchant-at-once\"\n");
    // A refund before any sale gets nothing; 42.00 with a fee of 0.25 goes back in fifty parts.
    std::string rows =
        "early,2024-02-26T08:00:00,-500,\nmore,2024-02-26T08:30:00,500,\n"
        "back,2024-02-26T08:40:00,-500,\nsale,2024-02-26T09:00:00,4200,\n";
    for (int i = 0; i < 50; ++i) rows += "part" + std::to_string(i) + ",2024-02-26T10:00:00,-84,\n";
    const ReplayResult result = replay_of(plan, rows);
    for (const RailResult& rail : result.rails) {
        CAPTURE(rail.name);
        CHECK(rail.fees == 0);
        CHECK(rail.fees_settled == 0);
        CHECK(rail.gross == -500);
    }
}

TEST_CASE("replay: thousands of small refunds give back the share of the fee that they are of") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"CNY\"\nfrom = 2024-02-26\nto = 2024-02-29\n"
        "[[rail]]\nname = \"bank\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "[[rail]]\nname = \"wallet\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n"
        "class = \"merchant-at-once\"\n");
    struct Row {
        int parts;
        std::int64_t amount;
        std::int64_t returned;
    };
    // Of 10,000.00 with a fee of 60.00: half of it in parts of 1.00, 1,400.00 in parts of 0.07.
    for (const Row& row : {Row{5'000, 1'00, 30'00}, Row{20'000, 7, 8'40}}) {
        CAPTURE(row.amount);
        std::string rows = "sale,2024-02-26T09:00:00,1000000,\n";
        for (int i = 0; i < row.parts; ++i)
            rows += fmt::format("part{},2024-02-27T{:02}:00:00,-{},\n", i, 24 * i / row.parts,
                                row.amount);
        const ReplayResult part = replay_of(plan, rows);
        rows += fmt::format("rest,2024-02-28T10:00:00,-{},\n", 10'000'00 - row.parts * row.amount);
        const ReplayResult whole = replay_of(plan, rows);
        for (std::size_t i = 0; i < plan.rails.size(); ++i) {
            CAPTURE(plan.rails[i].name);
            CHECK(part.rails[i].fees == 60'00 - row.returned);
            CHECK(part.rails[i].fees_settled == 60'00 - row.returned);
            CHECK(whole.rails[i].fees == 0);
            CHECK(whole.rails[i].gross == 0);
        }
    }
}

TEST_CASE("replay: the smallest payout is compared with what the scheme names") {
    const TemporaryDirectory directory;
    const auto days_under = [&](const std::string& basis) {
        // WeChat Pay's notice of 30 June 2016: net sales of CNY 500 and more are paid out.
        const auto path = write_file(
            directory.path() / (basis + ".toml"),
            "name = \"notice\"\nversion = \"2016\"\ncurrency = \"CNY\"\nzone = \"+08:00\"\n"
            "[[type]]\nname = \"pay\"\npurpose = \"pay_merchant\"\n"
            "[[type.fee]]\nbearer = \"payee\"\nrate_bp = 60\n"
            "[[class]]\nname = \"shop\"\nkind = \"settlement_payable\"\nreceives = \"pay\"\n"
            "[class.settlement]\nlag_days = 1\nlag_unit = \"calendar\"\nminimum_payout = 500\n"
            "minimum_basis = \"" +
                basis + "\"\n");
        const Plan plan = plan_of(
            "[merchant]\ncurrency = \"CNY\"\nfrom = 2016-07-01\nto = 2016-07-05\n"
            "[outgoings]\nrestock_bp = 0\nwages_bp = 0\ndraw_bp = 0\nrent_bp = 0\n"
            "[[rail]]\nname = \"notice\"\nscheme = \"" +
            path.string() + "\"\ntype = \"pay\"\n");
        // 500.00 on the first day; on the third and fourth 300.00 and 200.00.
        return replay_of(plan,
                         "a,2016-07-01T12:00:00,50000,\nb,2016-07-03T12:00:00,30000,\n"
                         "c,2016-07-04T12:00:00,20000,\n")
            .rails[0]
            .base.days;
    };
    const std::vector<DayRow> gross = days_under("before_fees");
    CHECK(gross[1].closing_balance - gross[0].closing_balance == 497'00);
    CHECK(gross[3].closing_balance == gross[2].closing_balance);
    CHECK(gross[4].closing_balance - gross[3].closing_balance == 497'00);
    const std::vector<DayRow> net = days_under("net");
    CHECK(net[2].closing_balance == net[0].closing_balance);
    // 497.00 and 298.20 have gathered by the fourth.
    CHECK(net[3].closing_balance - net[2].closing_balance == 795'20);
    CHECK(net[4].closing_balance == net[3].closing_balance);
}

TEST_CASE("replay: what a rail cannot carry is listed, all of it, and in none of its figures") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-02-26\nto = 2024-03-03\n"
        "[[rail]]\nname = \"till\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-merchant\"\n"
        "[[rail]]\nname = \"mgao\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-bill-mgao\"\n"
        "[[rail]]\nname = \"cash\"\nfee_bp = 100\n");
    const ReplayResult result = replay_of(plan,
                                          "a,2024-02-26,5000,\n"
                                          "b,2024-02-27T10:00,25000000,\n"
                                          "c,2024-02-27T10:00,25000001,\n"
                                          "d,2024-02-28T10:00,90000000000000,\n"
                                          "e,2024-02-29,-5000,\n");
    const core::LocalDay tuesday = plan.merchant.from + std::chrono::days{1};
    const core::LocalDay wednesday = tuesday + std::chrono::days{1};
    const RailResult& till = result.rails[0];
    CHECK(till.refusals ==
          std::vector<RefusedSale>{
              {4, tuesday, 25'000'001, Refusal::transaction_limit_exceeded},
              {5, wednesday, 90'000'000'000'000, Refusal::transaction_limit_exceeded}});
    CHECK(till.refused == 2);
    CHECK(till.refused_sum == 90'000'025'000'001);
    CHECK(till.payments == 3);
    CHECK(till.gross == 25'000'000);
    CHECK(till.fees == 20'000);
    CHECK(till.base.days[1].gross_sales == 25'000'000);
    CHECK(till.base.days[2].gross_sales == 0);
    // PayBill's tariff itself ends there.
    const RailResult& mgao = result.rails[1];
    CHECK(mgao.refusals ==
          std::vector<RefusedSale>{{4, tuesday, 25'000'001, Refusal::not_offered},
                                   {5, wednesday, 90'000'000'000'000, Refusal::not_offered}});
    CHECK(result.rails[2].refused == 0);
    CHECK(result.rails[2].payments == 5);
    CHECK(result.refused() == 4);
}

TEST_CASE("replay: the limits of the merchant's own class hold, its balance among them") {
    const TemporaryDirectory directory;
    const auto path = write_file(
        directory.path() / "own.toml",
        "name = \"own\"\nversion = \"1\"\ncurrency = \"KES\"\nzone = \"+03:00\"\n"
        "[[type]]\nname = \"pay\"\npurpose = \"pay_merchant\"\nminimum = 10\nmaximum = 500\n"
        "[[class]]\nname = \"shop\"\nkind = \"till\"\nreceives = \"pay\"\n"
        "[[class.limits]]\nceiling = 100\n");
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-02-26\nto = 2024-02-28\n"
        "[[rail]]\nname = \"own\"\nscheme = \"" +
        path.string() + "\"\ntype = \"pay\"\n");
    const RailResult rail =
        replay_of(plan,
                  "a,2024-02-26T10:00:00,6000,\nb,2024-02-26T11:00:00,6000,\n"
                  "c,2024-02-26T12:00:00,4000,\nd,2024-02-27T10:00:00,999,\n"
                  "e,2024-02-27T11:00:00,50001,\nf,2024-02-28T10:00:00,-4000,\n")
            .rails[0];
    const core::LocalDay monday = plan.merchant.from;
    const core::LocalDay tuesday = monday + std::chrono::days{1};
    CHECK(rail.refusals ==
          std::vector<RefusedSale>{{3, monday, 6'000, Refusal::ceiling_exceeded},
                                   {5, tuesday, 999, Refusal::below_minimum},
                                   {6, tuesday, 50'001, Refusal::transaction_limit_exceeded}});
    CHECK(rail.refused_sum == 57'000);
    CHECK(rail.gross == 6'000);
    CHECK(rail.payments == 3);
}

TEST_CASE("replay: what is refused is what an explanation says is refused") {
    for (const BuiltInScheme& row : built_in_schemes()) {
        const core::Scheme scheme = find_scheme(std::string(row.name), {}).value().scheme;
        std::set<std::string> received;
        for (const core::AccountClass& account_class : scheme.classes)
            if (!account_class.receives.empty()) received.insert(account_class.receives);
        for (const std::string& type : received) {
            CAPTURE(scheme.name);
            CAPTURE(type);
            Plan plan = plan_of(
                "[merchant]\ncurrency = \"" + std::string(alphabetic_code(scheme.currency)) +
                "\"\nfrom = 2024-02-26\nto = 2024-03-03\n[[rail]]\nname = \"rail\"\nscheme = \"" +
                scheme.name + "\"\ntype = \"" + type + "\"\n");
            std::string rows;
            std::vector<std::int64_t> amounts;
            for (const std::int64_t amount : {1, 99, 100, 4'999, 5'000, 15'000'000, 15'000'001,
                                              25'000'000, 25'000'001, 50'000'001, 2'000'000'000})
                amounts.push_back(amount);
            for (const std::int64_t amount : amounts)
                rows += "t,2024-03-01T12:00:00," + std::to_string(amount) + ",\n";
            std::vector<std::int64_t> refused;
            const ReplayResult result = replay_of(plan, rows);
            for (const RefusedSale& sale : result.rails[0].refusals) refused.push_back(sale.amount);
            std::vector<std::int64_t> expected;
            for (const std::int64_t amount : amounts) {
                Occasion occasion;
                occasion.type = type;
                occasion.amount = amount;
                occasion.day = plan.merchant.from + std::chrono::days{4};
                if (explain(scheme, occasion).value().refusal) expected.push_back(amount);
            }
            CHECK(refused == expected);
        }
    }
}

TEST_CASE("replay: a time with a zone is sold and paid out on the rail's own days") {
    const std::string merchant =
        "[merchant]\ncurrency = \"CNY\"\nfrom = 2026-11-30\nto = 2026-12-03\n";
    const std::string wechat =
        "[[rail]]\nname = \"wechat\"\nscheme = \"wechat-china\"\ntype = \"pay-merchant\"\n";
    const std::string cash = "[[rail]]\nname = \"cash\"\n";
    const std::string instants[] = {"2026-11-30T16:30:00Z", "2026-12-01T00:30:00+08:00",
                                    "2026-11-30 09:30:00 -0700", "2026-12-01T00:30:00",
                                    "2026-11-30T16:30:00.25Z"};
    for (const std::string& instant : instants) {
        CAPTURE(instant);
        const Plan plan = plan_of(merchant + cash + wechat);
        CHECK(plan.merchant.zone == std::chrono::hours{8});
        const ReplayResult result = replay_of(plan, "a," + instant + ",10000,\n");
        const std::vector<DayRow>& days = result.rails[1].base.days;
        CHECK(days[0].gross_sales == 0);
        CHECK(days[1].gross_sales == 10'000);
        CHECK(days[1].settled_gross == 0);
        CHECK(days[2].settled_gross == 10'000);
        CHECK(days[2].fees == 60);
        CHECK(result.rails[0].base.days[1].gross_sales == 10'000);
    }
    // A merchant whose clock is UTC: sold on 30 November there, and paid out by China's clock, at
    // midnight of 2 December, which is 16:00 on the 1st.
    const ReplayResult utc = replay_of(plan_of(merchant + "zone = \"+00:00\"\n" + wechat),
                                       "a,2026-11-30T16:30:00,10000,\n");
    CHECK(utc.rails[0].base.days[0].gross_sales == 10'000);
    CHECK(utc.rails[0].base.days[1].settled_gross == 10'000);
}

TEST_CASE("replay: dated outgoings take the place of the rule, one posting each") {
    const Plan plan =
        plan_of(merchant_text("2024-02-28") + "[advance]\nday = 1\n[[rail]]\nname = \"cash\"\n");
    DatedOutgoings dated;
    dated.days[monday] = {{OutgoingKind::dated, 300, 2}, {OutgoingKind::dated, 50, 3}};
    dated.days[monday + days{2}] = {{OutgoingKind::dated, 1, 4}};
    const ReplayResult result =
        replay_of(plan, "a,2024-02-26T09:00:00,3000,\n", ReplayOptions{}, &dated);

    const RailResult& rail = result.rails.front();
    CHECK(result.outgoings_are_real);
    CHECK(!rail.fixed_outgoings.has_value());
    CHECK(rail.base.days[0].outgoings == 350);
    CHECK(rail.base.days[1].outgoings == 0);
    CHECK(rail.base.days[2].outgoings == 1);
    CHECK(rail.base.days[2].closing_balance == 2'000 + 3'000 - 351);
    CHECK(rail.with_advance->days[2].outgoings == 1);
    CHECK(rail.with_advance->days[1].loan_advance == 10'000);
}

TEST_CASE("replay: more sales at one moment than a batch can hold make several batches") {
    const Plan plan =
        plan_of(merchant_text("2024-02-26") + "[[rail]]\nname = \"till\"\nfee_flat_minor = 1\n");
    // 128 bytes for a payment and 128 for its fee.
    constexpr std::size_t count = ledger::batch_bytes_max / 256 + 1;
    std::string rows;
    for (std::size_t i = 0; i < count; ++i) rows += "t,2024-02-26,10,\n";
    const ReplayResult result = replay_of(plan, rows);
    CHECK(result.rails.front().payments == count);
    CHECK(result.rails.front().gross == 10 * count);
    CHECK(result.rails.front().fees_settled == count);
}

TEST_CASE("replay: figures beyond the range of amounts are refused before anything is played") {
    const Plan plan = plan_of(merchant_text("2024-02-26") + "opening_days = 3650\n" +
                              "[[rail]]\nname = \"cash\"\n");
    SalesFigures figures;
    figures.gross = 1'000'000'000'000;
    const Result<ReplayFacts> facts = make_facts(plan, figures, nullptr);
    REQUIRE(!facts.has_value());
    CHECK(facts.error().reason ==
          "3650 average days of 1000000000000 are beyond 1000000000000000 minor units; lower "
          "opening_days or average_days");
}
