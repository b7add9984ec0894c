#include "protocols/wechat/options.h"

#include <array>

namespace tuma::wechat {
namespace {

using O = Options;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t opening_balance_max = 100'000'000;

OptionRow number(std::string_view name, std::int64_t O::*member, std::int64_t least,
                 std::int64_t most, std::string_view sentence) {
    return {name, member, least, most, {}, sentence};
}

OptionRow flag(std::string_view name, bool O::*member, std::string_view sentence) {
    return {name, member, 0, 1, {}, sentence};
}

const std::array option_rows{
    number("customer_delay_ms", &O::customer_delay_ms, 0, day_ms,
           "until the simulated customer pays"),
    number("password_delay_ms", &O::password_delay_ms, 0, day_ms,
           "how long a customer types a password after a payment by code"),
    number("refund_delay_ms", &O::refund_delay_ms, 0, day_ms, "how long a refund is PROCESSING"),
    number("transfer_delay_ms", &O::transfer_delay_ms, 0, day_ms,
           "until a person takes a transfer"),
    number("sharing_delay_ms", &O::sharing_delay_ms, 0, day_ms,
           "how long a profit sharing is PROCESSING"),
    number("sharing_after_ms", &O::sharing_after_ms, 0, day_ms,
           "how old a payment has to be before it can be shared"),
    number("order_life_days", &O::order_life_days, 1, 30,
           "until an order without time_expire is closed"),
    number("bill_hour", &O::bill_hour, 0, 23, "hour of the next day at which bills are ready"),
    number("bill_url_s", &O::bill_url_s, 1, 86'400, "how long a download_url is good, in seconds"),
    flag("opens_customers", &O::opens_customers,
         "an openid that nobody has met gets a wallet; otherwise it does not exist"),
    number("opening_balance", &O::opening_balance, 0, opening_balance_max,
           "what such a customer has, in fen"),
    OptionRow{"customer_class", &O::customer_class, 0, 0, "wallet-1|wallet-2|wallet-3",
              "class of such a wallet, with the yearly bounds of the People's Bank"},
    OptionRow{"scheme", &O::scheme, 0, 0, {}, "the scheme with fees, limits and settlement"},
    OptionRow{"payer", &O::payer, 0, 0, {}, "openid of who pays orders that name no payer"},
    OptionRow{"error_words", &O::error_words, 0, 0, "new|old",
              "spelling of error codes: ORDER_NOT_EXIST or ORDERNOTEXIST"},
    flag("refuses_unknown_members", &O::refuses_unknown_members,
         "a request with members that the API does not know is a PARAM_ERROR"),
    number("order_number_least", &O::order_number_least, 1, 32,
           "fewest characters of an out_trade_no; the documentation says 6, clients' tests use 4"),
    flag("refuses_query_in_notify_url", &O::refuses_query_in_notify_url,
         "a notify_url with a question mark is a PARAM_ERROR"),
    flag("signature_probes", &O::signature_probes,
         "the first attempt of each callback has a wrong signature on purpose"),
    OptionRow{"unknown_merchant_status", &O::unknown_merchant_status, 400, 404, "400|404",
              "HTTP status of MCH_NOT_EXISTS"},
    flag("checks_v2_certificate", &O::checks_v2_certificate,
         "v2 refunds and reversals are taken over TLS only"),
};

}  // namespace

std::span<const OptionRow> option_table() {
    return option_rows;
}

std::string to_json(const Options& options) {
    return protocols::options_json(option_table(), options);
}

Result<Options> read_options(std::string_view json) {
    return protocols::read_options(option_table(), json);
}

}  // namespace tuma::wechat
