#include "protocols/mpesa/profiles/options.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

using O = Options;
using R = protocols::Rows<Options>;
constexpr std::int64_t hour_ms = 3'600'000;

std::string_view check_source(std::string_view text) {
    const bool is_address = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':';
    });
    return is_address ? "" : "is no IP address";
}

const std::array option_rows{
    R::flag("accept_any_token", &O::accept_any_token,
            "any bearer token is good, so that recorded requests can be replayed"),
    R::flag("accept_any_credential", &O::accept_any_credential,
            "any SecurityCredential is good, also one made with Safaricom's certificate"),
    R::flag("accept_password_prefix", &O::accept_password_prefix,
            "a credential may say more behind the password, as mpesakit's does"),
    R::number("token_lifetime_s", &O::token_lifetime_s, 1, 86'400,
              "how long an access token is good, in seconds"),
    R::word("oauth_wrong_method", &O::oauth_wrong_method, "error|fault",
            "what a POST for a token gets: Daraja's error or the gateway's fault"),
    R::number("customer_delay_ms", &O::customer_delay_ms, 0, hour_ms,
              "until the simulated customer answers the prompt"),
    R::number("stk_timeout_ms", &O::stk_timeout_ms, 1'000, hour_ms,
              "until an unanswered prompt ends with 1037"),
    R::number("result_delay_ms", &O::result_delay_ms, 0, hour_ms,
              "until the result of an initiator's request is told"),
    R::number("c2b_delay_ms", &O::c2b_delay_ms, 0, hour_ms,
              "until a simulated C2B payment is made"),
    R::number("validation_ms", &O::validation_ms, 1, 60'000,
              "how long a merchant may take to validate"),
    R::number("queue_timeout_ms", &O::queue_timeout_ms, 0, hour_ms,
              "until a request that times out is told to QueueTimeOutURL"),
    R::number("late_result_ms", &O::late_result_ms, 0, hour_ms,
              "until the late result that may follow is told"),
    R::flag("retries_callbacks", &O::retries_callbacks,
            "callbacks that are not acknowledged are tried again: 15 s, 15 s, 30 s, 3 min ..."),
    R::flag("opens_customers", &O::opens_customers,
            "customers that nobody has met get an account; otherwise they do not exist"),
    R::number("opening_balance", &O::opening_balance, 0, 500'000,
              "what such a customer has, in shillings"),
    R::text("scheme", &O::scheme, "whose tariff and limits hold"),
    R::flag("test_number_never_answers", &O::test_number_never_answers,
            "254708374149 ignores prompts, as in the real sandbox"),
    R::flag("lenient_msisdn", &O::lenient_msisdn, "07…, 01… and +254… are read as 254…"),
    R::word("busy", &O::busy, "sync|accepted",
            "a second prompt for one phone: an error at once, or accepted and then 1001"),
    R::word("in_flight", &O::in_flight, "4999|500",
            "a query before the end: ResultCode 4999, or the older HTTP 500"),
    R::number("flaky_query_percent", &O::flaky_query_percent, 0, 100,
              "how many queries fail with an empty 500.001.1001"),
    R::number("queries_per_minute", &O::queries_per_minute, 0, 100'000,
              "how often an app may ask about prompts within a minute, as 5 in the sandbox; 0: "
              "without a bound"),
    R::number("rule_limit_s", &O::rule_limit_s, 0, 86'400,
              "how long the same amount of the same customer is Rule limited (17), in seconds, as "
              "120 in production; 0: never"),
    R::flag("stk_balance_item", &O::stk_balance_item,
            "the callback has an item Balance without a value, as captured from 2020 to 2024"),
    R::flag("stk_confirms_c2b", &O::stk_confirms_c2b,
            "a paid prompt also makes a C2B confirmation where URLs are registered"),
    R::flag("stk_query_alias", &O::stk_query_alias, "/mpesa/stkpush/v1/query is there too"),
    R::flag("checks_timestamp", &O::checks_timestamp, "Timestamp has to be a date of 14 digits"),
    R::flag("strict_lengths", &O::strict_lengths,
            "AccountReference has at most 12 and TransactionDesc at most 13 characters"),
    R::number("checkout_subsecond_digits", &O::checkout_subsecond_digits, 0, 3,
              "digits of the second's fraction in a CheckoutRequestID"),
    R::word("request_ids", &O::request_ids, "current|old",
            "the look of MerchantRequestID and its like"),
    R::text("internal_failure_text", &O::internal_failure_text, "the sentence of result code 17"),
    R::flag("url_words", &O::url_words,
            "C2B URLs with mpesa, safaricom, exe, cmd, sql or query in them are refused"),
    R::flag("https_only", &O::https_only, "http URLs are refused, as in production"),
    R::flag("urls_once", &O::urls_once, "C2B URLs are registered once only, as in production"),
    R::flag("trims_urls", &O::trims_urls, "blanks around an address are dropped, not refused"),
    R::word("register_code", &O::register_code, "0|00000000", "ResponseCode of a registration"),
    R::word("c2b_names", &O::c2b_names, "full|first",
            "which names of the customer a C2B callback has"),
    R::flag("c2b_amount_decimals", &O::c2b_amount_decimals, "TransAmount is 5.00, not 5"),
    R::text("paybill_transaction_type", &O::paybill_transaction_type,
            "TransactionType of C2B callbacks of a PayBill number"),
    R::text("till_transaction_type", &O::till_transaction_type,
            "TransactionType of C2B callbacks of a till"),
    R::number("standing_order_hour", &O::standing_order_hour, 3, 23,
              "hour of the day in Nairobi at which standing orders are charged"),
    R::word("result_shape", &O::result_shape, "captured|documented",
            "results as captured in 2024 and 2025, or as in the portal's older samples"),
    R::number_of("result_order", &O::result_order, "2017|2024",
                 "the order of the result parameters"),
    R::flag("salary_reaches_unregistered", &O::salary_reaches_unregistered,
            "SalaryPayment reaches numbers without M-Pesa, as before 2026"),
    R::flag("b2pochi_path", &O::b2pochi_path, "/mpesa/b2pochi/v1/paymentrequest is there"),
    R::flag("utility_to_mmf", &O::utility_to_mmf,
            "the command BusinessTransferFromUtilityToMMF is there"),
    R::flag("reversal_receiver_4", &O::reversal_receiver_4,
            "a reversal takes RecieverIdentifierType 4 for 11, which mpesa-api needs"),
    R::flag("partial_reversal", &O::partial_reversal, "a reversal may be of less than was paid"),
    R::text("in_flight_status", &O::in_flight_status, "TransactionStatus of what has not ended"),
    R::number("queue_timeout_result_type", &O::queue_timeout_result_type, 0, 1,
              "ResultType in what QueueTimeOutURL is told"),
    R::flag("bills_without_app_key", &O::bills_without_app_key,
            "invoices need no header with the app_key where the app has one biller only"),
    R::number_of("bill_refusal_status", &O::bill_refusal_status, "200|409",
                 "HTTP status of what Bill Manager refuses with rescode 409"),
    R::flag("bill_doubled_paths", &O::bill_doubled_paths,
            "Bill Manager's paths are there with their first part twice, too, as its mails say"),
    R::flag("any_content_type", &O::any_content_type,
            "a body without Content-Type: application/json is read; otherwise it counts as empty"),
    R::text("callback_source", &O::callback_source,
            "address that callbacks say they come from, in X-Forwarded-For; empty: none",
            check_source),
    R::number_of("spike_arrest_status", &O::spike_arrest_status, "429|500",
                 "HTTP status of a spike arrest"),
    R::text("retired_paths", &O::retired_paths,
            "paths, separated by blanks, that get the gateway's fault"),
};

}  // namespace

std::span<const OptionRow> option_table() {
    return option_rows;
}

std::string to_json(const Options& options) {
    return protocols::record_json(option_table(), options);
}

Result<Options> read_options(std::string_view json) {
    return protocols::read_record(option_table(), json, "options");
}

}  // namespace tuma::mpesa
