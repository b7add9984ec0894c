// Takes the fields of a v2 request one after the other and remembers the first that is wrong.
#pragma once

#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/trades.h"
#include "protocols/wechat/v2_call.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// Fields that are empty count as missing. Fields that nobody takes are passed over, as the
/// platform does. What is taken after the first wrong field may be empty.
class V2Reader {
public:
    explicit V2Reader(const V2Call& v2) : v2_(v2) {}

    std::string text(std::string_view key, TextBounds bounds, Need need);
    /// Digits, letters and the marks of `marks`.
    std::string name(std::string_view key, TextBounds bounds, std::string_view marks, Need need);
    /// Digits only; 0 when it is not there.
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most, Need need);
    /// One of the words; empty when it is not there.
    std::string word(std::string_view key, std::initializer_list<std::string_view> words,
                     Need need);
    /// yyyyMMddHHmmss in Beijing.
    std::optional<Timestamp> instant(std::string_view key);
    /// http or https, without a query if the options say so.
    std::string url(std::string_view key, Need need);
    /// out_trade_no: up to 32 characters, the options say how few.
    std::string order_number(Need need);
    /// transaction_id or out_trade_no; the first comes before the second.
    TradeRef trade();

    void fail(V2Error error);
    bool is_good() const { return !error_.has_value(); }
    /// Requires: something was wrong.
    http::HttpReply refusal() const;

private:
    const V2Call& v2_;
    std::optional<V2Error> error_{};
};

/// What a merchant's own numbers are made of beside digits and letters.
inline constexpr std::string_view v2_number_marks = "_-|*@";

}  // namespace tuma::wechat
