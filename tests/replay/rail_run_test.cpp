// A rail played through the switch: against the model, by invariants, in pieces, over ten years.
#include "switch/replay/rail_run.h"

#include "ledger/audit.h"
#include "ledger/sqlite_journal.h"
#include "switch/replay/summary.h"
#include "tests/replay/cash_model.h"
#include "tests/replay/small_replay.h"

#include <fmt/format.h>

#include <random>

using namespace tuma;
using namespace tuma::replay;

namespace {

using std::chrono::days;

// A Monday.
constexpr core::LocalDay monday{std::chrono::year{2024} / 2 / 26};

/// Many bytes that a state is saved to and loaded from.
class Bytes final : public ledger::ByteSink, public ledger::ByteSource {
public:
    void write(std::span<const std::byte> bytes) override {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    void read(std::span<std::byte> bytes) override {
        REQUIRE(at_ + bytes.size() <= bytes_.size());
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes.size(), bytes.begin());
        at_ += bytes.size();
    }

private:
    std::vector<std::byte> bytes_;
    std::size_t at_ = 0;
};

/// A merchant that never was: its plan, its sales as a file's rows, and both as the model has them.
struct Invented {
    model::Merchant merchant;
    std::vector<model::Rail> rails;
    model::Sales sales;
    std::string rows;
    std::string plan;
};

std::string rail_text(std::size_t number, const model::Rail& rail) {
    std::string text = fmt::format("[[rail]]\nname = \"r{}\"\nfee_bp = {}\nfee_flat_minor = {}\n",
                                   number, rail.basis_points, rail.flat);
    if (rail.cap >= 0) text += fmt::format("fee_cap_minor = {}\n", rail.cap);
    return text +
           fmt::format("free_up_to_minor = {}\nlag_days = {}\nlag_unit = \"{}\"\nroll = {}\n",
                       rail.free_up_to, rail.lag, rail.is_business ? "business" : "calendar",
                       rail.rolls);
}

std::string date_text(core::LocalDay day) {
    return tuma::text(Timestamp{day}).substr(0, 10);
}

class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    std::int64_t up_to(std::int64_t most) {
        return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most + 1));
    }
    bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }

private:
    std::mt19937_64 engine_;
};

void invent_sales(Chance& chance, Invented& invented) {
    std::uint64_t number = 0;
    for (core::LocalDay day = invented.merchant.from; day <= invented.merchant.to; day += days{1}) {
        if (chance.one_in(4)) continue;
        std::int64_t second = chance.up_to(3'600);
        for (std::int64_t left = chance.up_to(6); left > 0; --left) {
            std::int64_t amount = 1 + chance.up_to(chance.one_in(5) ? 200'000 : 3'000);
            if (chance.one_in(8)) amount = -amount;
            // Some of them in the same second.
            if (!chance.one_in(3)) second += chance.up_to(10'000);
            invented.sales[day].push_back(amount);
            invented.rows += fmt::format("t{},{}T{:02}:{:02}:{:02},{},\n", ++number, date_text(day),
                                         second / 3'600, second / 60 % 60, second % 60, amount);
        }
    }
}

Invented invent(std::uint64_t seed, const std::filesystem::path& holidays) {
    Chance chance(seed);
    Invented invented;
    model::Merchant& merchant = invented.merchant;
    merchant.from = monday + days{chance.up_to(400)};
    merchant.to = merchant.from + days{chance.up_to(70)};
    merchant.opening_days = chance.up_to(4);
    merchant.has_fixed_outgoings = chance.one_in(3);
    const std::int64_t length = (merchant.to - merchant.from).count();
    if (!chance.one_in(3)) merchant.advance_day = static_cast<int>(chance.up_to(length));
    // Some are repaid before the window ends, some are not.
    merchant.advance_days = 1 + chance.up_to(9);
    merchant.factor_bp = 10'000 + chance.up_to(3'000);
    merchant.holdback_bp = 1 + chance.up_to(9'999);
    std::string rows = "calendar,date\n";
    for (core::LocalDay day = merchant.from - days{400}; day < merchant.to + days{400};
         day += days{1}) {
        if (!chance.one_in(15)) continue;
        merchant.holidays.insert(day);
        rows += "X," + date_text(day) + "\n";
    }
    write_file(holidays, rows);
    invent_sales(chance, invented);
    invented.plan = fmt::format(
        "[merchant]\ncurrency = \"GBP\"\ncalendar = \"X\"\nfrom = {}\nto = {}\nopening_days = {}\n"
        "[outgoings]\nmode = \"{}\"\n",
        date_text(merchant.from), date_text(merchant.to), merchant.opening_days,
        merchant.has_fixed_outgoings ? "fixed" : "proportional");
    if (merchant.advance_day >= 0)
        invented.plan += fmt::format(
            "[advance]\nday = {}\naverage_days = {}\nfactor_bp = {}\nholdback_bp = {}\n",
            merchant.advance_day, merchant.advance_days, merchant.factor_bp, merchant.holdback_bp);
    for (std::size_t i = 0; i < 5; ++i) {
        model::Rail rail;
        rail.basis_points = chance.one_in(4) ? 0 : chance.up_to(400);
        rail.flat = chance.one_in(3) ? chance.up_to(40) : 0;
        rail.cap = chance.one_in(3) ? chance.up_to(200) : -1;
        rail.free_up_to = chance.one_in(3) ? chance.up_to(1'000) : 0;
        rail.lag = chance.one_in(3) ? 0 : static_cast<int>(chance.up_to(6));
        rail.is_business = chance.one_in(2);
        rail.rolls = chance.one_in(3);
        invented.plan += rail_text(i, rail);
        invented.rails.push_back(rail);
    }
    return invented;
}

/// Everything of a result that is to be the same, whatever the threads.
std::string bytes_of(ReplayResult result) {
    result.seconds = 0;
    result.threads = 1;
    for (RailResult& rail : result.rails) rail.seconds = 0;
    std::string text = summary_csv(result) + summary_json(result, "test");
    for (const RailResult& rail : result.rails) {
        text += daily_csv(rail.base);
        if (rail.with_advance) text += daily_csv(*rail.with_advance);
        if (rail.fixed_outgoings) text += daily_csv(*rail.fixed_outgoings);
    }
    return text;
}

std::vector<std::pair<core::LocalDay, std::vector<Sale>>> sales_by_day(const std::string& rows,
                                                                       SalesFigures& figures) {
    const TemporaryDirectory directory;
    const auto sales = SalesFile::open(
        write_file(directory.path() / "s.csv", "txn_id,ts,amount_minor,method\n" + rows), {});
    REQUIRE(sales.has_value());
    figures = sales->figures();
    std::vector<std::pair<core::LocalDay, std::vector<Sale>>> all;
    sales->for_each_day([&](core::LocalDay day, std::span<const Sale> of) {
        all.emplace_back(day, std::vector<Sale>(of.begin(), of.end()));
    });
    return all;
}

ledger::State empty_state() {
    ledger::StateLimits limits;
    limits.accounts_max = 64;
    limits.request_keys_max = 1'024;
    return ledger::State(limits);
}

ledger::State through_bytes(const ledger::State& state) {
    Bytes bytes;
    state.save(bytes);
    ledger::State loaded = empty_state();
    loaded.load(bytes);
    // What only who seals knows is not in the bytes.
    loaded.position.hash = state.position.hash;
    return loaded;
}

}  // namespace

TEST_CASE("replay: small merchants agree with the model on every day and rail") {
    const TemporaryDirectory directory;
    const auto holidays = directory.path() / "h.csv";
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        const Invented invented = invent(seed, holidays);
        if (invented.rows.empty()) continue;
        const Result<Plan> plan = parse_plan(invented.plan, "p.toml", holidays);
        if (!plan) FAIL(plan.error().text());
        const ReplayResult result = replay_of(*plan, invented.rows);
        for (std::size_t i = 0; i < invented.rails.size(); ++i) {
            CAPTURE(i);
            const RailResult& rail = result.rails[i];
            model::Merchant merchant = invented.merchant;
            if (rail.with_advance)
                CHECK(rail.with_advance->days ==
                      model::days(merchant, invented.rails[i], invented.sales));
            CHECK(rail.with_advance.has_value() == (merchant.advance_day >= 0));
            merchant.advance_day = -1;
            CHECK(rail.base.days == model::days(merchant, invented.rails[i], invented.sales));
            CHECK(rail.fixed_outgoings.has_value() == !merchant.has_fixed_outgoings);
            merchant.has_fixed_outgoings = true;
            if (rail.fixed_outgoings)
                CHECK(rail.fixed_outgoings->days ==
                      model::days(merchant, invented.rails[i], invented.sales));
        }
    }
}

TEST_CASE("replay: what settled and what is in transit is what was sold, fees are the rational's") {
    const TemporaryDirectory directory;
    const auto holidays = directory.path() / "h.csv";
    for (std::uint64_t seed = 100; seed < 120; ++seed) {
        CAPTURE(seed);
        const Invented invented = invent(seed, holidays);
        const Result<Plan> plan = parse_plan(invented.plan, "p.toml", holidays);
        REQUIRE(plan.has_value());
        const ReplayResult result = replay_of(*plan, invented.rows);
        for (std::size_t i = 0; i < invented.rails.size(); ++i) {
            const RailResult& rail = result.rails[i];
            std::int64_t fees = 0;
            for (const auto& [day, amounts] : invented.sales)
                for (const std::int64_t amount : amounts)
                    fees += model::fee(invented.rails[i], amount);
            CHECK(rail.fees == fees);
            std::int64_t settled = 0;
            std::int64_t sold = 0;
            std::int64_t before = rail.base.measures.opening;
            for (const DayRow& row : rail.base.days) {
                settled += row.settled_gross;
                sold += row.gross_sales;
                CHECK(settled + row.receivable == sold);
                before += row.settled_gross - row.fees - row.outgoings;
                CHECK(row.closing_balance == before);
            }
            CHECK(sold == rail.gross);
            CHECK(rail.payments == result.sales.payments);
        }
    }
}

TEST_CASE("replay: the same plan gives the same bytes, on any number of threads") {
    const TemporaryDirectory directory;
    const auto holidays = directory.path() / "h.csv";
    const Invented invented = invent(7, holidays);
    const Result<Plan> plan = parse_plan(invented.plan, "p.toml", holidays);
    REQUIRE(plan.has_value());
    ReplayOptions parallel;
    parallel.threads = 4;

    const std::string once = bytes_of(replay_of(*plan, invented.rows));
    CHECK(once == bytes_of(replay_of(*plan, invented.rows)));
    CHECK(once == bytes_of(replay_of(*plan, invented.rows, parallel)));
}

TEST_CASE("replay: a run that stops on any day and is taken up from its bytes ends the same") {
    const TemporaryDirectory directory;
    const auto holidays = directory.path() / "h.csv";
    for (const std::uint64_t seed : {3U, 7U, 11U}) {
        CAPTURE(seed);
        const Invented invented = invent(seed, holidays);
        const Result<Plan> plan = parse_plan(invented.plan, "p.toml", holidays);
        REQUIRE(plan.has_value());
        SalesFigures figures;
        const auto sales = sales_by_day(invented.rows, figures);
        const Result<ReplayFacts> facts = make_facts(*plan, figures, nullptr);
        REQUIRE(facts.has_value());
        const ReplayResult whole = replay_of(*plan, invented.rows);
        for (std::size_t number = 0; number < plan->rails.size(); ++number) {
            for (std::size_t cut = 0; cut <= sales.size(); cut += 1 + sales.size() / 5) {
                CAPTURE(cut);
                const RailPlan& rail = plan->rails[number];
                RailRun first(*facts, rail, empty_state(), {}, nullptr);
                for (std::size_t i = 0; i < cut; ++i) first.play(sales[i].first, sales[i].second);
                auto [state, memory] = std::move(first).pause();
                RailRun second(*facts, rail, through_bytes(state), std::move(memory), nullptr);
                for (std::size_t i = cut; i < sales.size(); ++i)
                    second.play(sales[i].first, sales[i].second);
                const RailResult result = std::move(second).finish();
                const RailResult& expected = whole.rails[number];
                CHECK(result.base.days == expected.base.days);
                CHECK(result.head_hash == expected.head_hash);
                CHECK(result.events == expected.events);
                CHECK(result.payments == expected.payments);
                CHECK(result.fees == expected.fees);
                CHECK(result.fees_if_rounded_daily == expected.fees_if_rounded_daily);
            }
        }
    }
}

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
    CHECK(bytes_of(result) == bytes_of(replay_of(plan, rows)));
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

TEST_CASE("replay: a payment that the switch refuses ends the replay and is named") {
    const Plan plan = plan_of(
        "[merchant]\ncurrency = \"KES\"\nfrom = 2024-02-26\nto = 2024-03-03\n"
        "[[rail]]\nname = \"mgao\"\nscheme = \"mpesa-kenya\"\ntype = \"pay-bill-mgao\"\n");
    const TemporaryDirectory directory;
    const auto sales = SalesFile::open(write_file(directory.path() / "s.csv",
                                                  "txn_id,ts,amount_minor\na,2024-02-26,5000\n"
                                                  "b,2024-02-27T10:00,90000000000000\n"),
                                       {});
    const auto refused = replay::replay(plan, *sales, nullptr, {});
    REQUIRE(!refused.has_value());
    CHECK(refused.error().field == "rail mgao");
    CHECK(refused.error().reason ==
          "the switch refused the payment of KES 900000000000.00 on line 3 of the sales: "
          "not_offered: "
          "The scheme has no tariff for this kind of payment and amount on this day.");
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
