// A rail played through the switch: against the model, by invariants, in pieces.
#include "switch/replay/run/rail_run.h"

#include "switch/replay/report/summary.h"
#include "tests/switch/replay/run/invented_merchant.h"
#include "tests/switch/replay/run/small_replay.h"

using namespace tuma;
using namespace tuma::replay;

namespace {

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
