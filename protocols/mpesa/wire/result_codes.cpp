#include "protocols/mpesa/wire/result_codes.h"

#include "ledger/words/ensure.h"
#include "protocols/mpesa/profiles/numbers.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

using namespace std::string_view_literals;

constexpr auto result_rows = std::to_array<ResultRow>({
    {0, "0"sv, false, "The service request is processed successfully."sv, {}},
    {1, "1"sv, false, "The balance is insufficient for the transaction."sv,
     "The balance is insufficient for the transaction"sv},
    {2,
     "2"sv,
     false,
     "Declined due to limit rule: less than the minimum transaction amount."sv,
     {}},
    {3,
     "3"sv,
     false,
     "Declined due to limit rule: greater than the maximum transaction amount."sv,
     {}},
    {4, "4"sv, false, "Declined due to limit rule: would exceed the daily transfer limit."sv, {}},
    {8, "8"sv, false, "Declined due to limit rule: would exceed the maximum balance."sv, {}},
    {11, "11"sv, false, "The DebitParty is in an invalid state."sv, {}},
    {15, "15"sv, false, "Duplicate detected."sv, {}},
    {17, "17"sv, false, "System internal error."sv, {}},
    {18, "18"sv, false, "Initiator credential check failure."sv, {}},
    {19, "19"sv, false, "Message sequencing failure."sv, {}},
    {20, "20"sv, false, "Unresolved initiator."sv, {}},
    {21, "21"sv, false, "The initiator is not allowed to initiate this request."sv, {}},
    {22, "22"sv, false, "Initiator to receiver party permission failure."sv, {}},
    {24, "24"sv, false, "Request is missing mandatory fields."sv, {}},
    {25, "25"sv, false, "Request contains invalid parameters."sv, {}},
    {26, "26"sv, false, "System busy. Traffic blocking condition in place."sv, {}},
    {29, "29"sv, false, "Invalid command."sv, {}},
    {1001,
     "1001"sv,
     false,
     "Unable to lock subscriber, a transaction is already in process for the current subscriber"sv,
     {}},
    {1019, "1019"sv, false, "Transaction has expired"sv, {}},
    {1025, "1025"sv, false, "An error occurred while sending a push request"sv, {}},
    {1031, "1031"sv, false, "Request cancelled by user"sv, {}},
    {1032, "1032"sv, false, "Request cancelled by user"sv, "Request Cancelled by user."sv},
    {1036, "1036"sv, false, "SMSC ACK timeout."sv, {}},
    {1037, "1037"sv, false, "No response from user."sv, "DS timeout user cannot be reached."sv},
    {1050, "1050"sv, false, "The customer has a standing order with the same name already."sv, {}},
    {2001, "2001"sv, false, "The initiator information is invalid."sv, {}},
    {2006, "2006"sv, false, "Declined due to account rule: the account does not allow it."sv, {}},
    {2028, "2028"sv, false, "The request is not permitted according to product assignment."sv, {}},
    {2040,
     "2040"sv,
     false,
     "Credit Party customer type (Unregistered or Registered Customer) can't be supported by the "
     "service."sv,
     {}},
    {4001, "4001"sv, false, "User cancelled transaction"sv, {}},
    {4102, "4102"sv, false, "Merchant KYC Fail"sv, {}},
    {4104, "4104"sv, false, "Missing Nominated Number"sv, {}},
    {4201, "4201"sv, false, "USSD network error"sv, {}},
    {4203, "4203"sv, false, "USSD exception error"sv, {}},
    {4999, "4999"sv, false, "The transaction is still under processing"sv, {}},
    {8006, "8006"sv, false, "The security credential is locked."sv, {}},
    {9999, "9999"sv, false, "An error occurred while sending a push request"sv, {}},
    {60'001, "R000001"sv, true, "The transaction has already been reversed."sv, {}},
    {60'002, "R000002"sv, true, "The OriginalTransactionID is invalid."sv, {}},
    {60'003, "SFC_IC0003"sv, true, "The operator does not exist."sv, {}},
    {60'008, "E3008"sv, true, "Error, the user has a bad debt contract."sv, {}},
    {60'010, "17"sv, false, "Rule limited."sv, {}},
    {60'011, "C2B00011"sv, true, "Invalid MSISDN"sv, {}},
    {60'012, "C2B00012"sv, true, "Invalid Account Number"sv, {}},
    {60'013, "C2B00013"sv, true, "Invalid Amount"sv, {}},
    {60'014, "C2B00014"sv, true, "Invalid KYC Details"sv, {}},
    {60'015, "C2B00015"sv, true, "Invalid Shortcode"sv, {}},
    {60'016, "C2B00016"sv, true, "Other Error"sv, {}},
    {60'100, "100000000"sv, false, "Request was cached, waiting for resending."sv, {}},
    {60'101, "100000001"sv, false, "The system is overload."sv, {}},
    {60'102, "100000002"sv, false, "Throttling error."sv, {}},
    {60'104, "100000004"sv, false, "Internal Server Error."sv, {}},
    {60'105, "100000005"sv, false, "Invalid input value."sv, {}},
    {60'107, "100000007"sv, false, "Service status is abnormal."sv, {}},
    {60'109, "100000009"sv, false, "API status is abnormal."sv, {}},
    {60'110, "100000010"sv, false, "Insufficient permissions."sv, {}},
    {60'111, "100000011"sv, false, "Exceeded request rate."sv, {}},
});

struct RefusalCode {
    Refusal refusal;
    std::uint16_t code;
};
// Every refusal has its row, in the order of their numbers.
constexpr auto refusals = std::to_array<RefusalCode>({
    {Refusal::none, result::success},
    {Refusal::overloaded, result::system_busy},
    {Refusal::request_key_missing, result::internal_failure},
    {Refusal::modified_request, result::internal_failure},
    {Refusal::deadline_passed, result::system_busy},
    {Refusal::identity_invalid, result::internal_failure},
    {Refusal::identity_taken, result::internal_failure},
    {Refusal::account_limits_invalid, result::internal_failure},
    {Refusal::account_capacity_reached, result::internal_failure},
    {Refusal::leg_count_invalid, result::internal_failure},
    {Refusal::amount_not_positive, result::below_minimum},
    {Refusal::amount_too_large, result::above_maximum},
    {Refusal::timeout_out_of_range, result::internal_failure},
    {Refusal::account_not_found, result::unknown_operator},
    {Refusal::debit_account_not_found, result::unknown_operator},
    {Refusal::credit_account_not_found, result::unknown_operator},
    {Refusal::accounts_not_different, result::account_rule},
    {Refusal::currency_mismatch, result::product_assignment},
    {Refusal::account_kind_not_allowed, result::product_assignment},
    {Refusal::reservation_not_open, result::internal_failure},
    {Refusal::exceeds_reservation, result::internal_failure},
    {Refusal::original_not_found, result::original_invalid},
    {Refusal::original_not_reversible, result::original_invalid},
    {Refusal::exceeds_original, result::already_reversed},
    {Refusal::debit_account_closed, result::invalid_state},
    {Refusal::credit_account_closed, result::account_rule},
    {Refusal::debit_account_frozen, result::invalid_state},
    {Refusal::credit_account_frozen, result::account_rule},
    {Refusal::account_not_empty, result::internal_failure},
    {Refusal::account_already_closed, result::internal_failure},
    {Refusal::balance_overflow, result::internal_failure},
    {Refusal::insufficient_funds, result::insufficient_funds},
    {Refusal::ceiling_exceeded, result::above_balance},
    {Refusal::request_not_found, result::internal_failure},
    {Refusal::transfer_not_found, result::original_invalid},
    {Refusal::scheme_not_found, result::internal_failure},
    {Refusal::account_class_not_found, result::internal_failure},
    {Refusal::scheme_invalid, result::internal_failure},
    {Refusal::not_offered, result::product_assignment},
    {Refusal::below_minimum, result::below_minimum},
    {Refusal::transaction_limit_exceeded, result::above_maximum},
    {Refusal::daily_limit_exceeded, result::daily_limit},
    {Refusal::monthly_limit_exceeded, result::daily_limit},
    {Refusal::yearly_limit_exceeded, result::daily_limit},
    {Refusal::lifetime_limit_exceeded, result::daily_limit},
    {Refusal::reversal_not_allowed, result::product_assignment},
    {Refusal::reversal_too_late, result::product_assignment},
    {Refusal::order_not_found, result::original_invalid},
    {Refusal::order_exists, result::internal_failure},
    {Refusal::order_has_ended, result::internal_failure},
    {Refusal::customer_busy, result::subscriber_locked},
    {Refusal::order_invalid, result::internal_failure},
    {Refusal::payer_unknown, result::unknown_operator},
    {Refusal::own_funds_insufficient, result::internal_failure},
    {Refusal::profile_changed, result::internal_failure},
});

}  // namespace

std::span<const ResultRow> result_table() {
    return result_rows;
}

const ResultRow& result_row(std::uint16_t number) {
    const auto found = std::find_if(result_rows.begin(), result_rows.end(),
                                    [&](const ResultRow& row) { return row.number == number; });
    // A number without a row is told as a failure of the system. That row is there, so that this
    // ends.
    return found == result_rows.end() ? result_row(result::internal_failure) : *found;
}

const ResultRow* find_result(std::string_view wire) {
    const auto found = std::find_if(result_rows.begin(), result_rows.end(),
                                    [&](const ResultRow& row) { return row.wire == wire; });
    return found == result_rows.end() ? nullptr : &*found;
}

std::vector<std::string_view> result_codes() {
    std::vector<std::string_view> codes;
    codes.reserve(std::size(result_rows));
    // A code with two sentences is told once.
    for (const ResultRow& row : result_rows)
        if (find_result(row.wire) == &row) codes.push_back(row.wire);
    return codes;
}

std::uint16_t code_of(Refusal refusal) {
    const auto found = std::find_if(refusals.begin(), refusals.end(),
                                    [&](const RefusalCode& row) { return row.refusal == refusal; });
    // A refusal that is new gets its row here; without one an order could not be told.
    ensure(found != refusals.end(), "a refusal without a result code");
    return found->code;
}

std::uint16_t code_of(const ledger::Order& order) {
    // These three ends say everything by their state.
    if (order.state == ledger::OrderState::succeeded) return result::success;
    if (order.state == ledger::OrderState::expired) return result::no_response;
    if (order.state == ledger::OrderState::closed) return result::cancelled;
    // No tariff has a price for more than that.
    if (order.refusal == Refusal::not_offered && order.terms.amount > transaction_max)
        return result::above_maximum;
    // A customer may have approved, and the books have refused.
    if (order.refusal != Refusal::none) return code_of(order.refusal);
    return order.code != 0 ? order.code : result::internal_failure;
}

}  // namespace tuma::mpesa
