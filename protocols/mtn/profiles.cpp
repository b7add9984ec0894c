#include "protocols/mtn/profiles.h"

#include "protocols/kit/ids.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using O = Options;
using S = Subscription;
constexpr std::int64_t hour_ms = 3'600'000;
constexpr std::int64_t balance_max = 1'000'000'000;

std::string_view no_currency(std::string_view letters) {
    return parse_currency(letters) ? "" : "is no currency of ISO 4217";
}
std::string_view no_key(std::string_view key) {
    return key.empty() || key.size() > 64 ? "has not 1 to 64 characters" : "";
}
std::string_view no_product(std::string_view product) {
    return std::find(products.begin(), products.end(), product) == products.end()
               ? "is none of collection, disbursement, remittance"
               : "";
}
std::string_view no_identity(std::string_view account) {
    return ledger::make_identity(account) ? "" : "has not 1 to 31 printable characters";
}
std::string_view no_user_id(std::string_view id) {
    return is_reference(id) ? "" : "is no UUID of version 4";
}

using OR = protocols::Rows<Options>;
const std::array option_rows{
    OR::flag("accept_any_token", &O::accept_any_token,
             "any bearer token is good, so that recorded requests can be replayed"),
    OR::number("token_lifetime_s", &O::token_lifetime_s, 1, 86'400,
               "how long an access token is good, in seconds"),
    OR::text("target_environment", &O::target_environment,
             "what X-Target-Environment has to say; of a country as `mtnuganda`"),
    OR::text("currency", &O::currency, "the only currency that is taken", no_currency),
    OR::text("scheme", &O::scheme,
             "whose tariff and limits hold, as `mtn-uganda`; empty: nobody's"),
    OR::number("customer_delay_ms", &O::customer_delay_ms, 0, hour_ms,
               "until a customer approves, or a transfer is made"),
    OR::number("approval_timeout_ms", &O::approval_timeout_ms, 1'000, hour_ms,
               "until a request that nobody approves ends with `EXPIRED`"),
    OR::flag("opens_customers", &O::opens_customers,
             "account holders that nobody has met get an account; otherwise they do not exist"),
    OR::number("opening_balance", &O::opening_balance, 0, balance_max,
               "what such an account holder has, in whole units of the currency"),
    OR::word("callback_method", &O::callback_method, "POST|PUT",
             "how merchants are told; both are documented, `POST` was observed"),
    OR::number(
        "callback_repeat_ms", &O::callback_repeat_ms, 0, hour_ms,
        "a callback comes once more so long after the first (180000 was observed); 0: never"),
    OR::flag("reason_object", &O::reason_object,
             "`reason` is an object of code and message, as published, and no text as observed")};

using SR = protocols::Rows<Subscription>;
const std::array subscription_rows{
    SR::required(SR::text("key", &S::key, {}, no_key)),
    SR::required(SR::texts("products", &S::products, {}, no_product)),
    SR::required(SR::text("account", &S::account, {}, no_identity)),
    SR::text("class", &S::account_class), SR::number("balance", &S::balance, 0, balance_max)};

using UR = protocols::Rows<ApiUser>;
const std::array user_rows{UR::required(UR::text("id", &ApiUser::id, {}, no_user_id)),
                           UR::required(UR::text("callback_host", &ApiUser::callback_host)),
                           UR::text("api_key", &ApiUser::api_key)};

// So many whole units.
Money units(const Options& options, std::int64_t count) {
    const Currency currency = options.money();
    // No overflow: options and subscriptions bound the count, and currencies have few decimals.
    for (int i = find_currency(static_cast<std::uint16_t>(currency))->decimals; i > 0; --i)
        count *= 10;
    return {count, currency};
}

}  // namespace

bool is_reference(std::string_view id) {
    // The digits that say version and variant, RFC 4122.
    return protocols::is_uuid(id) && id[14] == '4' &&
           std::string_view("89abAB").find(id[19]) != std::string_view::npos;
}

bool Subscription::opens(std::string_view product) const {
    return std::find(products.begin(), products.end(), product) != products.end();
}

std::span<const protocols::FieldRow<Options>> option_table() {
    return option_rows;
}

protocols::AccountSpec business_account(const Options& options, const Subscription& subscription) {
    return {.identity = subscription.account,
            .kind = ledger::AccountKind::till,
            .scheme = options.scheme,
            .account_class = subscription.account_class,
            .opening = units(options, subscription.balance),
            .funded_by = options.trust()};
}

protocols::AccountSpec holder_account(const Options& options, const std::string& identity) {
    return {.identity = identity,
            .may_be_opened = options.opens_customers,
            .scheme = options.scheme,
            .account_class = "customer",
            .opening = units(options, options.opening_balance),
            .funded_by = options.trust()};
}

std::string subscription_profile(std::string_view key) {
    return std::string(subscription_prefix) + std::string(key);
}
std::string user_profile(std::string_view id) {
    return std::string(user_prefix) + std::string(id);
}

std::string to_json(const Options& options) {
    return protocols::record_json<Options>(option_rows, options);
}
std::string to_json(const Subscription& subscription) {
    return protocols::record_json<Subscription>(subscription_rows, subscription);
}
std::string to_json(const ApiUser& user) {
    return protocols::record_json<ApiUser>(user_rows, user);
}

Result<Options> read_options(std::string_view json) {
    return protocols::read_record<Options>(option_rows, json, "options");
}
Result<Subscription> read_subscription(std::string_view json) {
    return protocols::read_record<Subscription>(subscription_rows, json, "subscription");
}
Result<ApiUser> read_user(std::string_view json) {
    return protocols::read_record<ApiUser>(user_rows, json, "user");
}

}  // namespace tuma::mtn
