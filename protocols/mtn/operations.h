// The requests that MTN MoMo takes: what each moves, what its body has, what its test numbers do.
#pragma once

#include "protocols/kit/scenario_table.h"
#include "protocols/mtn/call.h"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma::mtn {

/// `ledger::OrderTerms::kind` of this dialect's orders; the numbers are in the journal and never
/// change.
enum class Kind : std::uint16_t {
    none = 0,
    request_to_pay = 300,  ///< a customer is asked to pay a business
    withdrawal = 301,      ///< the same, to be handed out as cash
    invoice = 302,         ///< the same, by a bill that can be cancelled
    preapproval = 303,     ///< a customer allows later payments
    transfer = 304,        ///< a business pays a person
    deposit = 305,         ///< the same, for cash that was handed in
    refund = 306,          ///< a customer's payment is given back
    cash_transfer = 307,   ///< money from abroad for a person
    cancellation = 308,    ///< a preapproval is taken back
};
/// What they are called where orders are listed, in the order above without the first.
inline constexpr std::array<std::string_view, 9> kind_names{
    "request_to_pay", "withdrawal", "invoice",       "preapproval", "transfer",
    "deposit",        "refund",     "cash_transfer", "cancellation"};
constexpr std::uint16_t number(Kind kind) {
    return static_cast<std::uint16_t>(kind);
}

/// Where the money goes, seen from the business.
enum class Direction : std::uint8_t { nowhere, in, out, back };

/// What a member of a body may be.
enum class Shape : std::uint8_t {
    amount,    ///< text, with at most the decimals of the currency
    currency,  ///< the environment's
    party,     ///< {partyIdType, partyId}; the first pays or is paid
    note,      ///< at most 160 characters, no apostrophe
    text,      ///< at most 255 characters
    refunded,  ///< the reference of a request; its status does not repeat it, nor these:
    seconds,
    seconds_text,
};
struct MemberRow {
    std::string_view keys;  ///< of one shape: "payerMessage|payeeNote"
    Shape shape = Shape::text;
    bool is_required = false;
};

/// What stands in front of the sandbox's test numbers.
inline constexpr std::string_view test_msisdn = "46733123";

/// Published values that decide what happens: the first, and for each from it on the reason of its
/// failure or a word of `scenarios`.
struct TestNumbers {
    std::string_view prefix{};  ///< in front of the number
    std::int64_t first = 0;
    std::string_view words{};  ///< "APPROVAL_REJECTED|ongoing"

    /// The word for this value, or nothing.
    std::optional<std::string_view> word_of(std::string_view value) const;
};

/// One sort of request.
struct Operation {
    Kind kind = Kind::none;
    Direction direction = Direction::nowhere;
    std::span<const MemberRow> members{};
    TestNumbers numbers{};
};
/// Requires: a kind that is a request.
const Operation& operation_of(Kind kind);

/// What a customer and callbacks do.
struct Script : protocols::CustomerScript {
    bool is_delayed = false;  ///< a request to pay says CREATED until it is approved

    bool operator==(const Script&) const = default;
};
const protocols::ScenarioTable<Script>& scenarios();
/// What the published word for this value and the request's headers say.
Script script_of(const http::HttpRequest& request, const TestNumbers& numbers,
                 std::string_view value);

/// What a body says.
struct Body {
    boost::json::object echo{};  ///< what the status repeats, in the order of the table
    Money amount{};
    std::string party_id{};  ///< of who pays or is paid
    std::string party{};     ///< the identity of that account
    std::string refunded{};
    std::int64_t seconds = 0;
};
/// Reads the body; the reply to what is wrong with it otherwise.
std::optional<http::HttpReply> read_body(const Call& call, const Operation& operation, Body& body);

/// An id of a type of the wire: MSISDN, EMAIL, PARTY_CODE.
bool is_party(std::string_view type, std::string_view id);

}  // namespace tuma::mtn
