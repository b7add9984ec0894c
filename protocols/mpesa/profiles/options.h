// How the emulated Daraja behaves where the real one has two faces or sources disagree.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/field_table.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// One value for the whole dialect, stored as the profile "mpesa/options". What is not named in the
/// profile is as here. Times are milliseconds, amounts whole shillings.
struct Options {
    // Credentials
    bool accept_any_token = false;
    bool accept_any_credential = false;
    bool accept_password_prefix = true;
    std::int64_t token_lifetime_s = 3'599;
    std::string oauth_wrong_method = "error";

    // Time
    std::int64_t customer_delay_ms = 2'000;
    std::int64_t stk_timeout_ms = 26'000;
    std::int64_t result_delay_ms = 1'000;
    std::int64_t c2b_delay_ms = 1'000;
    std::int64_t validation_ms = 8'000;
    std::int64_t queue_timeout_ms = 5'000;
    std::int64_t late_result_ms = 30'000;
    bool retries_callbacks = false;

    // Customers and businesses that are met for the first time
    bool opens_customers = true;
    std::int64_t opening_balance = 50'000;
    std::string scheme = "mpesa-kenya";
    bool test_number_never_answers = false;
    bool lenient_msisdn = false;

    // M-Pesa Express
    std::string busy = "sync";
    std::string in_flight = "4999";
    std::int64_t flaky_query_percent = 0;
    std::int64_t queries_per_minute = 0;
    std::int64_t rule_limit_s = 0;
    bool stk_balance_item = true;
    bool stk_confirms_c2b = true;
    bool stk_query_alias = true;
    bool checks_timestamp = true;
    bool strict_lengths = false;
    std::int64_t checkout_subsecond_digits = 3;
    std::string request_ids = "current";
    std::string internal_failure_text = "System internal error.";

    // C2B
    bool url_words = true;
    bool https_only = false;
    bool urls_once = false;
    bool trims_urls = false;
    std::string register_code = "0";
    std::string c2b_names = "full";
    bool c2b_amount_decimals = true;
    std::string paybill_transaction_type = "Pay Bill";
    std::string till_transaction_type = "Customer Merchant Payment";

    // Standing orders
    std::int64_t standing_order_hour = 8;

    // Initiators' requests
    std::string result_shape = "captured";
    std::int64_t result_order = 2024;
    bool salary_reaches_unregistered = false;
    bool b2pochi_path = true;
    bool utility_to_mmf = true;
    bool reversal_receiver_4 = true;
    bool partial_reversal = false;
    std::string in_flight_status = "Authorized";
    std::int64_t queue_timeout_result_type = 1;

    // Bill Manager
    bool bills_without_app_key = false;
    std::int64_t bill_refusal_status = 200;
    bool bill_doubled_paths = true;

    // The gateway in front
    bool any_content_type = false;
    std::string callback_source{};
    std::int64_t spike_arrest_status = 500;
    std::string retired_paths{};

    bool operator==(const Options&) const = default;
};

using OptionRow = protocols::FieldRow<Options>;
std::span<const OptionRow> option_table();

/// All options as one JSON object.
std::string to_json(const Options& options);
/// The inverse; options that are not there keep their defaults. Refuses with the option's name:
/// options that do not exist, other types, values out of bounds.
Result<Options> read_options(std::string_view json);

}  // namespace tuma::mpesa
