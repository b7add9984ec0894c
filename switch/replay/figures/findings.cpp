#include "switch/replay/figures/findings.h"

#include "switch/replay/figures/causes.h"
#include "switch/replay/figures/rail_set.h"
#include "switch/replay/figures/variant_words.h"
#include "switch/replay/words/html.h"
#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::replay {
namespace {

std::int64_t fees(const RailResult& rail) {
    return rail.fees;
}
std::int64_t opening_needed(const RailResult& rail) {
    return rail.base.measures.opening_needed;
}
std::int64_t mean_receivable(const RailResult& rail) {
    return rail.base.measures.mean_receivable;
}

/// "card (1.75 %; T+2 calendar days)", in other brackets if there are some within.
std::string with_terms(const RailResult& rail) {
    if (rail.sentence.empty()) return rail.name;
    // Brackets within the same brackets are hard to read.
    const bool has_brackets = rail.sentence.find('(') != std::string::npos;
    return fmt::format("{} {}{}{}", rail.name, has_brackets ? "[" : "(", rail.sentence,
                       has_brackets ? "]" : ")");
}

/// Most days short; among equals the deepest.
const RailResult& hardest_of(const RailSet& rails) {
    const auto is_easier = [](const RailResult* a, const RailResult* b) {
        const auto weight = [](const RailResult& rail) {
            // Days first, depth second: a till is short often before it is short deeply.
            return std::pair{rail.base.measures.days_short, rail.base.measures.peak_financing};
        };
        return weight(*a) < weight(*b);
    };
    return **std::max_element(rails.begin(), rails.end(), is_easier);
}

/// Sentences on one result, which share its currency and its rails.
class Words {
public:
    explicit Words(const ReplayResult& result)
        : result_(result), rails_(all_rails(result)), is_one_(rails_.size() == 1) {}

    std::string headline() const;
    std::string attention() const;
    std::string sales() const;
    std::string who_is_short() const;
    std::string hardest() const;
    std::string fee_range() const;
    std::string same_fee() const;
    std::string opening_cash() const;
    std::string in_transit() const;
    std::string keep_in_mind() const;

private:
    std::string money(std::int64_t minor) const {
        return money_text(minor, result_.plan.merchant.currency);
    }
    /// "GBP 16,458.94 (46.2 average days of sales)".
    std::string money_in_days(std::int64_t minor) const {
        const auto days = tenths_text(minor, result_.average_day);
        return money(minor) + (days ? fmt::format(" ({} average days of sales)", *days) : "");
    }
    std::string days_in_all() const { return counted(rails_[0]->base.measures.days, "day"); }
    std::string days_short_text(const Measures& measures) const;

    const ReplayResult& result_;
    RailSet rails_;
    bool is_one_;
};

std::string Words::days_short_text(const Measures& measures) const {
    std::string out = fmt::format("{} of {}", count_text(measures.days_short), days_in_all());
    // "In a row" says something only from two days on.
    if (measures.longest_short_run <= 1) return out;
    // All in a row is one bad stretch, and that is another story than many.
    if (measures.longest_short_run == measures.days_short) return out + ", all in a row";
    return out + fmt::format(", up to {} in a row", count_text(measures.longest_short_run));
}

std::string Words::headline() const {
    if (rails_.empty()) return "No rail was replayed.";
    // With one rail there is nothing to compare, and sentences in the plural would sound wrong.
    if (is_one_) {
        const Measures& measures = rails_[0]->base.measures;
        return measures.days_short == 0 ? fmt::format("{} never leaves the till short in {}.",
                                                      rails_[0]->name, days_in_all())
                                        : fmt::format("{} leaves the till short on {}.",
                                                      rails_[0]->name, days_short_text(measures));
    }
    const std::size_t all = rails_.size();
    const std::size_t never = with(rails_, days_short, 0).size();
    if (never == all) return fmt::format("None of the {} rails ever leaves the till short.", all);
    if (never == 0) return fmt::format("Each of the {} rails leaves the till short at times.", all);
    return fmt::format("Of {} rails, {} never leave{} the till short.", all, never,
                       never == 1 ? "s" : "");
}

std::string Words::attention() const {
    const RailSet refusing = where(rails_, [](const RailResult& rail) { return rail.refused > 0; });
    // Said first and with its own heading: a rail that refused is cheaper than it looks.
    if (refusing.empty()) return {};
    std::string out;
    for (const RailResult* rail : refusing)
        out += fmt::format("The switch refused {} (on {}), {} in all. ",
                           counted(static_cast<std::int64_t>(rail->refused), "payment"), rail->name,
                           money(rail->refused_sum));
    return out +
           "What was refused is in none of that rail's figures: compare it with that in mind.";
}

std::string Words::sales() const {
    const SalesFigures& sales = result_.sales;
    if (sales.payments == 0) {
        return fmt::format("There are none from {} to {}: no rail has anything to charge or delay.",
                           prose_day(result_.plan.merchant.from),
                           prose_day(result_.plan.merchant.to));
    }
    // Shares of a sum below zero would have the wrong sign.
    if (sales.gross > 0) return {};
    return fmt::format(
        "Refunds take up all sales: {} come to {} in all, so shares of sales are "
        "not given.",
        counted(static_cast<std::int64_t>(sales.payments), "payment"), money(sales.gross));
}

std::string Words::who_is_short() const {
    const RailSet never = with(rails_, days_short, 0);
    // Everybody or nobody: the headline has said it.
    if (is_one_ || never.size() == rails_.size()) return {};
    const RailSet others =
        where(rails_, [](const RailResult& rail) { return days_short(rail) > 0; });
    const std::int64_t fewest = least(others, days_short);
    const std::int64_t largest = most(others, days_short);
    const std::string range =
        fewest == largest ? count_text(fewest)
                          : fmt::format("{} to {}", count_text(fewest), count_text(largest));
    if (never.empty()) {
        return fmt::format("They are short on {} of {}; fewest on {}.", range, days_in_all(),
                           first_of(with(others, days_short, fewest)));
    }
    return fmt::format("Never short: {}. The other {} short on {} of {}.", names(never),
                       others.size() == 1 ? "one is" : fmt::format("{} are", others.size()), range,
                       days_in_all());
}

std::string Words::hardest() const {
    const RailResult& rail = hardest_of(rails_);
    const Measures& measures = rail.base.measures;
    // Nothing to explain.
    if (measures.days_short == 0) return {};
    const std::string depth = fmt::format("{} below zero on {}", money(measures.peak_financing),
                                          prose_day(measures.min_closing_on));
    const std::string cause = cause_words(rail);
    if (is_one_) return fmt::format("At worst the till is {}. {}", depth, cause);
    return fmt::format("{} is short on {}, at worst {}. {}", with_terms(rail),
                       days_short_text(measures), depth, cause);
}

std::string Words::fee_range() const {
    const std::int64_t low = least(rails_, fees);
    const std::int64_t high = most(rails_, fees);
    if (high == 0) return is_one_ ? "It takes no fee." : "No rail takes a fee.";
    const RailSet dearest = with(rails_, fees, high);
    const RailResult& first = *dearest.front();
    // A share is told only where there is something to be a share of.
    const std::string share =
        first.gross > 0 ? fmt::format(", {} of sales", share_text(first.fee_share_micro)) : "";
    if (is_one_) return fmt::format("It takes {}{}.", money(high), share);
    if (low == high) return fmt::format("Every rail takes {}{}.", money(high), share);
    std::string out =
        fmt::format("From {} ({}) to {}{} ({}).", low == 0 ? "nothing" : money(low),
                    first_of(with(rails_, fees, low)), money(high), share, first_of(dearest));
    // What surprises most people: the dearest rail is not the one that hurts.
    const RailResult& hardest = hardest_of(rails_);
    if (days_short(hardest) > days_short(first) && hardest.fees < high) {
        out += fmt::format(
            " The dearest is not the hardest on the cash: {} takes {} more than {}, and is short "
            "on {} against {}.",
            first.name, money(high - hardest.fees), hardest.name, counted(days_short(first), "day"),
            count_text(days_short(hardest)));
    }
    return out;
}

std::string Words::same_fee() const {
    const RailResult* easier = nullptr;
    const RailResult* harder = nullptr;
    std::int64_t widest = 0;
    for (const RailResult* a : rails_) {
        for (const RailResult* b : rails_) {
            const std::int64_t gap = days_short(*b) - days_short(*a);
            // Equal fees, unequal days: the pair with the widest gap shows best that timing
            // matters.
            if (a->fees != b->fees || a->fees == 0 || gap <= widest) continue;
            widest = gap;
            easier = a;
            harder = b;
        }
    }
    if (easier == nullptr) return {};
    const std::string fewer = days_short(*easier) == 0
                                  ? "never short"
                                  : "short on " + counted(days_short(*easier), "day");
    // One sentence for both, so that the difference stands side by side.
    return fmt::format(
        "{} and {} take the same, {}; what differs is when the money comes. The first is "
        "{}, the second on {}.",
        with_terms(*easier), with_terms(*harder), money(easier->fees), fewer,
        counted(days_short(*harder), "day"));
}

std::string Words::opening_cash() const {
    const std::int64_t opening = rails_[0]->base.measures.opening;
    const std::string given = fmt::format("Here it begins with {}.", money(opening));
    const RailSet without = with(rails_, opening_needed, 0);
    const std::int64_t high = most(rails_, opening_needed);
    // Cash that is not needed is as good a finding as cash that is.
    if (is_one_) {
        return high == 0 ? "It could have begun with nothing. " + given
                         : fmt::format("Never to be short it would have to begin with {}. {}",
                                       money_in_days(high), given);
    }
    if (without.size() == rails_.size()) {
        return "On every rail the merchant could have begun with nothing. " + given;
    }
    std::string out;
    if (!without.empty()) {
        out = fmt::format("On {} of {} rails the merchant could have begun with nothing. ",
                          without.size(), rails_.size());
    }
    return out + fmt::format("Never to be short, the most is needed on {}: {}. {}",
                             first_of(with(rails_, opening_needed, high)), money_in_days(high),
                             given);
}

std::string Words::in_transit() const {
    const std::int64_t high = most(rails_, mean_receivable);
    // More was paid out in advance than is under way, or nothing is.
    if (high <= 0) return {};
    const RailSet longest = with(rails_, mean_receivable, high);
    const Measures& measures = longest.front()->base.measures;
    if (is_one_) {
        return fmt::format("On average {} is sold but not yet paid out; {} at most.",
                           money_in_days(high), money(measures.max_receivable));
    }
    const RailSet none =
        where(rails_, [](const RailResult& rail) { return !is_ever_in_transit(rail); });
    return fmt::format(
        "Sold but not yet paid out, most on {}: {} on average, {} at most.{}", first_of(longest),
        money_in_days(high), money(measures.max_receivable),
        none.empty() ? "" : fmt::format(" Nothing on {} of {} rails.", none.size(), rails_.size()));
}

std::string Words::keep_in_mind() const {
    // The assumptions depend on where the outgoings come from.
    const std::string assumed = result_.outgoings_are_real
                                    ? "The outgoings are those of the file given; opening cash and "
                                      "interest are assumptions of the plan."
                                    : "The outgoings follow a rule, not the merchant's own books; "
                                      "they, the opening cash and the interest are assumptions of "
                                      "the plan.";
    return fmt::format(
        "The sales are those of {}. {} Every rail is given the same sales: what customers a rail "
        "might bring or lose, and what handling cash costs, is left out.",
        file_name(result_.sales_source), assumed);
}

}  // namespace

std::string headline(const ReplayResult& result) {
    return Words(result).headline();
}

std::vector<Finding> findings(const ReplayResult& result) {
    if (result.rails.empty()) return {};
    const Words words(result);
    std::vector<Finding> out = {
        {"Attention", words.attention()},
        {"Sales", words.sales()},
        {"Days short", words.who_is_short()},
        {"Hardest on the cash", words.hardest()},
        {"Fees", words.fee_range()},
        {"Same fee, other day", words.same_fee()},
        {"Opening cash", words.opening_cash()},
        {"Money in transit", words.in_transit()},
        {"The advance",
         advance_words(result) + (is_lent(result) ? " " : "") + advance_shortness_words(result)},
        {"Fixed outgoings", fixed_outgoings_words(result)},
        {"To keep in mind", words.keep_in_mind()},
    };
    // What does not apply is left out, so that every line says something.
    std::erase_if(out, [](const Finding& finding) { return finding.text.empty(); });
    return out;
}

}  // namespace tuma::replay
