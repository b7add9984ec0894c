// What the dialect keeps in the directory: options, subscriptions, API users; and the JSON of it.
#pragma once

#include "ledger/words/money.h"
#include "ledger/words/result.h"
#include "protocols/kit/account_spec.h"
#include "protocols/kit/directory.h"
#include "protocols/kit/field_table.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mtn {

/// How the emulated service behaves where the real one has two faces. One value for the whole
/// dialect, profile "mtn/options"; as here unless it is named there. The sandbox; a country is
/// another environment, currency and scheme.
struct Options {
    bool accept_any_token = false;
    std::int64_t token_lifetime_s = 3'600;
    std::string target_environment = "sandbox";
    std::string currency = "EUR";
    std::string scheme{};
    std::int64_t customer_delay_ms = 1'000;
    std::int64_t approval_timeout_ms = 300'000;
    bool opens_customers = true;
    std::int64_t opening_balance = 100'000;
    std::string callback_method = "POST";
    std::int64_t callback_repeat_ms = 0;
    bool reason_object = false;

    bool operator==(const Options&) const = default;
    Currency money() const { return parse_currency(currency).value(); }
    /// Who issues what accounts are opened with.
    std::string trust() const { return (scheme.empty() ? "mtn" : scheme) + ".trust"; }
};
std::span<const protocols::FieldRow<Options>> option_table();

/// A UUID of version 4, as X-Reference-Id has to be.
bool is_reference(std::string_view id);
inline constexpr std::string_view no_reference = "a reference has to be a UUID of version 4";
inline constexpr std::string_view no_holder = "the path names no MSISDN, EMAIL or PARTY_CODE";

/// What a subscription key may be for; the first part of a path.
inline constexpr std::array<std::string_view, 3> products{"collection", "disbursement",
                                                          "remittance"};

/// What a subscription key opens. Profile "mtn/subscription/KEY".
struct Subscription {
    std::string key;
    std::vector<std::string> products{};       ///< real keys open one product
    std::string account{};                     ///< the business's, whose balance it is
    std::string account_class = "collection";  ///< of the scheme
    std::int64_t balance = 0;                  ///< whole units, when the account is opened

    bool operator==(const Subscription&) const = default;
    bool opens(std::string_view product) const;
};

/// Who may ask for access tokens. Profile "mtn/user/UUID".
struct ApiUser {
    std::string id;
    std::string callback_host;
    std::string api_key{};  ///< empty: none was made yet

    bool operator==(const ApiUser&) const = default;
};

/// The accounts of a business and of an account holder.
protocols::AccountSpec business_account(const Options& options, const Subscription& subscription);
protocols::AccountSpec holder_account(const Options& options, const std::string& identity);

std::string to_json(const Options& options);
std::string to_json(const Subscription& subscription);
std::string to_json(const ApiUser& user);
/// The inverses. Refuse with the member's name what is missing and has no default, what does not
/// exist, other types, values out of bounds.
Result<Options> read_options(std::string_view json);
Result<Subscription> read_subscription(std::string_view json);
Result<ApiUser> read_user(std::string_view json);

inline constexpr std::string_view options_profile = "mtn/options";
/// Bytes that nobody else knows, as they are: access tokens are made with them.
inline constexpr std::string_view secret_profile = "mtn/secret";
inline constexpr std::string_view subscription_prefix = "mtn/subscription/";
inline constexpr std::string_view user_prefix = "mtn/user/";
std::string subscription_profile(std::string_view key);
std::string user_profile(std::string_view id);

inline constexpr std::array profile_kinds{
    protocols::ProfileKind{options_profile, protocols::violation_of<read_options>},
    protocols::ProfileKind{subscription_prefix,
                           protocols::violation_of_named<read_subscription, &Subscription::key>},
    protocols::ProfileKind{user_prefix, protocols::violation_of_named<read_user, &ApiUser::id>},
    protocols::ProfileKind{secret_profile, protocols::violation_of_secret}};

}  // namespace tuma::mtn
