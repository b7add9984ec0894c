// Amounts of money: whole minor units of an ISO 4217 currency, never floating point.
#pragma once

#include "ledger/words/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma {

/// The ISO 4217 number is the value (so ISO 8583 field 49 needs no table). Those that code names
/// stand here; every other one is its number out of `currency_table`.
enum class Currency : std::uint16_t {
    aud = 36,
    brl = 986,
    cad = 124,
    chf = 756,
    cny = 156,
    eur = 978,
    gbp = 826,
    ghs = 936,
    inr = 356,
    jpy = 392,
    kes = 404,
    krw = 410,
    kwd = 414,
    ngn = 566,
    rwf = 646,
    sek = 752,
    tzs = 834,
    uah = 980,
    ugx = 800,
    usd = 840,
    zar = 710,
};

/// One row of ISO 4217: number, alphabetic code, how many decimals the minor unit has.
struct CurrencyRow {
    Currency currency;
    std::string_view alphabetic_code;
    int decimals;
};

/// Where the table comes from.
inline constexpr std::string_view currency_edition = "list one of 2026-01-01";

/// All currencies of ISO 4217 that amounts can be in, by alphabetic code: funds codes too, and
/// codes that were withdrawn since 2020; not the 13 that have no minor unit. Source: ISO 4217, list
/// one and list three, published 2026-01-01.
std::span<const CurrencyRow> currency_table();

/// The row of `currency`, or nothing if the number is not in the table.
std::optional<CurrencyRow> find_currency(std::uint16_t number);

/// Whether ISO 4217 lists the code with the minor unit "N.A.": XAU, XDR, XTS and so on.
bool has_no_minor_unit(std::string_view code);

/// The currency with the ISO 4217 alphabetic code `code` ("KES"). Refuses anything not in the
/// table.
Result<Currency> parse_currency(std::string_view code);

/// ISO 4217 alphabetic code, upper case. Requires: a currency of the table.
std::string_view alphabetic_code(Currency currency);

/// Which way an inexact quotient goes; always named at the call. `half_up` is away from zero.
enum class Rounding { down, up, half_up, half_even };

/// `minor` minor units of `currency`; negative only where a difference is meant.
struct Money {
    std::int64_t minor = 0;
    Currency currency = Currency::kes;

    bool operator==(const Money&) const = default;

    /// Reads "1234.50": digits, at most one point, at most the currency's decimals.
    /// Refuses: empty text, sign, blanks, exponent, surplus decimals, more than 2^63-1 minor units.
    static Result<Money> parse(std::string_view text, Currency currency);

    /// The inverse of `parse`, with all decimals of the currency: "1234.50"; "-0.05" when negative.
    std::string text() const;
};

/// a + b, or nothing on overflow. Requires: the same currency.
std::optional<Money> add(Money a, Money b);

/// a - b, or nothing on overflow. Requires: the same currency.
std::optional<Money> subtract(Money a, Money b);

/// amount × numerator / denominator on 128 bits, rounded as named; nothing when it does not fit.
/// Requires: denominator > 0.
std::optional<Money> scale(Money amount, std::int64_t numerator, std::int64_t denominator,
                           Rounding rounding);

}  // namespace tuma
