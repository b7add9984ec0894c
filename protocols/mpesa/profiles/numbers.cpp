#include "protocols/mpesa/profiles/numbers.h"

#include "ledger/words/time.h"
#include "protocols/kit/local_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

constexpr std::size_t url_bytes_max = 500;
constexpr std::array<std::string_view, 8> forbidden{"m-pesa", "mpesa", "safaricom", "exec",
                                                    "exe",    "cmd",   "sql",       "query"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_digit);
}

unsigned number(std::string_view digits) {
    unsigned value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
}

// What stands behind the last colon, unless that is inside of an IPv6 address.
bool has_good_port(std::string_view authority) {
    const std::size_t colon = authority.rfind(':');
    if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
        return true;
    constexpr std::size_t digits_max = 5;
    const std::string_view digits = authority.substr(colon + 1);
    if (digits.empty() || digits.size() > digits_max || !is_digits(digits)) return false;
    const unsigned port = number(digits);
    return port >= 1 && port <= 65'535;
}

bool is_host(std::string_view authority) {
    // No capital letters and no angle brackets, as was observed; a port and IPv6 are allowed.
    const auto is_host_character = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_' ||
               c == ':' || c == '[' || c == ']';
    };
    return !authority.empty() && authority.front() != ':' && has_good_port(authority) &&
           std::all_of(authority.begin(), authority.end(), is_host_character);
}

}  // namespace

bool is_msisdn(std::string_view text) {
    return text.size() == 12 && is_digits(text) && text.starts_with("254") &&
           (text[3] == '7' || text[3] == '1');
}

std::optional<std::string> read_msisdn(std::string_view text, bool lenient) {
    std::string number(text);
    if (lenient && text.starts_with('+')) number = text.substr(1);
    if (lenient && text.size() == 10 && text.front() == '0')
        number = "254" + std::string(text.substr(1));
    // Only the spelling is mended; what comes out has to be a Kenyan mobile number all the same.
    if (!is_msisdn(number)) return std::nullopt;
    return number;
}

bool is_shortcode(std::string_view text) {
    return text.size() >= 5 && text.size() <= 7 && is_digits(text);
}

bool is_compact_time(std::string_view text) {
    return protocols::read_compact_time(text, protocols::east_africa).has_value();
}

std::optional<std::int64_t> read_amount(std::string_view text) {
    const std::size_t point = text.find('.');
    const std::string_view whole = text.substr(0, point);
    // Nine digits are more than any amount and fit 32 bits.
    if (whole.empty() || whole.size() > 9 || !is_digits(whole)) return std::nullopt;
    if (point != std::string_view::npos) {
        const std::string_view cents = text.substr(point + 1);
        const bool is_zero =
            std::all_of(cents.begin(), cents.end(), [](char c) { return c == '0'; });
        if (cents.empty() || cents.size() > 9 || !is_zero) return std::nullopt;
    }
    const std::int64_t shillings = number(whole);
    // Zero is a wrong field. That it is too little for an API is that API's result.
    if (shillings == 0) return std::nullopt;
    return shillings * 100;
}

std::string decimal_text(std::int64_t cents) {
    // The sign is set in front: -5 / 100 is 0 and would lose it.
    const std::int64_t size = cents < 0 ? -cents : cents;
    return fmt::format("{}{}.{:02}", cents < 0 ? "-" : "", size / 100, size % 100);
}

std::string short_decimal_text(std::int64_t cents) {
    std::string text = decimal_text(cents);
    // One digit behind the point always stays.
    if (text.back() == '0') text.pop_back();
    return text;
}

std::string plain_text(std::int64_t cents) {
    return cents % 100 == 0 ? std::to_string(cents / 100) : decimal_text(cents);
}

bool is_callback_url(std::string_view url, bool https_only) {
    if (url.size() > url_bytes_max) return false;
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7F && c != '<' && c != '>'; };
    // Angle brackets are refused, as was observed.
    if (!std::all_of(url.begin(), url.end(), is_visible)) return false;
    if (url.starts_with("https://"))
        url.remove_prefix(8);
    else if (!https_only && url.starts_with("http://"))
        url.remove_prefix(7);
    else
        return false;
    // Whether the host exists is not asked, as with Daraja.
    return is_host(url.substr(0, url.find_first_of("/?#")));
}

std::optional<std::string_view> forbidden_word(std::string_view url) {
    std::string lower(url);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    // Longer words stand in front of those within them, so that the message names what was written.
    for (const std::string_view word : forbidden)
        if (lower.find(word) != std::string::npos) return word;
    return std::nullopt;
}

bool is_bill_day(std::string_view text) {
    return read_written_time(text).has_value();
}

std::string masked_msisdn(std::string_view msisdn) {
    return std::string(msisdn.substr(0, 4)) + " ***** " +
           std::string(msisdn.substr(msisdn.size() - 3));
}

}  // namespace tuma::mpesa
