// One payment under a scheme, taken apart: its legs, who pays what, when the money is usable.
#pragma once

#include "ledger/records/event.h"
#include "ledger/words/refusal.h"
#include "ledger/words/result.h"
#include "switch/core/rules/pricing.h"
#include "switch/core/rules/scheme.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tuma {

/// A payment that is asked about. Times are local to the scheme.
struct Occasion {
    std::string type;         ///< the name of one of the scheme's types
    std::int64_t amount = 0;  ///< minor units, above 0
    core::LocalDay day{};
    std::chrono::minutes at{std::chrono::hours{12}};
    /// The class of who receives for pay_merchant, else of the customer whose wallet it is; empty:
    /// the first one of the scheme that fits.
    std::string account_class;
    std::int64_t withdrawn = 0;  ///< minor units that the payer has withdrawn before
};

/// One movement between two accounts, which are named for people.
struct ExplainedLeg {
    ledger::Purpose purpose = ledger::Purpose::pay_merchant;
    std::string debit;
    std::string credit;
    std::int64_t amount = 0;

    bool operator==(const ExplainedLeg&) const = default;
};

/// The answer. Amounts are minor units of the scheme's currency.
struct Explanation {
    Occasion occasion;
    core::PaymentType type;                           ///< the one that holds on the day
    std::optional<core::AccountClass> account_class;  ///< the one that decided; none fitted: empty
    std::optional<core::Limits> limits;               ///< of the customer's class on the day
    /// Why the switch would refuse it; then there are no legs.
    std::optional<Refusal> refusal;
    std::vector<ExplainedLeg> legs;
    std::int64_t payer_pays = 0;
    std::int64_t payee_gets = 0;
    std::int64_t fee = 0;  ///< to the operator, without tax, the agent's commission not yet off
    std::int64_t tax = 0;
    std::int64_t commission = 0;  ///< the agent's, out of what the operator earns
    std::int64_t borne_by_payer = 0;
    std::int64_t borne_by_payee = 0;
    Timestamp usable_at{};  ///< when the payee can use the money, or when its payout falls due
    bool is_at_once = true;
    /// Of a merchant who is paid out: what that payout makes of this payment when there is no
    /// other.
    std::optional<ledger::SettlementClosed> settlement;
    /// Of the same: what of it counts towards the smallest payout.
    std::int64_t gathered = 0;
};

/// Whether the payment alone is too little to be paid out; it waits until more has gathered.
inline bool waits_for_more(const Explanation& explanation) {
    return explanation.settlement && explanation.settlement->carried_out > 0;
}

/// Prices a payment the way the switch does, on accounts that have not paid anything before except
/// `withdrawn`. Refuses: a type that is not there (the message lists those that are), a day without
/// a tariff (it lists the periods), an amount outside 1 to `ledger::amount_max`, a class that is
/// not there or is not for such a payment (it lists those that are).
Result<Explanation> explain(const core::Scheme& scheme, const Occasion& occasion);

/// A table for people, each line with its end.
std::string explanation_text(const core::Scheme& scheme, const Explanation& explanation);
/// One JSON object with a line end; amounts are decimal texts of the major unit.
std::string explanation_json(const core::Scheme& scheme, const Explanation& explanation);

}  // namespace tuma
