// Taking a payment back: what is left of it, whether the scheme allows it, and what of its fees.
#include "switch/core/switch.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tuma::core {
namespace {

using ledger::TransferRecord;

// A record to be moved back and how much of it.
struct Part {
    const TransferRecord* original = nullptr;
    std::int64_t amount = 0;
};

// Whatever is left of a set that no scheme has a word on, the last leg first: its money may have
// come through the accounts of the legs before it.
std::vector<Part> all_parts(const std::vector<TransferRecord>& originals,
                            const ledger::Books& books) {
    std::vector<Part> parts;
    for (std::size_t i = originals.size(); i-- > 0;) {
        const std::int64_t left = originals[i].amount - books.reversed_amount(originals[i].id);
        if (left > 0) parts.push_back({&originals[i], left});
    }
    return parts;
}

// A payment or a part of it, and what comes back of its charges with it; 0 stands for all that is
// left. More than that is for the books to refuse.
std::vector<Part> payment_parts(const std::vector<TransferRecord>& originals, std::int64_t amount,
                                const ReversalRule& rule, const ledger::State& state) {
    const TransferRecord& principal = originals.front();
    const std::int64_t left = principal.amount - gone_back_of(state, principal.id);
    if (amount < 0 || amount > left) return {{&principal, amount}};
    const std::int64_t moved = amount == 0 ? left : amount;
    std::vector<Part> parts;
    for (const ReturnedCharge& part : returned_charges(state, rule, originals, moved))
        parts.push_back({part.charge, part.amount});
    std::reverse(parts.begin(), parts.end());
    if (moved > 0) parts.push_back({&principal, moved});
    return parts;
}

std::optional<Refusal> check_rule(const ReversalRule& rule, Timestamp original, Timestamp now) {
    if (!rule.is_allowed) return Refusal::reversal_not_allowed;
    if (rule.within_days > 0 && original + std::chrono::days{rule.within_days} < now)
        return Refusal::reversal_too_late;
    return std::nullopt;
}

}  // namespace

Outcome Switch::on(const Request& request, const Reverse& command) {
    if (!command.records || command.records->empty())
        return refuse(request, Refusal::original_not_found);
    const std::vector<TransferRecord>& originals = *command.records;
    const TransferRecord& principal = originals.front();
    ensure(principal.id == command.original, "the original's own records are handed over");
    // What the switch did by itself (payouts) nobody takes back.
    if (principal.is_continuation() || !principal.participant)
        return refuse(request, Refusal::original_not_reversible);

    const AccountRules payee = rulebook_.of(principal.credit, state_.terms);
    const AccountRules payer = rulebook_.of(principal.debit, state_.terms);
    std::vector<Part> parts;
    const AccountRules& rules = payee ? payee : payer;
    if (rules)
        if (const auto refusal =
                check_rule(rules.entry->scheme.reversal, command.original_time, now_))
            return refuse(request, *refusal);
    if (rules && principal.purpose != ledger::Purpose::adjust) {
        parts = payment_parts(originals, command.amount, rules.entry->scheme.reversal, state_);
    } else if (command.amount == 0) {
        parts = all_parts(originals, state_.books);
    } else {
        parts.push_back({&principal, command.amount});
    }
    if (parts.empty()) return refuse(request, Refusal::exceeds_original);

    // Money that goes back to or out of a settlement counts with what is sold now.
    const Timestamp due = usable_at(payee.is_settled_to_bank() ? payee : payer, now_);
    std::vector<TransferRecord> records(parts.size());
    const auto plan = [&](std::size_t i, TransferRecord& record) {
        record.memo = command.memo;
        record.due_at = due.time_since_epoch().count();
        return state_.books.plan_reverse(*parts[i].original, parts[i].amount, record);
    };
    return post_set(request, records, plan);
}

}  // namespace tuma::core
