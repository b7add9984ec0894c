// Sums of what was paid, day by day.
#include "ledger/state/limit_counters.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <vector>

namespace tuma::ledger {
namespace {

// A counter and a counted reservation as they are saved.
struct SavedTurnover {
    AccountId account;
    std::uint32_t reserved = 0;
    LimitCounter counter;
};
static_assert(std::has_unique_object_representations_v<SavedTurnover>);

struct SavedReservation {
    TransferId id;
    AccountId account;
    std::int32_t day = 0;
    std::int64_t amount = 0;
};
static_assert(std::has_unique_object_representations_v<SavedReservation>);

std::int32_t year_of(std::chrono::sys_days day) {
    return static_cast<int>(std::chrono::year_month_day{day}.year());
}

std::int32_t month_of(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    return 12 * static_cast<int>(date.year()) +
           static_cast<std::int32_t>(static_cast<unsigned>(date.month())) - 1;
}

std::chrono::sys_days to_day(std::int32_t number) {
    return std::chrono::sys_days{std::chrono::days{number}};
}

bool is_withdrawal(Purpose purpose) {
    return purpose == Purpose::withdraw || purpose == Purpose::redeem;
}

void count(LimitCounter& counter, std::int64_t amount, Purpose purpose) {
    counter.of_day += amount;
    counter.of_month += amount;
    counter.of_year += amount;
    counter.of_life += amount;
    if (is_withdrawal(purpose)) counter.withdrawn += amount;
}

// Sums that have ended since do not hold the amount any more.
void give_back(LimitCounter& counter, std::int32_t day, std::int64_t amount, Purpose purpose) {
    if (counter.day == day) counter.of_day -= amount;
    if (counter.month == month_of(to_day(day))) counter.of_month -= amount;
    if (counter.year == year_of(to_day(day))) counter.of_year -= amount;
    counter.of_life -= amount;
    if (is_withdrawal(purpose)) counter.withdrawn -= amount;
}

bool makes_sense(const LimitCounter& counter) {
    // Each span lies within the next longer one, so that its sum cannot be larger.
    const auto day = to_day(counter.day);
    return counter.month == month_of(day) && counter.year == year_of(day) &&
           counter.reserved == 0 && counter.of_day >= 0 && counter.of_month >= counter.of_day &&
           counter.of_year >= counter.of_month && counter.of_life >= counter.of_year &&
           counter.withdrawn >= 0 && counter.withdrawn <= counter.of_life;
}

}  // namespace

LimitCounter LimitCounter::on(std::chrono::sys_days today) const {
    if (today <= to_day(day)) return *this;
    LimitCounter now = *this;
    now.day = static_cast<std::int32_t>(today.time_since_epoch().count());
    now.month = month_of(today);
    now.year = year_of(today);
    now.of_day = 0;
    if (now.month != month) now.of_month = 0;
    if (now.year != year) now.of_year = 0;
    return now;
}

std::chrono::sys_days local_day(Timestamp time, std::int16_t offset_minutes) {
    return std::chrono::floor<std::chrono::days>(time + std::chrono::minutes{offset_minutes});
}

bool counts_as_paid(Purpose purpose) {
    switch (purpose) {
        case Purpose::redeem:
        case Purpose::withdraw:
        case Purpose::transfer:
        case Purpose::pay_merchant:
        case Purpose::disburse:
            return true;
        case Purpose::issue:
        case Purpose::deposit:
        case Purpose::adjust:
        case Purpose::fee:
        case Purpose::tax:
        case Purpose::commission:
        case Purpose::refund:
        case Purpose::payout:
        case Purpose::bank_transfer:
            return false;
    }
    unreachable("a purpose outside the enumeration");
}

LimitCounter LimitCounters::find(AccountId account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? LimitCounter{} : found->second;
}

void LimitCounters::apply(const TransferRecord& record, const Terms& terms, Timestamp time) {
    // What is moved back makes no room again: limits are about what was paid.
    if (record.kind == TransferKind::reversed || !counts_as_paid(record.purpose)) return;
    const AccountTerms* const payer = terms.find(record.debit);
    if (payer == nullptr) return;
    if (record.kind == TransferKind::posted || record.kind == TransferKind::reserved) {
        // Days are those of the scheme's own zone, by its newest version.
        const auto offset = terms.find(payer->scheme)->zone_offset_minutes();
        LimitCounter& counter = accounts_[record.debit];
        // Brought to today first, or the amount would be added to the sum of a day that is over.
        counter = counter.on(local_day(time, offset));
        count(counter, record.amount, record.purpose);
        // With the day of its making: what is given back leaves only those sums that still hold it.
        if (record.kind == TransferKind::reserved)
            reservations_.emplace(record.id, Counted{record.debit, counter.day, record.amount});
        return;
    }
    const auto counted = reservations_.find(record.subject);
    // Accounts get their terms when they are opened and never later, so that it was counted when it
    // was made.
    ensure(counted != reservations_.end(), "a reservation of an account with terms was counted");
    const std::int64_t kept = record.kind == TransferKind::settled ? record.amount : 0;
    give_back(accounts_[record.debit], counted->second.day, counted->second.amount - kept,
              record.purpose);
    reservations_.erase(counted);
}

void LimitCounters::save(ByteSink& sink) const {
    std::vector<SavedTurnover> limit_counters;
    limit_counters.reserve(accounts_.size());
    for (const auto& [account, counter] : accounts_)
        limit_counters.push_back({account, 0, counter});
    // The order in a hash map depends on all that was ever in it.
    std::sort(limit_counters.begin(), limit_counters.end(),
              [](const auto& a, const auto& b) { return a.account < b.account; });
    write_value(sink, std::uint64_t{limit_counters.size()});
    sink.write(std::as_bytes(std::span{limit_counters}));

    std::vector<SavedReservation> open;
    open.reserve(reservations_.size());
    for (const auto& [id, counted] : reservations_)
        open.push_back({id, counted.account, counted.day, counted.amount});
    std::sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    write_value(sink, std::uint64_t{open.size()});
    sink.write(std::as_bytes(std::span{open}));
}

void LimitCounters::load(ByteSource& source) {
    ensure(accounts_.empty() && reservations_.empty(),
           "loading into limit counters that are in use");
    AccountId last;
    const auto accounts = read_value<std::uint64_t>(source);
    read_pieces<SavedTurnover>(source, accounts, [&](std::span<const SavedTurnover> piece) {
        for (const SavedTurnover& saved : piece) {
            if (saved.account <= std::exchange(last, saved.account) || saved.reserved != 0 ||
                !makes_sense(saved.counter))
                throw StateError("a counter in the saved state makes no sense");
            accounts_.emplace(saved.account, saved.counter);
        }
    });
    TransferId newest;
    const auto open = read_value<std::uint64_t>(source);
    read_pieces<SavedReservation>(source, open, [&](std::span<const SavedReservation> piece) {
        for (const SavedReservation& saved : piece) {
            const auto payer = accounts_.find(saved.account);
            if (saved.id <= std::exchange(newest, saved.id) || payer == accounts_.end() ||
                saved.day > payer->second.day || saved.amount <= 0 ||
                saved.amount > payer->second.of_life)
                throw StateError("a counted reservation in the saved state makes no sense");
            reservations_.emplace(saved.id, Counted{saved.account, saved.day, saved.amount});
        }
    });
}

}  // namespace tuma::ledger
