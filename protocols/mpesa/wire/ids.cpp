#include "protocols/mpesa/wire/ids.h"

#include "protocols/kit/ids.h"
#include "protocols/kit/local_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace tuma::mpesa {
namespace {

constexpr std::string_view base36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr int first_year = 2006;

// Which of a request's random bytes serve what.
constexpr protocols::EntropyPart entropy_uuid{0, 16};
constexpr protocols::EntropyPart entropy_conversation{32, 8};
constexpr protocols::EntropyPart entropy_app_key{40, 21};

protocols::LocalTime local(Timestamp time) {
    return protocols::local_time(time, protocols::east_africa);
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

// The same for 64 bits, where an odd factor can be undone.
constexpr std::uint64_t payment_spread = 0x9E37'79B9'7F4A'7C15;
constexpr std::uint64_t payment_unspread = 0xF1DE'83E1'9937'733D;
static_assert(payment_spread * payment_unspread == 1);

std::string date_part(Timestamp time) {
    const protocols::LocalTime now = local(time);
    // The alphabet ends in 2031. Later receipts keep its last letter.
    const int year = std::clamp(now.year - first_year, 0, 25);
    return {static_cast<char>('A' + year), static_cast<char>('A' + now.month - 1), base36[now.day]};
}

}  // namespace

std::string compact_time(Timestamp time) {
    return protocols::compact_time(time, protocols::east_africa);
}

std::string dotted_time(Timestamp time) {
    const protocols::LocalTime t = local(time);
    return fmt::format("{:02}.{:02}.{:04} {:02}:{:02}:{:02}", t.day, t.month, t.year, t.hour,
                       t.minute, t.second);
}

std::string receipt(OrderId order, Timestamp time) {
    // Neighbouring orders get receipts that look unrelated, and the step can be undone.
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
        // People type receipts by hand.
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        const std::size_t digit = base36.find(c);
        if (digit == std::string_view::npos || (i == 3 && digit > 9)) return std::nullopt;
        number = number * 36 + digit;
    }
    const std::uint64_t order = multiply((number + receipts - offset) % receipts, unspread);
    // Orders count from 1.
    if (order == 0) return std::nullopt;
    return OrderId{order};
}

std::string empty_receipt(Timestamp time) {
    return date_part(time) + "0000000";
}

std::string checkout_request_id(Timestamp time, std::string_view msisdn, int digits) {
    const protocols::LocalTime t = local(time);
    const std::string fraction = fmt::format("{:03}", t.millisecond);
    const std::size_t kept = static_cast<std::size_t>(std::clamp(digits, 0, 3));
    // Without the country's code, as in real ids.
    const std::size_t tail = std::min<std::size_t>(msisdn.size(), 9);
    return fmt::format("ws_CO_{:02}{:02}{:04}{:02}{:02}{:02}{}{}", t.day, t.month, t.year, t.hour,
                       t.minute, t.second, fraction.substr(0, kept),
                       msisdn.substr(msisdn.size() - tail));
}

std::chrono::milliseconds checkout_step(int digits) {
    std::chrono::milliseconds step{1'000};
    for (int i = 0; i < std::clamp(digits, 0, 3); ++i) step /= 10;
    return step;
}

std::string conversation_id(Timestamp time, const protocols::Entropy& entropy) {
    const protocols::LocalTime t = local(time);
    // 20 hexadecimal digits, of which the first four are the same in every id.
    return fmt::format("AG_{:04}{:02}{:02}_2010{}", t.year, t.month, t.day,
                       protocols::hex_of(entropy, entropy_conversation));
}

std::string payment_conversation_id(OrderId order, Timestamp time) {
    const protocols::LocalTime t = local(time);
    return fmt::format("AG_{:04}{:02}{:02}_2070{:016x}", t.year, t.month, t.day,
                       order.value * payment_spread);
}

std::optional<OrderId> order_of_conversation(std::string_view conversation) {
    constexpr std::size_t digits_at = 16;
    if (conversation.size() != 2 * digits_at) return std::nullopt;
    const std::string_view digits = conversation.substr(digits_at);
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    const std::uint64_t order = number * payment_unspread;
    if (order == 0) return std::nullopt;
    return OrderId{order};
}

std::string app_key(const protocols::Entropy& entropy) {
    // Ten digits, nine digits, two letters.
    constexpr std::size_t first = 10;
    constexpr std::size_t letters = 19;
    std::string text = "AG_";
    for (const std::byte byte : protocols::bytes_of(entropy, entropy_app_key)) {
        const std::size_t place = text.size() - 3;
        const auto value = std::to_integer<unsigned>(byte);
        if (place == first) text += '_';
        text += static_cast<char>(place > letters ? 'A' + value % 26 : '0' + value % 10);
    }
    return text;
}

std::string uuid(const protocols::Entropy& entropy) {
    return protocols::uuid(entropy, entropy_uuid);
}

std::string request_id(RequestIdStyle style, const protocols::Context& context) {
    if (style == RequestIdStyle::old)
        // Always five and eight digits.
        return fmt::format("{}-{}-1", 10'000 + context.counter % 90'000,
                           10'000'000 + context.counter % 90'000'000);
    // A UUID without its first group, and a counter of four to seven digits right behind it.
    return uuid(context.entropy).substr(9) + std::to_string(1'000 + context.counter % 9'999'000);
}

}  // namespace tuma::mpesa
