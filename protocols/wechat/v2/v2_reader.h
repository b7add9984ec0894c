// Takes the fields of a v2 request one after the other and remembers the first that is wrong.
#pragma once

#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/wire/body_reader.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// How v2 reads its flat XML and complains: there are texts only, and what is empty is missing.
struct FlatFields {
    using Error = V2Error;
    static constexpr bool texts_are_numbers = true;
    static constexpr bool numbers_are_texts = true;
    static constexpr bool counts_characters = false;
    static constexpr bool takes_control = true;

    protocols::FieldValue find(std::string_view key);
    V2Error complaint(const protocols::Complaint& complaint) const;

    const V2Call& v2;
    std::set<std::string, std::less<>> taken{};
};

/// The fields of one request; the last step is `finish`.
class V2Reader : public protocols::RequestFields<FlatFields> {
public:
    explicit V2Reader(const V2Call& v2) : RequestFields({v2}) {}

    /// A text without characters of four bytes, which the service does not take.
    std::string text(std::string_view key, TextBounds bounds = {}, Need need = Need::required);
    /// An address of IPv4 or IPv6.
    std::string ip(std::string_view key);
    /// Fields that are known but not looked at.
    void ignore(std::initializer_list<std::string_view> keys);
    /// Looks for fields that nobody has taken; call it when all are.
    void finish();
    /// Digits only; 0 when it is not there.
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most, Need need);
    /// yyyyMMddHHmmss in Beijing.
    std::optional<Timestamp> instant(std::string_view key);
    /// http or https, without a query if the options say so.
    std::string url(std::string_view key, Need need);
    /// out_trade_no: up to 32 characters, the options say how few.
    std::string order_number(Need need);
    /// transaction_id or out_trade_no; the first comes before the second.
    TradeRef trade();

    /// Requires: something was wrong.
    http::HttpReply refusal() const { return v2_error_reply(policy().v2, error()); }
};

}  // namespace tuma::wechat
