// Daraja's result codes: what an order carries, what is told, and which refusal becomes which.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/refusal.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// One result code. Numbers that do not fit an order's code, and codes that are no numbers, have
/// numbers of our own from 60,000.
struct ResultRow {
    std::uint16_t number = 0;     ///< as an order carries it
    std::string_view wire{};      ///< as it is told: "1032", "SFC_IC0003"
    bool is_word = false;         ///< no number: always told as a JSON string
    std::string_view sentence{};  ///< in callbacks and results
    std::string_view in_query{};  ///< in the answer to an STK query; empty: the same sentence
};

/// All result codes, by number.
/// Source: mpesa reference, sections 1.6, 1.9, 1.11, 1.13 and 1.8 (what a merchant rejects with).
std::span<const ResultRow> result_table();

/// The row of an order's code; numbers that are not in the table are internal failures (17).
const ResultRow& result_row(std::uint16_t number);
/// The row that is told as `wire`, or null.
const ResultRow* find_result(std::string_view wire);
/// All that can be told, for messages.
std::vector<std::string_view> result_codes();

/// Codes that the sources name.
namespace result {
inline constexpr std::uint16_t success = 0;
inline constexpr std::uint16_t insufficient_funds = 1;
inline constexpr std::uint16_t below_minimum = 2;
inline constexpr std::uint16_t above_maximum = 3;
inline constexpr std::uint16_t daily_limit = 4;
inline constexpr std::uint16_t above_balance = 8;
inline constexpr std::uint16_t invalid_state = 11;
inline constexpr std::uint16_t internal_failure = 17;
inline constexpr std::uint16_t initiator_not_allowed = 21;
inline constexpr std::uint16_t invalid_command = 29;
inline constexpr std::uint16_t system_busy = 26;
inline constexpr std::uint16_t subscriber_locked = 1001;
inline constexpr std::uint16_t push_failed = 1025;
inline constexpr std::uint16_t cancelled = 1032;
inline constexpr std::uint16_t no_response = 1037;
inline constexpr std::uint16_t standing_name_taken = 1050;
inline constexpr std::uint16_t wrong_initiator = 2001;
inline constexpr std::uint16_t account_rule = 2006;
inline constexpr std::uint16_t product_assignment = 2028;
inline constexpr std::uint16_t receiver_unregistered = 2040;
inline constexpr std::uint16_t express_cancelled = 4001;
inline constexpr std::uint16_t merchant_kyc = 4102;
inline constexpr std::uint16_t ussd_network_error = 4201;
inline constexpr std::uint16_t in_flight = 4999;
inline constexpr std::uint16_t credential_locked = 8006;
inline constexpr std::uint16_t already_reversed = 60'001;
inline constexpr std::uint16_t original_invalid = 60'002;
inline constexpr std::uint16_t unknown_operator = 60'003;
inline constexpr std::uint16_t bad_debt = 60'008;
inline constexpr std::uint16_t rule_limited = 60'010;    ///< the other sentence of 17
inline constexpr std::uint16_t rejected_first = 60'011;  ///< C2B00011
inline constexpr std::uint16_t rejected_other = 60'016;  ///< C2B00016
}  // namespace result

/// The result code that tells a merchant why the books said no.
std::uint16_t code_of(Refusal refusal);
/// The result code of an order that has ended.
std::uint16_t code_of(const ledger::Order& order);

}  // namespace tuma::mpesa
