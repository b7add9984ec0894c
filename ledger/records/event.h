// The journal's event records: what kinds there are and how they lie in a batch.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/order_bytes.h"
#include "ledger/records/order_records.h"
#include "ledger/records/transfer.h"
#include "ledger/words/refusal.h"

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
    scheme_loaded = 5,
    settlement_closed = 6,
    profile_stored = 7,
    order_opened = 8,
    order_moved = 9,
    notice_moved = 10,
    order_recalled = 11,
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
    /// Which class of the scheme's accounts; 0 without a scheme. Counted from 0.
    std::uint8_t account_class = 0;
    Identity identity{};
    SchemeId scheme;  ///< whose tariff, limits and settlement rules apply; 0 for none
    std::uint16_t reserved = 0;
    /// Where a settlement payable is paid out to, a bank account; 0 for none.
    AccountId payout;

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

/// Most bytes of a scheme's content.
inline constexpr std::size_t scheme_content_max = 60'000;

/// The fixed front of a loaded scheme's record; the content follows, zero-filled to a multiple
/// of 8.
struct SchemeHead {
    std::uint8_t record_kind = 5;
    std::uint8_t version = 1;
    std::uint16_t size = 0;  ///< head and content with its fill
    SchemeId id;
    std::uint16_t zone_offset_minutes = 0;  ///< two's complement; local time less UTC
    Reference reference{};
    Digest digest{};
    ParticipantId participant;
    Currency currency = Currency::kes;
    std::uint16_t content_bytes = 0;
    std::array<std::byte, 32> source_hash{};  ///< SHA-256 of the file it was read from
    Identity name{};                          ///< "mpesa-kenya"
    Identity scheme_version{};                ///< the author's own, "2023-07"

    bool operator==(const SchemeHead&) const = default;
};
static_assert(sizeof(SchemeHead) == 144);

/// A scheme was loaded, or a newer version of one: from here on it applies.
struct SchemeLoaded {
    SchemeHead head;
    /// The scheme as `core::scheme_bytes` writes it; the ledger does not look inside.
    std::vector<std::byte> content;

    bool operator==(const SchemeLoaded&) const = default;
    RequestKey key() const { return {head.participant, head.reference}; }
    std::int16_t zone_offset_minutes() const {
        return static_cast<std::int16_t>(head.zone_offset_minutes);
    }
};

/// A merchant's settlement: what fell due and what became of it. The statement and the fact in one.
/// Amounts in minor units;
/// sales - refunds - fees + adjustments + reserve_released + carried_in
///     = reserve_held + payout_fee + paid_out + carried_out.
struct SettlementClosed {
    std::uint8_t record_kind = 6;
    std::uint8_t version = 1;
    std::uint16_t size = 144;
    AccountId account;        ///< the settlement payable
    std::int64_t due_at = 0;  ///< the moment it was due; it may have been done later
    std::int64_t sales = 0;
    std::int64_t refunds = 0;
    std::int64_t fees = 0;         ///< tax on fees included
    std::int64_t adjustments = 0;  ///< other postings, signed
    std::int64_t reserve_released = 0;
    std::int64_t carried_in = 0;
    std::int64_t reserve_held = 0;
    std::int64_t payout_fee = 0;
    std::int64_t paid_out = 0;        ///< to the bank account; negative: collected from it
    std::int64_t carried_out = 0;     ///< to the next settlement
    std::int64_t reserve_due_at = 0;  ///< when `reserve_held` falls due; 0 if nothing is held
    std::int64_t next_due_at = 0;     ///< when `carried_out` falls due; 0 if nothing is carried
    TransferId payout;                ///< the first transfer of the payout, 0 for none
    std::uint32_t sales_count = 0;
    std::uint32_t refunds_count = 0;
    std::int64_t reserved = 0;
    std::int64_t reserved_2 = 0;

    bool operator==(const SettlementClosed&) const = default;
    Timestamp due() const { return Timestamp{Duration{due_at}}; }
    /// A settlement is the switch's own doing.
    static RequestKey key() { return {}; }
};
static_assert(sizeof(SettlementClosed) == 144);

/// One decoded record.
using Event = std::variant<TransferRecord, AccountOpened, AccountChanged, RequestRefused,
                           SchemeLoaded, SettlementClosed, ProfileStored, OrderOpened, OrderMoved,
                           NoticeMoved, OrderRecalled>;

/// Appends the record's bytes to `bytes`.
void append(std::vector<std::byte>& bytes, const TransferRecord& record);
void append(std::vector<std::byte>& bytes, const AccountOpened& record);
void append(std::vector<std::byte>& bytes, const AccountChanged& record);
void append(std::vector<std::byte>& bytes, const RequestRefused& record);
/// Fills in the head's sizes. Requires: at most `scheme_content_max` bytes of content.
void append(std::vector<std::byte>& bytes, const SchemeLoaded& record);
void append(std::vector<std::byte>& bytes, const SettlementClosed& record);
// Orders, notices and profiles: ledger/records/order_records.h and ledger/records/order_bytes.h.

/// The head with the sizes of head and content in it. Requires: at most `scheme_content_max` bytes.
SchemeHead sized_head(const SchemeLoaded& loaded);

/// Reads the record at the front of `bytes` and takes it off.
/// Refuses: fewer bytes than a record, unknown kind or version, a size that is not the kind's,
/// enumerators outside their tables, non-zero reserved bytes, names that are no identities, terms
/// without a scheme.
Result<Event> take_event(std::span<const std::byte>& bytes);

/// As `take_event` where the front is a transfer, without copying through an Event: a replay is
/// hardly anything else. Requires: the first byte is RecordKind::transfer.
std::optional<InputError> take_transfer(std::span<const std::byte>& bytes, TransferRecord& record);

}  // namespace tuma::ledger
