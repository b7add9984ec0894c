#include "switch/replay/figures/variant_words.h"

#include "switch/replay/figures/rail_set.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <string_view>

namespace tuma::replay {
namespace {

std::string rails_text(const RailSet& rails) {
    return counted(static_cast<std::int64_t>(rails.size()), "rail");
}

/// "more days short on 7 rails (most on x, from 12 to 40 days) and fewer on 1 rail (y, from 9 to 8
/// days)", of the rails that have the variant.
std::string shift_of_shortness(const RailSet& rails, const RailKey& days_after) {
    const RailKey change = [&](const RailResult& rail) {
        // Compared with the base, so that only the variant's own effect is told.
        return days_after(rail) - days_short(rail);
    };
    const auto part = [&](std::string_view what, const RailSet& moved, std::int64_t furthest) {
        // The furthest stands for all of them; a list of all would be the table again.
        const RailResult& example = *with(moved, change, furthest).front();
        return fmt::format("{} on {} ({}{}, from {} to {})", what, rails_text(moved),
                           moved.size() > 1 ? "most on " : "", example.name,
                           count_text(days_short(example)), counted(days_after(example), "day"));
    };
    const RailSet more = where(rails, [&](const RailResult& rail) { return change(rail) > 0; });
    const RailSet fewer = where(rails, [&](const RailResult& rail) { return change(rail) < 0; });
    std::vector<std::string> parts;
    if (!more.empty()) parts.push_back(part("more days short", more, most(more, change)));
    if (!fewer.empty()) {
        // "Fewer" alone is enough when "days short" was said before.
        parts.push_back(
            part(more.empty() ? "fewer days short" : "fewer", fewer, least(fewer, change)));
    }
    if (parts.empty()) return "no more and no fewer days short on any rail";
    return listed(parts, parts.size());
}

RailSet rails_with_advance(const ReplayResult& result) {
    return where(all_rails(result), [](const RailResult& rail) {
        return rail.with_advance && rail.with_advance->measures.advance;
    });
}

/// "repaid after 197 days (cash and 4 more) to 210 days (card); not by the last day on 2 rails".
std::string repayment(const RailSet& rails) {
    // Rails on which it was not repaid have no number of days.
    const RailSet repaid = where(
        rails, [](const RailResult& rail) { return advance_of(rail).days_to_repay.has_value(); });
    const std::size_t open = rails.size() - repaid.size();
    if (repaid.empty()) {
        return rails.size() == 1 ? "not repaid by the last day"
                                 : "not repaid on any rail by the last day";
    }
    const RailKey days = [](const RailResult& rail) { return *advance_of(rail).days_to_repay; };
    const std::int64_t low = least(repaid, days);
    const std::int64_t high = most(repaid, days);
    std::string out = fmt::format("repaid after {}", counted(low, "day"));
    if (low < high) {
        out += fmt::format(" ({}) to {} ({})", first_of(with(repaid, days, low)),
                           counted(high, "day"), first_of(with(repaid, days, high)));
    }
    if (open > 0)
        out += fmt::format("; not by the last day on {}",
                           counted(static_cast<std::int64_t>(open), "rail"));
    return out;
}

}  // namespace

bool is_lent(const ReplayResult& result) {
    // The same for all rails: terms follow from the sales, not from the rail.
    const RailSet rails = rails_with_advance(result);
    if (rails.empty()) return false;
    const AdvanceMeasures& advance = advance_of(*rails.front());
    return advance.principal > 0 && advance.day <= result.plan.merchant.to;
}

std::string advance_words(const ReplayResult& result) {
    const RailSet rails = rails_with_advance(result);
    if (rails.empty()) return {};
    const AdvanceMeasures& advance = advance_of(*rails.front());
    if (advance.principal <= 0)
        return "There was nothing to lend: an average day comes to nothing.";
    // The day is behind the window; it is said, so that nobody looks for the money.
    if (!is_lent(result)) {
        return fmt::format("It would have been lent on {}, after the last day.",
                           prose_day(advance.day));
    }
    const Currency currency = result.plan.merchant.currency;
    const std::int64_t cost = advance.due - advance.principal;
    // A cost without its share says little to a lender.
    const auto share = scale({cost, currency}, 1'000'000, advance.principal, Rounding::half_up);
    return fmt::format("{} lent on {} for {} to pay back: it costs {}{}. It is {}.",
                       money_text(advance.principal, currency), prose_day(advance.day),
                       money_text(advance.due, currency), money_text(cost, currency),
                       share ? fmt::format(", {} of what was lent", share_text(share->minor)) : "",
                       repayment(rails));
}

std::string advance_shortness_words(const ReplayResult& result) {
    if (!is_lent(result)) return {};
    const RailSet rails = rails_with_advance(result);
    return fmt::format("Left in the account, where it earns nothing, it means {}.",
                       shift_of_shortness(rails, [](const RailResult& rail) {
                           return rail.with_advance->measures.days_short;
                       }));
}

std::string fixed_outgoings_words(const ReplayResult& result) {
    const RailSet rails = where(
        all_rails(result), [](const RailResult& rail) { return rail.fixed_outgoings.has_value(); });
    if (rails.empty()) return {};
    const RailKey days = [](const RailResult& rail) {
        return rail.fixed_outgoings->measures.days_short;
    };
    std::string out = fmt::format(
        "Wages, draw and rent paid in equal instalments of the same totals, rather than as shares "
        "of sales, mean {}.",
        shift_of_shortness(rails, days));
    // A rail that neither charges nor delays shows what is no rail's doing.
    const RailSet plain = where(rails, [&](const RailResult& rail) {
        return rail.fees == 0 && !is_ever_in_transit(rail) && days(rail) > 0;
    });
    // One rail cannot be compared with the others.
    if (!plain.empty() && rails.size() > 1) {
        out += fmt::format(
            " {}, which neither charges nor delays, is short on {} then: that much is no rail's "
            "doing.",
            plain.front()->name, counted(days(*plain.front()), "day"));
    }
    return out;
}

}  // namespace tuma::replay
