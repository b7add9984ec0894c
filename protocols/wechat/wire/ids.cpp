#include "protocols/wechat/ids.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/wechat/call.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tuma::wechat {
namespace {

constexpr std::chrono::hours beijing{8};
constexpr std::size_t order_digits = 10;
constexpr std::size_t id_digits_min = 28;
constexpr std::size_t id_digits_max = 40;

struct Local {
    std::chrono::year_month_day day;
    std::chrono::hh_mm_ss<std::chrono::seconds> time;
};

Local local(Timestamp instant) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(instant + beijing);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    return {std::chrono::year_month_day{day},
            std::chrono::hh_mm_ss<std::chrono::seconds>{seconds - day}};
}

std::string day_digits(Timestamp time) {
    return compact_beijing_time(time).substr(0, 8);
}

// A form with six numbers.
std::string written(fmt::format_string<int, unsigned, unsigned, long, long, long> form,
                    Timestamp time) {
    const Local parts = local(time);
    return fmt::format(
        form, static_cast<int>(parts.day.year()), static_cast<unsigned>(parts.day.month()),
        static_cast<unsigned>(parts.day.day()), static_cast<long>(parts.time.hours().count()),
        static_cast<long>(parts.time.minutes().count()),
        static_cast<long>(parts.time.seconds().count()));
}

}  // namespace

std::string beijing_time(Timestamp time) {
    return written("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00", time);
}

std::string compact_beijing_time(Timestamp time) {
    return written("{:04}{:02}{:02}{:02}{:02}{:02}", time);
}

std::string bill_time(Timestamp time) {
    return written("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time);
}

Timestamp beijing_midnight(std::chrono::sys_days day) {
    return Timestamp{day} - beijing;
}

std::string transaction_id(OrderId order, Timestamp paid_at) {
    return fmt::format("4200002000{}{:010}", day_digits(paid_at), order.value);
}

std::string transaction_id(const ledger::Order& order) {
    return transaction_id(order.terms.id, order.moved_at);
}

std::string refund_id(const ledger::Order& order) {
    return fmt::format("50300005640{}{:010}", day_digits(order.opened_at), order.terms.id.value);
}

std::string transfer_bill_no(const ledger::Order& order) {
    return fmt::format("1330000071100000000000{}{:010}", day_digits(order.opened_at),
                       order.terms.id.value);
}

std::string sharing_id(const ledger::Order& order) {
    return fmt::format("3000002000{}{:010}", day_digits(order.opened_at), order.terms.id.value);
}

std::optional<OrderId> order_of(std::string_view id) {
    if (id.size() < id_digits_min || id.size() > id_digits_max) return std::nullopt;
    const std::string_view digits = id.substr(id.size() - order_digits);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0)
        return std::nullopt;
    return OrderId{value};
}

std::string prepay_id(OrderId order, Timestamp now, const protocols::Chance& chance) {
    const std::string fresh = chance_hex(chance, chance_token).substr(0, 10);
    return fmt::format("wx{}{:010}{}", compact_beijing_time(now), order.value, fresh);
}

std::string code_url(const protocols::Chance& chance) {
    return "weixin://wxpay/bizpayurl?pr=" + chance_text(chance, chance_token) + "zz";
}

std::string h5_url(std::string_view prepay, OrderId order) {
    return fmt::format(
        "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={}&package={:010}", prepay,
        order.value);
}

std::string event_id(NoticeId notice, std::string_view secret) {
    const crypto::Sha256 hash = crypto::sha256(fmt::format("notice/{}/{}", notice.value, secret));
    std::string hex = crypto::hex_lower(std::span{hash}.first(16));
    hex[12] = '5';  // a name-based uuid
    hex[16] = "89ab"[std::to_integer<unsigned>(hash[8]) & 3U];
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

}  // namespace tuma::wechat
