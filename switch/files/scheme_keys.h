// The keys of a scheme file, table by table; switch/schemes/README.md describes each.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace tuma {

namespace scheme_keys {

using Key = std::string_view;

inline constexpr std::array<Key, 9> top{"name", "version", "currency", "zone",    "calendar",
                                        "type", "class",   "reversal", "operator"};
inline constexpr std::array<Key, 9> type{"name",    "purpose", "from", "to",        "minimum",
                                         "maximum", "fee",     "tax",  "commission"};
inline constexpr std::array<Key, 9> fee{"bearer",     "bands",         "rate_bp",
                                        "flat",       "minimum",       "cap",
                                        "free_up_to", "free_lifetime", "rounding"};
inline constexpr std::array<Key, 3> tax{"mode", "rate_bp", "rounding"};
inline constexpr std::array<Key, 7> commission{"bands", "rate_bp",    "flat",    "minimum",
                                               "cap",   "free_up_to", "rounding"};
inline constexpr std::array<Key, 6> account_class{"name",     "kind",       "identifiers",
                                                  "receives", "settlement", "limits"};
inline constexpr std::array<Key, 12> settlement{
    "lag_days",      "lag_unit",   "roll",           "cut_off",      "payout_at",  "minimum_payout",
    "minimum_basis", "payout_fee", "refunds_netted", "negative_net", "reserve_bp", "reserve_days"};
inline constexpr std::array<Key, 8> limits{"from",    "to",     "per_transaction", "daily",
                                           "monthly", "yearly", "lifetime",        "ceiling"};
inline constexpr std::array<Key, 6> reversal{"allowed",      "within_days",  "returns_fee",
                                             "fee_returned", "tax_returned", "commission_returned"};
inline constexpr std::array<Key, 1> of_operator{"own_funds_may_be_short"};

}  // namespace scheme_keys

/// A table as it is written in a file, with the keys that it may have.
struct SchemeTable {
    std::string_view heading;  ///< "[[type.fee]]"; empty for the keys above all tables
    std::span<const std::string_view> keys;
};

/// All tables of the format, in the order of a file.
inline constexpr std::array<SchemeTable, 10> scheme_tables{{
    {"", scheme_keys::top},
    {"[[type]]", scheme_keys::type},
    {"[[type.fee]]", scheme_keys::fee},
    {"[type.tax]", scheme_keys::tax},
    {"[type.commission]", scheme_keys::commission},
    {"[[class]]", scheme_keys::account_class},
    {"[class.settlement]", scheme_keys::settlement},
    {"[[class.limits]]", scheme_keys::limits},
    {"[reversal]", scheme_keys::reversal},
    {"[operator]", scheme_keys::of_operator},
}};

}  // namespace tuma
