// Counting what merchants take, are charged, and give back.
#include "ledger/state/takings.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace tuma::ledger {
namespace {

// A taking as it is saved.
struct SavedTaking {
    AccountId account;
    std::uint32_t reserved = 0;
    Taking taking;
};
static_assert(std::has_unique_object_representations_v<SavedTaking>);

ChargeLeft& part_of(ChargesLeft& charges, Purpose purpose) {
    return purpose == Purpose::tax ? charges.taxes : charges.fees;
}

std::int64_t lowered(std::int64_t sum, std::int64_t amount) {
    return std::max<std::int64_t>(sum - amount, 0);
}

// Near 2^63 it stays there: a sum of a life need not be exact to be a bound.
void raise(std::int64_t& sum, std::int64_t amount) {
    if (__builtin_add_overflow(sum, amount, &sum)) sum = std::numeric_limits<std::int64_t>::max();
}

// What records say was given back of fees, or of taxes: first of what always comes back.
void take_in_turn(ChargeLeft& charged, ChargeLeft& unsaid, std::int64_t amount) {
    take(unsaid, take(charged, amount));
}

// A refund: the same share of each is gone, whatever the records could give back of it.
void give_back(ChargeLeft& charged, ChargeLeft& unsaid, std::int64_t returned, std::int64_t part,
               std::int64_t whole) {
    // Both before anything is taken: they are shares of what there was.
    const ExactAmount exact_charged = charged.exact_after(part, whole);
    const ExactAmount exact_unsaid = unsaid.exact_after(part, whole);
    const std::int64_t due_charged = due_back(charged, exact_charged);
    const std::int64_t due_unsaid = due_back(unsaid, exact_unsaid);
    const std::int64_t of_charged = std::min(returned, due_charged);
    const std::int64_t of_unsaid = std::min(returned - of_charged, due_unsaid);
    // More came back than the rule says. Then what the records say holds, and nothing is off.
    const std::int64_t rest = returned - of_charged - of_unsaid;
    take(charged, of_charged);
    take(unsaid, of_unsaid);
    take_in_turn(charged, unsaid, rest);
    // Old books, and schemes that give nothing back of the others, do not follow the rule.
    const auto bound = [&](bool is_all) {
        return is_all && rest == 0 ? ChargeLeft::off_limit : exact_unit;
    };
    charged.count_from(exact_charged, bound(of_charged == due_charged));
    unsaid.count_from(exact_unsaid, bound(of_unsaid == due_unsaid));
}

// The share that a refund took along is there again. What it was is not known, what it would be now
// is: that, if the charges' records differ from it by rounding only; else what they say.
void grow(ChargeLeft& left, std::int64_t again, std::int64_t part, std::int64_t whole) {
    const auto exact = whole == 0 ? std::nullopt : scaled(left.exact(), part, whole);
    const ExactAmount recorded = left.exact() + ExactAmount{again} * exact_unit;
    raise(left.amount, again);
    if (exact && recorded - exact_unit < *exact && *exact < recorded + exact_unit)
        left.count_from(*exact, ChargeLeft::off_limit);
}

bool is_countable(const ChargeLeft& left) {
    return left.amount >= 0 && -ChargeLeft::off_limit < left.off &&
           left.off < ChargeLeft::off_limit;
}

bool is_countable(const Taking& taking) {
    return taking.sold >= 0 && is_countable(taking.charged.fees) &&
           is_countable(taking.charged.taxes) && is_countable(taking.unsaid.fees) &&
           is_countable(taking.unsaid.taxes);
}

}  // namespace

ChargeSums due_back(const ChargesLeft& charges, std::int64_t sold, std::int64_t amount) {
    const std::int64_t left = lowered(sold, amount);
    return {due_back(charges.fees, charges.fees.exact_after(left, sold)),
            due_back(charges.taxes, charges.taxes.exact_after(left, sold))};
}

Taking Takings::find(AccountId account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? Taking{} : found->second;
}

Taking* Takings::known(AccountId account) {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? nullptr : &found->second;
}

void Takings::apply(const TransferRecord& record, const Terms& terms) {
    // Both ends of a set are looked for, so that nothing of it is open between batches, where
    // states are saved.
    if (!record.is_continuation()) end_set();
    switch (record.purpose) {
        case Purpose::pay_merchant:
            // A set may hold several payments. Charges belong to the one before them.
            payee_ = {};
            if (record.kind == TransferKind::reversed) {
                if (Taking* of = known(record.debit)) of->sold = lowered(of->sold, record.amount);
            } else if (terms.find(record.credit) != nullptr) {
                // Without a scheme there are no charges that could come back.
                payee_ = record.credit;
                raise(accounts_[record.credit].sold, record.amount);
            }
            break;
        case Purpose::refund:
            count_refund(record);
            break;
        case Purpose::fee:
        case Purpose::tax:
            count_charge(record);
            break;
        default:
            break;
    }
    if (!record.is_linked()) end_set();
}

void Takings::count_refund(const TransferRecord& record) {
    // Only refunds that name no payment can be taken back.
    const bool is_taken_back = record.kind == TransferKind::reversed;
    const AccountId account = is_taken_back ? record.credit : record.debit;
    Taking* const of = known(account);
    if (of == nullptr) return;
    if (!is_taken_back && record.gives_back()) {
        of->sold = lowered(of->sold, record.amount);
        return;
    }
    // A second refund in the same set takes its own share of what the first has left.
    if (unnamed_.amount > 0) end_unnamed();
    unnamed_of(account, is_taken_back).amount = record.amount;
}

void Takings::count_charge(const TransferRecord& record) {
    const bool is_reversal = record.kind == TransferKind::reversed;
    // Charged to whoever was paid. What the payer bore does not come out of the merchant's takings.
    if (!is_reversal && payee_ && record.debit == payee_) {
        Taking& of = accounts_[record.debit];
        const ChargeFate fate = record.fate();
        if (fate == ChargeFate::comes_back)
            raise(part_of(of.charged, record.purpose).amount, record.amount);
        if (fate == ChargeFate::unsaid)
            raise(part_of(of.unsaid, record.purpose).amount, record.amount);
        return;
    }
    // Charged again as a refund is taken back, or given back.
    const bool is_again = is_reversal && known(record.debit) != nullptr;
    const AccountId account = is_again ? record.debit : record.credit;
    Taking* const of = known(account);
    if (of == nullptr) return;
    if (!is_again && record.gives_back()) {
        take_in_turn(part_of(of->charged, record.purpose), part_of(of->unsaid, record.purpose),
                     record.amount);
        return;
    }
    ChargeSums& charges = unnamed_of(account, is_again).charges;
    raise(record.purpose == Purpose::tax ? charges.taxes : charges.fees, record.amount);
}

Takings::Unnamed& Takings::unnamed_of(AccountId account, bool is_taken_back) {
    if (unnamed_.account != account || unnamed_.is_taken_back != is_taken_back) end_unnamed();
    unnamed_.account = account;
    unnamed_.is_taken_back = is_taken_back;
    return unnamed_;
}

void Takings::end_unnamed() {
    // Only here is it whole: charges stand before the refund or behind it.
    const Unnamed ended = std::exchange(unnamed_, {});
    Taking* const of = known(ended.account);
    if (of == nullptr) return;
    // The share is of what was sold before this refund.
    const std::int64_t before = of->sold;
    if (ended.is_taken_back)
        raise(of->sold, ended.amount);
    else
        of->sold = lowered(of->sold, ended.amount);
    const auto end_of = [&](ChargeLeft& charged, ChargeLeft& unsaid, std::int64_t amount) {
        if (ended.amount > 0 && !ended.is_taken_back)
            return give_back(charged, unsaid, amount, of->sold, before);
        // A charge alone, that no refund goes with.
        if (ended.amount == 0 && !ended.is_taken_back) return take_in_turn(charged, unsaid, amount);
        if (ended.amount == 0) return raise(charged.amount, amount);
        grow(charged, amount, of->sold, before);
        grow(unsaid, 0, of->sold, before);
    };
    end_of(of->charged.fees, of->unsaid.fees, ended.charges.fees);
    end_of(of->charged.taxes, of->unsaid.taxes, ended.charges.taxes);
}

void Takings::end_set() {
    payee_ = {};
    if (unnamed_.account) end_unnamed();
}

void Takings::save(ByteSink& sink) const {
    std::vector<SavedTaking> saved;
    saved.reserve(accounts_.size());
    for (const auto& [account, taking] : accounts_) saved.push_back({account, 0, taking});
    std::sort(saved.begin(), saved.end(),
              [](const SavedTaking& a, const SavedTaking& b) { return a.account < b.account; });
    write_value(sink, std::uint64_t{saved.size()});
    sink.write(std::as_bytes(std::span{saved}));
}

void Takings::load(ByteSource& source) {
    ensure(accounts_.empty(), "loading into takings that are in use");
    AccountId last;
    const auto count = read_value<std::uint64_t>(source);
    read_pieces<SavedTaking>(source, count, [&](std::span<const SavedTaking> piece) {
        for (const SavedTaking& saved : piece) {
            if (saved.account <= std::exchange(last, saved.account) || saved.reserved != 0 ||
                !is_countable(saved.taking))
                throw StateError("what an account took makes no sense in the saved state");
            accounts_.emplace(saved.account, saved.taking);
        }
    });
}

}  // namespace tuma::ledger
