#include "protocols/wechat/wire/ids.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/ids.h"
#include "protocols/kit/local_time.h"
#include "protocols/wechat/wire/call.h"

#include <fmt/format.h>

namespace tuma::wechat {
namespace {

using protocols::beijing;
constexpr std::size_t order_digits = 10;
constexpr std::uint64_t sharing_numbers = 1'000'000'000'000'000;
constexpr std::size_t id_digits_min = 28;
constexpr std::size_t id_digits_max = 40;

std::string day_digits(Timestamp time) {
    return compact_beijing_time(time).substr(0, 8);
}

// A form with six numbers.
std::string written(fmt::format_string<int, unsigned, unsigned, int, int, int> form,
                    Timestamp time) {
    const protocols::LocalTime t = protocols::local_time(time, beijing);
    return fmt::format(form, int{t.year}, unsigned{t.month}, unsigned{t.day}, int{t.hour},
                       int{t.minute}, int{t.second});
}

}  // namespace

std::string beijing_time(Timestamp time) {
    // Whole seconds with Beijing's offset, as the service writes them.
    return written("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+08:00", time);
}

std::string compact_beijing_time(Timestamp time) {
    return protocols::compact_time(time, beijing);
}

std::string bill_time(Timestamp time) {
    return written("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time);
}

Timestamp beijing_midnight(std::chrono::sys_days day) {
    // Midnight there is eight hours before midnight in UTC.
    return Timestamp{day} - beijing;
}

std::string transaction_id(OrderId order, Timestamp paid_at) {
    // The order's number stands at the end, so that no index of these ids is needed. Whoever looks
    // one up has to compare the whole id.
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

std::string sharing_order_id(std::string_view mchid, std::string_view out_order_no, Timestamp now) {
    const crypto::Sha256 hash = crypto::sha256(fmt::format("sharing/{}/{}", mchid, out_order_no));
    std::uint64_t number = 0;
    for (const std::byte byte : std::span{hash}.first(8))
        number = (number << 8U) | std::to_integer<std::uint64_t>(byte);
    return fmt::format("30000{}{:015}", day_digits(now), number % sharing_numbers);
}

std::optional<OrderId> order_of(std::string_view id) {
    // The ids of payments, refunds, sharings and transfers differ in length; all are within these
    // bounds.
    if (id.size() < id_digits_min || id.size() > id_digits_max) return std::nullopt;
    return protocols::order_in(id, order_digits);
}

std::string prepay_id(OrderId order, Timestamp now, const protocols::Entropy& entropy) {
    // Another one for each request, also for the same order.
    const std::string fresh = entropy_hex(entropy, entropy_token).substr(0, 10);
    return fmt::format("wx{}{:010}{}", compact_beijing_time(now), order.value, fresh);
}

std::string code_url(const protocols::Entropy& entropy) {
    return "weixin://wxpay/bizpayurl?pr=" + entropy_text(entropy, entropy_token) + "zz";
}

std::string h5_url(std::string_view prepay, OrderId order) {
    return fmt::format(
        "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id={}&package={:010}", prepay,
        order.value);
}

std::string event_id(NoticeId notice, std::string_view secret) {
    // Made of the notice's number: a repetition has the same id, and the secret keeps it from being
    // guessed.
    const crypto::Sha256 hash = crypto::sha256(fmt::format("notice/{}/{}", notice.value, secret));
    std::string hex = crypto::hex_lower(std::span{hash}.first(16));
    hex[12] = '5';  // a name-based uuid
    hex[16] = "89ab"[std::to_integer<unsigned>(hash[8]) & 3U];
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

}  // namespace tuma::wechat
