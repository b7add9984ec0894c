#include "ledger/words/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace tuma {
namespace {

CurrencyRow row_of(Currency currency) {
    const auto row = find_currency(static_cast<std::uint16_t>(currency));
    ensure(row.has_value(), "a currency outside the table");
    return *row;
}

__extension__ using Wide = __int128;

std::optional<Money> narrow(Wide minor, Currency currency) {
    if (minor > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
    if (minor < std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    return Money{static_cast<std::int64_t>(minor), currency};
}

bool rounds_away(Rounding rounding, Wide quotient, Wide remainder, Wide denominator) {
    switch (rounding) {
        case Rounding::down:
            return false;
        case Rounding::up:
            return remainder != 0;
        case Rounding::half_up:
            return 2 * remainder >= denominator;
        case Rounding::half_even:
            // Exactly half: to the even neighbour, so that many roundings do not drift to one side.
            if (2 * remainder == denominator) return quotient % 2 != 0;
            return 2 * remainder > denominator;
    }
    unreachable("a rounding outside the enumeration");
}

}  // namespace

Result<Currency> parse_currency(std::string_view text) {
    const auto refuse = [](std::string why) { return InputError{"currency", std::move(why)}; };
    const std::span<const CurrencyRow> table = currency_table();
    const auto row = std::ranges::lower_bound(table, text, {}, &CurrencyRow::alphabetic_code);
    if (row != table.end() && row->alphabetic_code == text) return row->currency;
    if (has_no_minor_unit(text))
        return refuse(
            fmt::format("'{}' has no minor unit in ISO 4217, so that no amount can be in "
                        "it; a currency like KES is needed",
                        text));
    return refuse(fmt::format("'{}' is not a known ISO 4217 code; for example KES ({})",
                              text.substr(0, 16), currency_edition));
}

std::string_view alphabetic_code(Currency currency) {
    return row_of(currency).alphabetic_code;
}

Result<Money> Money::parse(std::string_view text, Currency currency) {
    // Digit by digit and never by way of a double: 0.07 has no exact one.
    const int decimals = row_of(currency).decimals;
    const auto refuse = [](std::string_view why) { return InputError{"amount", std::string(why)}; };
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    const std::string_view part =
        point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
    // One way to write an amount. ".5" and "5." are more often a slip than an amount.
    if (whole.empty()) return refuse("must start with a digit");
    if (point != std::string_view::npos && part.empty()) return refuse("no digit after the point");
    // Refused and not rounded: nobody but the sender knows which amount was meant.
    if (part.size() > static_cast<std::size_t>(decimals))
        return refuse(
            fmt::format("more than {} decimals for {}", decimals, alphabetic_code(currency)));

    std::int64_t minor = 0;
    const auto take = [&minor](char c) {
        return !__builtin_mul_overflow(minor, std::int64_t{10}, &minor) &&
               !__builtin_add_overflow(minor, std::int64_t{c - '0'}, &minor);
    };
    for (const std::string_view digits : {whole, part}) {
        for (const char c : digits) {
            if (c < '0' || c > '9') return refuse("only digits and one point are allowed");
            if (!take(c)) return refuse("more than 9223372036854775807 minor units");
        }
    }
    // As if the decimals that are left out had been written as zeros.
    for (std::size_t i = part.size(); i < static_cast<std::size_t>(decimals); ++i)
        if (!take('0')) return refuse("more than 9223372036854775807 minor units");
    return Money{minor, currency};
}

std::string Money::text() const {
    const int decimals = row_of(currency).decimals;
    // Through unsigned so that the most negative amount has an absolute value.
    const std::uint64_t absolute =
        minor < 0 ? 0U - static_cast<std::uint64_t>(minor) : static_cast<std::uint64_t>(minor);
    std::uint64_t unit = 1;
    for (int i = 0; i < decimals; ++i) unit *= 10;
    const std::string_view sign = minor < 0 ? "-" : "";
    if (decimals == 0) return fmt::format("{}{}", sign, absolute);
    return fmt::format("{}{}.{:0{}}", sign, absolute / unit, absolute % unit, decimals);
}

std::optional<Money> add(Money a, Money b) {
    ensure(a.currency == b.currency, "adding two currencies");
    return narrow(Wide{a.minor} + b.minor, a.currency);
}

std::optional<Money> subtract(Money a, Money b) {
    ensure(a.currency == b.currency, "subtracting two currencies");
    return narrow(Wide{a.minor} - b.minor, a.currency);
}

std::optional<Money> scale(Money amount, std::int64_t numerator, std::int64_t denominator,
                           Rounding rounding) {
    ensure(denominator > 0, "scaling by a fraction with a denominator that is not positive");
    // Two numbers of 64 bits always fit into 128.
    const Wide product = Wide{amount.minor} * numerator;
    // Rounded without its sign: a refund must round as its charge did.
    const bool negative = product < 0;
    const Wide absolute = negative ? -product : product;
    Wide quotient = absolute / denominator;
    if (rounds_away(rounding, quotient, absolute % denominator, denominator)) ++quotient;
    return narrow(negative ? -quotient : quotient, amount.currency);
}

}  // namespace tuma
