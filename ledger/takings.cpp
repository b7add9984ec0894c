// Counting what merchants take, are charged, and give back.
#include "ledger/takings.h"

#include "ledger/ensure.h"

#include <algorithm>
#include <limits>
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

std::int64_t& sum_of(ChargesLeft& charges, Purpose purpose) {
    return purpose == Purpose::tax ? charges.taxes : charges.fees;
}

void lower(std::int64_t& sum, std::int64_t amount) {
    sum = std::max<std::int64_t>(sum - amount, 0);
}

// Near 2^63 it stays there: a sum of a life need not be exact to be a bound.
void raise(std::int64_t& sum, std::int64_t amount) {
    if (__builtin_add_overflow(sum, amount, &sum)) sum = std::numeric_limits<std::int64_t>::max();
}

bool is_countable(const Taking& taking) {
    return taking.sold >= 0 && taking.charged.fees >= 0 && taking.charged.taxes >= 0 &&
           taking.unsaid.fees >= 0 && taking.unsaid.taxes >= 0;
}

}  // namespace

Taking Takings::find(AccountId account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? Taking{} : found->second;
}

Taking* Takings::known(AccountId account) {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? nullptr : &found->second;
}

void Takings::apply(const TransferRecord& record, const Terms& terms) {
    const bool is_reversal = record.kind == TransferKind::reversed;
    if (!record.is_continuation() || record.purpose == Purpose::pay_merchant) payee_ = {};
    switch (record.purpose) {
        case Purpose::pay_merchant:
            if (is_reversal) {
                if (Taking* of = known(record.debit)) lower(of->sold, record.amount);
            } else if (terms.find(record.credit) != nullptr) {
                payee_ = record.credit;
                raise(accounts_[record.credit].sold, record.amount);
            }
            break;
        case Purpose::refund:
            if (Taking* of = known(is_reversal ? record.credit : record.debit))
                is_reversal ? raise(of->sold, record.amount) : lower(of->sold, record.amount);
            break;
        case Purpose::fee:
        case Purpose::tax:
            count_charge(record);
            break;
        default:
            break;
    }
    if (!record.is_linked()) payee_ = {};
}

void Takings::count_charge(const TransferRecord& record) {
    // Charged for the payment that this set makes, or charged again as a refund is taken back.
    const bool is_reversal = record.kind == TransferKind::reversed;
    const bool is_again = is_reversal && known(record.debit) != nullptr;
    if (is_again || (!is_reversal && payee_ && record.debit == payee_)) {
        const ChargeFate fate = is_again ? ChargeFate::comes_back : record.fate();
        Taking& of = accounts_[record.debit];
        if (fate == ChargeFate::comes_back)
            raise(sum_of(of.charged, record.purpose), record.amount);
        if (fate == ChargeFate::unsaid) raise(sum_of(of.unsaid, record.purpose), record.amount);
        return;
    }
    Taking* const of = known(record.credit);
    if (of == nullptr) return;
    std::int64_t& charged = sum_of(of->charged, record.purpose);
    const std::int64_t first = std::min(charged, record.amount);
    charged -= first;
    lower(sum_of(of->unsaid, record.purpose), record.amount - first);
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
