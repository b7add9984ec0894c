#include "loadgen/drive/trials/rate_search.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr int breaks_to_fail = 2;
constexpr int unknown_retries = 3;
constexpr int halvings_max = 10;
constexpr int steps_down_max = 10;
constexpr int looks_max = 6;
constexpr int control_trials = 4;
constexpr int control_kept_min = 3;
/// A search of ten seconds a trial has then gone on for an hour.
constexpr std::size_t trials_max = 250;

/// One search with what it has tried; rates in thousandths.
class Search {
public:
    Search(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate)
        : settings_(settings), try_rate_(try_rate) {}

    SearchResult run() {
        if (find_first()) {
            climb();
            look_and_confirm();
        }
        result_.is_confirmed = confirmed_ > 0;
        if (confirmed_ > 0)
            result_.found = Rate{confirmed_};
        else if (hidden_ > 0)
            result_.found = Rate{hidden_};
        else
            result_.found = highest_kept();
        if (result_.found && !is_over() && is_noise(result_.found->millihertz))
            result_.found = Rate{highest_not_severe(result_.found->millihertz)};
        if (hidden_ > confirmed_) result_.hidden_up_to = Rate{hidden_};
        return std::move(result_);
    }

private:
    bool is_over() const { return !result_.cut_short.empty(); }

    Kept attempt(std::uint64_t rate, bool is_confirmation) {
        Trial trial = try_rate_(Rate{rate});
        trial.offered = Rate{rate};
        trial.is_confirmation = is_confirmation;
        // Without a server every further trial would fail, and say nothing about rates.
        if (trial.is_server_gone)
            result_.cut_short = trial.why.empty() ? "the server went away" : trial.why;
        result_.trials.push_back(trial);
        if (result_.trials.size() == trials_max) result_.cut_short = "too many trials";
        if (trial.outcome == Kept::kept) ++kept_[rate];
        return trial.outcome;
    }

    /// A trial that is repeated while nothing is known.
    Kept known(std::uint64_t rate, bool is_confirmation) {
        Kept outcome = attempt(rate, is_confirmation);
        for (int i = 0; i < unknown_retries && outcome == Kept::unknown && !is_over(); ++i)
            outcome = attempt(rate, is_confirmation);
        return outcome;
    }

    /// Whether a rate passes: by one trial that keeps it, or by nothing that speaks against it.
    bool probe(std::uint64_t rate) {
        for (int breaks = 0; !is_over() && breaks < breaks_to_fail; ++breaks)
            if (known(rate, false) != Kept::broken) return !is_over();
        if (!is_over()) failed_.insert(rate);
        return false;
    }

    /// Downwards until one passes: the search needs a rate on either side.
    bool find_first() {
        std::uint64_t rate = settings_.start.millihertz;
        for (int halvings = 0; !probe(rate); ++halvings) {
            if (is_over() || halvings == halvings_max || rate == settings_.lowest.millihertz)
                return false;
            rate = std::max(rate / 2, settings_.lowest.millihertz);
        }
        passed_ = rate;
        return true;
    }

    std::optional<std::uint64_t> lowest_failed() const {
        const auto above = failed_.upper_bound(passed_);
        return above == failed_.end() ? std::nullopt : std::optional(*above);
    }

    /// Upwards until one fails or nothing lies above that may be tried.
    void climb() {
        while (!is_over() && !lowest_failed() && passed_ < settings_.highest.millihertz) {
            const std::uint64_t rate = std::min(passed_ * 2, settings_.highest.millihertz);
            if (probe(rate)) passed_ = rate;
        }
    }

    void bisect() {
        const std::uint64_t wide = 100 + settings_.precision_percent;
        while (!is_over()) {
            const auto failed = lowest_failed();
            if (!failed || *failed * 100 <= passed_ * wide) return;
            const std::uint64_t middle = passed_ + (*failed - passed_) / 2;
            // Neighbours have nothing between them.
            if (middle == passed_) return;
            if (probe(middle)) passed_ = middle;
        }
    }

    /// Kept: confirmed. Unknown: what cannot be known stood in the way, and would at a lower rate.
    Kept confirmation(std::uint64_t rate) {
        int kept = 0;
        int missed = 0;
        while (!is_over() && kept < confirmations_kept_min &&
               missed <= confirmations - confirmations_kept_min) {
            const Kept outcome = known(rate, true);
            if (outcome == Kept::unknown) return Kept::unknown;
            ++(outcome == Kept::kept ? kept : missed);
        }
        return kept == confirmations_kept_min ? Kept::kept : Kept::broken;
    }

    /// From what has passed down to a rate that is confirmed, as long as none so high is.
    void confirm() {
        std::uint64_t rate = passed_;
        for (int steps = 0; steps < steps_down_max && rate > confirmed_ && !is_over(); ++steps) {
            const Kept outcome = confirmation(rate);
            if (outcome == Kept::kept) confirmed_ = rate;
            if (outcome == Kept::unknown && !is_over()) hidden_ = std::max(hidden_, rate);
            if (outcome != Kept::broken) return;
            rate = std::max(rate * (100 - settings_.precision_percent) / 100,
                            settings_.lowest.millihertz);
        }
    }

    void look_and_confirm() {
        std::set<std::uint64_t> looked;
        bool has_confirmed_again = false;
        for (int looks = 0; looks < looks_max && !is_over(); ++looks) {
            bisect();
            confirm();
            // Both breaks of the rate above may have been bad luck.
            const auto above = lowest_failed();
            if (above && looked.insert(*above).second) {
                if (probe(*above)) {
                    // Then what is marked above it is worth as little.
                    failed_.clear();
                    passed_ = *above;
                    climb();
                    continue;
                }
            }
            // So may a confirmation, once.
            if (std::max(confirmed_, hidden_) >= passed_ || has_confirmed_again) return;
            has_confirmed_again = true;
        }
    }

    /// Whether a rate far below is broken as well, where nothing above is broken severely.
    bool is_noise(std::uint64_t found) {
        const auto settles = [&](const Trial& trial) {
            return trial.is_severe && trial.offered.millihertz * 2 <= found * 3;
        };
        const bool has_broken = failed_.upper_bound(found) != failed_.end();
        if (!has_broken || std::any_of(result_.trials.begin(), result_.trials.end(), settles))
            return false;
        const std::uint64_t low = std::max(found / 4, settings_.lowest.millihertz);
        int kept = 0;
        for (int i = 0; i < control_trials && !is_over(); ++i)
            if (attempt(low, false) == Kept::kept) ++kept;
        result_.is_noisy = !is_over() && kept < control_kept_min;
        if (result_.is_noisy) result_.is_confirmed = false;
        return result_.is_noisy;
    }

    /// The same search by a coarser measure, which noise does not reach.
    std::uint64_t highest_not_severe(std::uint64_t rate) {
        const auto passes = [&](std::uint64_t tried) {
            for (int breaks = 0; !is_over() && breaks < breaks_to_fail; ++breaks) {
                attempt(tried, false);
                if (!result_.trials.back().is_severe) return !is_over();
            }
            return false;
        };
        std::uint64_t severe = 0;
        while (severe == 0 && rate < settings_.highest.millihertz && !is_over()) {
            const std::uint64_t tried = std::min(rate * 2, settings_.highest.millihertz);
            (passes(tried) ? rate : severe) = tried;
        }
        while (severe * 100 > rate * (100 + settings_.precision_percent) && !is_over()) {
            const std::uint64_t middle = rate + (severe - rate) / 2;
            if (middle == rate) break;
            (passes(middle) ? rate : severe) = middle;
        }
        return rate;
    }

    std::optional<Rate> highest_kept() const {
        for (const int often : {2, 1}) {
            const auto highest =
                std::find_if(kept_.rbegin(), kept_.rend(),
                             [often](const auto& kept) { return kept.second >= often; });
            if (highest != kept_.rend()) return Rate{highest->first};
        }
        return std::nullopt;
    }

    const SearchSettings& settings_;
    const std::function<Trial(Rate)>& try_rate_;
    SearchResult result_;
    std::uint64_t passed_ = 0;
    std::uint64_t confirmed_ = 0;
    std::uint64_t hidden_ = 0;  ///< the highest that could not be confirmed for lack of knowledge
    std::set<std::uint64_t> failed_;     ///< by two breaks
    std::map<std::uint64_t, int> kept_;  ///< by rate: how many trials kept it
};

}  // namespace

SearchResult find_max(const SearchSettings& settings, const std::function<Trial(Rate)>& try_rate) {
    ensure(settings.lowest.millihertz >= 1 &&
               settings.lowest.millihertz <= settings.start.millihertz &&
               settings.start.millihertz <= settings.highest.millihertz,
           "a search starts within its bounds");
    ensure(settings.precision_percent >= 1 && settings.precision_percent <= 50,
           "a precision of 1 to 50 percent");
    return Search(settings, try_rate).run();
}

}  // namespace tuma::loadgen
