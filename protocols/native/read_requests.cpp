// Bytes to commands, with every field checked.
#include "protocols/native/digest.h"
#include "protocols/native/layout.h"
#include "protocols/native/messages.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace tuma::native {
namespace {

/// Why a command cannot be accepted, naming its field; empty when it can.
using Fault = std::string_view;
constexpr Fault no_fault{};
constexpr Fault reserved_fault = "a reserved byte is not 0";
constexpr Fault currency_fault = "currency is not a known ISO 4217 number";

/// The currency of a command, with the last one found remembered: a frame mostly has one only.
class Currencies {
public:
    bool read(std::uint16_t number, Currency& currency) {
        // Mostly the same as before, and then the table need not be asked for each of thousands.
        if (number != last_) {
            if (!find_currency(number)) return false;
            last_ = number;
        }
        currency = static_cast<Currency>(number);
        return true;
    }

private:
    std::uint16_t last_ = 0;
};

template <typename Bytes>
void read_envelope(const Bytes& bytes, core::Request& request) {
    // Every command that can be repeated has the same front.
    request.key.reference = bytes.reference;
    request.valid_until = Timestamp{Duration{bytes.valid_until}};
}

Fault read_command(const layout::Movement& bytes, FrameType type, Currencies& currencies,
                   core::Request& request) {
    read_envelope(bytes, request);
    // Bits joined by or, so that any of them is found with one comparison.
    if ((bytes.reserved | bytes.reserved_2) != 0) return reserved_fault;
    Money amount{bytes.amount, {}};
    if (!currencies.read(bytes.currency, amount.currency)) return currency_fault;
    if (type == FrameType::reserve) {
        request.command = core::Reserve{.debit = AccountId{bytes.debit},
                                        .credit = AccountId{bytes.credit},
                                        .amount = amount,
                                        .timeout = Duration{bytes.timeout},
                                        .memo = bytes.memo};
        return no_fault;
    }
    // A field that means nothing here must be zero; otherwise two clients could mean different
    // things by one frame.
    if (bytes.timeout != 0) return "timeout is not 0, and only reserve has one";
    const auto purpose = purpose_of(type);
    ensure(purpose.has_value(), "a movement's frame type has a purpose");
    // Made where it will lie: a frame has thousands, and each would be copied otherwise.
    auto& move = request.command.emplace<core::MoveMoney>();
    move.purpose = *purpose;
    move.debit = AccountId{bytes.debit};
    move.credit = AccountId{bytes.credit};
    move.amount = amount;
    move.memo = bytes.memo;
    return no_fault;
}

Fault read_command(const layout::OpenAccount& bytes, FrameType, Currencies& currencies,
                   core::Request& request) {
    read_envelope(bytes, request);
    if (bytes.reserved != 0) return reserved_fault;
    core::OpenAccount open{.floor = bytes.floor,
                           .ceiling = bytes.ceiling,
                           .identity = bytes.identity,
                           .scheme = SchemeId{bytes.scheme},
                           .account_class = bytes.account_class};
    if (!currencies.read(bytes.currency, open.currency)) return currency_fault;
    const ledger::AccountKindRow* kind = ledger::find_account_kind(bytes.kind);
    if (kind == nullptr) return "kind is not in the chart of accounts";
    open.kind = kind->kind;
    request.command = open;
    return no_fault;
}

Fault read_command(const layout::Linked& bytes, FrameType, Currencies& currencies,
                   core::Request& request) {
    read_envelope(bytes, request);
    if (bytes.reserved != 0 || bytes.reserved_2 != 0) return reserved_fault;
    auto& linked = request.command.emplace<core::MoveLinked>();
    if (!currencies.read(bytes.currency, linked.currency)) return currency_fault;
    linked.leg_count = bytes.leg_count;
    linked.memo = bytes.memo;
    for (std::size_t i = 0; i < core::legs_max; ++i) {
        const layout::Leg& leg = bytes.legs[i];
        // Legs behind the count are part of the digest. If they could be anything, a retry could
        // look like another request.
        if (i >= bytes.leg_count && (leg.debit | leg.credit | leg.amount) != 0)
            return "a leg behind leg_count is not 0";
        linked.legs[i] = {AccountId{leg.debit}, AccountId{leg.credit}, leg.amount};
    }
    return no_fault;
}

Fault read_command(const layout::FollowUp& bytes, FrameType type, Currencies&,
                   core::Request& request) {
    read_envelope(bytes, request);
    const TransferId transfer{bytes.transfer};
    if (type == FrameType::settle) {
        request.command = core::Settle{transfer, bytes.amount, bytes.memo};
        return no_fault;
    }
    if (type == FrameType::reverse) {
        request.command = core::Reverse{transfer, bytes.amount, bytes.memo, nullptr};
        return no_fault;
    }
    // Zero would mean "all" with a settlement; a release always gives all back.
    if (bytes.amount != 0) return "amount is not 0, and release gives all back";
    request.command = core::Release{transfer, bytes.memo};
    return no_fault;
}

Fault read_command(const layout::ChangeAccount& bytes, FrameType, Currencies&,
                   core::Request& request) {
    read_envelope(bytes, request);
    if ((bytes.reserved[0] | bytes.reserved[1] | bytes.reserved[2]) != 0) return reserved_fault;
    const auto change = static_cast<ledger::AccountChange>(bytes.change);
    if (change < ledger::AccountChange::freeze || change > ledger::AccountChange::close)
        return "change is not 1 (freeze), 2 (unfreeze) or 3 (close)";
    request.command = core::ChangeAccount{AccountId{bytes.account}, change};
    return no_fault;
}

Fault read_command(const layout::QueryAccount& bytes, FrameType, Currencies&,
                   core::Request& request) {
    if (bytes.reserved != 0) return reserved_fault;
    // One name or the other: which of two would count, nobody should have to look up.
    if (bytes.account != 0 && bytes.identity != ledger::Identity{})
        return "identity is not 0 although account names the account";
    request.command = core::QueryAccount{AccountId{bytes.account}, bytes.identity};
    return no_fault;
}

Fault read_command(const layout::QueryRequest& bytes, FrameType, Currencies&,
                   core::Request& request) {
    // A question about a request has that request's key and none of its own.
    request.key.reference = bytes.reference;
    request.command = core::QueryRequest{};
    return no_fault;
}

std::optional<FrameError> check_header(const FrameHeader& header, bool needs_participant) {
    const auto refuse = [](std::string_view reason) {
        return FrameError{ErrorCode::bad_command, std::string(reason)};
    };
    if ((header.reserved[0] | header.reserved[1] | header.reserved[2]) != 0 ||
        // A client that asks for a durability asks for something that this version does not have.
        header.reserved_2 != 0 || header.durability != 0)
        return refuse("header: a reserved byte, or durability, is not 0");
    // Zero writes what the switch itself has decided; nobody may write under its name.
    if (needs_participant && !header.participant)
        return refuse("header: participant 0 is the switch itself");
    return std::nullopt;
}

template <typename Bytes>
std::optional<FrameError> read_all(const FrameView& frame, std::vector<core::Request>& requests) {
    const auto type = static_cast<FrameType>(frame.header.type);
    // All or nothing: a frame with one bad command leaves none behind.
    const std::size_t before = requests.size();
    Currencies currencies;
    for (std::size_t i = 0; i < frame.header.count; ++i) {
        const auto bytes = layout::copy<Bytes>(frame.body.subspan(i * sizeof(Bytes)));
        core::Request& request = requests.emplace_back();
        request.key.participant = frame.header.participant;
        const Fault fault = read_command(bytes, type, currencies, request);
        if (!fault.empty()) {
            requests.resize(before);
            return FrameError{ErrorCode::bad_command, fmt::format("command {}: {}", i, fault)};
        }
        // Over the bytes as they came, so that a retry has to be the same letter by letter.
        request.digest = digest_of_bytes(type, bytes);
    }
    return std::nullopt;
}

}  // namespace

std::optional<FrameError> read_requests(const FrameView& frame,
                                        std::vector<core::Request>& requests) {
    if (auto refused = check_header(frame.header, true)) return refused;
    switch (static_cast<FrameType>(frame.header.type)) {
        case FrameType::issue:
        case FrameType::redeem:
        case FrameType::deposit:
        case FrameType::withdraw:
        case FrameType::transfer:
        case FrameType::pay_merchant:
        case FrameType::refund:
        case FrameType::disburse:
        case FrameType::bank_transfer:
        case FrameType::reserve:
            return read_all<layout::Movement>(frame, requests);
        case FrameType::open_account:
            return read_all<layout::OpenAccount>(frame, requests);
        case FrameType::linked:
            return read_all<layout::Linked>(frame, requests);
        case FrameType::settle:
        case FrameType::release:
        case FrameType::reverse:
            return read_all<layout::FollowUp>(frame, requests);
        case FrameType::change_account:
            return read_all<layout::ChangeAccount>(frame, requests);
        case FrameType::query_account:
            return read_all<layout::QueryAccount>(frame, requests);
        case FrameType::query_request:
            return read_all<layout::QueryRequest>(frame, requests);
        case FrameType::query_transfer:
        case FrameType::statement:
            // Queries change nothing and have no key; they go another way.
            break;
    }
    unreachable("read_frame lets only requests through, and queries have a reader of their own");
}

std::optional<FrameError> read_queries(const FrameView& frame,
                                       std::vector<QueryTransfer>& queries) {
    // Whoever only asks need not say who it is.
    if (auto refused = check_header(frame.header, false)) return refused;
    for (std::size_t i = 0; i < frame.header.count; ++i) {
        const auto bytes = layout::copy<layout::QueryTransfer>(
            frame.body.subspan(i * sizeof(layout::QueryTransfer)));
        queries.push_back({TransferId{bytes.transfer}});
    }
    return std::nullopt;
}

std::optional<FrameError> read_queries(const FrameView& frame,
                                       std::vector<StatementQuery>& queries) {
    if (auto refused = check_header(frame.header, false)) return refused;
    const std::size_t before = queries.size();
    for (std::size_t i = 0; i < frame.header.count; ++i) {
        const auto bytes =
            layout::copy<layout::Statement>(frame.body.subspan(i * sizeof(layout::Statement)));
        // Nothing is too little: a page of no entries would never come to an end.
        if (bytes.limit < 1 || bytes.limit > statement_entries_max) {
            queries.resize(before);
            return FrameError{ErrorCode::bad_command,
                              fmt::format("command {}: limit {} is not 1 to {}", i, bytes.limit,
                                          statement_entries_max)};
        }
        queries.push_back({AccountId{bytes.account}, TransferId{bytes.before}, bytes.limit});
    }
    return std::nullopt;
}

}  // namespace tuma::native
