// What an order of this dialect remembers, so that everything about it can be told later.
#pragma once

#include "ledger/order.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// The largest amount of a request, in fen: 100 million yuan.
inline constexpr std::int64_t fen_max = 10'000'000'000;

/// One payment of several that are made at once, as the whole remembers it.
struct MemberContent {
    std::string mchid;
    std::string out_trade_no;
    std::string attach;
    std::int64_t total = 0;

    bool operator==(const MemberContent&) const = default;
};

/// The content of all kinds of orders; what a kind does not need is empty.
struct Content {
    std::string mchid;
    std::string appid;
    std::string number;        ///< the merchant's own: out_trade_no, out_refund_no, out_bill_no
    std::string out_trade_no;  ///< of the payment that a refund or sharing is of
    std::string transaction_id;
    std::string trade_type;  ///< "JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY"
    std::string description;
    std::string attach;
    std::string notify_url;
    std::string openid;  ///< who is to pay, or is paid
    std::string goods_tag;
    std::string device_id;
    std::string detail;   ///< JSON as it was given
    std::string expires;  ///< time_expire as it was given
    std::string reason;
    std::string funds_account;
    std::string scene;        ///< transfer_scene_id
    std::string v2_sign;      ///< "MD5" or "HMAC-SHA256" if the order is told of in v2
    std::string type;         ///< of a receiver of profit: "MERCHANT_ID", "PERSONAL_OPENID"
    std::string package;      ///< package_info of a transfer
    std::int64_t total = 0;   ///< of the payment
    std::int64_t amount = 0;  ///< given back, transferred or shared
    bool shares_profit = false;
    bool unfreezes = false;         ///< a sharing that leaves nothing frozen
    bool is_probed = false;         ///< the first attempt to tell of it is a signature probe
    std::uint16_t refund_code = 0;  ///< why refunds of it do not arrive, on purpose
    std::vector<MemberContent> members{};

    bool operator==(const Content&) const = default;
};

std::string to_json(const Content& content);
/// The inverse. Requires: made by `to_json`.
Content read_content(std::string_view json);

/// What orders are found by.
std::string payment_key(std::string_view mchid, std::string_view out_trade_no);
std::string refund_key(std::string_view mchid, std::string_view out_refund_no);
std::string reversal_key(std::string_view mchid, std::string_view out_trade_no);
std::string combined_key(std::string_view mchid, std::string_view combine_out_trade_no);
std::string transfer_key(std::string_view mchid, std::string_view out_bill_no);
std::string sharing_key(std::string_view mchid, std::string_view out_order_no);
std::string unsharing_key(std::string_view mchid, std::string_view out_return_no);

}  // namespace tuma::wechat
