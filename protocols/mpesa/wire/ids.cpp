#include "protocols/mpesa/ids.h"

#include "protocols/crypto/encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace tuma::mpesa {
namespace {

constexpr std::string_view base36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::chrono::hours east_africa{3};
constexpr int first_year = 2006;

struct Local {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
};

Local local(Timestamp time) {
    const auto shifted = time + east_africa;
    const auto day = std::chrono::floor<std::chrono::days>(shifted);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(shifted - day)};
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()),
            static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count())};
}

// Seven characters: a digit, then six of base 36.
constexpr std::uint64_t receipts = 10ULL * 36 * 36 * 36 * 36 * 36 * 36;
// Coprime to the factors of `receipts` (2, 3, 5), so that every order has a receipt of its own.
constexpr std::uint64_t spread = 13'579'246'811;
constexpr std::uint64_t offset = 7'741'204'553;

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>(Wide{a} * b % receipts);
}

// spread to the power of (group order - 1): the units modulo 10 * 36^6 form a group whose order
// divides lambda = lcm of 2^11, 2 * 3^11 and 4.
constexpr std::uint64_t inverse_of_spread() {
    constexpr std::uint64_t lambda = 2'048ULL * 177'147;
    std::uint64_t result = 1;
    std::uint64_t power = spread;
    for (std::uint64_t left = lambda - 1; left > 0; left >>= 1) {
        if ((left & 1) != 0) result = multiply(result, power);
        power = multiply(power, power);
    }
    return result;
}
constexpr std::uint64_t unspread = inverse_of_spread();
static_assert(multiply(spread, unspread) == 1);

std::string date_part(Timestamp time) {
    const Local now = local(time);
    const int year = std::clamp(now.year - first_year, 0, 25);
    return {static_cast<char>('A' + year), static_cast<char>('A' + now.month - 1), base36[now.day]};
}

std::string hex(const protocols::Chance& chance, std::size_t from, std::size_t count) {
    return crypto::hex_lower(std::span{chance}.subspan(from, count));
}

}  // namespace

std::string compact_time(Timestamp time) {
    const Local t = local(time);
    return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", t.year, t.month, t.day, t.hour, t.minute,
                       t.second);
}

std::string dotted_time(Timestamp time) {
    const Local t = local(time);
    return fmt::format("{:02}.{:02}.{:04} {:02}:{:02}:{:02}", t.day, t.month, t.year, t.hour,
                       t.minute, t.second);
}

std::string receipt(OrderId order, Timestamp time) {
    std::uint64_t left = (multiply(order.value % receipts, spread) + offset) % receipts;
    std::array<char, 7> tail{};
    for (std::size_t i = tail.size(); i-- > 1; left /= 36) tail[i] = base36[left % 36];
    tail[0] = base36[left];
    return date_part(time) + std::string(tail.data(), tail.size());
}

std::optional<OrderId> order_of(std::string_view receipt) {
    if (receipt.size() != 10) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 3; i < receipt.size(); ++i) {
        char c = receipt[i];
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        const std::size_t digit = base36.find(c);
        if (digit == std::string_view::npos || (i == 3 && digit > 9)) return std::nullopt;
        number = number * 36 + digit;
    }
    const std::uint64_t order = multiply((number + receipts - offset) % receipts, unspread);
    if (order == 0) return std::nullopt;
    return OrderId{order};
}

std::string empty_receipt(Timestamp time) {
    return date_part(time) + "0000000";
}

std::string checkout_request_id(Timestamp time, std::string_view msisdn, int digits) {
    const std::string fraction = fmt::format("{:03}", local(time).millisecond);
    const std::size_t kept = static_cast<std::size_t>(std::clamp(digits, 0, 3));
    const std::size_t tail = std::min<std::size_t>(msisdn.size(), 9);
    return "ws_CO_" +
           [&] {
               const Local t = local(time);
               return fmt::format("{:02}{:02}{:04}{:02}{:02}{:02}", t.day, t.month, t.year, t.hour,
                                  t.minute, t.second);
           }() +
           fraction.substr(0, kept) + std::string(msisdn.substr(msisdn.size() - tail));
}

std::chrono::milliseconds checkout_step(int digits) {
    std::chrono::milliseconds step{1'000};
    for (int i = 0; i < std::clamp(digits, 0, 3); ++i) step /= 10;
    return step;
}

std::string conversation_id(Timestamp time, const protocols::Chance& chance) {
    const Local t = local(time);
    return fmt::format("AG_{:04}{:02}{:02}_2010{}", t.year, t.month, t.day, hex(chance, 32, 8));
}

std::string uuid(const protocols::Chance& chance) {
    protocols::Chance bytes = chance;
    // Version 4, variant 1: RFC 4122, section 4.4.
    bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    return fmt::format("{}-{}-{}-{}-{}", hex(bytes, 0, 4), hex(bytes, 4, 2), hex(bytes, 6, 2),
                       hex(bytes, 8, 2), hex(bytes, 10, 6));
}

std::string request_id(RequestIdStyle style, const protocols::Context& context) {
    if (style == RequestIdStyle::old)
        return fmt::format("{}-{}-1", 10'000 + context.counter % 90'000,
                           10'000'000 + context.counter % 90'000'000);
    // A UUID without its first group, and a counter of four to seven digits right behind it.
    return uuid(context.chance).substr(9) + std::to_string(1'000 + context.counter % 9'999'000);
}

}  // namespace tuma::mpesa
