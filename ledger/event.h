// The journal's event records: what kinds there are and how they lie in a batch.
#pragma once

#include "ledger/account.h"
#include "ledger/refusal.h"
#include "ledger/transfer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace tuma::ledger {

/// The first byte of every record. Records start with kind (u8), version (u8), size (u16, whole
/// record, a multiple of 8), so that a reader can step over kinds it does not know.
enum class RecordKind : std::uint8_t {
    transfer = 1,
    account_opened = 2,
    account_changed = 3,
    refused = 4,
};

/// An account came into being.
struct AccountOpened {
    std::uint8_t record_kind = 2;
    std::uint8_t version = 1;
    std::uint16_t size = 104;
    AccountId id;
    std::int64_t floor = 0;
    std::int64_t ceiling = no_ceiling;
    Reference reference{};
    Digest digest{};
    ParticipantId participant;
    Currency currency = Currency::kes;
    AccountKind kind = AccountKind::wallet;
    std::uint8_t reserved = 0;
    Identity identity{};
    std::int64_t reserved_2 = 0;

    bool operator==(const AccountOpened&) const = default;
    RequestKey key() const { return {participant, reference}; }
};
static_assert(sizeof(AccountOpened) == 104);

/// What `AccountChanged` does.
enum class AccountChange : std::uint8_t { freeze = 1, unfreeze = 2, close = 3 };
std::string_view name(AccountChange change);

/// An account was frozen, unfrozen or closed.
struct AccountChanged {
    std::uint8_t record_kind = 3;
    std::uint8_t version = 1;
    std::uint16_t size = 48;
    AccountId id;
    Reference reference{};
    Digest digest{};
    ParticipantId participant;
    AccountChange change = AccountChange::freeze;
    std::array<std::uint8_t, 3> reserved{};

    bool operator==(const AccountChanged&) const = default;
    RequestKey key() const { return {participant, reference}; }
};
static_assert(sizeof(AccountChanged) == 48);

/// A request was refused; kept so that a retry gets the same answer.
struct RequestRefused {
    std::uint8_t record_kind = 4;
    std::uint8_t version = 1;
    std::uint16_t size = 48;
    ParticipantId participant;
    Reference reference{};
    Digest digest{};
    Refusal refusal = Refusal::none;
    std::array<std::uint8_t, 6> reserved{};

    bool operator==(const RequestRefused&) const = default;
    RequestKey key() const { return {participant, reference}; }
};
static_assert(sizeof(RequestRefused) == 48);

/// One decoded record.
using Event = std::variant<TransferRecord, AccountOpened, AccountChanged, RequestRefused>;

/// Appends the record's bytes to `bytes`.
void append(std::vector<std::byte>& bytes, const TransferRecord& record);
void append(std::vector<std::byte>& bytes, const AccountOpened& record);
void append(std::vector<std::byte>& bytes, const AccountChanged& record);
void append(std::vector<std::byte>& bytes, const RequestRefused& record);

/// Reads the record at the front of `bytes` and takes it off.
/// Refuses: fewer bytes than a record, unknown kind or version, a size that is not the kind's,
/// enumerators outside their tables, non-zero reserved bytes.
Result<Event> take_event(std::span<const std::byte>& bytes);

/// As `take_event` where the front is a transfer, without copying through an Event: a replay is
/// hardly anything else. Requires: the first byte is RecordKind::transfer.
std::optional<InputError> take_transfer(std::span<const std::byte>& bytes, TransferRecord& record);

}  // namespace tuma::ledger
