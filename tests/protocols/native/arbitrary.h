// Random requests and results for properties, and comparisons that name no byte.
#pragma once

#include "protocols/native/messages.h"

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace tuma::test {

/// Any number, and often one at an end of the range.
template <typename Number>
Number any() {
    using Limits = std::numeric_limits<Number>;
    return *rc::gen::weightedOneOf<Number>(
        {{6, rc::gen::arbitrary<Number>()},
         {1, rc::gen::element<Number>(0, 1, Limits::min(), Limits::max())}});
}

inline Currency any_currency() {
    const auto rows = currency_table();
    return rows[*rc::gen::inRange<std::size_t>(0, rows.size())].currency;
}

inline Reference any_reference() {
    Reference reference{};
    for (std::byte& byte : reference) byte = std::byte{any<std::uint8_t>()};
    return reference;
}

inline ledger::Identity any_identity() {
    ledger::Identity identity{};
    for (char& c : identity) c = static_cast<char>(any<std::uint8_t>());
    return identity;
}

inline Timestamp any_time() {
    return Timestamp{Duration{any<std::int64_t>()}};
}
inline AccountId any_account() {
    return AccountId{any<std::uint32_t>()};
}
inline TransferId any_transfer() {
    return TransferId{any<std::uint64_t>()};
}
inline Money any_money() {
    return {any<std::int64_t>(), any_currency()};
}

inline core::MoveLinked any_linked() {
    core::MoveLinked linked{.currency = any_currency(),
                            .leg_count = *rc::gen::inRange<std::uint8_t>(0, 9),
                            .legs = {},
                            .memo = any<std::uint64_t>()};
    for (std::size_t i = 0; i < std::min<std::size_t>(linked.leg_count, core::legs_max); ++i)
        linked.legs[i] = {any_account(), any_account(), any<std::int64_t>()};
    return linked;
}

/// A command that travels in frames of `type`.
inline core::Command any_command(native::FrameType type) {
    using native::FrameType;
    switch (type) {
        case FrameType::open_account:
            return core::OpenAccount{
                static_cast<ledger::AccountKind>(*rc::gen::inRange<std::uint8_t>(1, 12)),
                any_currency(),
                any<std::int64_t>(),
                any<std::int64_t>(),
                any_identity(),
                SchemeId{any<std::uint16_t>()},
                any<std::uint8_t>()};
        case FrameType::issue:
        case FrameType::redeem:
        case FrameType::deposit:
        case FrameType::withdraw:
        case FrameType::transfer:
        case FrameType::pay_merchant:
        case FrameType::refund:
        case FrameType::disburse:
        case FrameType::bank_transfer:
            return core::MoveMoney{native::purpose_of(type).value(), any_account(), any_account(),
                                   any_money(), any<std::uint64_t>()};
        case FrameType::linked:
            return any_linked();
        case FrameType::reserve:
            return core::Reserve{any_account(), any_account(), any_money(),
                                 Duration{any<std::int64_t>()}, any<std::uint64_t>()};
        case FrameType::settle:
            return core::Settle{any_transfer(), any<std::int64_t>(), any<std::uint64_t>()};
        case FrameType::release:
            return core::Release{any_transfer(), any<std::uint64_t>()};
        case FrameType::reverse:
            return core::Reverse{any_transfer(), any<std::int64_t>(), any<std::uint64_t>(), {}};
        case FrameType::change_account:
            return core::ChangeAccount{any_account(), static_cast<ledger::AccountChange>(
                                                          *rc::gen::inRange<std::uint8_t>(1, 4))};
        case FrameType::query_account: {
            const AccountId account{*rc::gen::inRange<std::uint32_t>(0, 3)};
            return core::QueryAccount{account, account ? ledger::Identity{} : any_identity()};
        }
        case FrameType::query_request:
            return core::QueryRequest{};
        case FrameType::query_transfer:
        case FrameType::statement:
            break;
    }
    unreachable("queries of the journal are no core commands");
}

/// A request as a frame of `type` from `participant` carries it, digest not filled in.
inline core::Request any_request(native::FrameType type, ParticipantId participant) {
    core::Request request;
    request.key.participant = participant;
    request.command = any_command(type);
    if (type == native::FrameType::query_account) return request;
    request.key.reference = any_reference();
    if (type == native::FrameType::query_request) return request;
    request.valid_until = any_time();
    return request;
}

inline bool same(const core::OpenAccount& a, const core::OpenAccount& b) {
    return a.kind == b.kind && a.currency == b.currency && a.floor == b.floor &&
           a.ceiling == b.ceiling && a.identity == b.identity && a.scheme == b.scheme &&
           a.account_class == b.account_class;
}
inline bool same(const core::MoveMoney& a, const core::MoveMoney& b) {
    return a.purpose == b.purpose && a.debit == b.debit && a.credit == b.credit &&
           a.amount == b.amount && a.memo == b.memo;
}
inline bool same(const core::MoveLinked& a, const core::MoveLinked& b) {
    return a.currency == b.currency && a.leg_count == b.leg_count && a.memo == b.memo &&
           std::ranges::equal(a.legs, b.legs, [](const core::Leg& x, const core::Leg& y) {
               return x.debit == y.debit && x.credit == y.credit && x.amount == y.amount;
           });
}
inline bool same(const core::Reserve& a, const core::Reserve& b) {
    return a.debit == b.debit && a.credit == b.credit && a.amount == b.amount &&
           a.timeout == b.timeout && a.memo == b.memo;
}
inline bool same(const core::Settle& a, const core::Settle& b) {
    return a.reservation == b.reservation && a.amount == b.amount && a.memo == b.memo;
}
inline bool same(const core::Release& a, const core::Release& b) {
    return a.reservation == b.reservation && a.memo == b.memo;
}
inline bool same(const core::Reverse& a, const core::Reverse& b) {
    return a.original == b.original && a.amount == b.amount && a.memo == b.memo &&
           a.records == b.records;
}
inline bool same(const core::ChangeAccount& a, const core::ChangeAccount& b) {
    return a.account == b.account && a.change == b.change;
}
inline bool same(const core::QueryAccount& a, const core::QueryAccount& b) {
    return a.account == b.account && a.identity == b.identity;
}
inline bool same(const core::QueryRequest&, const core::QueryRequest&) {
    return true;
}
template <typename Other>
bool same(const Other&, const Other&) {
    unreachable("no frame carries this command");
}

/// Everything but the digest.
inline bool same(const core::Request& a, const core::Request& b) {
    if (a.key != b.key || a.valid_until != b.valid_until) return false;
    return std::visit(
        [](const auto& x, const auto& y) {
            if constexpr (std::is_same_v<decltype(x), decltype(y)>)
                return same(x, y);
            else
                return false;
        },
        a.command, b.command);
}

/// `outcome` and what its comparison leaves out.
inline bool same(const core::Outcome& a, const core::Outcome& b) {
    if (!(a == b) || a.is_replayed != b.is_replayed) return false;
    if (!a.account || !b.account) return !a.account && !b.account;
    return a.account->id == b.account->id && a.account->account == b.account->account;
}

inline core::Outcome any_outcome(bool has_account) {
    const auto refusals = refusal_table();
    core::Outcome outcome{
        .code = refusals[*rc::gen::inRange<std::size_t>(0, refusals.size())].refusal,
        .is_replayed = *rc::gen::arbitrary<bool>(),
        .id = any<std::uint64_t>(),
        .time = any_time(),
        .balance = any<std::int64_t>(),
        .account = {}};
    if (!has_account) return outcome;
    ledger::Account account;
    account.debits_pending = any<std::int64_t>();
    account.debits_posted = any<std::int64_t>();
    account.credits_pending = any<std::int64_t>();
    account.credits_posted = any<std::int64_t>();
    account.floor = any<std::int64_t>();
    account.ceiling = any<std::int64_t>();
    account.last_transfer = any_transfer();
    account.owner = ParticipantId{any<std::uint32_t>()};
    account.currency = any_currency();
    account.kind = static_cast<ledger::AccountKind>(*rc::gen::inRange<std::uint8_t>(1, 10));
    account.state = static_cast<ledger::AccountState>(*rc::gen::inRange<std::uint8_t>(0, 3));
    outcome.account = core::AccountView{AccountId{*rc::gen::inRange<std::uint32_t>(1, 9)}, account};
    return outcome;
}

inline native::StatementEntry any_entry() {
    ledger::TransferRecord record;
    record.kind = ledger::TransferKind::posted;
    record.purpose = static_cast<ledger::Purpose>(*rc::gen::inRange<std::uint8_t>(1, 8));
    record.id = TransferId{*rc::gen::inRange<std::uint64_t>(1, 1U << 30U)};
    record.debit = AccountId{*rc::gen::inRange<std::uint32_t>(1, 100)};
    record.credit = AccountId{*rc::gen::inRange<std::uint32_t>(100, 200)};
    record.amount = *rc::gen::inRange<std::int64_t>(1, 1'000'000);
    record.debit_balance_after = any<std::int64_t>();
    record.credit_balance_after = any<std::int64_t>();
    record.reference = any_reference();
    record.digest = any_reference();
    record.participant = ParticipantId{any<std::uint32_t>()};
    record.currency = any_currency();
    record.memo = any<std::uint64_t>();
    return {record, any_time()};
}

/// A frame around `body`.
inline std::vector<std::byte> frame_of(std::span<const std::byte> body, std::uint8_t type,
                                       std::size_t count,
                                       ParticipantId participant = ParticipantId{7},
                                       std::uint64_t request_id = 1) {
    std::vector<std::byte> bytes;
    const std::size_t position = native::begin_frame(bytes);
    bytes.insert(bytes.end(), body.begin(), body.end());
    native::FrameHeader header;
    header.type = type;
    header.count = static_cast<std::uint16_t>(count);
    header.participant = participant;
    header.request_id = request_id;
    native::finish_frame(bytes, position, header);
    return bytes;
}

inline std::uint8_t reply_type(native::FrameType type) {
    return static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | native::reply_bit);
}

}  // namespace tuma::test
