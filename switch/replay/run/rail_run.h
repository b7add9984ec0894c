// One rail played day by day: sales become payments, deadlines settle them, outgoings leave, and
// the merchant's cash is read from the books.
#pragma once

#include "switch/replay/run/measures.h"
#include "switch/replay/run/rail_desk.h"
#include "switch/replay/run/result.h"
#include "switch/replay/sales/outgoings.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tuma::replay {

/// What all rails of a replay share.
struct ReplayFacts {
    const Plan* plan = nullptr;
    const DatedOutgoings* dated = nullptr;  ///< null: the rule of the plan
    std::vector<std::string> methods;       ///< as in `SalesFigures`
    std::int64_t gross = 0;                 ///< of the window
    std::int64_t average_day = 0;
    std::int64_t opening = 0;  ///< opening cash
    std::optional<AdvanceTerms> advance;

    RailPurses purses() const {
        return {advance.has_value(),
                dated == nullptr && plan->outgoings.mode == OutgoingsMode::proportional};
    }
};

/// Refuses figures that leave the range of amounts (opening cash or advance above
/// `ledger::amount_max`) and a rail for a method that no sale has. `dated` may be null.
/// Requires: `plan` and `dated` outlive the facts.
Result<ReplayFacts> make_facts(const Plan& plan, const SalesFigures& sales,
                               const DatedOutgoings* dated);

/// What a run remembers beside the books: plain data, so that a run can be taken up again.
struct RailMemory {
    std::vector<std::int64_t> gross;  ///< of each day played
    std::vector<DayRow> base;
    std::vector<DayRow> with_advance;
    std::vector<DayRow> fixed;
    std::int64_t owed = 0;  ///< to the lender
    std::uint64_t payments = 0;
    std::uint64_t events = 0;  ///< of the runs before this one
    std::int64_t fees_charged = 0;
    std::int64_t fees_rounded_daily = 0;
    bool is_linear = true;  ///< the fee was a rate alone on every day so far
    std::uint64_t refused = 0;
    std::int64_t refused_sum = 0;
    std::vector<RefusedSale> refusals;  ///< the first `refusals_listed`
};

/// Each day at midnight deadlines fall due and the customers' wallet is filled for the day; the
/// sales follow at their times; in the day's last microsecond the outgoings are paid.
class RailRun {
public:
    /// Takes up at `memory`; begins when the state's books are empty. `store` may be null.
    /// Requires: all references outlive the run.
    RailRun(const ReplayFacts& facts, const RailPlan& rail, ledger::State state, RailMemory memory,
            ledger::JournalStore* store);

    /// Plays the days without sales up to `day`, then `day`. `sales` are in order of time; those
    /// that the rail cannot carry are counted and left out. Throws RequestRefused,
    /// ledger::StoreError.
    void play(core::LocalDay day, std::span<const Sale> sales);
    /// Plays the days up to the plan's last and gives the result, but for `seconds`.
    RailResult finish() &&;
    /// Stops after the days played so far.
    std::pair<ledger::State, RailMemory> pause() &&;

private:
    core::LocalDay next_day() const;
    bool is_on_rail(const Sale& sale) const;
    void play_day(core::LocalDay day, std::span<const Sale> sales);
    void begin_day(core::LocalDay day, std::span<const Sale> sales);
    /// Finds out what no switch would carry, whatever came before: fills in `verdicts_`.
    void judge(std::span<const Sale> sales);
    Refusal verdict(const Sale& sale);
    void sell(std::span<const Sale> sales);
    void leave_out(const Sale& sale, Refusal refusal);
    void end_day(core::LocalDay day);
    void look_at_fees(core::LocalDay day, std::span<const Sale> sales);
    /// What the customers need to pay the day's sales, fees that they bear included.
    std::int64_t money_needed(std::span<const Sale> sales);

    /// What holds for a payment on a day of the rail's scheme.
    struct DayRules {
        core::LocalDay day{std::chrono::days{-1'000'000}};
        const core::PaymentType* type = nullptr;
        const core::Limits* limits = nullptr;  ///< of the customer, if known
        /// From one to the other nothing here refuses; the rest is looked at one by one.
        std::int64_t least = 0;
        std::int64_t most = 0;
        bool has_payer_fee = false;
    };
    const DayRules& rules_of(const Sale& sale);

    std::vector<Outgoing> outgoings_of(core::LocalDay day) const;
    std::int64_t pay(AccountId from, const std::vector<Outgoing>& outgoings);
    void post_inflow(AccountId purse, const DayFigures& figures);
    void close_base(DayRow row, const std::vector<Outgoing>& outgoings);
    void close_advance(DayRow row, const DayFigures& figures,
                       const std::vector<Outgoing>& outgoings);
    void close_fixed(DayRow row, const DayFigures& figures);
    void add_row(std::vector<DayRow>& rows, DayRow row, std::int64_t closing) const;
    RailResult result();

    const ReplayFacts& facts_;
    const RailPlan& rail_;
    OutgoingsRule rule_;
    OutgoingsRule fixed_rule_;
    RailMemory memory_;
    RailDesk desk_;
    std::optional<std::uint16_t> method_;  ///< the one the rail applies to
    /// The customers' class where there is but one, so that everybody has its limits; or null.
    const core::AccountClass* customers_ = nullptr;
    /// Of the day's sales, in their order; Refusal::none for those that are carried.
    std::vector<Refusal> verdicts_;
    DayRules rules_;  ///< of the sale that was looked at last
};

}  // namespace tuma::replay
