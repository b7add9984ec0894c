// The shapes of Daraja's values: phone numbers, business numbers, amounts, addresses, dates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// 254, then 7 or 1, then eight digits.
bool is_msisdn(std::string_view text);
/// The number as `is_msisdn` wants it; with `lenient` also from 07…, 01… and +254….
std::optional<std::string> read_msisdn(std::string_view text, bool lenient);
/// 5 to 7 digits.
bool is_shortcode(std::string_view text);
/// 14 digits that are a date and a time of day.
bool is_compact_time(std::string_view text);

/// The most that one transaction may move, in cents. Source: mpesa reference, sections 1.5, 1.9.
inline constexpr std::int64_t transaction_max = 250'000 * 100;

/// Whole shillings from 1 to 999,999,999, in cents. "10", "10.0" and "10.00" are ten shillings;
/// refuses signs, exponents, and cents that are not zero.
std::optional<std::int64_t> read_amount(std::string_view text);
/// Cents as "10.00".
std::string decimal_text(std::int64_t cents);
/// Cents as a JSON number with as few digits as it needs, at least one behind the point: "10.0",
/// "8959269.6", "10.25".
std::string short_decimal_text(std::int64_t cents);
/// Cents as whole shillings if they are whole: "10", else "10.25".
std::string plain_text(std::int64_t cents);

/// An address that Daraja takes for callbacks: http or https, a host in lower case, no blanks, no
/// angle brackets, at most 500 characters. With `https_only` no http.
/// Source: mpesa reference, section 1.5 (observed).
bool is_callback_url(std::string_view url, bool https_only);
/// One of the words that C2B addresses must not have, in any case, or nothing.
/// Source: mpesa reference, section 1.8.
std::optional<std::string_view> forbidden_word(std::string_view url);

/// A day as Bill Manager's samples write it, with or without a time of day: "2021-09-15",
/// "2021-09-15 00:00:00.00".
bool is_bill_day(std::string_view text);

/// "2547 ***** 126".
std::string masked_msisdn(std::string_view msisdn);

}  // namespace tuma::mpesa
