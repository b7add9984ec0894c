// Counting what falls due, and what a settlement must say about it.
#include "ledger/state/pending_settlements.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <type_traits>

namespace tuma::ledger {
namespace {

__extension__ using Wide = __int128;

// An entry as it is saved.
struct SavedEntry {
    std::int64_t due_us = 0;
    AccountId account;
    std::uint32_t reserved = 0;
    Maturing maturing;
};
static_assert(std::has_unique_object_representations_v<SavedEntry>);

// Payouts are counted by the settlement that follows them; one that is moved back has none.
bool is_counted_by_settlement(const TransferRecord& record) {
    return record.purpose == Purpose::payout && record.kind != TransferKind::reversed;
}

bool is_fee(Purpose purpose) {
    return purpose == Purpose::fee || purpose == Purpose::tax;
}

// What a record adds to what its credited account has coming. A fee that comes back lowers the
// fees, whichever way.
void count_credit(Maturing& maturing, const TransferRecord& record) {
    if (is_fee(record.purpose)) {
        maturing.fees -= record.amount;
    } else if (record.purpose == Purpose::pay_merchant && record.kind != TransferKind::reversed) {
        maturing.sales += record.amount;
        maturing.sales_count += 1;
    } else {
        maturing.adjustments += record.amount;
    }
}

// What it takes from its debited account. A sale that is moved back is a refund.
void count_debit(Maturing& maturing, const TransferRecord& record) {
    const bool is_reversal = record.kind == TransferKind::reversed;
    if (is_fee(record.purpose)) {
        maturing.fees += record.amount;
    } else if (record.purpose == (is_reversal ? Purpose::pay_merchant : Purpose::refund)) {
        maturing.refunds += record.amount;
        maturing.refunds_count += 1;
    } else {
        maturing.adjustments -= record.amount;
    }
}

Wide net_of(const Maturing& of) {
    return Wide{of.sales} - of.refunds - of.fees + of.adjustments + of.reserve + of.carried;
}

Wide net_of(const SettlementClosed& closed) {
    return Wide{closed.reserve_held} + closed.payout_fee + closed.paid_out + closed.carried_out;
}

// A moment is named if and only if something falls due at it, and it lies ahead.
bool moment_fits(std::int64_t amount, std::int64_t moment, std::int64_t due_at) {
    return amount == 0 ? moment == 0 : moment > due_at;
}

}  // namespace

bool PendingSettlements::is_tracked(const Terms& terms, AccountId account) {
    const AccountTerms* const found = terms.find(account);
    return found != nullptr && found->payout;
}

std::optional<PendingSettlements::Key> PendingSettlements::next() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->first;
}

Maturing PendingSettlements::find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? Maturing{} : found->second;
}

std::int64_t PendingSettlements::outstanding(AccountId account) const {
    const auto found = payables_.find(account);
    return found == payables_.end() ? 0 : found->second.outstanding;
}

Maturing& PendingSettlements::entry(AccountId account, Payable& payable, Timestamp due) {
    // Most records of a day fall due together. The map is searched only when they do not.
    if (payable.newest == nullptr || payable.newest_due != due) {
        payable.newest = &entries_[{due, account}];
        payable.newest_due = due;
    }
    return *payable.newest;
}

void PendingSettlements::apply(const TransferRecord& record, const Terms& terms) {
    if (is_counted_by_settlement(record)) return;
    // Both sides are looked at: money may go from one payable to another.
    if (is_tracked(terms, record.credit)) {
        Payable& payable = payables_[record.credit];
        count_credit(entry(record.credit, payable, record.due()), record);
        payable.outstanding += record.amount;
    }
    if (is_tracked(terms, record.debit)) {
        Payable& payable = payables_[record.debit];
        count_debit(entry(record.debit, payable, record.due()), record);
        payable.outstanding -= record.amount;
    }
}

void PendingSettlements::apply(const SettlementClosed& closed) {
    const auto ended = entries_.find({closed.due(), closed.account});
    ensure(ended != entries_.end(), "a settlement ends something that falls due");
    // Read before the entry goes.
    const std::int64_t fees = ended->second.fees + ended->second.carried_fees;
    entries_.erase(ended);
    Payable& payable = payables_[closed.account];
    // It may have pointed at the entry that is gone.
    payable.newest = nullptr;
    const auto at = [&](std::int64_t moment) -> Maturing& {
        return entries_[{Timestamp{Duration{moment}}, closed.account}];
    };
    if (closed.carried_out != 0) {
        Maturing& next = at(closed.next_due_at);
        // Fees go along, because a smallest payout may be meant before fees.
        next.carried += closed.carried_out;
        next.carried_fees += fees;
    }
    if (closed.reserve_held != 0) at(closed.reserve_due_at).reserve += closed.reserve_held;
    // Only this has left the account. What is carried or held falls due again.
    payable.outstanding -= closed.payout_fee + closed.paid_out;
}

std::optional<std::string> PendingSettlements::violation(const SettlementClosed& closed,
                                                         std::int64_t balance) const {
    const auto wrong = [&closed](std::string_view what) {
        return fmt::format("settlement of account {} due at {}: {}", closed.account.value,
                           tuma::text(closed.due()), what);
    };
    const auto found = entries_.find({closed.due(), closed.account});
    if (found == entries_.end()) return wrong("nothing falls due");
    // The record does not say what fees came off what is carried, so that they are taken as they
    // are.
    const Maturing said{closed.sales,       closed.refunds,          closed.fees,
                        closed.adjustments, closed.reserve_released, closed.carried_in,
                        closed.sales_count, closed.refunds_count,    found->second.carried_fees};
    if (said != found->second) return wrong("its figures are not those of what fell due");
    if (net_of(said) != net_of(closed))
        return wrong("what became of it does not add up to what fell due");
    if (closed.reserve_held < 0 || closed.reserve_held > closed.sales)
        return wrong("the reserve is not a part of the sales");
    if (closed.payout_fee < 0) return wrong("the payout's fee is below zero");
    // The payout's transfers stand before this record and have left the balance already.
    if (Wide{outstanding(closed.account)} - closed.payout_fee - closed.paid_out != balance)
        return wrong("what it paid out is not what has left the account");
    if (!closed.payout && (closed.paid_out != 0 || closed.payout_fee != 0))
        return wrong("what was paid out has no transfer");
    if (!moment_fits(closed.carried_out, closed.next_due_at, closed.due_at))
        return wrong("what is carried needs a later moment, and nothing else does");
    if (!moment_fits(closed.reserve_held, closed.reserve_due_at, closed.due_at))
        return wrong("what is held in reserve needs a later moment, and nothing else does");
    return std::nullopt;
}

std::vector<std::string> PendingSettlements::broken_invariants(const Books& books,
                                                               const Terms& terms) const {
    std::vector<std::string> broken;
    // Without schemes nothing is tracked, and a walk over all accounts would find nothing.
    if (terms.empty()) return broken;
    for (std::uint32_t i = 1; i <= books.account_count(); ++i) {
        const AccountId id{i};
        const AccountTerms* const of = terms.find(id);
        if (of == nullptr || !of->payout) continue;
        const Account& payable = *books.find(id);
        const std::int64_t due = outstanding(id);
        if (due != balance(payable))
            broken.push_back(fmt::format("account {}: {} minor units fall due, its balance is {}",
                                         i, due, balance(payable)));
        const Account* const bank = books.find(of->payout);
        if (bank == nullptr || bank->kind != AccountKind::bank_account ||
            bank->currency != payable.currency)
            broken.push_back(
                fmt::format("account {}: is paid out to account {}, which is no bank "
                            "account of its currency",
                            i, of->payout.value));
    }
    return broken;
}

void PendingSettlements::save(ByteSink& sink) const {
    write_value(sink, std::uint64_t{entries_.size()});
    for (const auto& [key, maturing] : entries_)
        write_value(sink,
                    SavedEntry{key.first.time_since_epoch().count(), key.second, 0, maturing});
}

void PendingSettlements::load(ByteSource& source) {
    ensure(entries_.empty(), "loading into pending settlements that are in use");
    const auto count = read_value<std::uint64_t>(source);
    read_pieces<SavedEntry>(source, count, [this](std::span<const SavedEntry> piece) {
        for (const SavedEntry& saved : piece) {
            const Key key{Timestamp{Duration{saved.due_us}}, saved.account};
            const bool in_order = entries_.empty() || entries_.rbegin()->first < key;
            if (!in_order || !saved.account || saved.reserved != 0 || saved.maturing.sales < 0 ||
                saved.maturing.refunds < 0 || saved.maturing.reserve < 0)
                throw StateError("what falls due in the saved state makes no sense");
            entries_.emplace_hint(entries_.end(), key, saved.maturing);
            // Added up again instead of saved, so that it cannot differ from its entries.
            std::int64_t& sum = payables_[saved.account].outstanding;
            if (__builtin_add_overflow(net_of(saved.maturing), sum, &sum))
                throw StateError("what falls due in the saved state is too much");
        }
    });
}

}  // namespace tuma::ledger
