// How the emulated WeChat Pay behaves where sources disagree or a test wants another pace.
#pragma once

#include "ledger/words/result.h"
#include "protocols/kit/field_table.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// One value for the whole dialect, stored as the profile "wechat/options". What is not named in
/// the profile is as here. Times are milliseconds unless the name says otherwise, amounts fen.
struct Options {
    // Time
    std::int64_t customer_delay_ms = 3'000;
    std::int64_t password_delay_ms = 5'000;
    std::int64_t refund_delay_ms = 3'000;
    std::int64_t transfer_delay_ms = 3'000;
    std::int64_t sharing_delay_ms = 1'000;
    std::int64_t sharing_after_ms = 60'000;
    std::int64_t order_life_days = 7;
    std::int64_t bill_hour = 9;
    std::int64_t bill_url_s = 300;
    bool bills_of_today = false;

    // Customers
    bool opens_customers = true;
    std::int64_t opening_balance = 10'000'000;
    std::string customer_class = "wallet-3";
    std::string scheme = "wechat-china";
    std::string payer = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

    // What the API says
    std::string error_words = "new";
    bool refuses_unknown_members = true;
    bool requires_headers = true;
    std::int64_t order_number_least = 6;
    bool refuses_query_in_notify_url = true;
    bool signs_errors = false;
    bool signature_probes = false;
    std::int64_t unknown_merchant_status = 400;
    bool requires_v2_certificate = true;
    bool checks_v2_certificate = false;

    bool operator==(const Options&) const = default;
};

using OptionRow = protocols::FieldRow<Options>;
std::span<const OptionRow> option_table();

/// All options as one JSON object.
std::string to_json(const Options& options);
/// The inverse; options that are not there keep their defaults. Refuses with the option's name:
/// options that do not exist, other types, values out of bounds.
Result<Options> read_options(std::string_view json);

}  // namespace tuma::wechat
