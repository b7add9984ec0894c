#include "switch/replay/figures/advance_grid.h"

#include "ledger/words/ensure.h"
#include "switch/replay/figures/effective_rate.h"
#include "switch/replay/run/measures.h"
#include "switch/replay/run/rail_desk.h"
#include "switch/replay/run/virtual_switch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace tuma::replay {
namespace {

// Bank accounts and what moves between them; every request goes to a switch in virtual time.
class BankBooks {
public:
    BankBooks(Currency currency, std::size_t accounts_max)
        // The offers' own books: what is lent here must not touch the rail's.
        : currency_(currency), switch_(ledger::State(limits(accounts_max)), nullptr, ignore) {}

    void begin(Timestamp now) {
        switch_.begin(now);
        now_ = now;
        asked_ = 0;
    }
    void end() { switch_.end(); }

    AccountId open(const std::string& name) {
        const auto identity = ledger::make_identity(name);
        ensure(identity.has_value(), "names of accounts are printable and short");
        core::OpenAccount account;
        account.kind = ledger::AccountKind::bank_account;
        account.currency = currency_;
        // No floor: an offer may leave the merchant short, and that is the figure that is wanted.
        account.floor = ledger::no_floor;
        account.identity = *identity;
        return AccountId{static_cast<std::uint32_t>(ask(account).id)};
    }

    /// A negative amount goes the other way; 0 moves nothing.
    void move(AccountId from, AccountId to, std::int64_t amount) {
        if (amount == 0) return;
        if (amount < 0) std::swap(from, to);
        const Money money{std::abs(amount), currency_};
        ask(core::MoveMoney{ledger::Purpose::bank_transfer, from, to, money, 0});
    }

    std::int64_t balance(AccountId account) const {
        const ledger::Account* found = switch_.state().books.find(account);
        ensure(found != nullptr, "the accounts are open");
        return ledger::balance(*found);
    }

    bool are_sound() const { return switch_.state().books.broken_invariants().empty(); }

private:
    static void ignore(std::span<const std::byte>) {}

    static ledger::StateLimits limits(std::size_t accounts_max) {
        ledger::StateLimits limits;
        limits.accounts_max = accounts_max;
        limits.request_keys_max = 65'536;
        return limits;
    }

    core::Outcome ask(const core::Command& command) {
        core::Request request;
        const std::int64_t time = now_.time_since_epoch().count();
        // Time and number together are never the same twice.
        const std::uint64_t number = ++asked_;
        std::memcpy(request.key.reference.data(), &time, sizeof time);
        std::memcpy(request.key.reference.data() + sizeof time, &number, sizeof number);
        request.key.participant = ParticipantId{1};
        request.command = command;
        const core::Outcome outcome = switch_.handle(request);
        // Everything here must succeed; if not, the figures would be wrong in silence.
        if (outcome.code != Refusal::none)
            throw RequestRefused(
                {"advance", fmt::format("the switch refused a posting of {}: {}: {}", text(now_),
                                        name(outcome.code), sentence(outcome.code))});
        return outcome;
    }

    Currency currency_;
    VirtualSwitch switch_;
    Timestamp now_{};
    std::uint64_t asked_ = 0;
};

// One offer on its way through the days.
struct Purse {
    AccountId account;
    AdvanceTerms terms;
    OfferOutcome outcome;
    std::int64_t owed = 0;
    std::vector<Repayment> repayments;
};

class Grid {
public:
    Grid(const MerchantPlan& merchant, const GridPlan& plan, std::int64_t opening,
         std::int64_t average_day)
        // One set of books for all offers: they share the days and nothing else.
        : plan_(plan), books_(merchant.currency, offers_max + others) {
        books_.begin(merchant.from);
        rail_ = books_.open("Rail");
        suppliers_ = books_.open("Suppliers");
        lender_ = books_.open("Lender");
        earnings_ = books_.open("Earnings");
        for (const AdvanceOffer& offer : plan.offers) {
            Purse& purse = purses_.emplace_back();
            purse.account = books_.open(fmt::format("Purse-{}", purses_.size()));
            const AdvancePlan advance{plan.day, offer.average_days, offer.factor_bp,
                                      offer.holdback_bp};
            purse.terms = advance_terms(advance, merchant, average_day);
            purse.outcome.offer = offer;
            purse.outcome.principal = purse.terms.principal;
            purse.outcome.due = purse.terms.due;
            // Every purse begins with what the rail began with.
            books_.move(rail_, purse.account, opening);
        }
        books_.end();
    }

    void play(const DayRow& day) {
        books_.begin(day.date + last_moment);
        for (Purse& purse : purses_) play(day, purse);
        books_.end();
    }

    std::vector<OfferOutcome> finish() {
        // Asked once, for all offers together.
        ensure(books_.are_sound(), "the books of the offers keep their invariants");
        std::vector<OfferOutcome> outcomes;
        outcomes.reserve(purses_.size());
        for (Purse& purse : purses_) {
            OfferOutcome& outcome = purse.outcome;
            outcome.repaid = outcome.due - purse.owed;
            outcome.closing_end = books_.balance(purse.account);
            // What was not repaid has no rate: its end is unknown.
            if (outcome.days_to_repay) {
                outcome.effective_rate_ppm =
                    effective_rate_ppm(outcome.principal, purse.repayments);
                // A day's use of the money is what the cost is compared with.
                const std::int64_t a_day = scaled(outcome.principal, *outcome.days_to_repay, 1);
                outcome.break_even_ppm = scaled(outcome.cost(), 1'000'000, a_day);
            }
            outcomes.push_back(outcome);
        }
        return outcomes;
    }

private:
    static constexpr std::size_t others = 4;  ///< accounts that are nobody's purse

    void play(const DayRow& day, Purse& purse) {
        // Net of fees, as it was paid out.
        books_.move(rail_, purse.account, day.settled_gross - day.fees);
        if (day.date == purse.terms.day) {
            books_.move(lender_, purse.account, purse.terms.principal);
            purse.owed = purse.terms.due;
        } else if (purse.owed > 0) {
            live_with_advance(day, purse);
        }
        // After the day's income, so that stock is paid with what came in.
        books_.move(purse.account, suppliers_, day.outgoings);
        const std::int64_t closing = books_.balance(purse.account);
        if (closing < 0) ++purse.outcome.days_short;
        purse.outcome.peak_financing = std::max(purse.outcome.peak_financing, -closing);
    }

    void live_with_advance(const DayRow& day, Purse& purse) {
        const std::int64_t earned = scaled(purse.terms.principal, plan_.yield_bp, 10'000);
        books_.move(earnings_, purse.account, earned);
        purse.outcome.earned += earned;

        const std::int64_t repayment = purse.terms.repayment(day.settled_gross, purse.owed);
        // Nothing came in, or everything went back.
        if (repayment == 0) return;
        books_.move(purse.account, lender_, repayment);
        purse.owed -= repayment;
        const std::int64_t after = (day.date - purse.terms.day).count();
        purse.repayments.push_back({after, repayment});
        if (purse.owed > 0) return;
        purse.outcome.repaid_on = day.date;
        purse.outcome.days_to_repay = after;
    }

    const GridPlan& plan_;
    BankBooks books_;
    AccountId rail_;       ///< where the rail's money comes from, and the opening cash
    AccountId suppliers_;  ///< where outgoings go
    AccountId lender_;
    AccountId earnings_;  ///< where the yield comes from
    std::vector<Purse> purses_;
};

std::optional<InputError> check(const GridPlan& grid, std::span<const DayRow> days,
                                std::int64_t average_day) {
    const auto count = static_cast<std::int64_t>(days.size());
    // The day is named by the plan or by a flag; both can be outside.
    if (grid.day < 0 || grid.day >= count)
        return InputError{"advance.day",
                          fmt::format("{} is not in the window of {} days; 0 to {} are possible",
                                      grid.day, count, count - 1)};
    if (grid.offers.empty() || grid.offers.size() > offers_max)
        return InputError{"advance", fmt::format("{} offers; 1 to {} can be compared at a time",
                                                 grid.offers.size(), offers_max)};
    // An advance is a number of average days.
    if (average_day <= 0)
        return InputError{"advance", "the average day's sales are 0, and so would the advance be"};
    const auto largest = std::max_element(grid.offers.begin(), grid.offers.end(),
                                          [](const AdvanceOffer& a, const AdvanceOffer& b) {
                                              return a.average_days < b.average_days;
                                          });
    const std::int64_t most = largest->average_days;
    // What is due may be ten times the principal.
    // Room for the factor, so that the terms cannot overflow.
    if (average_day > ledger::amount_max / 10 / most)
        return InputError{"advance", fmt::format("{} average days of {} minor units are beyond the "
                                                 "range of amounts; take fewer",
                                                 most, average_day)};
    return std::nullopt;
}

}  // namespace

std::vector<AdvanceOffer> combine(std::span<const std::int64_t> average_days,
                                  std::span<const std::int64_t> factors_bp,
                                  std::span<const std::int64_t> holdbacks_bp) {
    std::vector<AdvanceOffer> offers;
    offers.reserve(average_days.size() * factors_bp.size() * holdbacks_bp.size());
    for (const std::int64_t size : average_days)
        for (const std::int64_t factor : factors_bp)
            for (const std::int64_t holdback : holdbacks_bp)
                offers.push_back({size, factor, holdback});
    return offers;
}

Result<std::vector<OfferOutcome>> play_offers(const MerchantPlan& merchant, const GridPlan& grid,
                                              std::span<const DayRow> days, std::int64_t opening,
                                              std::int64_t average_day) {
    if (const auto wrong = check(grid, days, average_day)) return *wrong;
    try {
        Grid play(merchant, grid, opening, average_day);
        for (const DayRow& day : days) play.play(day);
        return play.finish();
    } catch (const RequestRefused& refused) {
        return refused.error();
    }
}

}  // namespace tuma::replay
