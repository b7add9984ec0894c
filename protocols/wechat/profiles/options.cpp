#include "protocols/wechat/profiles/options.h"

#include <array>

namespace tuma::wechat {
namespace {

using O = Options;
using R = protocols::Rows<Options>;
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t opening_balance_max = 100'000'000;

const std::array option_rows{
    R::number("customer_delay_ms", &O::customer_delay_ms, 0, day_ms,
              "until the simulated customer pays"),
    R::number("password_delay_ms", &O::password_delay_ms, 0, day_ms,
              "how long a customer types a password after a payment by code"),
    R::number("refund_delay_ms", &O::refund_delay_ms, 0, day_ms, "how long a refund is PROCESSING"),
    R::number("transfer_delay_ms", &O::transfer_delay_ms, 0, day_ms,
              "until a person takes a transfer"),
    R::number("sharing_delay_ms", &O::sharing_delay_ms, 0, day_ms,
              "how long a profit sharing is PROCESSING"),
    R::number("sharing_after_ms", &O::sharing_after_ms, 0, day_ms,
              "how old a payment has to be before it can be shared"),
    R::number("order_life_days", &O::order_life_days, 1, 30,
              "until an order without time_expire is closed"),
    R::number("bill_hour", &O::bill_hour, 0, 23, "hour of the next day at which bills are ready"),
    R::number("bill_url_s", &O::bill_url_s, 1, 86'400,
              "how long a download_url is good, in seconds"),
    R::flag("bills_of_today", &O::bills_of_today,
            "the running day has a bill, and yesterday's is ready at once"),
    R::flag("opens_customers", &O::opens_customers,
            "an openid that nobody has met gets a wallet; otherwise it does not exist"),
    R::number("opening_balance", &O::opening_balance, 0, opening_balance_max,
              "what such a customer has, in fen"),
    R::word("customer_class", &O::customer_class, "wallet-1|wallet-2|wallet-3",
            "class of such a wallet, with the yearly bounds of the People's Bank"),
    R::text("scheme", &O::scheme, "the scheme with fees, limits and settlement"),
    R::text("payer", &O::payer, "openid of who pays orders that name no payer"),
    R::word("error_words", &O::error_words, "new|old",
            "spelling of error codes: ORDER_NOT_EXIST or ORDERNOTEXIST"),
    R::flag("refuses_unknown_members", &O::refuses_unknown_members,
            "members, query parameters and v2 fields that the API does not know are refused"),
    R::flag("requires_headers", &O::requires_headers,
            "v3 requests without Accept, User-Agent or a JSON Content-Type are refused"),
    R::number("order_number_least", &O::order_number_least, 1, 32,
              "fewest characters of an out_trade_no; tests of some clients use 4"),
    R::flag("refuses_query_in_notify_url", &O::refuses_query_in_notify_url,
            "a notify_url with a question mark is a PARAM_ERROR"),
    R::flag("signs_errors", &O::signs_errors, "v3's errors are signed; the real service's are not"),
    R::flag("signature_probes", &O::signature_probes,
            "the first attempt of each callback has a wrong signature on purpose"),
    R::number_of("unknown_merchant_status", &O::unknown_merchant_status, "400|404",
                 "HTTP status of MCH_NOT_EXISTS"),
    R::flag("requires_v2_certificate", &O::requires_v2_certificate,
            "v2 refunds and reversals over TLS need the merchant's certificate in the handshake"),
    R::flag("checks_v2_certificate", &O::checks_v2_certificate,
            "v2 refunds and reversals are taken over TLS only"),
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

}  // namespace tuma::wechat
