#include "switch/replay/words/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace tuma::replay {
namespace {

constexpr std::string_view minus = "−";

/// Puts commas between the groups of the digits before the point; a sign in front becomes a minus.
std::string grouped(std::string_view text) {
    std::string out;
    // The sign is typographic: a hyphen beside a figure reads like a dash in a sentence.
    if (text.starts_with('-')) {
        out = minus;
        text.remove_prefix(1);
    }
    const std::size_t whole = std::min(text.find('.'), text.size());
    for (std::size_t i = 0; i < whole; ++i) {
        // Counted from the point, so that the groups of three stand right.
        if (i > 0 && (whole - i) % 3 == 0) out += ',';
        out += text[i];
    }
    return out.append(text.substr(whole));
}

}  // namespace

std::string count_text(std::int64_t n) {
    return grouped(fmt::format("{}", n));
}

std::string count_text(std::uint64_t n) {
    return grouped(fmt::format("{}", n));
}

std::string counted(std::int64_t n, const std::string& singular, const std::string& plural) {
    if (n == 1) return "1 " + singular;
    return count_text(n) + " " + (plural.empty() ? singular + "s" : plural);
}

std::string amount_text(std::int64_t minor, Currency currency) {
    return grouped(Money{minor, currency}.text());
}

std::string money_text(std::int64_t minor, Currency currency) {
    return std::string(alphabetic_code(currency)) + " " + amount_text(minor, currency);
}

std::string share_text(std::int64_t micro) {
    const std::int64_t size = micro < 0 ? -micro : micro;
    const std::int64_t hundredths = size / 100 + (size % 100 >= 50 ? 1 : 0);
    // Something is not nothing: rounded to 0.00 % a fee would look free.
    if (hundredths == 0 && size > 0) return micro > 0 ? "< 0.01 %" : "> −0.01 %";
    return grouped(fmt::format("{}{}.{:02}", micro < 0 ? "-" : "", hundredths / 100,
                               hundredths % 100)) +
           " %";
}

std::optional<std::string> tenths_text(std::int64_t numerator, std::int64_t denominator) {
    // Not every merchant has an average day above zero.
    if (denominator <= 0) return std::nullopt;
    __extension__ using Wide = __int128;
    const Wide size = numerator < 0 ? -Wide{numerator} : Wide{numerator};
    // Half up, in a type that no amount can leave.
    const Wide tenths = (size * 20 + denominator) / (Wide{denominator} * 2);
    const auto whole = static_cast<std::int64_t>(tenths / 10);
    const auto tenth = static_cast<int>(tenths % 10);
    // A zero has no sign, even if it was a little below.
    return grouped(fmt::format("{}{}.{}", numerator < 0 && tenths > 0 ? "-" : "", whole, tenth));
}

std::string prose_day(core::LocalDay day) {
    const std::chrono::year_month_day date{day};
    // With blanks that are not broken at: a date over two lines is read twice.
    return fmt::format("{}\u00A0{}\u00A0{}", static_cast<unsigned>(date.day()),
                       month_name(date.month()), static_cast<int>(date.year()));
}

std::string_view month_name(std::chrono::month month) {
    static constexpr std::array<std::string_view, 12> names = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[static_cast<unsigned>(month) - 1];
}

}  // namespace tuma::replay
