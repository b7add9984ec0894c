// What can be asked of the switch: one struct a wish, and the envelope that all of them come in.
#pragma once

#include "ledger/account.h"
#include "ledger/event.h"
#include "ledger/id.h"
#include "ledger/money.h"
#include "ledger/time.h"
#include "ledger/transfer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

namespace tuma::core {

/// Most legs of one linked set that a client may send.
inline constexpr std::size_t legs_max = 6;

/// Opens an account. Outcome: its number in `id`. Under a scheme whose class settles to a bank, the
/// bank account that it is paid out to is opened with it: the next number, the identity with
/// ".bank" behind it, no floor.
struct OpenAccount {
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    Currency currency = Currency::kes;
    std::int64_t floor = 0;                     ///< minor units; see ledger::Account::floor
    std::int64_t ceiling = ledger::no_ceiling;  ///< minor units
    ledger::Identity identity{};
    SchemeId scheme{};               ///< whose rules apply; 0 for none
    std::uint8_t account_class = 0;  ///< which of the scheme's classes, counted from 0
};

/// Loads a scheme or a newer version of one. Outcome: its number in `id`. With the first version
/// the operator's accounts of the scheme are opened (see `core::operator_account`).
struct LoadScheme {
    ledger::Identity name{};
    ledger::Identity scheme_version{};
    std::array<std::byte, 32> source_hash{};
    /// As `scheme_bytes` writes it.
    std::shared_ptr<const std::vector<std::byte>> content;
};

/// Moves money at once: issue, redeem, deposit, withdraw, transfer, pay_merchant, refund, disburse,
/// bank_transfer. Between accounts under a scheme the payment is priced: fee, tax and commission
/// are legs of one linked set with it, all or none.
struct MoveMoney {
    ledger::Purpose purpose = ledger::Purpose::transfer;
    AccountId debit;
    AccountId credit;
    Money amount;
    std::uint64_t memo = 0;
};

/// One leg of a linked set.
struct Leg {
    AccountId debit;
    AccountId credit;
    std::int64_t amount = 0;
};

/// Moves money over 1..6 legs, all or none. Outcome: the number of the first leg's record.
struct MoveLinked {
    Currency currency = Currency::kes;
    std::uint8_t leg_count = 0;
    std::array<Leg, legs_max> legs{};
    std::uint64_t memo = 0;
};

/// Sets money aside until it is settled, released, or `timeout` has passed.
struct Reserve {
    AccountId debit;
    AccountId credit;
    Money amount;
    Duration timeout{};
    std::uint64_t memo = 0;
};

/// Moves `amount` of an open reservation (0: all of it); the rest goes back to the payer.
struct Settle {
    TransferId reservation;
    std::int64_t amount = 0;
    std::uint64_t memo = 0;
};

/// Gives an open reservation back to the payer.
struct Release {
    TransferId reservation;
    std::uint64_t memo = 0;
};

/// Moves a posted or settled transfer back: `amount` of its first record, or 0 for all that is left
/// of every record of its set, the last one first. History is not in memory, so whoever hands this
/// to the core looks the original's records up in the journal first (they never change) and passes
/// them along; null or empty means that there is no such durable transfer.
struct Reverse {
    TransferId original;
    std::int64_t amount = 0;
    std::uint64_t memo = 0;
    std::shared_ptr<const std::vector<ledger::TransferRecord>> records;
    Timestamp original_time{};  ///< when it was decided: the time of its batch
};

/// Freezes, unfreezes or closes an account.
struct ChangeAccount {
    AccountId account;
    ledger::AccountChange change = ledger::AccountChange::freeze;
};

/// Asks for sums and state of an account, by number, or by identity when the number is 0.
struct QueryAccount {
    AccountId account;
    ledger::Identity identity{};
};

/// Asks what became of the request with the envelope's own key.
struct QueryRequest {};

using Command = std::variant<OpenAccount, MoveMoney, MoveLinked, Reserve, Settle, Release, Reverse,
                             ChangeAccount, QueryAccount, QueryRequest, LoadScheme>;

/// A command with what makes it recognisable. Queries need no key.
struct Request {
    RequestKey key;
    Digest digest{};
    /// Not to be executed after this switch time; the zero time means no limit.
    Timestamp valid_until{};
    Command command;
};

}  // namespace tuma::core
