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

// All concerns whatever is left of the set, the last leg first: its money may have come through the
// accounts of the legs before it.
std::vector<Part> all_parts(const std::vector<TransferRecord>& originals,
                            const ledger::Books& books) {
    std::vector<Part> parts;
    for (std::size_t i = originals.size(); i-- > 0;) {
        const std::int64_t left = originals[i].amount - books.reversed_amount(originals[i].id);
        if (left > 0) parts.push_back({&originals[i], left});
    }
    return parts;
}

// A part of the principal, and as much of each charge in proportion.
std::vector<Part> proportional_parts(const std::vector<TransferRecord>& originals,
                                     std::int64_t amount, const ledger::Books& books) {
    std::vector<Part> parts;
    const TransferRecord& principal = originals.front();
    for (std::size_t i = originals.size(); i-- > 1;) {
        const TransferRecord& charge = originals[i];
        const auto share = scale(Money{charge.amount, charge.currency}, amount, principal.amount,
                                 Rounding::half_up);
        const std::int64_t left = charge.amount - books.reversed_amount(charge.id);
        const std::int64_t part = share ? std::min(share->minor, left) : left;
        if (part > 0) parts.push_back({&charge, part});
    }
    parts.push_back({&principal, amount});
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
    bool with_charges = true;
    if (payee || payer) {
        const ReversalRule& rule = (payee ? payee : payer).entry->scheme.reversal;
        if (const auto refusal = check_rule(rule, command.original_time, now_))
            return refuse(request, *refusal);
        with_charges = rule.returns_fee;
    }
    std::vector<Part> parts;
    if (command.amount == 0 && with_charges)
        parts = all_parts(originals, state_.books);
    else if (command.amount > 0 && command.amount <= principal.amount && with_charges &&
             (payee || payer))
        parts = proportional_parts(originals, command.amount, state_.books);
    else
        parts.push_back({&principal, command.amount});
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
