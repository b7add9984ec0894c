#include "ledger/words/refusal.h"

#include "ledger/words/ensure.h"

#include <array>

namespace tuma {
namespace {

constexpr std::array<RefusalRow, 55> refusal_rows{{
    {Refusal::none, "none", "The request was executed.", false},
    {Refusal::overloaded, "overloaded",
     "The queue, or the memory for request keys, is full; nothing was executed, send the same "
     "request again later.",
     true},
    {Refusal::request_key_missing, "request_key_missing",
     "The request carries no reference, so a retry could not be recognised.", false},
    {Refusal::modified_request, "modified_request",
     "This reference was used before for a request with other content.", false},
    {Refusal::deadline_passed, "deadline_passed",
     "The request was valid until a time that has passed; it never will be executed.", false},
    {Refusal::identity_invalid, "identity_invalid",
     "An account needs an external identity of 1 to 31 printable ASCII characters, no blanks.",
     false},
    {Refusal::identity_taken, "identity_taken",
     "Another account with this external identity exists already.", false},
    {Refusal::account_limits_invalid, "account_limits_invalid",
     "The floor is above the ceiling, or above zero before there is money, or the ceiling is "
     "negative.",
     false},
    {Refusal::account_capacity_reached, "account_capacity_reached",
     "No more accounts fit; start the server with a larger --accounts.", true},
    {Refusal::leg_count_invalid, "leg_count_invalid", "A linked set has 1 to 6 legs.", false},
    {Refusal::amount_not_positive, "amount_not_positive",
     "The amount must be at least one minor unit.", false},
    {Refusal::amount_too_large, "amount_too_large",
     "One transfer moves at most 1,000,000,000,000,000 minor units.", false},
    {Refusal::timeout_out_of_range, "timeout_out_of_range",
     "A reservation lasts at least 1 ms and at most 90 days.", false},
    {Refusal::account_not_found, "account_not_found", "There is no such account.", true},
    {Refusal::debit_account_not_found, "debit_account_not_found",
     "The account to be debited does not exist.", true},
    {Refusal::credit_account_not_found, "credit_account_not_found",
     "The account to be credited does not exist.", true},
    {Refusal::accounts_not_different, "accounts_not_different",
     "Money cannot move from an account to itself.", false},
    {Refusal::currency_mismatch, "currency_mismatch",
     "Both accounts and the amount must be in one currency.", false},
    {Refusal::account_kind_not_allowed, "account_kind_not_allowed",
     "This kind of transfer does not run between these kinds of account.", false},
    {Refusal::reservation_not_open, "reservation_not_open",
     "There is no open reservation with this number; it may have been settled, released or "
     "expired.",
     false},
    {Refusal::exceeds_reservation, "exceeds_reservation",
     "More than the reserved amount cannot be settled.", false},
    {Refusal::original_not_found, "original_not_found",
     "There is no transfer with this number to reverse.", true},
    {Refusal::original_not_reversible, "original_not_reversible",
     "Only the first record of a posted or settled payment can be reversed.", false},
    {Refusal::exceeds_original, "exceeds_original",
     "Reversals of one transfer cannot exceed its amount in total.", false},
    {Refusal::debit_account_closed, "debit_account_closed", "The account to be debited is closed.",
     false},
    {Refusal::credit_account_closed, "credit_account_closed",
     "The account to be credited is closed.", false},
    {Refusal::debit_account_frozen, "debit_account_frozen", "The account to be debited is frozen.",
     true},
    {Refusal::credit_account_frozen, "credit_account_frozen",
     "The account to be credited is frozen.", true},
    {Refusal::account_not_empty, "account_not_empty",
     "An account closes only with a zero balance and nothing reserved.", true},
    {Refusal::account_already_closed, "account_already_closed",
     "The account is closed, and a closed account stays so.", false},
    {Refusal::balance_overflow, "balance_overflow",
     "A running sum of an account would pass 2^63-1 minor units.", false},
    {Refusal::insufficient_funds, "insufficient_funds",
     "The available balance, reservations counted, does not cover the amount.", true},
    {Refusal::ceiling_exceeded, "ceiling_exceeded",
     "The balance, reservations counted, would pass the account's ceiling.", true},
    {Refusal::request_not_found, "request_not_found",
     "No outcome is kept for this reference; it was never received or is past the retention "
     "window.",
     true},
    {Refusal::transfer_not_found, "transfer_not_found",
     "There is no durable transfer with this number.", true},
    {Refusal::scheme_not_found, "scheme_not_found",
     "No scheme with this number is loaded; see --schemes.", true},
    {Refusal::account_class_not_found, "account_class_not_found",
     "The scheme has no class of account with this number.", false},
    {Refusal::scheme_invalid, "scheme_invalid",
     "The scheme's content cannot be used, or its currency is not that of the version before.",
     false},
    {Refusal::not_offered, "not_offered",
     "The scheme has no tariff for this kind of payment and amount on this day.", false},
    {Refusal::below_minimum, "below_minimum",
     "The amount is below the least that the scheme allows for this kind of payment.", false},
    {Refusal::transaction_limit_exceeded, "transaction_limit_exceeded",
     "The amount is above the scheme's limit for one transaction.", false},
    {Refusal::daily_limit_exceeded, "daily_limit_exceeded",
     "The payer's total of the day, reservations counted, would pass the scheme's daily limit.",
     true},
    {Refusal::monthly_limit_exceeded, "monthly_limit_exceeded",
     "The payer's total of the month, reservations counted, would pass the scheme's monthly limit.",
     true},
    {Refusal::yearly_limit_exceeded, "yearly_limit_exceeded",
     "The payer's total of the year, reservations counted, would pass the scheme's yearly limit.",
     true},
    {Refusal::lifetime_limit_exceeded, "lifetime_limit_exceeded",
     "The payer's total since opening, reservations counted, would pass the scheme's lifetime "
     "limit.",
     false},
    {Refusal::reversal_not_allowed, "reversal_not_allowed",
     "The scheme allows no reversals of this payment.", false},
    {Refusal::reversal_too_late, "reversal_too_late",
     "The payment is older than the scheme's window for reversals.", false},
    {Refusal::order_not_found, "order_not_found",
     "There is no order with this number or key, or it ended so long ago that it has left memory.",
     true},
    {Refusal::order_exists, "order_exists", "An order with this key exists already.", false},
    {Refusal::order_has_ended, "order_has_ended",
     "The order has ended; what has ended does not change any more.", false},
    {Refusal::customer_busy, "customer_busy",
     "The customer is being asked about another payment; only one prompt is open at a time.", true},
    {Refusal::order_invalid, "order_invalid",
     "A part of the order is beyond its bounds or does not fit the others.", false},
    {Refusal::payer_unknown, "payer_unknown",
     "The order does not say who pays, and neither does the approval.", false},
    {Refusal::own_funds_insufficient, "own_funds_insufficient",
     "The operator's own funds in this currency (fees, tax, commissions) would fall below zero.",
     true},
    {Refusal::profile_changed, "profile_changed",
     "What is stored under this name is not what the request expected to replace.", true},
}};

constexpr bool numbered_without_gaps() {
    for (std::size_t i = 0; i < refusal_rows.size(); ++i)
        if (static_cast<std::size_t>(refusal_rows[i].refusal) != i) return false;
    return true;
}
static_assert(numbered_without_gaps(), "the row's position is its code");

const RefusalRow& row_of(Refusal refusal) {
    const RefusalRow* row = find_refusal(static_cast<std::uint16_t>(refusal));
    // Codes from outside go through `find_refusal`; one in here is a value of the enumeration.
    ensure(row != nullptr, "a refusal outside the table");
    return *row;
}

}  // namespace

std::span<const RefusalRow> refusal_table() {
    return refusal_rows;
}

const RefusalRow* find_refusal(std::uint16_t code) {
    return code < refusal_rows.size() ? &refusal_rows[code] : nullptr;
}

std::string_view name(Refusal refusal) {
    return row_of(refusal).name;
}
std::string_view sentence(Refusal refusal) {
    return row_of(refusal).sentence;
}
bool is_transient(Refusal refusal) {
    return row_of(refusal).is_transient;
}

}  // namespace tuma
