#include "switch/replay/run/rail_run.h"

#include "ledger/words/ensure.h"
#include "switch/core/rules/limits.h"
#include "switch/core/rules/pricing.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::replay {
namespace {

using ledger::Purpose;

// Bounds the bytes of a batch where a file has only days and no times.
constexpr std::size_t sales_a_batch = 4'096;

const core::PaymentType& type_on(const RailPlan& rail, core::LocalDay day) {
    const core::PaymentType* type = rail.scheme.find_type(rail.type, day);
    ensure(type != nullptr, "a plan's rails have a tariff on every day");
    return *type;
}

// The rule when the fee is a rate alone, so that it can be taken of a day's sum as well.
const core::FeeRule* linear_rule(const core::PaymentType& type) {
    // A fee with anything beside a rate cannot be taken of a sum.
    if (type.fees.size() != 1 || type.tax.mode == core::TaxMode::on_top) return nullptr;
    const core::FeeRule& rule = type.fees.front();
    core::FeeRule rate_alone;
    rate_alone.basis_points = rule.basis_points;
    rate_alone.rounding = rule.rounding;
    // Compared as a whole: a part that is added to the rule later counts without a change here.
    return rule == rate_alone ? &rule : nullptr;
}

bool has_payer_fee(const core::PaymentType& type) {
    return std::any_of(type.fees.begin(), type.fees.end(), [](const core::FeeRule& rule) {
        return rule.bearer == core::Bearer::payer;
    });
}

// The largest amount that neither the tariff nor a fresh customer's limits refuse.
std::int64_t most_carried(const core::PaymentType& type, const core::Limits* limits) {
    std::int64_t most = type.maximum;
    for (const core::FeeRule& fee : type.fees)
        // Beyond its last band a fee is not defined.
        if (!fee.bands.empty()) most = std::min(most, fee.bands.back().up_to);
    if (limits == nullptr) return most;
    // A fresh customer: every sale is another person's first, since files seldom say whose it is.
    return std::min({most, limits->per_transaction, limits->daily, limits->monthly, limits->yearly,
                     limits->lifetime});
}

std::int64_t payer_fee(const core::PaymentType& type, std::int64_t amount) {
    core::Price price;
    // What is refused costs nothing.
    if (core::price_payment(type, amount, 0, price)) return 0;
    return price.borne_by(core::Bearer::payer);
}

}  // namespace

Result<ReplayFacts> make_facts(const Plan& plan, const SalesFigures& sales,
                               const DatedOutgoings* dated) {
    ReplayFacts facts;
    facts.plan = &plan;
    facts.dated = dated;
    facts.methods = sales.methods;
    facts.gross = sales.gross;
    facts.average_day = average_day(sales.gross, plan.merchant);
    const std::int64_t most_days =
        std::max(plan.merchant.opening_days, plan.advance ? plan.advance->average_days : 0);
    // Before multiplying, so that no day of the replay can overflow.
    if (facts.average_day > ledger::amount_max / std::max<std::int64_t>(most_days, 1))
        return InputError{plan.source,
                          fmt::format("{} average days of {} are beyond {} minor units; lower "
                                      "opening_days or average_days",
                                      most_days, facts.average_day, ledger::amount_max)};
    facts.opening = plan.merchant.opening_days * facts.average_day;
    if (plan.advance)
        facts.advance = advance_terms(*plan.advance, plan.merchant, facts.average_day);
    for (const RailPlan& rail : plan.rails)
        // A method that no sale has is a misspelt one, and the rail would carry nothing.
        if (!rail.applies_to.empty() && std::find(sales.methods.begin(), sales.methods.end(),
                                                  rail.applies_to) == sales.methods.end())
            return InputError{
                fmt::format("{}: rail {}: applies_to", plan.source, rail.name),
                sales.methods.size() > 1
                    ? fmt::format("found \"{}\", but no sale has it as its method; they have: "
                                  "\"{}\"",
                                  rail.applies_to, fmt::join(sales.methods, "\", \""))
                    : fmt::format("found \"{}\", but the sales do not say how they were paid; "
                                  "add a column method to them, or take the rail or its "
                                  "applies_to out of the plan",
                                  rail.applies_to)};
    return facts;
}

RailRun::RailRun(const ReplayFacts& facts, const RailPlan& rail, ledger::State state,
                 RailMemory memory, ledger::JournalStore* store)
    : facts_(facts),
      rail_(rail),
      rule_(facts.plan->outgoings, facts.plan->outgoings.mode, facts.plan->merchant.from,
            facts.plan->merchant.to, facts.gross),
      fixed_rule_(facts.plan->outgoings, OutgoingsMode::fixed, facts.plan->merchant.from,
                  facts.plan->merchant.to, facts.gross),
      memory_(std::move(memory)),
      desk_(rail, facts.purses(), std::move(state), store),
      customers_(core::only_wallet_class(rail.scheme)) {
    // No method named: everything goes over the rail.
    if (rail.applies_to.empty()) return;
    const auto found = std::find(facts.methods.begin(), facts.methods.end(), rail.applies_to);
    method_ = static_cast<std::uint16_t>(found - facts.methods.begin());
}

core::LocalDay RailRun::next_day() const {
    return facts_.plan->merchant.from +
           std::chrono::days{static_cast<std::int64_t>(memory_.gross.size())};
}

bool RailRun::is_on_rail(const Sale& sale) const {
    return !method_ || sale.method == *method_;
}

const RailRun::DayRules& RailRun::rules_of(const Sale& sale) {
    // In the scheme's zone: a tariff begins at the scheme's midnight.
    const core::LocalDay day = rail_.scheme.day_of(sale.local_time - rail_.zone);
    // Asked for again only when the day changes; sales are in order of time.
    if (day == rules_.day) return rules_;
    rules_ = {day, rail_.scheme.find_type(rail_.type, day), nullptr, 0, 0, false};
    if (rules_.type == nullptr) return rules_;
    if (customers_ != nullptr) rules_.limits = core::limits_on(*customers_, day);
    rules_.least = rules_.type->minimum;
    rules_.most = most_carried(*rules_.type, rules_.limits);
    rules_.has_payer_fee = has_payer_fee(*rules_.type);
    return rules_;
}

Refusal RailRun::verdict(const Sale& sale) {
    // Refunds are no payments of a customer, and what does not go over the rail has no rules.
    if (sale.amount < 0 || !is_on_rail(sale)) return Refusal::none;
    const DayRules& rules = rules_of(sale);
    // Most sales are between the bounds, and then the rules need not be asked.
    if (rules.least <= sale.amount && sale.amount <= rules.most) return Refusal::none;
    if (rules.type == nullptr) return Refusal::not_offered;
    core::Price price;
    return core::check_alone(*rules.type, rules.limits, sale.amount, 0, price)
        .value_or(Refusal::none);
}

void RailRun::judge(std::span<const Sale> sales) {
    // Judged once and first: what is refused needs no money from customers.
    verdicts_.clear();
    verdicts_.reserve(sales.size());
    for (const Sale& sale : sales) verdicts_.push_back(verdict(sale));
}

void RailRun::leave_out(const Sale& sale, Refusal refusal) {
    ++memory_.refused;
    memory_.refused_sum += sale.amount;
    // Kept up to a bound; the sum has all.
    if (memory_.refusals.size() < refusals_listed)
        memory_.refusals.push_back({sale.line, sale.day(), sale.amount, refusal});
}

void RailRun::play(core::LocalDay day, std::span<const Sale> sales) {
    // Days without sales happen too: payouts and outgoings do not wait for customers.
    while (next_day() < day) play_day(next_day(), {});
    play_day(day, sales);
}

void RailRun::play_day(core::LocalDay day, std::span<const Sale> sales) {
    ensure(day == next_day() && day <= facts_.plan->merchant.to, "days are played in order");
    judge(sales);
    begin_day(day, sales);
    sell(sales);
    look_at_fees(day, sales);
    end_day(day);
}

void RailRun::begin_day(core::LocalDay day, std::span<const Sale> sales) {
    const RailAccounts& accounts = desk_.accounts();
    desk_.begin(day);
    // On the first day every purse gets the same opening cash.
    if (memory_.gross.empty())
        for (const AccountId purse :
             {accounts.merchant_bank, accounts.advance_purse, accounts.fixed_purse})
            if (purse) desk_.move(Purpose::bank_transfer, accounts.bank, purse, facts_.opening);
    // Customers have as much as they will spend, so that nothing is refused for want of money.
    desk_.move(Purpose::issue, accounts.trust, accounts.customers, money_needed(sales));
    desk_.end();
}

std::int64_t RailRun::money_needed(std::span<const Sale> sales) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < sales.size(); ++i) {
        const Sale& sale = sales[i];
        if (sale.amount < 0 || verdicts_[i] != Refusal::none) continue;
        sum += sale.amount;
        if (!is_on_rail(sale)) continue;
        const DayRules& rules = rules_of(sale);
        // A fee that the payer bears is paid out of the same wallet.
        if (rules.has_payer_fee) sum += payer_fee(*rules.type, sale.amount);
    }
    return sum;
}

void RailRun::sell(std::span<const Sale> sales) {
    const RailAccounts& accounts = desk_.accounts();
    std::size_t next = 0;
    // One batch for all sales of one moment, as on a running switch; bounded where a file has days
    // only.
    while (next < sales.size()) {
        const Timestamp time = sales[next].local_time;
        desk_.begin(time);
        const std::size_t end = std::min(sales.size(), next + sales_a_batch);
        for (; next < end && sales[next].local_time == time; ++next) {
            const Sale& sale = sales[next];
            // Asked even where the verdict was fine: the switch has the last word.
            if (verdicts_[next] == Refusal::none)
                verdicts_[next] =
                    desk_.sell(sale, is_on_rail(sale) ? accounts.merchant : accounts.at_once);
            if (verdicts_[next] == Refusal::none)
                ++memory_.payments;
            else
                leave_out(sale, verdicts_[next]);
        }
        desk_.end();
    }
}

void RailRun::look_at_fees(core::LocalDay day, std::span<const Sale> sales) {
    const core::FeeRule* rule = linear_rule(type_on(rail_, day));
    if (rule == nullptr) memory_.is_linear = false;
    // One day that is not linear is enough, and the comparison is off for good.
    if (!memory_.is_linear) return;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < sales.size(); ++i)
        if (sales[i].amount > 0 && is_on_rail(sales[i]) && verdicts_[i] == Refusal::none)
            sum += sales[i].amount;
    const auto fee = scale(Money{sum}, rule->basis_points, 10'000, rule->rounding);
    // The sum was in range, and so is a part of it.
    ensure(fee.has_value(), "a part of a sum fits where the sum does");
    memory_.fees_rounded_daily += fee->minor;
}

void RailRun::end_day(core::LocalDay day) {
    // The last microsecond of the day: what falls due today has happened by then.
    desk_.begin(day + last_moment);
    desk_.end();
    const DayFigures figures = desk_.take_figures();
    memory_.fees_charged += figures.fees_charged;
    DayRow row;
    row.date = day;
    row.gross_sales = figures.gross_sales;
    row.settled_gross = figures.settled_gross;
    row.fees = figures.fees_settled;
    // Sold and not settled; what was carried over from the day before is added.
    row.receivable = figures.gross_sales - figures.settled_gross;
    if (!memory_.base.empty()) row.receivable += memory_.base.back().receivable;

    const std::vector<Outgoing> outgoings = outgoings_of(day);
    // Outgoings come after everything else of the day.
    desk_.begin(day + last_moment);
    close_base(row, outgoings);
    // Each variant lives with its own purse beside the true accounts, in the same books.
    if (desk_.accounts().advance_purse) close_advance(row, figures, outgoings);
    if (desk_.accounts().fixed_purse) close_fixed(row, figures);
    desk_.end();
    memory_.gross.push_back(figures.gross_sales);
}

std::vector<Outgoing> RailRun::outgoings_of(core::LocalDay day) const {
    return facts_.dated != nullptr ? facts_.dated->due(day) : rule_.due(memory_.gross);
}

std::int64_t RailRun::pay(AccountId from, const std::vector<Outgoing>& outgoings) {
    std::int64_t sum = 0;
    for (const Outgoing& outgoing : outgoings) {
        // The file's line where there is one, so that a posting leads back to it.
        const std::uint64_t memo =
            outgoing.line != 0 ? outgoing.line : static_cast<std::uint64_t>(outgoing.kind);
        desk_.move(Purpose::bank_transfer, from, desk_.accounts().suppliers, outgoing.amount, memo);
        sum += outgoing.amount;
    }
    return sum;
}

void RailRun::post_inflow(AccountId purse, const DayFigures& figures) {
    const std::int64_t inflow = figures.settled_gross - figures.fees_settled;
    const AccountId bank = desk_.accounts().bank;
    // One of the two is nothing, and nothing is not posted.
    desk_.move(Purpose::bank_transfer, bank, purse, std::max<std::int64_t>(inflow, 0));
    desk_.move(Purpose::bank_transfer, purse, bank, std::max<std::int64_t>(-inflow, 0));
}

void RailRun::close_base(DayRow row, const std::vector<Outgoing>& outgoings) {
    row.outgoings = pay(desk_.accounts().merchant_bank, outgoings);
    add_row(memory_.base, row, desk_.cash());
}

void RailRun::close_advance(DayRow row, const DayFigures& figures,
                            const std::vector<Outgoing>& outgoings) {
    const RailAccounts& accounts = desk_.accounts();
    const AccountId purse = accounts.advance_purse;
    post_inflow(purse, figures);
    // On the day itself money comes; repayment begins with the next.
    if (row.date == facts_.advance->day) {
        row.loan_advance = facts_.advance->principal;
        memory_.owed = facts_.advance->due;
    } else {
        row.loan_repayment = facts_.advance->repayment(row.settled_gross, memory_.owed);
        memory_.owed -= row.loan_repayment;
    }
    desk_.move(Purpose::bank_transfer, accounts.lender, purse, row.loan_advance);
    desk_.move(Purpose::bank_transfer, purse, accounts.lender, row.loan_repayment);
    row.outgoings = pay(purse, outgoings);
    add_row(memory_.with_advance, row, desk_.balance(purse));
}

void RailRun::close_fixed(DayRow row, const DayFigures& figures) {
    const AccountId purse = desk_.accounts().fixed_purse;
    post_inflow(purse, figures);
    row.outgoings = pay(purse, fixed_rule_.due(memory_.gross));
    add_row(memory_.fixed, row, desk_.balance(purse));
}

void RailRun::add_row(std::vector<DayRow>& rows, DayRow row, std::int64_t closing) const {
    const std::int64_t before = rows.empty() ? facts_.opening : rows.back().closing_balance;
    // What the books say and what the figures say are reckoned in two ways; here they meet.
    ensure(before + row.loan_advance + row.settled_gross - row.fees - row.loan_repayment -
                   row.outgoings ==
               closing,
           "the day's records add up to the balance in the books");
    row.closing_balance = closing;
    row.interest_accrued = interest_of(closing, facts_.plan->merchant.interest_rate_bp);
    rows.push_back(row);
}

RailResult RailRun::result() {
    RailResult result;
    result.name = rail_.name;
    result.sentence = rail_.sentence;
    result.payments = memory_.payments;
    result.refused = memory_.refused;
    result.refused_sum = memory_.refused_sum;
    result.refusals = std::move(memory_.refusals);
    for (const DayRow& row : memory_.base) {
        result.gross += row.gross_sales;
        result.fees_settled += row.fees;
    }
    result.fees = memory_.fees_charged;
    result.fee_share_micro = fee_share_micro(result.fees, result.gross);
    if (memory_.is_linear) result.fees_if_rounded_daily = memory_.fees_rounded_daily;
    result.events = memory_.events + desk_.core().events();
    result.head_hash = ledger::hex(desk_.core().head());

    result.base.measures = measure(memory_.base, facts_.opening, std::nullopt);
    result.base.days = std::move(memory_.base);
    if (facts_.purses().has_advance) {
        result.with_advance.emplace();
        result.with_advance->measures =
            measure(memory_.with_advance, facts_.opening, facts_.advance);
        result.with_advance->days = std::move(memory_.with_advance);
    }
    if (facts_.purses().has_fixed) {
        result.fixed_outgoings.emplace();
        result.fixed_outgoings->measures = measure(memory_.fixed, facts_.opening, std::nullopt);
        result.fixed_outgoings->days = std::move(memory_.fixed);
    }
    return result;
}

RailResult RailRun::finish() && {
    // Days after the last sale count too.
    while (next_day() <= facts_.plan->merchant.to) play_day(next_day(), {});
    desk_.flush();
    // Asked once at the end, since asking looks at every account.
    const auto broken = desk_.core().state().books.broken_invariants();
    ensure(broken.empty(), "the books of a replay keep their invariants");
    return result();
}

std::pair<ledger::State, RailMemory> RailRun::pause() && {
    // The numbers of this run are added before its state goes elsewhere.
    memory_.events += desk_.core().events();
    return {std::move(desk_).release(), std::move(memory_)};
}

}  // namespace tuma::replay
