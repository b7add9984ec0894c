#include "protocols/mpesa/options.h"

#include "protocols/mpesa/json_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace tuma::mpesa {
namespace {

using O = Options;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::size_t text_max = 1'000;

const std::array rows{
    OptionRow{"accept_any_token",
              &O::accept_any_token,
              0,
              1,
              {},
              "any bearer token is good, so that recorded requests can be replayed"},
    OptionRow{"accept_any_credential",
              &O::accept_any_credential,
              0,
              1,
              {},
              "any SecurityCredential is good, also one made with Safaricom's certificate"},
    OptionRow{"accept_password_prefix",
              &O::accept_password_prefix,
              0,
              1,
              {},
              "a credential may say more behind the password, as mpesakit's does"},
    OptionRow{"token_lifetime_s",
              &O::token_lifetime_s,
              1,
              86'400,
              {},
              "how long an access token is good, in seconds"},
    OptionRow{"oauth_wrong_method", &O::oauth_wrong_method, 0, 0, "error|fault",
              "what a POST for a token gets: Daraja's error or the gateway's fault"},
    OptionRow{"customer_delay_ms",
              &O::customer_delay_ms,
              0,
              hour_ms,
              {},
              "until the simulated customer answers the prompt"},
    OptionRow{"stk_timeout_ms",
              &O::stk_timeout_ms,
              1'000,
              hour_ms,
              {},
              "until an unanswered prompt ends with 1037"},
    OptionRow{"result_delay_ms",
              &O::result_delay_ms,
              0,
              hour_ms,
              {},
              "until the result of an initiator's request is told"},
    OptionRow{
        "c2b_delay_ms", &O::c2b_delay_ms, 0, hour_ms, {}, "until a simulated C2B payment is made"},
    OptionRow{"validation_ms",
              &O::validation_ms,
              1,
              60'000,
              {},
              "how long a merchant may take to validate"},
    OptionRow{"queue_timeout_ms",
              &O::queue_timeout_ms,
              0,
              hour_ms,
              {},
              "until a request that times out is told to QueueTimeOutURL"},
    OptionRow{"late_result_ms",
              &O::late_result_ms,
              0,
              hour_ms,
              {},
              "until the late result that may follow is told"},
    OptionRow{"retries_callbacks",
              &O::retries_callbacks,
              0,
              1,
              {},
              "callbacks that are not acknowledged are tried again: 15 s, 15 s, 30 s, 3 min ..."},
    OptionRow{"opens_customers",
              &O::opens_customers,
              0,
              1,
              {},
              "customers that nobody has met get an account; otherwise they do not exist"},
    OptionRow{"opening_balance",
              &O::opening_balance,
              0,
              500'000,
              {},
              "what such a customer has, in shillings"},
    OptionRow{"scheme", &O::scheme, 0, 0, {}, "whose tariff and limits hold"},
    OptionRow{"test_number_never_answers",
              &O::test_number_never_answers,
              0,
              1,
              {},
              "254708374149 ignores prompts, as in the real sandbox"},
    OptionRow{
        "lenient_msisdn", &O::lenient_msisdn, 0, 1, {}, "07…, 01… and +254… are read as 254…"},
    OptionRow{"busy", &O::busy, 0, 0, "sync|accepted",
              "a second prompt for one phone: an error at once, or accepted and then 1001"},
    OptionRow{"in_flight", &O::in_flight, 0, 0, "4999|500",
              "a query before the end: ResultCode 4999, or the older HTTP 500"},
    OptionRow{"flaky_query_percent",
              &O::flaky_query_percent,
              0,
              100,
              {},
              "how many queries fail with an empty 500.001.1001"},
    OptionRow{"stk_balance_item",
              &O::stk_balance_item,
              0,
              1,
              {},
              "the callback has an item Balance without a value, as until 2019"},
    OptionRow{"stk_confirms_c2b",
              &O::stk_confirms_c2b,
              0,
              1,
              {},
              "a paid prompt also makes a C2B confirmation where URLs are registered"},
    OptionRow{
        "stk_query_alias", &O::stk_query_alias, 0, 1, {}, "/mpesa/stkpush/v1/query is there too"},
    OptionRow{"checks_timestamp",
              &O::checks_timestamp,
              0,
              1,
              {},
              "Timestamp has to be a date of 14 digits"},
    OptionRow{"strict_lengths",
              &O::strict_lengths,
              0,
              1,
              {},
              "AccountReference has at most 12 and TransactionDesc at most 13 characters"},
    OptionRow{"checkout_subsecond_digits",
              &O::checkout_subsecond_digits,
              0,
              3,
              {},
              "digits of the second's fraction in a CheckoutRequestID"},
    OptionRow{"request_ids", &O::request_ids, 0, 0, "current|old",
              "the look of MerchantRequestID and its like"},
    OptionRow{"internal_failure_text",
              &O::internal_failure_text,
              0,
              0,
              {},
              "the sentence of result code 17"},
    OptionRow{"url_words",
              &O::url_words,
              0,
              1,
              {},
              "C2B URLs with mpesa, safaricom, exe, cmd, sql or query in them are refused"},
    OptionRow{"https_only", &O::https_only, 0, 1, {}, "http URLs are refused, as in production"},
    OptionRow{"urls_once",
              &O::urls_once,
              0,
              1,
              {},
              "C2B URLs are registered once only, as in production"},
    OptionRow{"register_code", &O::register_code, 0, 0, "0|00000000",
              "ResponseCode of a registration"},
    OptionRow{"c2b_names", &O::c2b_names, 0, 0, "full|first",
              "which names of the customer a C2B callback has"},
    OptionRow{
        "c2b_amount_decimals", &O::c2b_amount_decimals, 0, 1, {}, "TransAmount is 5.00, not 5"},
    OptionRow{"paybill_transaction_type",
              &O::paybill_transaction_type,
              0,
              0,
              {},
              "TransactionType of C2B callbacks of a PayBill number"},
    OptionRow{"till_transaction_type",
              &O::till_transaction_type,
              0,
              0,
              {},
              "TransactionType of C2B callbacks of a till"},
    OptionRow{"result_order", &O::result_order, 2017, 2024, "2017|2024",
              "the order of the result parameters"},
    OptionRow{"salary_reaches_unregistered",
              &O::salary_reaches_unregistered,
              0,
              1,
              {},
              "SalaryPayment reaches numbers without M-Pesa, as before 2026"},
    OptionRow{
        "b2pochi_path", &O::b2pochi_path, 0, 1, {}, "/mpesa/b2pochi/v1/paymentrequest is there"},
    OptionRow{"utility_to_mmf",
              &O::utility_to_mmf,
              0,
              1,
              {},
              "the command BusinessTransferFromUtilityToMMF is there"},
    OptionRow{"reversal_receiver_4",
              &O::reversal_receiver_4,
              0,
              1,
              {},
              "a reversal takes RecieverIdentifierType 4 for 11, which mpesa-api needs"},
    OptionRow{"partial_reversal",
              &O::partial_reversal,
              0,
              1,
              {},
              "a reversal may be of less than was paid"},
    OptionRow{"in_flight_status",
              &O::in_flight_status,
              0,
              0,
              {},
              "TransactionStatus of what has not ended"},
    OptionRow{"queue_timeout_result_type",
              &O::queue_timeout_result_type,
              0,
              1,
              {},
              "ResultType in what QueueTimeOutURL is told"},
    OptionRow{"spike_arrest_status", &O::spike_arrest_status, 429, 500, "429|500",
              "HTTP status of a spike arrest"},
    OptionRow{"retired_paths",
              &O::retired_paths,
              0,
              0,
              {},
              "paths, separated by blanks, that get the gateway's fault"},
};

bool is_word_of(std::string_view words, std::string_view word) {
    while (true) {
        const std::size_t bar = words.find('|');
        if (words.substr(0, bar) == word) return true;
        if (bar == std::string_view::npos) return false;
        words.remove_prefix(bar + 1);
    }
}

// Why the value cannot be this option's, or nothing once it is set.
std::optional<InputError> set(Options& options, const OptionRow& row,
                              const boost::json::value& value) {
    const std::string name(row.name);
    if (const auto* member = std::get_if<bool O::*>(&row.member)) {
        if (!value.is_bool()) return InputError{name, "is true or false"};
        options.*(*member) = value.get_bool();
    } else if (const auto* number = std::get_if<std::int64_t O::*>(&row.member)) {
        if (!value.is_int64() || value.get_int64() < row.least || value.get_int64() > row.most)
            return InputError{name, "is a whole number from " + std::to_string(row.least) + " to " +
                                        std::to_string(row.most)};
        if (!row.words.empty() && !is_word_of(row.words, std::to_string(value.get_int64())))
            return InputError{name, "is one of " + std::string(row.words)};
        options.*(*number) = value.get_int64();
    } else {
        if (!value.is_string() || value.get_string().size() > text_max)
            return InputError{name, "is a text of at most 1000 bytes"};
        const std::string text(value.get_string());
        if (!row.words.empty() && !is_word_of(row.words, text))
            return InputError{name, "is one of " + std::string(row.words)};
        options.*(std::get<std::string O::*>(row.member)) = text;
    }
    return std::nullopt;
}

}  // namespace

std::span<const OptionRow> option_table() {
    return rows;
}

std::string to_json(const Options& options) {
    JsonText json;
    json.begin_object();
    for (const OptionRow& row : rows) {
        if (const auto* flag = std::get_if<bool O::*>(&row.member))
            json.flag(row.name, options.*(*flag));
        else if (const auto* number = std::get_if<std::int64_t O::*>(&row.member))
            json.number(row.name, options.*(*number));
        else
            json.text(row.name, options.*(std::get<std::string O::*>(row.member)));
    }
    return json.end_object().take();
}

Result<Options> read_options(std::string_view json) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
    if (error || !value.is_object()) return InputError{"options", "is not a JSON object"};
    Options options;
    for (const auto& member : value.get_object()) {
        const std::string_view name{member.key().data(), member.key().size()};
        const auto row = std::find_if(rows.begin(), rows.end(),
                                      [&](const OptionRow& one) { return one.name == name; });
        if (row == rows.end()) return InputError{std::string(name), "is no option"};
        if (auto misfit = set(options, *row, member.value())) return *misfit;
    }
    return options;
}

}  // namespace tuma::mpesa
