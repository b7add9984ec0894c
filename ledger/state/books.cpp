#include "ledger/state/books.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace tuma::ledger {
namespace {

std::size_t hash_of(const Identity& identity, std::uint64_t seed) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), identity.data(), sizeof words);
    // Clients choose identities. Without the seed they could choose them so that all share one
    // place.
    std::uint64_t hash = 0x9E3779B97F4A7C15ULL ^ seed;
    for (const std::uint64_t word : words) {
        hash = (hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash ^= hash >> 32U;
    }
    return static_cast<std::size_t>(hash);
}

bool limits_are_valid(std::int64_t floor, std::int64_t ceiling) {
    // An account begins with nothing, so that a floor above zero is broken from the start, and so
    // is a ceiling below it.
    if (floor != no_floor && (floor > 0 || floor < -amount_max)) return false;
    return ceiling >= 0;
}

// What everything else takes for granted about an account.
bool is_sound(const Account& account) {
    return find_account_kind(static_cast<std::uint8_t>(account.kind)) != nullptr &&
           find_currency(static_cast<std::uint16_t>(account.currency)).has_value() &&
           account.state <= AccountState::closed && account.debits_pending >= 0 &&
           account.debits_posted >= 0 && account.credits_pending >= 0 &&
           account.credits_posted >= 0;
}

void require(bool fits, std::string_view what) {
    if (!fits) throw StateError(fmt::format("{} in the saved state makes no sense", what));
}

}  // namespace

void Books::FreeDeleter::operator()(std::uint32_t* slots) const {
    std::free(slots);
}

Books::Books(std::size_t accounts_max, std::uint64_t hash_seed)
    : accounts_max_(accounts_max), hash_seed_(hash_seed) {
    ensure(accounts_max >= 1 && accounts_max < (std::size_t{1} << 31U), "number of accounts");
    // Reserved address space is not memory: pages come into being as accounts are opened, and
    // opening one never copies the others.
    accounts_.reserve(accounts_max);
    identities_.reserve(accounts_max);
    // Never more than half full: searches stay short, and each meets an empty slot.
    const std::size_t slot_count = std::bit_ceil(accounts_max * 2);
    identity_slots_.reset(
        static_cast<std::uint32_t*>(std::calloc(slot_count, sizeof(std::uint32_t))));
    if (!identity_slots_) throw std::bad_alloc();
    identity_mask_ = slot_count - 1;
}

const Account* Books::find(AccountId id) const {
    if (id.value == 0 || id.value > accounts_.size()) return nullptr;
    return &accounts_[id.value - 1];
}

AccountId Books::find(const Identity& identity) const {
    for (std::size_t slot = slot_of(identity); identity_slots_[slot] != 0;
         slot = (slot + 1) & identity_mask_) {
        const AccountId id{identity_slots_[slot]};
        if (identities_[id.value - 1] == identity) return id;
    }
    return AccountId{};
}

const Identity& Books::identity(AccountId id) const {
    ensure(find(id) != nullptr, "identity of an account that does not exist");
    return identities_[id.value - 1];
}

std::size_t Books::slot_of(const Identity& identity) const {
    return hash_of(identity, hash_seed_) & identity_mask_;
}

Account& Books::at(AccountId id) {
    ensure(id.value >= 1 && id.value <= accounts_.size(), "an account that does not exist");
    return accounts_[id.value - 1];
}

void Books::index_identity(AccountId id) {
    std::size_t slot = slot_of(identities_[id.value - 1]);
    while (identity_slots_[slot] != 0) slot = (slot + 1) & identity_mask_;
    identity_slots_[slot] = id.value;
}

std::optional<Refusal> Books::plan_open(AccountOpened& opened) const {
    // In the order of the refusals' numbers: the lowest that applies is the answer.
    if (!is_valid(opened.identity)) return Refusal::identity_invalid;
    if (find(opened.identity)) return Refusal::identity_taken;
    if (!limits_are_valid(opened.floor, opened.ceiling)) return Refusal::account_limits_invalid;
    if (accounts_.size() >= accounts_max_) return Refusal::account_capacity_reached;
    opened.id = AccountId{static_cast<std::uint32_t>(accounts_.size() + 1)};
    return std::nullopt;
}

std::optional<Refusal> Books::plan_change(const AccountChanged& changed) const {
    const Account* account = find(changed.id);
    if (account == nullptr) return Refusal::account_not_found;
    if (account->state == AccountState::closed) return Refusal::account_already_closed;
    // Freezing what is frozen already is no mistake.
    if (changed.change != AccountChange::close) return std::nullopt;
    const bool has_money = balance(*account) != 0;
    const bool has_pending = account->debits_pending != 0 || account->credits_pending != 0;
    if (has_money || has_pending) return Refusal::account_not_empty;
    return std::nullopt;
}

void Books::apply(const AccountOpened& opened) {
    // The number is the account's place in the list.
    ensure(opened.id.value == accounts_.size() + 1, "accounts are opened in order");
    Account account;
    account.floor = opened.floor;
    account.ceiling = opened.ceiling;
    account.owner = opened.participant;
    account.currency = opened.currency;
    account.kind = opened.kind;
    accounts_.push_back(account);
    identities_.push_back(opened.identity);
    index_identity(opened.id);
}

void Books::apply(const AccountChanged& changed) {
    Account& account = at(changed.id);
    switch (changed.change) {
        case AccountChange::freeze:
            account.state = AccountState::frozen;
            return;
        case AccountChange::unfreeze:
            account.state = AccountState::open;
            return;
        case AccountChange::close:
            account.state = AccountState::closed;
            return;
    }
    unreachable("an account change outside the enumeration");
}

void Books::end_reservation(const TransferRecord& record, Account& debit, Account& credit) {
    const auto found = reservations_.find(record.subject);
    ensure(found != reservations_.end(), "ending a reservation that is not open");
    // By what was set aside, not by what the record moves: a settlement of a part frees the rest
    // too.
    debit.debits_pending -= found->second.amount;
    credit.credits_pending -= found->second.amount;
    count_own_reserved(debit, credit, -found->second.amount);
    expiries_.erase({found->second.expires_at, record.subject});
    reservations_.erase(found);
}

void Books::apply(const TransferRecord& record) {
    Account& debit = at(record.debit);
    Account& credit = at(record.credit);
    switch (record.kind) {
        case TransferKind::reserved:
            debit.debits_pending += record.amount;
            credit.credits_pending += record.amount;
            count_own_reserved(debit, credit, record.amount);
            reservations_.emplace(record.id, Reservation{record.debit, record.credit, record.amount,
                                                         record.due(), record.purpose});
            expiries_.emplace(record.due(), record.id);
            break;
        case TransferKind::released:
        case TransferKind::expired:
            end_reservation(record, debit, credit);
            break;
        case TransferKind::settled:
            // First what was set aside is free again; then what is settled of it moves like any
            // money.
            end_reservation(record, debit, credit);
            [[fallthrough]];
        case TransferKind::posted:
        case TransferKind::reversed:
            // The next reversal of the same original is measured against this.
            if (record.gives_back()) count_given_back(record.subject, record.amount);
            count_own(debit, credit, record.amount);
            debit.debits_posted += record.amount;
            credit.credits_posted += record.amount;
            break;
    }
    // Both chains go on, also when no money moved: a statement shows promises as well.
    debit.last_transfer = record.id;
    credit.last_transfer = record.id;
    // What was planned or found without violation cannot fail here. If it does, this program is
    // wrong, and no process is better than wrong books.
    ensure(debit.debits_pending >= 0 && credit.credits_pending >= 0, "a negative pending sum");
    ensure(balance(debit) == record.debit_balance_after, "debit balance after a transfer");
    ensure(balance(credit) == record.credit_balance_after, "credit balance after a transfer");
}

void Books::undo(const TransferRecord& record, const std::optional<Reservation>& settled) {
    Account& debit = at(record.debit);
    Account& credit = at(record.credit);
    // Legs go back the newest first. Otherwise the chains would name a record that is not there.
    ensure(debit.last_transfer == record.id && credit.last_transfer == record.id,
           "only the newest record of both accounts can be taken back");
    ensure(record.kind == TransferKind::posted || record.kind == TransferKind::reversed ||
               (record.kind == TransferKind::settled && settled),
           "only a posted, reversed or settled record can be taken back");
    debit.debits_posted -= record.amount;
    credit.credits_posted -= record.amount;
    count_own(debit, credit, -record.amount);
    debit.last_transfer = record.debit_previous;
    credit.last_transfer = record.credit_previous;
    // The reservation is no longer known here, so that who takes the leg back has kept it.
    if (record.kind == TransferKind::settled) {
        debit.debits_pending += settled->amount;
        credit.credits_pending += settled->amount;
        count_own_reserved(debit, credit, settled->amount);
        reservations_.emplace(record.subject, *settled);
        expiries_.emplace(settled->expires_at, record.subject);
    }
    if (record.gives_back()) count_given_back(record.subject, -record.amount);
}

void Books::count_given_back(TransferId original, std::int64_t amount) {
    const auto entry = reversed_.try_emplace(original).first;
    entry->second += amount;
    // Only taking a leg back leads to nothing. An entry left behind would be saved, and a replay,
    // which never saw that leg, would come to other bytes.
    if (entry->second == 0) reversed_.erase(entry);
}

std::int64_t Books::reversed_amount(TransferId original) const {
    const auto found = reversed_.find(original);
    return found == reversed_.end() ? 0 : found->second;
}

const Reservation* Books::find_reservation(TransferId id) const {
    const auto found = reservations_.find(id);
    return found == reservations_.end() ? nullptr : &found->second;
}

std::optional<std::pair<Timestamp, TransferId>> Books::next_expiry() const {
    if (expiries_.empty()) return std::nullopt;
    return *expiries_.begin();
}

std::vector<std::pair<TransferId, Reservation>> Books::sorted_reservations() const {
    std::vector<std::pair<TransferId, Reservation>> sorted(reservations_.begin(),
                                                           reservations_.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return sorted;
}

void Books::prefetch(AccountId debit, AccountId credit) const {
    for (const AccountId id : {debit, credit})
        if (find(id) != nullptr) __builtin_prefetch(&accounts_[id.value - 1], 1);
}

void Books::save(ByteSink& sink) const {
    // Deadlines, own funds and the index of identities follow from the rest. They are made again by
    // loading, and so cannot contradict it.
    write_value(sink, std::uint64_t{accounts_.size()});
    sink.write(std::as_bytes(std::span{accounts_}));
    sink.write(std::as_bytes(std::span{identities_}));
    // Sorted: the order in a hash map depends on all that was ever in it.
    const auto open = sorted_reservations();
    write_value(sink, std::uint64_t{open.size()});
    for (const auto& [id, reservation] : open) {
        write_value(sink, id.value);
        write_value(sink, reservation.debit.value);
        write_value(sink, reservation.credit.value);
        write_value(sink, reservation.amount);
        write_value(sink, reservation.expires_at.time_since_epoch().count());
        write_value(sink, reservation.purpose);
    }
    std::vector<std::pair<TransferId, std::int64_t>> reversed(reversed_.begin(), reversed_.end());
    std::sort(reversed.begin(), reversed.end());
    write_value(sink, std::uint64_t{reversed.size()});
    for (const auto& [id, amount] : reversed) {
        write_value(sink, id.value);
        write_value(sink, amount);
    }
}

void Books::load(ByteSource& source) {
    ensure(accounts_.empty(), "loading into books that are in use");
    // Accounts first, because reservations name them.
    load_accounts(source);
    load_reservations(source);
    load_reversed(source);
}

void Books::load_accounts(ByteSource& source) {
    const auto count = read_value<std::uint64_t>(source);
    // Not damage but a setting, so that the message says what to start with.
    if (count > accounts_max_)
        throw StateError(
            fmt::format("the saved state has {} accounts, --accounts allows {}; "
                        "start with --accounts={} or more",
                        count, accounts_max_, count));
    read_pieces<Account>(source, count, [this](std::span<const Account> piece) {
        require(std::all_of(piece.begin(), piece.end(), is_sound), "an account");
        accounts_.insert(accounts_.end(), piece.begin(), piece.end());
        for (const Account& account : piece)
            if (is_own(account)) add_own(account.currency, tuma::ledger::balance(account));
    });
    read_pieces<Identity>(source, count, [this](std::span<const Identity> piece) {
        // All slots of a piece are asked for before the first is used: the waits for memory
        // overlap.
        for (const Identity& identity : piece) {
            __builtin_prefetch(&identity_slots_[slot_of(identity)], 1);
            require(is_valid(identity), "an identity");
        }
        for (const Identity& identity : piece) {
            identities_.push_back(identity);
            index_identity(AccountId{static_cast<std::uint32_t>(identities_.size())});
        }
    });
}

void Books::load_reservations(ByteSource& source) {
    TransferId last;
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const TransferId id{read_value<std::uint64_t>(source)};
        Reservation reservation;
        reservation.debit.value = read_value<std::uint32_t>(source);
        reservation.credit.value = read_value<std::uint32_t>(source);
        reservation.amount = read_value<std::int64_t>(source);
        reservation.expires_at = Timestamp{Duration{read_value<std::int64_t>(source)}};
        reservation.purpose = read_value<Purpose>(source);
        // Strictly rising, as they were saved. A number that comes twice would be lost in the map
        // without a word.
        require(id > std::exchange(last, id) && find(reservation.debit) != nullptr &&
                    find(reservation.credit) != nullptr && reservation.amount > 0 &&
                    reservation.amount <= amount_max && reservation.purpose >= Purpose::issue &&
                    reservation.purpose <= Purpose::bank_transfer,
                "a reservation");
        expiries_.emplace(reservation.expires_at, id);
        reservations_.emplace(id, reservation);
        count_own_reserved(*find(reservation.debit), *find(reservation.credit), reservation.amount);
    }
}

void Books::load_reversed(ByteSource& source) {
    TransferId last;
    for (auto left = read_value<std::uint64_t>(source); left > 0; --left) {
        const TransferId id{read_value<std::uint64_t>(source)};
        const auto amount = read_value<std::int64_t>(source);
        require(id > std::exchange(last, id) && amount > 0 && amount <= amount_max,
                "a reversed amount");
        reversed_.emplace(id, amount);
    }
}

}  // namespace tuma::ledger
