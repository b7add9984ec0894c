// Commands to bytes, and their digest.
#include "protocols/native/digest.h"
#include "protocols/native/layout.h"
#include "protocols/native/messages.h"

#include <algorithm>
#include <array>
#include <span>
#include <variant>

namespace tuma::native {
namespace {

layout::Movement bytes_of(const core::Request& request, const core::MoveMoney& command) {
    layout::Movement bytes;
    bytes.reference = request.key.reference;
    bytes.debit = command.debit.value;
    bytes.credit = command.credit.value;
    bytes.amount = command.amount.minor;
    bytes.valid_until = microseconds(request.valid_until);
    bytes.memo = command.memo;
    bytes.currency = static_cast<std::uint16_t>(command.amount.currency);
    return bytes;
}

layout::Movement bytes_of(const core::Request& request, const core::Reserve& command) {
    // The same bytes as a movement, with a time: the wire has one layout for both.
    const core::MoveMoney move{.debit = command.debit,
                               .credit = command.credit,
                               .amount = command.amount,
                               .memo = command.memo};
    layout::Movement bytes = bytes_of(request, move);
    bytes.timeout = command.timeout.count();
    return bytes;
}

layout::OpenAccount bytes_of(const core::Request& request, const core::OpenAccount& command) {
    layout::OpenAccount bytes;
    bytes.reference = request.key.reference;
    bytes.identity = command.identity;
    bytes.floor = command.floor;
    bytes.ceiling = command.ceiling;
    bytes.valid_until = microseconds(request.valid_until);
    bytes.currency = static_cast<std::uint16_t>(command.currency);
    bytes.kind = static_cast<std::uint8_t>(command.kind);
    bytes.account_class = command.account_class;
    bytes.scheme = command.scheme.value;
    return bytes;
}

layout::Linked bytes_of(const core::Request& request, const core::MoveLinked& command) {
    layout::Linked bytes;
    bytes.reference = request.key.reference;
    bytes.valid_until = microseconds(request.valid_until);
    bytes.memo = command.memo;
    bytes.currency = static_cast<std::uint16_t>(command.currency);
    bytes.leg_count = command.leg_count;
    // A command with too many legs is refused by the core; here it must only not write behind the
    // array.
    const std::size_t count = std::min<std::size_t>(command.leg_count, core::legs_max);
    for (std::size_t i = 0; i < count; ++i) {
        const core::Leg& leg = command.legs[i];
        bytes.legs[i] = {leg.debit.value, leg.credit.value, leg.amount};
    }
    return bytes;
}

template <typename Command>
layout::FollowUp follow_up(const core::Request& request, TransferId transfer, std::int64_t amount,
                           const Command& command) {
    layout::FollowUp bytes;
    bytes.reference = request.key.reference;
    bytes.transfer = transfer.value;
    bytes.amount = amount;
    bytes.valid_until = microseconds(request.valid_until);
    bytes.memo = command.memo;
    return bytes;
}

layout::FollowUp bytes_of(const core::Request& request, const core::Settle& command) {
    return follow_up(request, command.reservation, command.amount, command);
}
layout::FollowUp bytes_of(const core::Request& request, const core::Release& command) {
    return follow_up(request, command.reservation, 0, command);
}
layout::FollowUp bytes_of(const core::Request& request, const core::Reverse& command) {
    return follow_up(request, command.original, command.amount, command);
}

layout::ChangeAccount bytes_of(const core::Request& request, const core::ChangeAccount& command) {
    layout::ChangeAccount bytes;
    bytes.reference = request.key.reference;
    bytes.valid_until = microseconds(request.valid_until);
    bytes.account = command.account.value;
    bytes.change = static_cast<std::uint8_t>(command.change);
    return bytes;
}

layout::QueryAccount bytes_of(const core::Request&, const core::QueryAccount& command) {
    layout::QueryAccount bytes;
    // The number wins, and the other field has to be zero then.
    if (!command.account) bytes.identity = command.identity;
    bytes.account = command.account.value;
    return bytes;
}

layout::QueryRequest bytes_of(const core::Request& request, const core::QueryRequest&) {
    return {request.key.reference};
}

// Schemes come from files beside the server, orders from other dialects.
template <typename Other>
layout::QueryRequest bytes_of(const core::Request&, const Other&) {
    // A mistake of this program, not of a client: only our own generator writes requests.
    unreachable("no frame carries this command");
}

struct MovementRow {
    FrameType type;
    ledger::Purpose purpose;
};

constexpr std::array movements{
    MovementRow{FrameType::issue, ledger::Purpose::issue},
    MovementRow{FrameType::redeem, ledger::Purpose::redeem},
    MovementRow{FrameType::deposit, ledger::Purpose::deposit},
    MovementRow{FrameType::withdraw, ledger::Purpose::withdraw},
    MovementRow{FrameType::transfer, ledger::Purpose::transfer},
    MovementRow{FrameType::pay_merchant, ledger::Purpose::pay_merchant},
    MovementRow{FrameType::refund, ledger::Purpose::refund},
    MovementRow{FrameType::disburse, ledger::Purpose::disburse},
    MovementRow{FrameType::bank_transfer, ledger::Purpose::bank_transfer},
};

template <typename Other>
FrameType type_of(const Other&) {
    unreachable("no frame carries this command");
}
FrameType type_of(const core::OpenAccount&) {
    return FrameType::open_account;
}
FrameType type_of(const core::MoveMoney& command) {
    // Both directions use one table, so that they cannot disagree.
    for (const MovementRow& row : movements)
        if (row.purpose == command.purpose) return row.type;
    unreachable("no frame type carries this purpose");
}
FrameType type_of(const core::MoveLinked&) {
    return FrameType::linked;
}
FrameType type_of(const core::Reserve&) {
    return FrameType::reserve;
}
FrameType type_of(const core::Settle&) {
    return FrameType::settle;
}
FrameType type_of(const core::Release&) {
    return FrameType::release;
}
FrameType type_of(const core::Reverse&) {
    return FrameType::reverse;
}
FrameType type_of(const core::ChangeAccount&) {
    return FrameType::change_account;
}
FrameType type_of(const core::QueryAccount&) {
    return FrameType::query_account;
}
FrameType type_of(const core::QueryRequest&) {
    return FrameType::query_request;
}

}  // namespace

std::optional<ledger::Purpose> purpose_of(FrameType type) {
    for (const MovementRow& row : movements)
        if (row.type == type) return row.purpose;
    return std::nullopt;
}

FrameType append_command(std::vector<std::byte>& body, const core::Request& request) {
    return std::visit(
        // Layout and frame type follow the command's own type; one that has neither ends the
        // program instead of becoming a wrong frame.
        [&](const auto& command) {
            layout::put(body, bytes_of(request, command));
            return type_of(command);
        },
        request.command);
}

void append_command(std::vector<std::byte>& body, const QueryTransfer& query) {
    layout::put(body, layout::QueryTransfer{query.transfer.value});
}

void append_command(std::vector<std::byte>& body, const StatementQuery& query) {
    layout::put(body, layout::Statement{query.account.value, query.limit, query.before.value});
}

Digest digest_of(const core::Request& request) {
    return std::visit(
        // The same as the server makes of the bytes, so that a test can know it beforehand.
        [&](const auto& command) {
            return digest_of_bytes(type_of(command), bytes_of(request, command));
        },
        request.command);
}

}  // namespace tuma::native
