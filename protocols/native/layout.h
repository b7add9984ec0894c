// The bytes of every command and result as structs without padding, for memcpy on little-endian.
#pragma once

#include "ledger/records/account.h"
#include "ledger/records/transfer.h"
#include "ledger/words/id.h"
#include "protocols/native/frame.h"
#include "switch/core/command.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tuma::native::layout {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie");

/// issue, redeem, deposit, withdraw, transfer, pay_merchant, refund, disburse, bank_transfer,
/// reserve.
struct Movement {
    Reference reference{};
    std::uint32_t debit = 0;
    std::uint32_t credit = 0;
    std::int64_t amount = 0;
    std::int64_t valid_until = 0;
    std::uint64_t memo = 0;
    std::uint16_t currency = 0;
    std::uint16_t reserved = 0;
    std::uint32_t reserved_2 = 0;
    std::int64_t timeout = 0;  ///< reserve: microseconds; the others: zero
};
static_assert(sizeof(Movement) == 64);

struct OpenAccount {
    Reference reference{};
    ledger::Identity identity{};
    std::int64_t floor = 0;
    std::int64_t ceiling = 0;
    std::int64_t valid_until = 0;
    std::uint16_t currency = 0;
    std::uint8_t kind = 0;
    std::uint8_t account_class = 0;
    std::uint16_t scheme = 0;
    std::uint16_t reserved = 0;
};
static_assert(sizeof(OpenAccount) == 80);

struct Leg {
    std::uint32_t debit = 0;
    std::uint32_t credit = 0;
    std::int64_t amount = 0;
};
static_assert(sizeof(Leg) == 16);

struct Linked {
    Reference reference{};
    std::int64_t valid_until = 0;
    std::uint64_t memo = 0;
    std::uint16_t currency = 0;
    std::uint8_t leg_count = 0;
    std::uint8_t reserved = 0;
    std::uint32_t reserved_2 = 0;
    std::array<Leg, core::legs_max> legs{};
};
static_assert(sizeof(Linked) == 136);

/// settle, release (amount zero), reverse.
struct FollowUp {
    Reference reference{};
    std::uint64_t transfer = 0;
    std::int64_t amount = 0;
    std::int64_t valid_until = 0;
    std::uint64_t memo = 0;
};
static_assert(sizeof(FollowUp) == 48);

struct ChangeAccount {
    Reference reference{};
    std::int64_t valid_until = 0;
    std::uint32_t account = 0;
    std::uint8_t change = 0;
    std::uint8_t reserved[3] = {};
};
static_assert(sizeof(ChangeAccount) == 32);

struct QueryAccount {
    ledger::Identity identity{};
    std::uint32_t account = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(QueryAccount) == 40);

struct QueryRequest {
    Reference reference{};
};
static_assert(sizeof(QueryRequest) == 16);

struct QueryTransfer {
    std::uint64_t transfer = 0;
};
static_assert(sizeof(QueryTransfer) == 8);

struct Statement {
    std::uint32_t account = 0;
    std::uint32_t limit = 0;
    std::uint64_t before = 0;
};
static_assert(sizeof(Statement) == 16);

/// The result of every command but statement; query_account and query_transfer append to it.
struct Outcome {
    std::uint16_t code = 0;
    std::uint16_t flags = 0;
    std::uint32_t reserved = 0;
    std::uint64_t id = 0;
    std::int64_t time = 0;
    std::int64_t balance = 0;
};
static_assert(sizeof(Outcome) == 32);
inline constexpr std::uint16_t outcome_replayed = 1;

struct Account {
    std::uint32_t id = 0;
    std::uint32_t owner = 0;
    std::int64_t debits_pending = 0;
    std::int64_t debits_posted = 0;
    std::int64_t credits_pending = 0;
    std::int64_t credits_posted = 0;
    std::int64_t floor = 0;
    std::int64_t ceiling = 0;
    std::uint64_t last_transfer = 0;
    std::uint16_t currency = 0;
    std::uint8_t kind = 0;
    std::uint8_t state = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(Account) == 72);

struct StatementHead {
    std::uint16_t code = 0;
    std::uint16_t entry_count = 0;
    std::uint32_t reserved = 0;
    std::uint64_t next = 0;
};
static_assert(sizeof(StatementHead) == 16);

struct StatementEntry {
    std::int64_t time = 0;
    ledger::TransferRecord record;
};
static_assert(sizeof(StatementEntry) == 136);

/// Appends the bytes of `value` as they lie in memory.
template <typename Bytes>
void put(std::vector<std::byte>& body, const Bytes& value) {
    // Bytes are copied as they lie, so a member with a pointer must not compile.
    static_assert(std::is_trivially_copyable_v<Bytes>);
    const auto bytes = std::as_bytes(std::span{&value, 1});
    body.insert(body.end(), bytes.begin(), bytes.end());
}

/// Copies a `Bytes` from the front of `from`. Requires: that many bytes.
template <typename Bytes>
Bytes copy(std::span<const std::byte> from) {
    static_assert(std::is_trivially_copyable_v<Bytes>);
    // Copied and not cast: the frame's bytes have no alignment.
    Bytes value;
    std::memcpy(&value, from.data(), sizeof(Bytes));
    return value;
}

}  // namespace tuma::native::layout
