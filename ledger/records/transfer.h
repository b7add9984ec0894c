// The transfer record: the 128 bytes that the journal keeps for every movement of money.
#pragma once

#include "ledger/words/id.h"
#include "ledger/words/money.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tuma::ledger {

/// What the record does to the two accounts.
enum class TransferKind : std::uint8_t {
    posted = 1,    ///< money moved at once
    reserved = 2,  ///< money set aside until settled, released or expired
    settled = 3,   ///< `amount` of reservation `subject` moved, the rest went back
    released = 4,  ///< reservation `subject` given back by request
    expired = 5,   ///< reservation `subject` given back by its deadline
    reversed = 6,  ///< `amount` of transfer `subject` moved back
};

/// Stable lower-case name ("settled").
std::string_view name(TransferKind kind);

/// True if the record changes posted balances: posted, settled, reversed.
constexpr bool posts_money(TransferKind kind) {
    return kind == TransferKind::posted || kind == TransferKind::settled ||
           kind == TransferKind::reversed;
}

/// What the movement is for; decides which kinds of account it may run between.
enum class Purpose : std::uint8_t {
    issue = 1,     ///< bank money paid into trust becomes e-money: trust → any e-money account
    redeem = 2,    ///< e-money is paid out to the bank: e-money account → trust
    deposit = 3,   ///< customer's cash-in at an agent: agent float → wallet
    withdraw = 4,  ///< customer's cash-out at an agent: wallet → agent float
    transfer = 5,  ///< wallet → wallet
    pay_merchant = 6,  ///< wallet → till or settlement payable
    adjust = 7,        ///< a leg of a linked set between any accounts
    fee = 8,           ///< a payment's fee: any account → fee income, or back
    tax = 9,           ///< tax on a fee: any account → tax payable, or back
    commission = 10,   ///< the agent's part: fee income → commission, or back
    refund = 11,       ///< till or settlement payable → wallet
    disburse = 12,     ///< a business pays a person: till → wallet
    payout = 13,       ///< a settlement's legs: payable → trust, bank → bank account, and back
    bank_transfer = 14,  ///< between bank and bank accounts, all outside the switch
};

/// True for what is charged beside a payment: fee, tax, commission.
constexpr bool is_charge(Purpose purpose) {
    return purpose == Purpose::fee || purpose == Purpose::tax || purpose == Purpose::commission;
}

/// Stable snake_case name ("pay_merchant").
std::string_view name(Purpose purpose);
/// The purpose called `name`, or nothing.
std::optional<Purpose> parse_purpose(std::string_view name);

/// What becomes of a charge (fee, tax, commission) when the payment it is of goes back. Said when
/// it is charged, so that a newer tariff does not matter.
enum class ChargeFate : std::uint8_t {
    unsaid = 0,         ///< charged before this was recorded: the scheme of the day of return says
    comes_back = 1,     ///< in proportion to what of the payment goes back
    stays = 2,          ///< never
    until_settled = 3,  ///< as `comes_back` until the payment's settlement is closed, then never
};

/// Record flags. Those from 4 on are a ChargeFate, in records of version 2 only.
inline constexpr std::uint16_t flag_linked = 1;        ///< the next record belongs to the same set
inline constexpr std::uint16_t flag_continuation = 2;  ///< not the first record of its set
inline constexpr std::uint16_t flag_fate_factor = 4;   ///< the fate stands in bits 2 and 3
inline constexpr std::uint16_t flag_fate_mask = 3 * flag_fate_factor;

/// One movement of money as the journal keeps it: 128 bytes, little-endian, no padding.
/// The layout is documented byte by byte in ledger/README.md. Version 2 is version 1 with a
/// ChargeFate among the flags, or with a `subject` in a posted record.
struct TransferRecord {
    std::uint8_t record_kind = 1;  ///< RecordKind::transfer
    std::uint8_t version = 1;
    std::uint16_t size = 128;
    TransferKind kind = TransferKind::posted;
    Purpose purpose = Purpose::transfer;
    std::uint16_t flags = 0;
    TransferId id;
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;     ///< minor units, positive
    TransferId debit_previous;   ///< the record before this one on the debit account, or 0
    TransferId credit_previous;  ///< the record before this one on the credit account, or 0
    std::int64_t debit_balance_after = 0;   ///< posted balance, normal side
    std::int64_t credit_balance_after = 0;  ///< posted balance, normal side
    /// When the credited money is usable; for a reservation, when it expires. Microseconds.
    std::int64_t due_at = 0;
    /// The reservation or the original this record is about, or 0. Of a posted record: what a
    /// refund, or a charge that it gives back, is a part of.
    TransferId subject;
    Reference reference{};
    Digest digest{};
    ParticipantId participant;
    Currency currency = Currency::kes;
    std::uint16_t reserved = 0;
    std::uint64_t memo = 0;  ///< the client's own number, never interpreted

    bool operator==(const TransferRecord&) const = default;

    RequestKey key() const { return {participant, reference}; }
    bool is_linked() const { return (flags & flag_linked) != 0; }
    bool is_continuation() const { return (flags & flag_continuation) != 0; }
    ChargeFate fate() const {
        return static_cast<ChargeFate>((flags & flag_fate_mask) / flag_fate_factor);
    }
    /// True if it moves a part of its `subject` back.
    bool gives_back() const {
        return kind == TransferKind::reversed || (kind == TransferKind::posted && subject);
    }
    Timestamp due() const { return Timestamp{Duration{due_at}}; }
};
static_assert(sizeof(TransferRecord) == 128);

}  // namespace tuma::ledger
