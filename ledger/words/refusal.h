// Why a request was refused: one ordered list, the lowest number that applies is the answer.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tuma {

/// The reasons to refuse, in order of precedence; the number is the code on the native wire and in
/// the journal and never changes its meaning. `none` is success and only ever an outcome's code.
enum class Refusal : std::uint16_t {
    none = 0,
    overloaded = 1,
    request_key_missing = 2,
    modified_request = 3,
    deadline_passed = 4,
    identity_invalid = 5,
    identity_taken = 6,
    account_limits_invalid = 7,
    account_capacity_reached = 8,
    leg_count_invalid = 9,
    amount_not_positive = 10,
    amount_too_large = 11,
    timeout_out_of_range = 12,
    account_not_found = 13,
    debit_account_not_found = 14,
    credit_account_not_found = 15,
    accounts_not_different = 16,
    currency_mismatch = 17,
    account_kind_not_allowed = 18,
    reservation_not_open = 19,
    exceeds_reservation = 20,
    original_not_found = 21,
    original_not_reversible = 22,
    exceeds_original = 23,
    debit_account_closed = 24,
    credit_account_closed = 25,
    debit_account_frozen = 26,
    credit_account_frozen = 27,
    account_not_empty = 28,
    account_already_closed = 29,
    balance_overflow = 30,
    insufficient_funds = 31,
    ceiling_exceeded = 32,
    request_not_found = 33,
    transfer_not_found = 34,
    scheme_not_found = 35,
    account_class_not_found = 36,
    scheme_invalid = 37,
    not_offered = 38,
    below_minimum = 39,
    transaction_limit_exceeded = 40,
    daily_limit_exceeded = 41,
    monthly_limit_exceeded = 42,
    yearly_limit_exceeded = 43,
    lifetime_limit_exceeded = 44,
    reversal_not_allowed = 45,
    reversal_too_late = 46,
    order_not_found = 47,
    order_exists = 48,
    order_has_ended = 49,
    customer_busy = 50,
    order_invalid = 51,
    payer_unknown = 52,
    own_funds_insufficient = 53,
    profile_changed = 54,
};

/// One row of the table of refusals.
struct RefusalRow {
    Refusal refusal;
    std::string_view name;      ///< stable snake_case, used in reports and metrics
    std::string_view sentence;  ///< for people: what is wrong, in one sentence
    bool is_transient;          ///< the same wish under a new request key may succeed later
};

/// All refusals in order of their numbers, `none` first.
std::span<const RefusalRow> refusal_table();

/// The row of a code read from outside, or null if the number means nothing.
const RefusalRow* find_refusal(std::uint16_t code);

std::string_view name(Refusal refusal);
std::string_view sentence(Refusal refusal);
bool is_transient(Refusal refusal);

}  // namespace tuma
