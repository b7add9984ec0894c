#include "ledger/words/time.h"
#include "switch/replay/figures/score.h"
#include "switch/replay/words/number_text.h"

#include <boost/json.hpp>

#include <optional>

namespace tuma::replay {
namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<std::int64_t>& number) {
    return number ? json::value(*number) : json::value();
}

json::object features_of(const Features& features) {
    json::object out{{"from", tuma::text(features.from)},
                     {"to", tuma::text(features.to)},
                     {"days", features.days},
                     {"payments", features.payments},
                     {"refunds", features.refunds},
                     {"active_days", features.active_days}};
    for (const FeatureRow& row : feature_rows(features)) {
        // The unit is part of the key, so that no reader takes millionths for percent.
        const std::string key = std::string(row.key) + "_" + std::string(row.unit);
        out[key] = number_or_null(row.value);
    }
    return out;
}

json::object rail_of(const Score& score) {
    const Measures& base = score.base;
    return {{"name", score.rail.name},
            {"sentence", score.rail.sentence},
            {"average_day", score.average_day},
            {"opening", base.opening},
            {"days", base.days},
            {"days_short", base.days_short},
            {"peak_financing", base.peak_financing},
            {"closing_end", base.closing_end},
            {"outgoings_are_real", score.outgoings_are_real},
            {"refused", score.refused},
            {"refused_sum", score.refused_sum}};
}

json::object offer_of(const OfferOutcome& outcome) {
    return {{"average_days", outcome.offer.average_days},
            {"factor_bp", outcome.offer.factor_bp},
            {"holdback_bp", outcome.offer.holdback_bp},
            {"principal", outcome.principal},
            {"due", outcome.due},
            {"cost", outcome.cost()},
            {"repaid", outcome.repaid},
            {"repaid_on",
             outcome.repaid_on ? json::value(tuma::text(*outcome.repaid_on)) : json::value()},
            {"days_to_repay", number_or_null(outcome.days_to_repay)},
            {"days_short", outcome.days_short},
            {"peak_financing", outcome.peak_financing},
            {"closing_end", outcome.closing_end},
            {"earned", outcome.earned},
            {"effective_rate_ppm", number_or_null(outcome.effective_rate_ppm)},
            {"break_even_ppm_a_day", number_or_null(outcome.break_even_ppm)}};
}

}  // namespace

std::string score_json(const Score& score, std::string_view version) {
    json::array offers;
    offers.reserve(score.outcomes.size());
    for (const OfferOutcome& outcome : score.outcomes) offers.push_back(offer_of(outcome));
    // No offers is null and not an empty list: nothing was compared.
    json::value advance = nullptr;
    if (!score.outcomes.empty())
        advance = {{"day_index", score.grid.day},
                   {"day", tuma::text(score.advance_day)},
                   {"yield_bp", score.grid.yield_bp},
                   {"offers", std::move(offers)}};
    const json::object out{{"format", "tuma-score-1"},
                           {"version", version},
                           {"sales", score.sales_source},
                           {"plan", score.plan_source},
                           {"currency", alphabetic_code(score.currency)},
                           {"features", features_of(score.features)},
                           {"rail", rail_of(score)},
                           {"advance", std::move(advance)}};
    return json::serialize(out) + "\n";
}

}  // namespace tuma::replay
