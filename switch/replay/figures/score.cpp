#include "switch/replay/figures/score.h"

#include "ledger/words/ensure.h"
#include "switch/replay/run/replay.h"

#include <utility>

namespace tuma::replay {

Result<Score> make_score(const Plan& plan, std::size_t rail, const SalesFile& sales,
                         const DatedOutgoings* outgoings, const GridPlan& grid) {
    ensure(rail < plan.rails.size(), "the rail is one of the plan's");
    Score score;
    score.plan_source = plan.source;
    score.currency = plan.merchant.currency;
    score.rail = plan.rails[rail];
    score.outgoings_are_real = outgoings != nullptr;
    score.grid = grid;
    score.advance_day = plan.merchant.from + std::chrono::days{grid.day};

    // Features come from the sales alone; no rail has a part in them.
    FeatureCounter counter(plan.merchant.from, plan.merchant.to);
    sales.for_each_day(
        [&](core::LocalDay day, std::span<const Sale> rows) { counter.add(day, rows); });
    score.features = counter.features();

    // The plan's own advance is left out: the offers are compared with a life without one.
    Plan alone = plan;
    alone.rails = {score.rail};
    alone.advance.reset();
    const Result<ReplayResult> played = replay(alone, sales, outgoings, {});
    if (!played) return played.error();
    const RailResult& carried = played->rails.front();
    score.refused = carried.refused;
    score.refused_sum = carried.refused_sum;
    score.refusals = carried.refusals;
    const Variant& base = carried.base;
    score.average_day = played->average_day;
    score.base = base.measures;

    // Without an advance in the plan the default day may lie behind a short window, and then there
    // is no offer.
    if (!plan.advance && score.advance_day > plan.merchant.to) return score;
    auto outcomes =
        play_offers(plan.merchant, grid, base.days, base.measures.opening, played->average_day);
    if (!outcomes) return outcomes.error();
    score.outcomes = std::move(outcomes).value();
    return score;
}

}  // namespace tuma::replay
