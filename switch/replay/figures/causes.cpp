#include "switch/replay/figures/causes.h"

#include "switch/replay/figures/rail_set.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <string_view>

namespace tuma::replay {
namespace {

__extension__ using Wide = __int128;

/// "never have been short", "still have been short on 12 days"; `in_fact` is on how many it was.
std::string short_then(std::int64_t days, std::int64_t in_fact) {
    if (days == 0) return "never have been short";
    // Without a fee a till can be short on more days, if the fee came back later.
    return fmt::format("{} have been short on {}", days > in_fact ? "even" : "still",
                       counted(days, "day"));
}

/// Which of the two matters more; empty where the numbers do not say.
std::string_view weighed(const ShortWithout& without, std::int64_t in_fact) {
    const std::int64_t saved_by_fee = in_fact - without.fees;
    const std::int64_t saved_by_delay = in_fact - without.delay;
    // Bounds of a wording, not of a figure: a sentence is said only where the days say it clearly.
    const auto is_most = [&](std::int64_t saved) { return saved * 10 >= in_fact * 9; };
    const auto is_little = [&](std::int64_t saved) { return saved * 5 <= in_fact; };
    // Either alone would have been enough.
    if (is_most(saved_by_fee) && is_most(saved_by_delay)) return "It takes both, fee and delay.";
    if (is_most(saved_by_delay) && is_little(saved_by_fee)) return "It is the delay, not the fee.";
    if (is_most(saved_by_fee) && is_little(saved_by_delay)) return "It is the fee, not the delay.";
    // Neither is clear, but one of them leads.
    const std::int64_t lead = saved_by_delay - saved_by_fee;
    if (lead * 10 > in_fact) return "The delay weighs more than the fee.";
    if (-lead * 10 > in_fact) return "The fee weighs more than the delay.";
    return "";
}

/// For a rail that has both a fee and a delay.
std::string both_words(const ShortWithout& without, std::int64_t in_fact) {
    // The clearest case deserves its own sentence.
    if (without.fees == 0 && without.delay == 0) {
        return "Without its fee, or with its money on the day of the sale, it would never have "
               "been short: it takes both.";
    }
    std::string out = fmt::format(
        "Had it charged nothing, it would {}; had its money come on the "
        "day of the sale, it would {}.",
        short_then(without.fees, in_fact), short_then(without.delay, in_fact));
    if (const std::string_view verdict = weighed(without, in_fact); !verdict.empty()) {
        out.append(" ").append(verdict);
    }
    if (without.both > 0) {
        out += fmt::format(
            " With neither fee nor delay it would still be short on {}: that much is sales and "
            "outgoings alone.",
            counted(without.both, "day"));
    }
    return out;
}

}  // namespace

ShortWithout short_without(const Variant& variant) {
    ShortWithout out;
    Wide fees = 0;
    for (const DayRow& row : variant.days) {
        // All fees so far: a till without them would have had that much more every day since.
        fees += row.fees;
        const Wide closing = row.closing_balance;
        if (closing + fees < 0) ++out.fees;
        // What is on its way today would have been there.
        if (closing + row.receivable < 0) ++out.delay;
        if (closing + fees + row.receivable < 0) ++out.both;
    }
    return out;
}

std::string cause_words(const RailResult& rail) {
    const std::int64_t in_fact = days_short(rail);
    if (in_fact == 0) return {};
    const ShortWithout without = short_without(rail.base);
    const bool has_fee = rail.fees_settled > 0;
    const bool has_delay = is_ever_in_transit(rail);
    // Sentences differ by what the rail does at all; a cause that cannot be is not weighed.
    if (has_fee && has_delay) return both_words(without, in_fact);
    if (has_fee) {
        return fmt::format("Its money comes on the day of the sale; without its fee it would {}.",
                           short_then(without.fees, in_fact));
    }
    if (has_delay) {
        return fmt::format(
            "No fee was taken; had its money come on the day of the sale, it would {}.",
            short_then(without.delay, in_fact));
    }
    return "No fee was taken and its money comes on the day of the sale: it is sales and outgoings "
           "alone.";
}

}  // namespace tuma::replay
